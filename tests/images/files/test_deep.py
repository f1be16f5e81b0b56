"""Pixels of more than a byte are kept until all of a set is seen."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest

from etascope import open_images
from etascope.images.files.decode import decode_file
from etascope.images.files.deep import at_size, two_byte_tiles
from etascope.images.opened import Options
from etascope.images.pixels.extents import Extent
from tests.images.making import picture, pictures, refused, write_tiff
from tests.images.pixels.test_readings import png16

VALUES = np.random.default_rng(3).integers(0, 65536, (9, 7, 3), np.uint16)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_sixteen_bits_of_png_come_back(tmp_path, channels):
    values = VALUES[..., :channels] if channels < 4 else np.dstack([VALUES, np.full((9, 7), 65535, np.uint16)])
    png16(tmp_path / "x.png", values)
    decoded = decode_file(tmp_path / "x.png", Options())
    assert np.array_equal(decoded.pixels, values[..., :3])
    assert decoded.extent == Extent("whole", int(values[..., :3].min()), int(values[..., :3].max()))


@pytest.mark.parametrize("order", ["<", ">"])
def test_sixteen_bits_of_tiff_come_back(tmp_path, order):
    path = write_tiff(tmp_path / "x.tif", VALUES, photometric=2)
    data = bytearray(path.read_bytes())
    if order == ">":
        data = big_endian(VALUES)
        path.write_bytes(data)
    assert np.array_equal(decode_file(path, Options()).pixels, VALUES)


def big_endian(values: np.ndarray) -> bytearray:
    """A TIFF of colours, its first byte the most significant."""
    high, wide, bands = values.shape
    held = values.astype(">u2").tobytes()
    entries = [(256, wide), (257, high), (259, 1), (262, 2), (273, 8), (277, bands), (278, high), (279, len(held))]
    depth = struct.pack(">3H", 16, 16, 16)
    rows = [(tag, struct.pack(">HHII", tag, 4, 1, value)) for tag, value in entries]
    rows.append((258, struct.pack(">HHII", 258, 3, 3, 8 + len(held))))
    directory = struct.pack(">H", len(rows)) + b"".join(row for _, row in sorted(rows)) + bytes(4)
    return bytearray(struct.pack(">2sHI", b"MM", 42, 8 + len(held) + len(depth)) + held + depth + directory)


def test_a_transparent_image_of_sixteen_bits_is_read_in_eight(tmp_path):
    values = np.dstack([VALUES, np.full((9, 7), 65535, np.uint16)])
    values[0, 0, 3] = 0
    png16(tmp_path / "x.png", values)
    decoded = decode_file(tmp_path / "x.png", Options())
    assert decoded.pixels.dtype == np.uint8
    assert np.abs(decoded.pixels[1:].astype(int) - VALUES[1:] / 257).max() <= 1
    assert (decoded.pixels[0, 0] == 255).all()


def test_other_images_have_none():
    from PIL import Image

    for kind in ("PNG", "BMP", "GIF", "TIFF", "WEBP"):
        held = io.BytesIO()
        picture(pictures(1, 9, 7, 3)[0]).save(held, kind)
        with Image.open(held) as image:
            assert two_byte_tiles(image) == []
    assert two_byte_tiles(Image.new("RGB", (3, 3))) == []


def test_gray_and_sizes():
    from PIL import Image

    values = VALUES.astype(np.float32)
    gray, extent = at_size(values, Options(grayscale=True), (9, 7))
    assert np.allclose(gray[..., 0], values @ [0.299, 0.587, 0.114], rtol=1e-4)
    assert extent.high == values.max()
    small, _ = at_size(values, Options(), (4, 3))
    band = Image.fromarray(np.ascontiguousarray(values[..., 1])).resize((3, 4), Image.Resampling.BILINEAR)
    assert np.array_equal(small[..., 1], np.asarray(band))
    assert at_size(np.repeat(values[..., :1], 3, axis=2), Options(), (9, 7))[0].shape == (9, 7, 1)


def test_what_is_not_finite(tmp_path):
    path = write_tiff(tmp_path / "x.tif", np.full((3, 3, 1), np.inf, np.float32))
    with refused(str(path), "finite", "inf at (0, 0, 0)"):
        decode_file(path, Options())


def test_white_is_zero_in_sixteen_bits_and_not_read_in_others(tmp_path):
    gray = VALUES[..., :1]
    path = write_tiff(tmp_path / "x.tif", gray, photometric=0)
    decoded = decode_file(path, Options())
    assert np.array_equal(decoded.pixels, gray)
    assert decoded.extent.inverse
    assert not decode_file(write_tiff(path, gray), Options()).extent.inverse
    path = write_tiff(tmp_path / "f.tif", gray.astype(np.float32), photometric=0)
    with refused(str(path), "32 bits in which 0 is white, which is not read; save it as 8-bit PNG with 0 as black"):
        decode_file(path, Options())


@pytest.mark.parametrize(("photometric", "kind", "bands"), [(2, np.uint16, 3), (1, np.float32, 1), (0, np.uint8, 1)])
def test_bands_one_after_the_other(tmp_path, photometric, kind, bands):
    path = write_tiff(tmp_path / "x.tif", VALUES[..., :bands].astype(kind), photometric=photometric, tags={284: (2,)})
    move = "save it as 8-bit PNG with 0 as black" if photometric == 0 else "save it as 8-bit PNG"
    with refused(str(path), "bands lie one after the other", move):
        decode_file(path, Options())


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", [np.int8, np.uint32])
def test_a_tiff_keeps_its_type_when_it_is_turned(tmp_path, kind, orientation):
    values = np.arange(12).reshape(3, 4, 1).astype(kind) - kind(0)
    values[0, 0], values[2, 3] = np.iinfo(kind).min, np.iinfo(kind).max
    path = write_tiff(tmp_path / "x.tif", values, tags={274: (orientation,)})
    decoded = decode_file(path, Options())
    assert decoded.extent == Extent("whole", np.iinfo(kind).min, np.iinfo(kind).max)
    assert decoded.pixels.shape[:2] == ((4, 3) if orientation > 4 else (3, 4))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("channels", [2, 3])
def test_sixteen_bits_are_turned_upright(tmp_path, channels, orientation):
    from PIL import Image, ImageOps

    exif = Image.Exif()
    exif[0x0112] = orientation
    values = VALUES.copy() if channels == 3 else np.dstack([VALUES[..., :1], np.full((9, 7), 65535, np.uint16)])
    png16(tmp_path / "x.png", values, b"eXIf", exif.tobytes().removeprefix(b"Exif\0\0"))
    # Pillow's way with the high byte.
    with Image.open(tmp_path / "x.png") as picture:
        turned = np.asarray(ImageOps.exif_transpose(picture))
    decoded = decode_file(tmp_path / "x.png", Options())
    kept = 1 if channels == 2 else 3
    assert np.array_equal(decoded.pixels.astype(int) >> 8, turned[..., :kept])
    assert decoded.extent.high == values[..., :kept].max()


@pytest.mark.parametrize("channels", [2, 4])
def test_transparency_in_sixteen_bits_that_are_not_all_used(tmp_path, channels):
    values = np.dstack([VALUES[..., : channels - 1] // 16, np.full((9, 7), 65535, np.uint16)])
    png16(tmp_path / "x.png", values)
    assert decode_file(tmp_path / "x.png", Options()).extent.high == values[..., :-1].max()
    values[0, 0, -1] = 0
    png16(tmp_path / "x.png", values)
    with refused("16 bits", "go up to 3,9", "transparent", "save it with 8 bits"):
        decode_file(tmp_path / "x.png", Options())


@pytest.mark.parametrize("channels", [1, 3])
def test_a_colour_of_sixteen_bits_that_stands_for_transparent(tmp_path, channels):
    values = VALUES[..., :channels] | np.uint16(1)
    png16(tmp_path / "x.png", values, b"tRNS", struct.pack(f">{channels}H", *[512] * channels))
    assert np.array_equal(decode_file(tmp_path / "x.png", Options()).pixels, values)
    values[0, 0] = 512
    png16(tmp_path / "x.png", values, b"tRNS", struct.pack(f">{channels}H", *[512] * channels))
    with refused("16 bits", "transparent"):
        decode_file(tmp_path / "x.png", Options())


@pytest.mark.parametrize(("kind", "mark"), [(np.uint16, 65535), (np.float32, -9999), (np.int16, -32768)])
def test_numbers_that_stand_for_no_value_are_refused(tmp_path, kind, mark):
    values = pictures(1, 6, 5, 1)[0].astype(kind)
    tag = {42113: f"{mark}".encode() + b"\0"}
    whole = decode_file(write_tiff(tmp_path / "x.tif", values, tags=tag), Options())
    assert np.array_equal(whole.pixels, values)
    values[2, 3] = mark
    with refused("1 of its pixels are", f"{mark:,}", "GDAL_NODATA", "fill them"):
        decode_file(write_tiff(tmp_path / "x.tif", values, tags=tag), Options())


def test_zeros_that_stand_for_no_value_stay_black(tmp_path):
    values = pictures(1, 6, 5, 1)[0].astype(np.uint16)
    values[0] = 0
    decoded = decode_file(write_tiff(tmp_path / "x.tif", values, tags={42113: b"0\0"}), Options())
    assert np.array_equal(decoded.pixels, values)


@pytest.mark.parametrize("bits", [8, 10, 12, 14, 16])
@pytest.mark.parametrize("mixed", [False, True])
def test_bits_are_judged_before_white_and_black_change_places(tmp_path, bits, mixed):
    most = 2**bits - 1
    images = pictures(12, 16, 16)
    for row, image in enumerate(images):
        values = (image.astype(float) * most / 255).round().astype(np.uint16)
        path = tmp_path / ("test" if row > 7 else "train") / ("ant", "bee")[row % 2] / f"{row}.tif"
        turned = not mixed or row % 3 == 0
        write_tiff(path, np.uint16(most) - values if turned else values, photometric=int(not turned))
    opened = open_images(tmp_path)
    assert np.array_equal(sorted(map(bytes, opened.images)), sorted(map(bytes, images)))
    apart = open_images(tmp_path / "train", test=tmp_path / "test")
    assert np.array_equal(sorted(map(bytes, apart.images)), sorted(map(bytes, images)))


def test_sets_in_which_0_is_white_in_some_bits_are_of_one_range(tmp_path):
    for row, image in enumerate(pictures(12, 16, 16)):
        values = image.astype(np.uint16) * np.uint16(257 if row % 2 else 1)
        path = tmp_path / ("ant", "bee")[row // 6] / f"{row}.tif"
        write_tiff(path, values, photometric=0)
    with refused("images must be of one range; 6 of 12 have no value beyond 255"):
        open_images(tmp_path)
