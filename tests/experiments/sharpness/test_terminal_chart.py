import pytest

from etascope.experiments.sharpness.terminal_chart import wall_chart, wall_key
from tests.experiments.made import walled


@pytest.mark.parametrize("ascii", [False, True])
@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_marks_stand_in_the_order_of_the_rates(width, ascii):
    rows = wall_chart(walled((3.4, 0.5, 0.9), 0.1), width, ascii=ascii)
    mark, dotted = ("X", ":") if ascii else ("◆", "┊")
    places = [row.index(mark) for row in rows[:3]]
    assert places[1] < places[2] < places[0]
    assert {row.index(dotted) for row in rows[:3]} == {rows[0].index(dotted)}
    assert rows[0].index(dotted) < places[1]
    best = rows[3].index("^" if ascii else "▲")
    assert best < rows[0].index(dotted)
    assert max(map(len, rows)) <= width
    assert "".join(rows).isascii() or not ascii


def test_a_wall_above_the_limit_is_drawn_above_it():
    row = wall_chart(walled((0.5,), 3.0), 80, ascii=True)[0]
    assert row.index("X") < row.index(":")


def test_a_moment_without_a_limit_has_no_row():
    assert len(wall_chart(walled((None, 1.0)), 80)) == 1 + 2


def test_nothing_is_drawn_where_there_is_nothing_to_compare():
    assert wall_chart(walled((None, None)), 80) == []
    assert wall_chart(walled(measured=None), 80) == []


def test_the_key_names_every_mark():
    assert wall_key(walled(), ascii=True) == (
        ": where the wall was measured, X where theory puts it, ^ the recommended rate"
    )
    assert "┊" in wall_key(walled())
