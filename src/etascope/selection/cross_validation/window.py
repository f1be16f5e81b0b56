"""Which rates a cross-validation tries next: `wall_rates`, `first_window`, `wider_window`."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np

from etascope.core.choice import Landscape
from etascope.core.recipe import Task
from etascope.selection.basin import clearly_worse
from etascope.selection.customary import CUSTOMARY
from etascope.selection.estimate import WIDE, Settled
from etascope.selection.grid import Grid, make_grid
from etascope.selection.landscape import best_index

#: Rates a decade of the fine window, as near as the study's (0.16 to 0.18 decades).
PER_DECADE = 6
#: Rates that the first round tries, two a decade.
FIRST = 8
#: Rates that a round adds on a side: a decade of the walls, half a decade of the window.
WIDER, MORE = 2, 3


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
    """
    coarse, tried = _coarse(grid), set(scored.learning_rates.tolist())
    done = [i for i in coarse if grid.rates[i] in tried]
    if not done:
        centre = CUSTOMARY[task.recipe.optimizer].walls
        near = sorted(coarse, key=lambda i: round(abs(math.log10(grid.rates[i]) - centre), 2))
        return [grid.rates[i] for i in sorted(near[:FIRST])]
    best = best_index(scored)
    low, high = (int(scored.learning_rates.searchsorted(grid.rates[i])) for i in (done[0], done[-1]))
    too_slow = best is not None and clearly_worse(scored, low, best)
    too_large = best is None or clearly_worse(scored, high, best)
    below = [] if too_slow else [i for i in coarse if i < done[0]][-WIDER:]
    above = [] if too_large else [i for i in coarse if i > done[-1]][:WIDER]
    return [grid.rates[i] for i in (*below, *above)]


def first_window(grid: Grid, scored: Landscape, rates: int) -> list[float]:
    """Return the rates about the best that every unit should be tried on, ascending; none above one that diverged.

    They are read off the scores of one unit, walls included, and are `rates` in number where the limits leave room.
    """
    last, centre = len(grid.rates) - 1, grid.nearest(10 ** _vertex(scored))
    first = max(min(centre - (rates - 1) // 2, last - rates + 1), 0)
    top = scored.learning_rates[np.isinf(scored.valid_loss).any(axis=1)].min(initial=math.inf)
    return [rate for rate in grid.rates[first : first + rates] if rate <= top]


def connected(grid: Grid, tried: Sequence[float]) -> bool:
    """Return whether two neighbours of the grid were tried, so that there is a window to widen."""
    places = [i for i, rate in enumerate(grid.rates) if rate in set(tried)]
    return any(after - before == 1 for before, after in itertools.pairwise(places))


def wider_window(grid: Grid, tried: Sequence[float], settled: Settled) -> list[float]:
    """Return the rates that every unit should be tried on: a connected window that the basin does not touch.

    The rates that every unit was `tried` on have `settled` a rate and a basin. It is widened by half a decade at an end
    that either touches, unless more is not allowed.
    """
    full, last = {i for i, rate in enumerate(grid.rates) if rate in set(tried)}, len(grid.rates) - 1
    low = high = min(full, key=lambda i: abs(math.log10(grid.rates[i] / settled.learning_rate)))
    while low - 1 in full:
        low -= 1
    while high + 1 in full:
        high += 1
    ends, rate, basin = (grid.rates[low], grid.rates[high]), settled.learning_rate, settled.basin
    # In a wider one, a basin that touches the ends is a plateau, which would be followed to the limits.
    narrow = math.log10(ends[1] / ends[0]) < WIDE
    if rate <= ends[0] or (narrow and basin.low <= ends[0]):
        low = max(low - MORE, 0)
    if rate >= ends[1] or (narrow and basin.high >= ends[1]):
        high = min(high + MORE, last)
    return list(grid.rates[low : high + 1])


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
    # Half decades are three places of the fine grid, too coarse for the best of them to centre the window.
    shift = (fall * right**2 - rise * left**2) / (2 * (fall * right + rise * left))
    return float(x[best]) + min(max(shift, -left / 2), right / 2)
