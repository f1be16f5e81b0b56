"""Arrays are fitted to the size and colour wished, and left alone otherwise."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import pytest

from etascope.images.files.decode import decode_file, decode_picture
from etascope.images.opened import Options
from etascope.images.pixels.sizes import fit, has_colour, resize, to_gray
from etascope.images.pixels.transparency import over_white
from tests.images.making import pictures, refused, write_tiff


def test_what_fits_is_not_copied():
    for shape in ((28, 28, 1), (64, 64, 3)):
        images = pictures(2, *shape)
        fitted, notes = fit(images, Options())
        assert fitted is images
        assert notes == ()


@pytest.mark.parametrize(("height", "width"), [(65, 10), (10, 65), (200, 100)])
def test_larger_than_64_becomes_64(height, width):
    images = pictures(3, height, width, 3)
    fitted, notes = fit(images, Options())
    assert fitted.shape == (3, 64, 64, 3)
    assert notes == (f"The images were resized from {height} x {width} to 64 x 64.",)


def test_the_size_asked_for_is_height_then_width():
    fitted, _ = fit(pictures(2, 10, 10), Options((6, 9)))
    assert fitted.shape == (2, 6, 9, 1)


def test_resizing_is_antialiased():
    checkers = (np.indices((64, 64)).sum(axis=0) % 2 * 255).astype(np.uint8)[..., None]
    small = resize(checkers, (8, 8))
    assert np.abs(small.astype(int) - 127).max() < 10


def test_resizing_is_pillows():
    from PIL import Image

    image = pictures(1, 30, 20, 3)[0]
    expected = np.asarray(Image.fromarray(image).resize((7, 9), Image.Resampling.BILINEAR))
    assert np.array_equal(resize(image, (9, 7)), expected)


def test_gray_on_demand_and_alpha_over_white():
    red = np.zeros((2, 4, 4, 4), np.uint8)
    red[..., 0] = 255
    red[0, ..., 3] = 255
    fitted, _ = fit(red, Options())
    assert fitted[0, 0, 0].tolist() == [255, 0, 0]
    assert fitted[1, 0, 0].tolist() == [255, 255, 255]
    gray, _ = fit(red, Options(grayscale=True))
    assert gray[:, 0, 0, 0].tolist() == [76, 255]


def test_progress_and_the_same_bits_for_any_number_of_workers():
    images = pictures(600, 70, 4)
    events = []
    one, _ = fit(images, Options(progress=events.append))
    four, _ = fit(images, Options(workers=4))
    assert np.array_equal(one, four)
    assert [(p.stage, p.done, p.total, p.unit) for p in events] == [
        ("resizing images", done, 600, "images") for done in (256, 512, 600)
    ]


def test_gray_is_pillows_luma():
    from PIL import Image

    pixels = pictures(1, 200, 200, 3)[0]
    assert np.array_equal(to_gray(pixels)[:, :, 0], np.asarray(Image.fromarray(pixels).convert("L")))


def test_over_white_is_pillows_paste():
    from PIL import Image

    for channels, mode, white in ((2, "L", 255), (4, "RGB", (255, 255, 255))):
        pixels = pictures(1, 100, 100, channels)[0]
        picture = Image.fromarray(pixels)
        flat = Image.new(mode, picture.size, white)
        flat.paste(picture.convert(mode), mask=picture.getchannel("A"))
        assert np.array_equal(over_white(pixels).squeeze(), np.asarray(flat))


def test_one_pixel_of_colour_is_colour():
    image = np.full((4, 4, 3), 9, np.uint8)
    assert not has_colour(image)
    image[3, 3, 2] = 8
    assert has_colour(image)


def gray_png(bits: int, clear: int) -> bytes:
    """A gray PNG of 8 x 8 in which the one of two grays that is on the left is transparent."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    values = [clear] * 4 + [0 if clear else 1] * 4
    row = sum(value << bits * (7 - place) for place, value in enumerate(values)).to_bytes(bits, "big")
    head = struct.pack(">IIBBBBB", 8, 8, bits, 0, 0, 0, 0)
    parts = [(b"IHDR", head), (b"tRNS", struct.pack(">H", clear)), (b"IDAT", zlib.compress((b"\0" + row) * 8))]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in (*parts, (b"IEND", b"")))


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_a_transparent_gray_of_few_bits(tmp_path, bits):
    for clear in {0, 1, 2**bits - 1}:
        (tmp_path / "x.png").write_bytes(gray_png(bits, clear))
        decoded = decode_file(tmp_path / "x.png", Options())
        assert decoded.glass is not None
        assert (decoded.pixels[:, :4] == 255).all()
        assert (decoded.pixels[:, 4:] == (0 if clear else 255 // (2**bits - 1))).all()


@pytest.mark.parametrize("factor", [1, 257])
def test_a_table_of_colours_in_bytes_or_two(tmp_path, factor):
    pixels = pictures(1, 6, 5, 1)[0]
    path = write_tiff(tmp_path / "x.tif", pixels, photometric=3, tags={320: (*[n * factor for n in range(256)] * 3,)})
    assert np.array_equal(decode_file(path, Options()).pixels, pixels)


def packed(values: np.ndarray, order: str, packing: int, predictor: int) -> bytes:
    """Pixels as a TIFF packs them; a predictor of 2 keeps the steps between neighbours."""
    if predictor == 2:
        values = np.concatenate([values[:, :1], np.diff(values, axis=1)], axis=1)
    data = values.astype(values.dtype.newbyteorder(order)).tobytes()
    if packing == 8:
        return zlib.compress(data)
    return b"".join(bytes([len(data[at : at + 128]) - 1]) + data[at : at + 128] for at in range(0, len(data), 128))


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("kind", [np.int8, np.uint16, np.int16, np.int32, np.float32])
@pytest.mark.parametrize(("packing", "predictor"), [(8, 1), (8, 2), (32773, 1)])
def test_packed_numbers_of_either_order(tmp_path, order, kind, packing, predictor):
    from PIL import Image

    values = (pictures(1, 9, 7)[0].astype(float) * 7 - (900 if kind != np.uint16 else 0)).astype(kind)
    predictor = predictor if kind != np.float32 else 1
    data = packed(values, order, packing, predictor)
    path = write_tiff(tmp_path / "x.tif", values, compression=packing, data=data, tags={317: (predictor,)}, order=order)
    decoded = decode_file(path, Options())
    assert np.array_equal(decoded.pixels, values)
    assert decoded.marks == ()
    with Image.open(path) as image:
        assert np.array_equal(decode_picture(image, Options(), "x").pixels, values)


def test_packed_numbers_that_pillow_has_decoded_are_refused(tmp_path):
    from PIL import Image

    values = pictures(1, 9, 7)[0].astype(np.float32)
    path = tmp_path / "x.tif"
    for order, packing in (("<", 8), (">", 1), (">", 8)):
        data = packed(values, order, packing, 1) if packing == 8 else None
        write_tiff(path, values, compression=packing, data=data, order=order)
        with Image.open(path) as image:
            image.load()
            if (order, packing) == (">", 8):
                with refused("Pillow reads the bytes in the wrong order", "give the path"):
                    decode_picture(image, Options(), "x")
            else:
                assert np.array_equal(decode_picture(image, Options(), "x").pixels, values)


def test_packed_channels_as_pages_of_either_order(tmp_path):
    pages = pictures(3, 9, 7).astype(np.int16) - np.int16(90)
    said = "ImageJ=1.53t\nimages=3\nchannels=3\nmode=composite\n"
    one = packed(pages[0], ">", 8, 1)
    path = write_tiff(tmp_path / "x.tif", pages, compression=8, data=one, description=said, order=">")
    assert np.array_equal(decode_file(path, Options()).pixels, np.repeat(pages[0], 3, axis=2)[..., :1])
