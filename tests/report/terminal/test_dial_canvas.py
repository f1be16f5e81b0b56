import pytest

from etascope.core.choice import Basin, Walls
from etascope.report.terminal.dial_canvas import Canvas, Scale


def test_equal_ratios_are_equal_distances():
    scale = Scale.over([0.001, 1.0], 67)
    assert [scale.column(rate) for rate in (0.001, 0.01, 0.1, 1.0)] == [3, 23, 43, 63]


def test_a_single_rate_stands_in_the_middle():
    assert Scale.over([0.02], 61).column(0.02) == 30


def test_of_two_rates_in_a_column_the_lower_loss_is_seen():
    canvas = Canvas(Scale.over([0.01, 1.0], 57), 4, ascii=True)
    canvas.bars([0.01, 0.1, 0.1001, 1.0], [1.0, 2.0, 0.5, 1.0], [0.5, 0.25, 1.0, 0.5])
    column = canvas.scale.column(0.1)
    assert [row[column][0] for row in canvas.cells] == ["#"] * 4


def test_a_bar_leaves_room_between_itself_and_the_next():
    canvas = Canvas(Scale.over([0.01, 1.0], 57), 2, ascii=False)
    rates = [0.01 * 10 ** (i / 6) for i in range(13)]
    canvas.bars(rates, [1.0] * 13, [1.0] * 13)
    signs = "".join(sign for sign, _ in canvas.cells[0])
    assert len(signs.split()) == 13


@pytest.mark.parametrize(("low", "high"), [(0.3, 1.0), (0.9, 0.91)])
def test_where_there_is_no_room_the_basin_is_named_before_its_bracket(low, high):
    canvas = Canvas(Scale.over([0.01, 1.0], 50), 2, ascii=True)
    told = "".join(text for text, _ in canvas.bracket(Basin(low, high), Walls(0.01, 1.0)))
    assert told.index("basin") < told.index("\\")
    assert len(told.rstrip()) <= 50


def test_a_basin_that_fills_the_dial_has_its_name_within():
    canvas = Canvas(Scale.over([0.01, 1.0], 50), 2, ascii=False)
    told = "".join(text for text, _ in canvas.bracket(Basin(0.01, 1.0), Walls())).strip()
    assert told == f"╰{' basin 0.01 .. 1 '.center(42, '─')}╯"
