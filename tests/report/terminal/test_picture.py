import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from etascope.report.terminal.picture import ASCII_SHADES, picture

SHAPES = st.tuples(st.integers(1, 40), st.integers(1, 40), st.sampled_from([1, 3]))


@given(image=SHAPES.flatmap(lambda s: arrays(np.uint8, s)), width=st.integers(1, 50), ascii=st.booleans())
def test_any_image_fits_the_width_in_lines_of_equal_length(image, width, ascii):
    lines = picture(image, width, ascii)
    assert {len(line) for line in lines} == {min(width, image.shape[1])}
    assert set("".join(lines)) <= set(ASCII_SHADES if ascii else " ▀▄▒▓█")


def test_half_blocks_show_which_of_two_pixels_is_lit():
    image = np.array([[255, 0, 255, 0], [0, 255, 255, 0]], np.uint8)[:, :, None]
    assert picture(image) == ("▀▄█ ",)
    assert picture(image, ascii=True) == ("--@ ",) or picture(image, ascii=True)[0][2:] == "@ "


def test_darker_pixels_are_drawn_thinner():
    image = np.array([[255, 180, 110, 20]] * 2, np.uint8)[:, :, None]
    assert picture(image) == ("█▓▒ ",)
    (line,) = picture(image, ascii=True)
    assert [ASCII_SHADES.index(c) for c in line] == sorted((ASCII_SHADES.index(c) for c in line), reverse=True)


@pytest.mark.parametrize(("value", "drawn"), [(0, " "), (255, "█")])
def test_a_constant_image_is_drawn_by_its_own_brightness(value, drawn):
    assert picture(np.full((4, 4, 3), value, np.uint8)) == (drawn * 4, drawn * 4)


def test_green_is_brighter_than_blue():
    image = np.zeros((2, 2, 3), np.uint8)
    image[:, 0, 1] = image[:, 1, 2] = 255
    assert picture(image) == ("█ ",)


def test_a_large_image_keeps_its_proportions():
    image = np.zeros((64, 64, 1), np.uint8)
    image[:32] = 255
    lines = picture(image, 32)
    assert lines == ("█" * 32,) * 8 + (" " * 32,) * 8
