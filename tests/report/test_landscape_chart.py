import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etascope.core.choice import Landscape
from etascope.report.landscape_chart import bar, landscape_chart
from tests.learn import made


def chart(table, rate, basin=(0.01, 0.02), width=80, ascii=False):
    choice = made.choice(table, rate, basin)
    return landscape_chart(choice.landscape, choice, width, ascii)


def test_a_line_a_rate_with_loss_accuracy_basin_and_choice():
    lines = landscape_chart(made.landscape(), made.choice(), 80)
    assert len(lines) == 1 + len(made.MEASURED)
    assert lines[0].split() == ["rate", "loss", "accuracy"]
    assert [line.split()[0] for line in lines if line.startswith("┃")] == ["┃"] * 4
    (chosen,) = [line for line in lines if "recommended" in line]
    assert chosen.split()[1:3] == ["0.018", "0.420"]
    assert "87.4 %" in chosen
    assert lines[-1].split() == ["3", "diverged"]


def test_the_longer_bar_is_the_higher_loss():
    lines = landscape_chart(made.landscape(), made.choice(), 80, ascii=True)[1:-1]
    bars = [line.count("#") for line in lines]
    losses = [float(line.lstrip("| ").split()[1]) for line in lines]
    assert sorted(range(8), key=lambda i: losses[i]) == sorted(range(8), key=lambda i: (bars[i], losses[i]))


def test_bars_that_are_cut_off_are_marked():
    lines = chart({0.01: (0.1, 0.9), 1.0: (50.0, 0.1)}, 0.01, ascii=True)
    assert "#>" in lines[2]
    assert ">" not in lines[1].replace("<- recommended", "")


def test_nothing_is_marked_when_it_cannot_be_told():
    lines = chart(None, None)
    assert not any("recommended" in line or "┃" in line for line in lines)


def test_a_rate_that_was_not_trained_is_told_apart_from_a_diverged_one():
    nan = math.nan
    landscape = Landscape(
        np.array([0.01, 0.1]), ((0, 0),), np.array([[nan], [math.inf]]), np.array([[nan], [nan]])
    )  # fmt: skip
    lines = landscape_chart(landscape, made.choice(learning_rate=None))
    assert [line.split()[1:] for line in lines[1:]] == [["not", "tried"], ["diverged"]]


@given(
    table=st.dictionaries(
        st.floats(1e-7, 1e3),
        st.tuples(st.one_of(st.floats(0, 1e9), st.just(math.inf)), st.floats(0, 1)),
        min_size=1, max_size=9,
    ),
    width=st.integers(1, 130),
    ascii=st.booleans(),
)  # fmt: skip
def test_any_landscape_fits_the_width(table, width, ascii):
    rate = min(table)
    choice = made.choice(table, rate, (rate, rate))
    lines = landscape_chart(choice.landscape, choice, width, ascii)
    assert len(lines) == 1 + len(table)
    assert max(map(len, lines)) <= max(width, 56)
    assert not ascii or "".join(lines).isascii()


@pytest.mark.parametrize(("share", "drawn"), [(0, "    "), (1, "████"), (0.5, "██  "), (0.53125, "██▏ "), (9, "████")])
def test_bars_count_in_eighths(share, drawn):
    assert bar(share, 4) == drawn


def test_means_over_units_skip_what_was_not_trained():
    nan = math.nan
    landscape = Landscape(
        np.array([0.1, 0.2, 0.3]),
        ((0, 0), (0, 1)),
        np.array([[1.0, 3.0], [1.0, math.inf], [nan, nan]]),
        np.array([[0.5, 0.7], [0.5, nan], [nan, nan]]),
    )
    np.testing.assert_array_equal(landscape.mean_loss, [2.0, math.inf, nan])
    np.testing.assert_allclose(landscape.mean_accuracy, [0.6, 0.5, nan])
