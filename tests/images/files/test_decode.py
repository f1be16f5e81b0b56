"""One file of every kind becomes the right pixels, and a damaged one a sentence."""

from __future__ import annotations

import io
import os
import struct
import zlib

import numpy as np
import pytest

from etascope.images.files.decode import MAX_PIXELS, BadImage, decode_file, decode_picture
from etascope.images.opened import Options
from etascope.images.pixels.extents import Extent
from tests.images.making import picture, pictures, refused

GRAY = pictures(1, 9, 7)[0]
COLOUR = pictures(1, 9, 7, 3)[0]


def pixels_of(path, **options):
    return decode_file(path, Options(**options)).pixels


def png_of_size(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds almost nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")


@pytest.mark.parametrize("ending", [".png", ".bmp", ".tiff", ".tif", ".webp", ".gif", ".PNG"])
def test_lossless_formats_keep_gray_pixels(tmp_path, ending):
    path = tmp_path / f"x{ending}"
    picture(GRAY).save(path, **({"lossless": True} if ending == ".webp" else {}))
    assert np.array_equal(pixels_of(path), GRAY)


@pytest.mark.parametrize("ending", [".png", ".bmp", ".tiff", ".webp"])
def test_lossless_formats_keep_colours(tmp_path, ending):
    path = tmp_path / f"x{ending}"
    picture(COLOUR).save(path, **({"lossless": True} if ending == ".webp" else {}))
    assert np.array_equal(pixels_of(path), COLOUR)


@pytest.mark.parametrize("ending", [".jpg", ".jpeg", ".jfif"])
def test_jpeg_comes_near(tmp_path, ending):
    smooth = np.linspace(0, 255, 32 * 32).reshape(32, 32, 1).astype(np.uint8)
    picture(smooth).save(tmp_path / f"x{ending}", format="JPEG", quality=95)
    assert np.abs(pixels_of(tmp_path / f"x{ending}").astype(int) - smooth).max() <= 4


def test_the_first_frame_of_a_gif(tmp_path):
    frames = [picture(np.full((6, 6, 1), value, np.uint8)) for value in (10, 200)]
    frames[0].save(tmp_path / "x.gif", save_all=True, append_images=frames[1:])
    assert (pixels_of(tmp_path / "x.gif") == 10).all()


STORED = {
    1: lambda x: x,
    2: np.fliplr,
    3: lambda x: np.rot90(x, 2),
    4: np.flipud,
    5: lambda x: x.swapaxes(0, 1),
    6: np.rot90,
    7: lambda x: np.rot90(x, 2).swapaxes(0, 1),
    8: lambda x: np.rot90(x, 3),
}


@pytest.mark.parametrize("orientation", STORED)
def test_exif_orientation(tmp_path, orientation):
    from PIL import Image

    stored = STORED[orientation](COLOUR)
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture(np.ascontiguousarray(stored)).save(tmp_path / "x.png", exif=exif)
    decoded = decode_file(tmp_path / "x.png", Options())
    assert np.array_equal(decoded.pixels, COLOUR)
    assert decoded.native == (9, 7)


def test_sixteen_bits_are_kept_until_all_of_a_set_is_seen(tmp_path):
    from PIL import Image

    values = np.array([[0, 257, 32896, 65535]], np.uint16)
    for ending in ("png", "tiff"):
        Image.fromarray(values).save(tmp_path / f"x.{ending}")
        decoded = decode_file(tmp_path / f"x.{ending}", Options())
        assert np.array_equal(decoded.pixels[..., 0], values)
        assert decoded.extent == Extent("whole", 0, 65535)


def test_floats_in_a_tiff(tmp_path):
    from PIL import Image

    Image.fromarray(np.array([[0.0, 0.5, 1.0]], np.float32)).save(tmp_path / "x.tiff")
    decoded = decode_file(tmp_path / "x.tiff", Options())
    assert decoded.pixels.ravel().tolist() == [0, 0.5, 1]
    assert decoded.extent == Extent("floats", 0, 1)
    Image.fromarray(np.array([[0.0, np.nan]], np.float32)).save(tmp_path / "x.tiff")
    with refused("x.tiff", "finite", "nan"):
        pixels_of(tmp_path / "x.tiff")


def test_one_bit(tmp_path):
    from PIL import Image

    Image.fromarray(np.array([[True, False]])).save(tmp_path / "x.png")
    assert pixels_of(tmp_path / "x.png").ravel().tolist() == [255, 0]


def test_alpha_is_laid_over_white(tmp_path):
    rgba = np.array([[[200, 0, 0, 255], [200, 0, 0, 0]]], np.uint8)
    picture(rgba).save(tmp_path / "x.png")
    assert pixels_of(tmp_path / "x.png").tolist() == [[[200, 0, 0], [255, 255, 255]]]
    gray = np.array([[[7, 255], [7, 0], [7, 128]]], np.uint8)
    picture(gray).save(tmp_path / "y.png")
    assert pixels_of(tmp_path / "y.png").ravel().tolist() == [7, 255, 131]


def test_a_transparent_palette(tmp_path):
    from PIL import Image

    indexed = Image.fromarray(np.array([[0, 1]], np.uint8)).convert("P")
    indexed.putpalette([10, 20, 30, 40, 50, 60])
    indexed.save(tmp_path / "x.png", transparency=1)
    assert pixels_of(tmp_path / "x.png").tolist() == [[[10, 20, 30], [255, 255, 255]]]


def test_a_picture_of_two_views_is_its_first(tmp_path):
    first, second = (picture(np.full((16, 16, 1), value, np.uint8)) for value in (40, 200))
    first.save(tmp_path / "x.jpg", "MPO", save_all=True, append_images=[second])
    assert np.abs(pixels_of(tmp_path / "x.jpg").astype(int) - 40).max() <= 2


def test_cmyk(tmp_path):
    from PIL import Image

    Image.new("CMYK", (8, 8), (0, 255, 255, 0)).save(tmp_path / "x.jpg", quality=100)
    red, green, blue = pixels_of(tmp_path / "x.jpg")[4, 4].tolist()
    assert (red > 240, green < 15, blue < 15) == (True, True, True)


def test_colour_files_without_colour_are_gray(tmp_path):
    picture(np.repeat(GRAY, 3, axis=2)).save(tmp_path / "x.png")
    assert np.array_equal(pixels_of(tmp_path / "x.png"), GRAY)


def test_grayscale_is_luma(tmp_path):
    picture(COLOUR).save(tmp_path / "x.png")
    expected = np.asarray(picture(COLOUR).convert("L"))
    assert np.array_equal(pixels_of(tmp_path / "x.png", grayscale=True)[:, :, 0], expected)


def test_sizes(tmp_path):
    picture(pictures(1, 65, 20)[0]).save(tmp_path / "x.png")
    large = decode_file(tmp_path / "x.png", Options())
    assert (large.pixels.shape, large.native) == ((64, 64, 1), (65, 20))
    assert pixels_of(tmp_path / "x.png", size=(7, 8)).shape == (7, 8, 1)


def test_a_large_jpeg_is_reduced_while_decoding_and_looks_the_same(tmp_path):
    from PIL import Image

    ramp = np.add.outer(np.linspace(0, 120, 1024), np.linspace(0, 120, 1024)).astype(np.uint8)[..., None]
    picture(ramp).save(tmp_path / "x.jpg", quality=95)
    expected = np.asarray(picture(ramp).resize((64, 64), Image.Resampling.BILINEAR)).astype(int)
    assert np.abs(pixels_of(tmp_path / "x.jpg")[:, :, 0] - expected).max() <= 3


def test_a_picture_of_the_users_is_not_changed(tmp_path):
    from PIL import Image

    picture(pictures(1, 512, 512)[0]).save(tmp_path / "x.jpg")
    with Image.open(tmp_path / "x.jpg") as lazy:
        decode_picture(lazy, Options(), "x")
        assert lazy.size == (512, 512)


def test_a_text_file_called_png(tmp_path):
    (tmp_path / "x.png").write_text("not an image\n")
    with refused(str(tmp_path / "x.png"), "text file", "skip_bad"):
        pixels_of(tmp_path / "x.png")


def test_an_empty_file(tmp_path):
    (tmp_path / "x.png").touch()
    with refused("it is empty"):
        pixels_of(tmp_path / "x.png")


def test_other_bytes(tmp_path):
    (tmp_path / "x.png").write_bytes(bytes(range(256)))
    with refused("its content is no PNG"):
        pixels_of(tmp_path / "x.png")


def test_formats_that_start_programs_are_not_decoded(tmp_path):
    (tmp_path / "x.png").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\nshowpage\n")
    with refused("PostScript", "convert it to PNG"):
        pixels_of(tmp_path / "x.png")


@pytest.mark.parametrize("ending", ["png", "jpg", "webp", "gif", "bmp", "tiff"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_truncated_file(tmp_path, ending, share):
    path = tmp_path / f"x.{ending}"
    picture(pictures(1, 40, 40, 3)[0]).save(path)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * share)])
    with pytest.raises(BadImage) as caught:
        pixels_of(path)
    assert caught.value.name == str(path)


