from dataclasses import replace

import numpy as np
import pytest

from etascope.core.choice import Basin, Landscape
from etascope.core.recipe import OPTIMIZERS
from etascope.selection.cross_validation.window import connected, first_window, lane_grid, wall_rates, wider_window
from etascope.selection.estimate import settle
from tests.selection.closed_form import task
from tests.selection.test_estimate import LIMITS, scores

GRID = lane_grid(12, None, None)
JOB = task()


def landscape(rates, loss):
    """Return a landscape of one unit."""
    table = np.array(loss, np.float64)[:, None]
    return Landscape(np.array(rates), ((0, 0),), table, np.exp(-table))


NOTHING = landscape([], [])


def around(centre, low, high):
    """Return what is settled when the rate and the basin are these."""
    settled = settle(scores(), "accuracy", None, LIMITS)
    return replace(settled, learning_rate=centre, basin=Basin(low, high))


def test_a_narrow_range_is_divided_more_finely():
    assert GRID.rates[GRID.decades[3] : GRID.decades[4]] == pytest.approx(1e-4 * 10 ** (np.arange(6) / 6), rel=5e-3)
    assert len(lane_grid(12, 0.01, 0.1).rates) >= 12
    assert lane_grid(12, 0.02, 0.02).rates == (0.02,)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_eight_half_decades_about_the_customary_rates_come_first(optimizer):
    rates = wall_rates(task(optimizer=optimizer), GRID, NOTHING)
    assert np.diff(np.log10(rates)) == pytest.approx([0.5] * 7, abs=0.001)
    assert rates == wall_rates(task(optimizer=optimizer), GRID, NOTHING)
    customary = 0.001 if optimizer in ("adam", "adamw", "rmsprop") else 0.03
    assert rates[0] <= customary / 9
    assert rates[-1] >= customary * 10


def test_an_end_that_is_not_clearly_worse_is_moved_out_by_a_decade():
    assert wall_rates(JOB, GRID, landscape([0.01, 0.1, 1.0], [2.0, 0.4, 2.0])) == []
    assert wall_rates(JOB, GRID, landscape([0.01, 0.1, 1.0], [0.41, 0.4, 2.0])) == [0.001, 0.00316]
    assert wall_rates(JOB, GRID, landscape([0.01, 0.1, 1.0], [2.0, 0.4, 0.42])) == [3.16, 10.0]
    assert wall_rates(JOB, GRID, landscape([0.01, 0.1, 1.0], [0.41, 0.4, np.inf])) == [0.001, 0.00316]
    assert wall_rates(JOB, GRID, landscape([0.01, 0.1], [np.inf, np.inf])) == [0.001, 0.00316]
    both = wall_rates(JOB, GRID, landscape([0.01, 0.1], [0.4, 0.4]))
    assert both == [0.001, 0.00316, 0.316, 1.0]


def test_limits_end_the_search_for_the_walls():
    grid = lane_grid(12, 0.02, 0.5)
    assert wall_rates(JOB, grid, NOTHING) == [0.02, 0.0316, 0.1, 0.316, 0.5]
    assert wall_rates(JOB, grid, landscape([0.02, 0.1, 0.5], [0.4, 0.4, 0.4])) == []


def test_the_first_window_lies_about_the_lowest_point_of_a_parabola():
    x = np.array([-3, -2.5, -2, -1.5, -1, -0.5])
    rates = [0.001, 0.00316, 0.01, 0.0316, 0.1, 0.316]
    window = first_window(GRID, landscape(rates, 0.4 * np.exp((x + 1.8) ** 2)), 12)
    assert len(window) == 12
    assert np.log10(window).mean() == pytest.approx(-1.8, abs=0.13)
    odd = first_window(GRID, landscape(rates, 0.4 * np.exp((x + 1.8) ** 2)), 5)
    assert np.log10(odd[2]) == pytest.approx(-1.8, abs=0.1)


def test_the_first_window_ends_at_a_rate_that_diverged():
    window = first_window(GRID, landscape([0.01, 0.0316, 0.1], [0.9, 0.4, np.inf]), 12)
    assert window[-1] == 0.1
    assert len(window) < 12


def test_the_first_window_stays_within_the_limits():
    grid = lane_grid(12, 0.01, 10.0)
    window = first_window(grid, landscape([0.01, 0.0316, 0.1], [0.4, 0.5, 0.6]), 12)
    assert window == list(grid.rates[:12])
    assert first_window(lane_grid(12, 0.02, 0.02), landscape([0.02], [0.4]), 12) == [0.02]


def test_a_window_is_two_neighbours():
    assert connected(GRID, [0.01, 0.0147])
    assert not connected(GRID, [0.01, 0.0316, 0.1])
    assert not connected(GRID, [])


def test_the_window_is_widened_at_the_end_that_the_basin_or_the_rate_touches():
    start = GRID.decades[5]
    tried = list(GRID.rates[start : start + 12])
    inside = around(tried[6], tried[3], tried[9])
    assert wider_window(GRID, tried, inside) == tried
    below = wider_window(GRID, tried, around(tried[2], tried[0], tried[4]))
    assert below == list(GRID.rates[start - 3 : start + 12])
    above = wider_window(GRID, tried, around(tried[11], tried[9], tried[11] * 1.1))
    assert above == list(GRID.rates[start : start + 15])
    alone = [*tried, GRID.rates[start + 20]]
    assert wider_window(GRID, alone, inside) == tried


def test_a_very_wide_basin_widens_the_window_no_more_but_the_rate_does():
    tried = list(GRID.rates[GRID.decades[2] : GRID.decades[7] + 1])
    assert wider_window(GRID, tried, around(tried[5], tried[0], tried[-1])) == tried
    assert len(wider_window(GRID, tried, around(tried[0], tried[0], tried[-1]))) == len(tried) + 3


def test_the_window_ends_where_no_more_is_allowed():
    grid = lane_grid(12, 0.01, 1.0)
    tried = list(grid.rates)
    assert wider_window(grid, tried, around(0.01, 0.01, 1.0)) == tried
