"""Which rates a cross-validation tries next: `wall_rates`, `window_rates`."""

from __future__ import annotations

import math

import numpy as np

from etascope.core.choice import Landscape
from etascope.core.recipe import Task
from etascope.selection.curves import best_index
from etascope.selection.grid import Grid, make_grid
from etascope.selection.search import CENTRES
from etascope.selection.settled import Settled
from etascope.selection.walls import clearly_worse

#: Rates a decade of the fine window.
PER_DECADE = 6
#: Rates that the first round tries, two a decade.
FIRST = 8
#: Rates that a round adds on a side: a decade of the walls, half a decade of the window.
WIDER, MORE = 2, 3
#: A basin that touches the end of a window of this many decades is wide enough to be told as it is.
WIDE = 4.0


def lane_grid(rates: int, low: float | None, high: float | None) -> Grid:
    """Return the rates that may be tried: six a decade, or closer, so that a narrow range holds `rates` of them."""
    per_decade = PER_DECADE
    if low is not None and high is not None and low < high:
        per_decade = min(max(per_decade, math.ceil((rates - 1) / math.log10(high / low))), 64)
    return make_grid(per_decade, low, high)


def wall_rates(task: Task, grid: Grid, scored: Landscape) -> list[float]:
    """Return the rates to try next on one unit until both walls are seen; none when they are, or at the limits.

    Half decades: eight about the optimizer's customary rates first (all, where both limits are near), then two more
    beyond an end that is not clearly worse than the best.

    Parameters
    ----------
    task
        Gives the optimizer.
    grid
        What may be tried.
    scored
        Scores so far.
    """
    coarse, tried = _coarse(grid), set(scored.learning_rates.tolist())
    done = [i for i in coarse if grid.rates[i] in tried]
    if not done:
        near = sorted(coarse, key=lambda i: abs(math.log10(grid.rates[i]) - CENTRES[task.recipe.optimizer]))
        return [grid.rates[i] for i in sorted(near[:FIRST])]
    best = best_index(scored)
    low, high = (int(scored.learning_rates.searchsorted(grid.rates[i])) for i in (done[0], done[-1]))
    too_slow = best is not None and clearly_worse(scored, low, best)
    too_large = best is None or clearly_worse(scored, high, best)
    below = [] if too_slow else [i for i in coarse if i < done[0]][-WIDER:]
    above = [] if too_large else [i for i in coarse if i > done[-1]][:WIDER]
    return [grid.rates[i] for i in (*below, *above)]


def window_rates(grid: Grid, scored: Landscape, settled: Settled, rates: int, units: int) -> list[float]:
    """Return the rates that every unit should be tried on, ascending: about the best, and where its basin reaches.

    Nothing above a rate that diverged is in the first window. It is widened by half a decade at an end that the basin
    or the recommended rate touches.

    Parameters
    ----------
    grid
        What may be tried.
    scored, settled
        Scores so far, and what they settle.
    rates
        Rates of the first window.
    units
        Units that a rate needs to be compared with others.
    """
    trained = (~np.isnan(scored.valid_loss)).sum(axis=1) >= units
    full = {i for i, rate in enumerate(grid.rates) if rate in set(scored.learning_rates[trained].tolist())}
    last = len(grid.rates) - 1
    if not full:
        centre = grid.nearest(10 ** _vertex(scored))
        first = max(min(centre - (rates - 1) // 2, last - rates + 1), 0)
        window = range(first, min(first + rates, last + 1))
        top = scored.learning_rates[np.isinf(scored.valid_loss).any(axis=1)].min(initial=math.inf)
        bottom = grid.rates[window[0]]
        return [grid.rates[i] for i in window if grid.rates[i] <= max(top, bottom)]
    low = high = min(full, key=lambda i: abs(math.log10(grid.rates[i] / settled.learning_rate)))
    while low - 1 in full:
        low -= 1
    while high + 1 in full:
        high += 1
    wide = math.log10(grid.rates[high] / grid.rates[low]) >= WIDE
    if settled.learning_rate <= grid.rates[low] or (settled.touches(-1) and not wide):
        low = max(low - MORE, 0)
    if settled.learning_rate >= grid.rates[high] or (settled.touches(1) and not wide):
        high = min(high + MORE, last)
    return [grid.rates[i] for i in range(low, high + 1)]


def _coarse(grid: Grid) -> list[int]:
    """Return the positions of decades, half decades and limits."""
    halves = [2 * math.log10(rate) for rate in grid.rates]
    half = [i for i, place in enumerate(halves) if abs(place - round(place)) < 0.01]
    return sorted({*half, *grid.decades, 0, len(grid.rates) - 1})


def _vertex(scored: Landscape) -> float:
    """Return log10 of where a parabola through the best rate and its neighbours is lowest; the best's, at an end."""
    best = best_index(scored) or 0
    x, y = np.log10(scored.learning_rates), np.log(np.minimum(scored.mean_loss, 10.0))
    if not 0 < best < len(x) - 1:
        return float(x[best])
    left, right = float(x[best] - x[best - 1]), float(x[best + 1] - x[best])
    fall, rise = float(y[best - 1] - y[best]), float(y[best + 1] - y[best])
    if fall <= 0 or rise <= 0:
        return float(x[best])
    shift = (fall * right**2 - rise * left**2) / (2 * (fall * right + rise * left))
    return float(x[best]) + min(max(shift, -left / 2), right / 2)
