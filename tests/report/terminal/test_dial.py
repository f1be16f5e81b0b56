import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etascope.core.choice import Basin, Walls
from etascope.report.terminal.axis import Scale
from etascope.report.terminal.dial import Canvas, Dial, dial_of, dial_of_trials, draw
from tests.learn import made

BLIND = math.log(10)
HATCH = "\N{BOX DRAWINGS LIGHT DIAGONAL UPPER RIGHT TO LOWER LEFT}"


def plain(dial, width=100, height=8, ascii=False):
    return ["".join(text for text, _ in line) for line in draw(dial, width, height, ascii)]


def measured(**parts):
    return replace(dial_of(made.choice(), BLIND), **parts)


def test_the_needle_stands_over_the_highest_bar_and_its_number_above():
    lines = plain(measured())
    needle = lines[1].index("▼")
    assert lines[0].strip() == "0.018"
    assert abs(lines[0].index("0.018") + 2 - needle) <= 1
    assert lines[2][needle] == "█"
    assert lines[10][needle] == "▲"
    assert [line[needle] for line in lines[2:10]] == ["█"] * 8


def test_the_higher_bar_is_the_lower_loss():
    dial = measured()
    rows = plain(dial, 120, 20)[2:22]
    finite = [(rate, loss) for rate, loss in made.MEASURED.items() if math.isfinite(loss[0])]
    low, high = math.log10(0.001), math.log10(3)
    columns = [8 + 3 + round((math.log10(rate) - low) / (high - low) * (112 - 7)) for rate, _ in finite]
    heights = [sum(row.ljust(120)[column] not in (" ", HATCH) for row in rows) for column in columns]
    by_loss = sorted(range(len(finite)), key=lambda i: finite[i][1][0])
    assert sorted(heights, reverse=True) == [heights[i] for i in by_loss]
    assert len(set(heights)) > 4


def test_a_rate_that_diverged_is_a_cross_and_one_not_trained_is_nothing():
    dial = Dial(np.array([0.01, 0.1, 1.0]), np.array([0.5, math.nan, math.inf]), BLIND)
    lines = plain(dial, 60)
    assert "".join(lines).count("\N{MULTIPLICATION SIGN}") == 1
    assert lines[7].endswith("\N{MULTIPLICATION SIGN}")
    assert len({line.count("█") for line in lines[1:8]}) == 1


def test_walls_are_hatched_where_they_were_seen_and_named():
    none, low, both = (plain(measured(walls=w)) for w in (None, Walls(0.003), Walls(0.003, 0.3)))
    assert HATCH not in "".join(none)
    assert "too" not in "".join(none)
    assert "too slow" in low[-1]
    assert "too large" not in low[-1]
    assert low[2].index(HATCH) < 12
    assert HATCH not in low[2][50:]
    assert both[-1].endswith("too large")
    assert HATCH in both[2][80:]


def test_the_basin_is_bracketed_from_end_to_end():
    bracket = plain(measured())[-1]
    axis = plain(measured(learning_rate=0.01))[-3]
    assert "basin 0.01 .. 0.056" in bracket
    assert bracket.index("╰") == axis.index("▲")
    assert bracket.index("╯") == plain(measured(learning_rate=0.056))[-3].index("▲")


def test_decades_are_named_under_their_ticks():
    *_, axis, names, _ = plain(measured())
    assert names.split() == ["0.001", "0.01", "0.1", "1"]
    assert [axis[names.index(name) + (len(name) - 1) // 2] for name in ("0.001", "0.01", "0.1")] == ["┼"] * 3


def test_within_a_decade_the_smaller_ticks_are_named():
    dial = Dial(np.array([0.011, 0.06]), np.array([0.5, 0.6]), BLIND)
    assert plain(dial)[-1].split() == ["0.02", "0.05"]


def test_a_search_that_learned_nothing_has_no_hill():
    dial = Dial(np.array([1e-9, 2e-9]), np.array([BLIND, BLIND + 1e-9]), BLIND)
    assert "█" not in "".join(plain(dial))
    assert "▁" in plain(dial)[7]


def test_colour_runs_with_the_rate_and_is_never_alone():
    spans = [(text, style) for line in draw(measured(), 100) for text, style in line if style.startswith("#")]
    assert len({style for _, style in spans}) == 8
    assert all(set(text) <= set("▁▂▃▄▅▆▇█") for text, _ in spans)


def test_a_search_that_goes_on_shows_its_longest_trials():
    run = made.run()
    dial = dial_of_trials(run.trials)
    assert dial.learning_rates.tolist() == sorted(made.MEASURED)
    assert math.isinf(dial.losses[-1])
    assert dial.losses[3] == pytest.approx(0.47)
    assert dial_of_trials([]) is None
    short = [replace(t, steps=1, valid_loss=t.valid_loss[:1]) for t in run.trials[:3]]
    assert dial_of_trials([*short, *run.trials[3:12]]).losses[0] == pytest.approx(1.85)


rates = st.floats(1e-12, 1e6)


@given(
    table=st.dictionaries(
        rates, st.one_of(st.floats(0, 1e9), st.just(math.inf), st.just(math.nan)), min_size=1, max_size=20
    ),
    marks=st.tuples(*[st.one_of(st.none(), rates)] * 5),
    width=st.integers(1, 130),
    height=st.integers(1, 12),
    ascii=st.booleans(),
    blind=st.one_of(st.none(), st.floats(0.01, 10)),
)
def test_any_dial_fits_its_width(table, marks, width, height, ascii, blind):
    chosen, one, other, low, high = marks
    basin = None if one is None or other is None else Basin(min(one, other), max(one, other))
    tried = sorted(table)
    dial = Dial(np.array(tried), np.array([table[r] for r in tried]), blind, chosen, basin, Walls(low, high))
    lines = plain(dial, width, height, ascii)
    assert len(lines) == max(height, 2) + 2 + 2 * (chosen is not None) + (basin is not None)
    assert max(map(len, lines)) <= max(width, 56)
    assert all(line == line.rstrip() for line in lines)
    assert not ascii or "".join(lines).isascii()


def test_a_single_rate_has_no_bracket():
    assert dial_of(made.choice({0.02: (0.4, 0.9)}, 0.02, (0.02, 0.02)), BLIND).basin is None


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
    shown = "".join(text for text, _ in canvas.bracket(Basin(low, high), Walls(0.01, 1.0)))
    assert shown.index("basin") < shown.index("\\")
    assert len(shown.rstrip()) <= 50


def test_a_basin_that_fills_the_dial_has_its_name_within():
    canvas = Canvas(Scale.over([0.01, 1.0], 50), 2, ascii=False)
    shown = "".join(text for text, _ in canvas.bracket(Basin(0.01, 1.0), Walls())).strip()
    assert shown == f"╰{' basin 0.01 .. 1 '.center(42, '─')}╯"
