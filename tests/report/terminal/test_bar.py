import pytest
from hypothesis import given
from hypothesis import strategies as st

from etascope.report.terminal.bar import bar


@pytest.mark.parametrize(("share", "drawn"), [(0, "    "), (1, "████"), (0.5, "██  "), (0.53125, "██▏ "), (9, "████")])
def test_bars_count_in_eighths(share, drawn):
    assert bar(share, 4) == drawn


@given(share=st.floats(-1, 2), width=st.integers(1, 130), ascii=st.booleans())
def test_any_bar_has_its_width(share, width, ascii):
    drawn = bar(share, width, ascii)
    assert len(drawn) == width
    assert not ascii or drawn.isascii()
