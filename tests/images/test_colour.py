"""Colour arithmetic has the bits of Pillow's."""

from __future__ import annotations

import numpy as np

from etascope.images.colour import has_colour, over_white, to_gray
from tests.images.making import pictures


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
