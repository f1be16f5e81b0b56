"""Colour arithmetic has the bits of Pillow's."""

from __future__ import annotations

import struct
import zlib

import numpy as np
import pytest

from etascope.images.colour import has_colour, over_white, to_gray
from etascope.images.decode import decode_file
from etascope.images.found import Wishes
from tests.images.making import pictures, write_tiff


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
        decoded = decode_file(tmp_path / "x.png", Wishes())
        assert decoded.glass is not None
        assert (decoded.pixels[:, :4] == 255).all()
        assert (decoded.pixels[:, 4:] == (0 if clear else 255 // (2**bits - 1))).all()


@pytest.mark.parametrize("factor", [1, 257])
def test_a_table_of_colours_in_bytes_or_two(tmp_path, factor):
    pixels = pictures(1, 6, 5, 1)[0]
    path = write_tiff(tmp_path / "x.tif", pixels, photometric=3, tags={320: (*[n * factor for n in range(256)] * 3,)})
    assert np.array_equal(decode_file(path, Wishes()).pixels, pixels)
