import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from etascope.report.terminal.picture import ASCII_SHADES, bar, braille, connect, picture, stars

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


def test_a_curve_is_joined_by_vertical_lines():
    dots = connect(np.array([0.0, 1.0, 1.0]), 3)
    assert stars(dots) == [" **", " * ", "*  "]


def test_a_gap_is_not_joined():
    assert stars(connect(np.array([0.0, np.nan, 1.0]), 2)) == ["  *", "*  "]


def test_braille_has_eight_dots_a_character():
    assert braille(np.ones((4, 2), bool)) == ["\u28ff"]
    assert braille(np.zeros((4, 2), bool)) == [" "]
    assert braille(np.eye(4, 2, dtype=bool)) == [chr(0x2800 + 0x01 + 0x10)]


@given(st.lists(st.one_of(st.floats(0, 1), st.just(float("nan"))), min_size=2, max_size=40), st.integers(1, 6))
def test_every_known_column_has_a_dot_at_its_height(heights, quarter):
    rows = 4 * quarter
    dots = connect(np.array(heights), rows)
    for column, value in enumerate(heights):
        assert dots[:, column].any() == (not np.isnan(value))
        if not np.isnan(value):
            assert dots[rows - 1 - round(value * (rows - 1)), column]


@pytest.mark.parametrize(("share", "drawn"), [(0, "    "), (1, "████"), (0.5, "██  "), (0.53125, "██▏ "), (9, "████")])
def test_bars_count_in_eighths(share, drawn):
    assert bar(share, 4) == drawn


@given(share=st.floats(-1, 2), width=st.integers(1, 130), ascii=st.booleans())
def test_any_bar_has_its_width(share, width, ascii):
    drawn = bar(share, width, ascii)
    assert len(drawn) == width
    assert not ascii or drawn.isascii()
