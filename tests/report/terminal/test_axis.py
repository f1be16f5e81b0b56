"""The one axis of learning rates in characters."""

from dataclasses import replace

import pytest

from etascope.core.choice import Basin
from etascope.report.terminal.axis import Scale, framed, intervals, pillar
from tests.learn import made

A = made.run().choice


def test_equal_ratios_are_equal_distances():
    scale = Scale.over([0.001, 1.0], 67)
    assert [scale.column(rate) for rate in (0.001, 0.01, 0.1, 1.0)] == [3, 23, 43, 63]


def test_a_single_rate_stands_in_the_middle():
    assert Scale.over([0.02], 61).column(0.02) == 30


@pytest.mark.parametrize(("rate", "column"), [(1e-7, 0), (1e-3, 40), (10, 80), (1e9, 80), (1e-30, 0)])
def test_rates_beyond_the_ends_stand_at_them(rate, column):
    assert Scale.over([1e-7, 10], 81, margin=0).column(rate) == column


def test_equal_parts_of_the_axis_are_equal_ratios():
    assert Scale.over([0.001, 1.0], 50).rates(4) == pytest.approx([0.001, 0.01, 0.1, 1.0])


def test_a_tick_stands_under_its_rate_and_names_do_not_touch():
    axis, names = Scale.over([1e-9, 1e9], 60).axis(ascii=True)
    assert 3 <= len(names.split()) < 19
    assert axis.count("+") == 19
    axis, names = Scale.over([0.01, 1.0], 60).axis(0.1, ascii=True)
    assert names.split() == ["0.01", "0.1", "1"]
    assert axis.index("^") == names.index("0.1") + 1
    assert Scale.over([0.012, 0.06], 60).axis()[1].split() == ["0.02", "0.05"]


def test_basins_stand_over_one_axis_where_their_rates_are():
    one, other = (
        replace(A, learning_rate=r, basin=Basin(lo, hi)) for r, lo, hi in ((0.1, 0.01, 1.0), (0.01, 0.01, 0.1))
    )
    lines = intervals([("1", one), ("10", other)], 64, ascii=True)
    first, second = (line.partition("|")[2] for line in lines[:2])
    assert first.index("[") == second.index("o")
    assert first.index("o") == second.index("]")
    assert abs(2 * first.index("o") - first.index("[") - first.index("]")) <= 1
    assert lines[0].startswith(" 1 |")
    assert abs(lines[1].index("o") - (lines[-1].index("0.01") + 1)) <= 1
    assert all(len(line) <= 64 for line in lines)


def test_a_basin_of_one_rate_is_its_mark_and_no_answer_no_chart():
    point, none = replace(A, learning_rate=0.02, basin=Basin(0.02, 0.02)), replace(A, learning_rate=None, basin=None)
    lines = intervals([("A", point), ("B", point)], 60, ascii=True)
    assert [line.replace(" ", "") for line in lines[:2]] == ["A|o", "B|o"]
    assert intervals([("A", none)]) == ()
    assert len(intervals([("A", A), ("B", none)])) == 3


def test_rows_have_their_names_before_them_in_one_width():
    lines = framed([("step 1", "  x"), ("step 10", " x ")], Scale.over([0.01, 1.0], 30), ascii=True)
    assert lines[:2] == (" step 1 |  x", "step 10 | x")
    assert lines[2].startswith("        +-")


@pytest.mark.parametrize(("share", "drawn"), [(0, "  "), (1, "██"), (0.5, " █"), (0.5625, "▁█"), (9, "██"), (-1, "  ")])
def test_pillars_count_in_eighths(share, drawn):
    assert pillar(share, 2) == drawn
