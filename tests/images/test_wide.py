"""Pixels of more than a byte are kept until all of a set is seen."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest

from etascope.images.decode import decode_file
from etascope.images.extents import Extent
from etascope.images.found import Wishes
from etascope.images.wide import at_size, two_byte_tiles
from tests.images.making import picture, pictures, refused, write_tiff
from tests.images.test_readings import png16

VALUES = np.random.default_rng(3).integers(0, 65536, (9, 7, 3), np.uint16)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_sixteen_bits_of_png_come_back(tmp_path, channels):
    values = VALUES[..., :channels] if channels < 4 else np.dstack([VALUES, np.full((9, 7), 65535, np.uint16)])
    png16(tmp_path / "x.png", values)
    decoded = decode_file(tmp_path / "x.png", Wishes())
    assert np.array_equal(decoded.pixels, values[..., :3])
    assert decoded.extent == Extent("whole", int(values[..., :3].min()), int(values[..., :3].max()))


@pytest.mark.parametrize("order", ["<", ">"])
def test_sixteen_bits_of_tiff_come_back(tmp_path, order):
    path = write_tiff(tmp_path / "x.tif", VALUES, photometric=2)
    data = bytearray(path.read_bytes())
    if order == ">":
        data = big_endian(VALUES)
        path.write_bytes(data)
    assert np.array_equal(decode_file(path, Wishes()).pixels, VALUES)


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
    decoded = decode_file(tmp_path / "x.png", Wishes())
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
    gray, extent = at_size(values, Wishes(grayscale=True), (9, 7))
    assert np.allclose(gray[..., 0], values @ [0.299, 0.587, 0.114], rtol=1e-4)
    assert extent.high == values.max()
    small, _ = at_size(values, Wishes(), (4, 3))
    band = Image.fromarray(np.ascontiguousarray(values[..., 1])).resize((3, 4), Image.Resampling.BILINEAR)
    assert np.array_equal(small[..., 1], np.asarray(band))
    assert at_size(np.repeat(values[..., :1], 3, axis=2), Wishes(), (9, 7))[0].shape == (9, 7, 1)


def test_what_is_not_finite(tmp_path):
    path = write_tiff(tmp_path / "x.tif", np.full((3, 3, 1), np.inf, np.float32))
    with refused(str(path), "finite", "inf at (0, 0, 0)"):
        decode_file(path, Wishes())