def test_damage_in_the_middle(tmp_path):
    held = io.BytesIO()
    picture(pictures(1, 40, 40)[0]).save(held, "PNG")
    data = bytearray(held.getvalue())
    data[len(data) // 2] ^= 255
    (tmp_path / "x.png").write_bytes(data)
    with refused("damaged"):
        pixels_of(tmp_path / "x.png")


@pytest.mark.parametrize(
    ("width", "height"), [(8001, 8001), (10_000, 10_000), (20_000, 20_000), (2**31 - 1, 2**31 - 1)]
)
@pytest.mark.filterwarnings("ignore")
def test_decompression_bombs(tmp_path, width, height):
    """Below Pillow's warning, where it warns, and where it refuses by itself."""
    assert width * height > MAX_PIXELS
    (tmp_path / "x.png").write_bytes(png_of_size(width, height))
    with refused("64,000,000"):
        pixels_of(tmp_path / "x.png")


@pytest.mark.filterwarnings("error")
def test_a_bomb_where_warnings_are_errors(tmp_path):
    (tmp_path / "x.png").write_bytes(png_of_size(10_000, 10_000))
    with refused("64,000,000"):
        pixels_of(tmp_path / "x.png")


def test_no_pixels(tmp_path):
    (tmp_path / "x.png").write_bytes(png_of_size(0, 5))
    with refused("x.png", "cannot be read as an image"):
        pixels_of(tmp_path / "x.png")
    from PIL import Image

    with refused("0 x 5 pixels"):
        decode_picture(Image.new("L", (0, 5)), Options(), "x")


def test_a_missing_file_and_a_link_to_nothing(tmp_path):
    with refused("no such file"):
        pixels_of(tmp_path / "x.png")
    (tmp_path / "x.png").symlink_to(tmp_path / "gone.png")
    with refused("link to nothing"):
        pixels_of(tmp_path / "x.png")


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "x.png")
    with refused("not a regular file"):
        pixels_of(tmp_path / "x.png")
