import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from etascope.report.terminal.dots import braille, connect, stars


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
