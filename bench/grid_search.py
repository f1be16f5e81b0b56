"""A grid over the walls, then fine around the best: `GridSearch`, a method."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from etascope.core.choice import Basin, Choice, Landscape
from etascope.core.errors import InputError
from etascope.core.history import History
from etascope.core.plan import Plan, sweep
from etascope.core.recipe import Task
from etascope.core.sentences import sentences
from etascope.core.trials import trials
from etascope.selection.basin import clearly_worse, high_wall, learned, low_wall, paired_basin, told_apart
from etascope.selection.cost import search_cost
from etascope.selection.cross_validation.reasons import no_answer
from etascope.selection.cross_validation.verdicts import verdicts
from etascope.selection.customary import CUSTOMARY
from etascope.selection.grid import FIVE_FOLDS, Grid, check_window, make_grid
from etascope.selection.landscape import best_index, read_landscape
from etascope.selection.words.reasons import not_tried
from etascope.selection.words.verdicts import NEAR_EDGE

#: Decades that the first round tries.
FIRST = 4
#: The fine grid reaches this far on either side of the best decade, in decades.
REACH = 5 / 8


@dataclass(frozen=True)
class GridSearch:
    """Try decade by decade until both walls are seen, then a fine grid until the basin is bracketed.

    Round by round, each a plan:

    1. Four decades around the optimizer's customary rates. A decade is added at either end until the lowest rate
       is clearly worse than the best, and the highest is too or diverged.
    2. `per_decade` rates a decade within 5/8 of a decade of the best.
    3. Half a decade more on each side where the best or its basin touches the end of the fine grid.

    The best rate is the one with the lowest mean validation loss over all units (pairs of seed and fold). All
    rates share seeds and folds, so they are compared in pairs. Every rate of the grid is rounded to three
    digits: what is printed is what was trained.

    Parameters
    ----------
    per_decade
        Rates a decade of the fine grid, 1 to 64. Default 8.
    low, high
        Lowest and highest peak rate to try; they are tried themselves. None is free, within 1e-7 to 1e4.
    seeds
        Seeds to compare over. The search for the walls uses the first only. Empty takes the recipe's seed, and
        two more after it in the fine grid when there is one holdout, so that there are pairs to compare.
    max_rounds
        Plans that it will propose at most. Default 12.

    Raises
    ------
    InputError
        If a field is outside its range.

    Examples
    --------
    >>> from etascope.core.recipe import Recipe
    >>> task = Task(Recipe(), n_classes=10, n_development=800, n_folds=5, steps_per_epoch=40)
    >>> plan = GridSearch().propose(task, [])
    >>> sorted(set(plan.learning_rates.tolist())), len(plan)
    ([0.001, 0.01, 0.1, 1.0], 20)
    """

    per_decade: int = 8
    low: float | None = None
    high: float | None = None
    seeds: tuple[int, ...] = ()
    max_rounds: int = 12

    def __post_init__(self) -> None:
        """Check every field."""
        check_window(self.low, self.high)
        if not 1 <= self.per_decade <= 64:
            raise InputError(f"per_decade must be 1 to 64 rates; found {self.per_decade}. Try 8.")
        if min(self.seeds, default=0) < 0 or len(set(self.seeds)) < len(self.seeds):
            raise InputError(f"seeds must be different numbers of at least 0; found {self.seeds}. Try (0, 1, 2).")
        if self.max_rounds < 1:
            raise InputError(f"max_rounds must be at least 1; found {self.max_rounds}. Try 12.")

    @cached_property
    def grid(self) -> Grid:
        """All rates that may be tried."""
        return make_grid(self.per_decade, self.low, self.high)

    def propose(self, task: Task, histories: Sequence[History]) -> Plan | None:
        """Return the next plan, or None when the basin is bracketed, nothing learns or the rounds are used up.

        Raises
        ------
        InputError
            If no rows validate, so that there is nothing to choose by.
        """
        if task.n_folds < 1:
            raise InputError("choosing a learning rate needs validation rows; found 0 folds.", FIVE_FOLDS)
        if len(histories) >= self.max_rounds:
            return None
        landscape, seeds = read_landscape(task, histories), self._seeds(task)
        best = best_index(landscape)
        decades = self._walls(task, landscape, best)
        if decades:
            return _plan(task, landscape, decades, seeds[:1])
        near = [] if best is None else self._fine(task, landscape, best, seeds)
        return _plan(task, landscape, near, seeds) if near else None

    def choose(self, task: Task, histories: Sequence[History]) -> Choice:
        """Return the rate with the lowest mean validation loss and its evidence, or why it cannot be told yet.

        An end of the tried window is never the answer, unless nothing beyond it was allowed; the reason says so.
        """
        landscape, every = read_landscape(task, histories), trials(task, histories)
        best = best_index(landscape)
        facts = {"not_tried": not_tried(task, landscape), "cost": search_cost(task, every, histories)}
        if best is None or not learned(task, landscape, best) or _open_end(landscape, best, self.grid.limits):
            why = no_answer(task, landscape, self.grid.limits, landscape)
            judged = verdicts(task, every, landscape, None, None)
            return Choice(landscape=landscape, reasons=why, verdicts=judged, **facts)
        basin = paired_basin(landscape, best)
        why = sentences(*reasons(landscape, best, basin, self.grid.limits))
        judged = verdicts(task, every, landscape, float(landscape.learning_rates[best]), basin)
        return Choice.at(landscape, best, basin=basin, reasons=why, verdicts=judged, **facts)

    def _seeds(self, task: Task) -> tuple[int, ...]:
        first = task.recipe.seed
        return self.seeds or ((first, first + 1, first + 2) if task.n_folds == 1 else (first,))

    def _walls(self, task: Task, landscape: Landscape, best: int | None) -> list[float]:
        """Return the decades to try next; none once both walls are seen, or nothing beyond is allowed."""
        rates, decades = self.grid.rates, self.grid.decades
        tried = set(landscape.learning_rates.tolist())
        done = [i for i in decades if rates[i] in tried]
        if not done:
            bounded = self.low is not None and self.high is not None
            first = _decades_near(self.grid, CUSTOMARY[task.recipe.optimizer].walls, len(decades) if bounded else FIRST)
            return [rates[i] for i in first]
        low, high = (int(landscape.learning_rates.searchsorted(rates[i])) for i in (done[0], done[-1]))
        too_slow = best is not None and clearly_worse(landscape, low, best)
        too_large = best is None or clearly_worse(landscape, high, best)
        below = [] if too_slow else [i for i in decades if i < done[0]][-1:]
        above = [] if too_large else [i for i in decades if i > done[-1]][:1]
        return [rates[i] for i in (*below, *above)]

    def _fine(self, task: Task, landscape: Landscape, best: int, seeds: tuple[int, ...]) -> list[float]:
        """Return the rates to try next around the best; none once best and basin are bracketed."""
        rates, last = self.grid.rates, len(self.grid.rates) - 1
        full = {i for i, rate in enumerate(rates) if not _lacking(task, landscape, rate, seeds)}
        centre = low = high = self.grid.nearest(float(landscape.learning_rates[best]))
        while low - 1 in full:
            low -= 1
        while high + 1 in full:
            high += 1
        if centre not in full or low == high:
            reach = max(1, round(REACH * self.per_decade))
            return [rates[i] for i in range(max(centre - reach, 0), min(centre + reach, last) + 1) if i not in full]
        if not learned(task, landscape, best):
            return []
        basin, more = paired_basin(landscape, best), max(1, self.per_decade // 2)
        below = range(low - 1, max(low - more, 0) - 1, -1) if basin.low <= rates[low] else range(0)
        above = range(high + 1, min(high + more, last) + 1) if basin.high >= rates[high] else range(0)
        return [rates[i] for side in (below, above) for i in self._until_worse(landscape, best, side) if i not in full]

    def _until_worse(self, landscape: Landscape, best: int, positions: Iterable[int]) -> Iterable[int]:
        """Yield positions outwards until one that was tried is told apart from the best."""
        tried = {rate: index for index, rate in enumerate(landscape.learning_rates.tolist())}
        for i in positions:
            index = tried.get(self.grid.rates[i])
            if index is not None and told_apart(landscape, index, best):
                return
            yield i


def _open_end(landscape: Landscape, best: int, limits: tuple[float, float]) -> bool:
    """Return whether the best is an end of what was tried, and more was allowed beyond it."""
    rates = landscape.learning_rates
    return (best == 0 and rates[0] > limits[0]) or (best == len(rates) - 1 and rates[-1] < limits[1])


def _lacking(task: Task, landscape: Landscape, rate: float, seeds: tuple[int, ...]) -> tuple[int, ...]:
    """Return the seeds that the rate was not trained with on every fold."""
    row = landscape.valid_loss[landscape.learning_rates == rate]
    trained = {landscape.units[u] for u in np.flatnonzero(~np.isnan(row).all(axis=0)).tolist()}
    return tuple(s for s in seeds if any((s, fold) not in trained for fold in range(task.n_folds)))


def _plan(task: Task, landscape: Landscape, rates: list[float], seeds: tuple[int, ...]) -> Plan:
    """Return the plan of every rate on every fold with every seed that it was not trained with yet."""
    folds, parts = range(task.n_folds), list[Plan]()
    for seed in seeds:
        missing = [rate for rate in sorted(rates) if seed in _lacking(task, landscape, rate, seeds)]
        if missing:
            parts.append(sweep(task.recipe, task.steps, missing, folds, (seed,)))
    return Plan.stack(parts)


def _decades_near(grid: Grid, centre: float, count: int) -> list[int]:
    """Return the positions of the `count` decades nearest to 10 to the power of `centre`, ascending."""
    by_distance = sorted(grid.decades, key=lambda i: abs(math.log10(grid.rates[i]) - centre))
    return sorted(by_distance[:count])


def reasons(landscape: Landscape, best: int, basin: Basin, limits: tuple[float, float]) -> tuple[str, ...]:
    """Return why this rate, what the walls were, how wide the basin is, and what to mind if there is anything.

    Parameters
    ----------
    landscape, best, basin
        What was measured, the index of the recommended rate, and the rates that cannot be told from it.
    limits
        The lowest and the highest rate that the search was allowed to try.
    """
    trials = int(np.isfinite(landscape.valid_loss[best]).sum())
    if len(landscape.learning_rates) == 1:
        return (
            f"{limits[0]:.3g} is the only learning rate that was allowed: its mean validation loss is "
            f"{landscape.mean_loss[best]:#.3g} nats over {_trials(trials)} (accuracy "
            f"{landscape.mean_accuracy[best]:.3f}).",
            "No wall was looked for and no basin is known; allow a range of rates for that.",
        )
    walls = f"Below it, {_low(landscape, best, limits[0])}; above it, {_high(landscape, best, limits[1])}."
    return (_why(landscape, best, trials), walls, _width(basin, trials), *_mind(landscape, best, basin, limits))


def _why(landscape: Landscape, best: int, trials: int) -> str:
    curve, rates = landscape.mean_loss, landscape.learning_rates
    accuracy = float(landscape.mean_accuracy[best])
    others = np.where(landscape.full & (np.arange(len(rates)) != best), curve, np.inf)
    second = int(others.argmin())
    then = (
        f"; next comes {rates[second]:.3g} with {curve[second]:#.3g}."
        if np.isfinite(others[second])
        else ", and no other rate could be compared with it."
    )
    return (
        f"{rates[best]:.3g} has the lowest mean validation loss, {curve[best]:#.3g} nats over {_trials(trials)} "
        f"(accuracy {accuracy:.3f}){then}"
    )


def _low(landscape: Landscape, best: int, limit: float) -> str:
    rates, wall = landscape.learning_rates, low_wall(landscape, best)
    if best == 0:
        return f"nothing was tried, it is the lowest rate allowed ({limit:.3g})"
    if wall is None:
        allowed = ", the lowest allowed," if rates[0] <= limit else ""
        return f"no rate down to {rates[0]:.3g}{allowed} is clearly worse"
    loss = float(landscape.mean_loss[wall])
    return f"{rates[wall]:.3g} is too slow ({loss:#.3g})" if math.isfinite(loss) else f"{rates[wall]:.3g} diverged"


def _high(landscape: Landscape, best: int, limit: float) -> str:
    rates, wall = landscape.learning_rates, high_wall(landscape, best)
    if best == len(rates) - 1:
        return f"nothing was tried, it is the highest rate allowed ({limit:.3g})"
    if wall is None:
        allowed = ", the highest allowed," if rates[-1] >= limit else ""
        return f"no rate up to {rates[-1]:.3g}{allowed} is clearly worse"
    loss = landscape.valid_loss[wall]
    if np.isinf(loss).any():
        return f"{rates[wall]:.3g} diverged in {np.isinf(loss).sum()} of {_trials((~np.isnan(loss)).sum())}"
    return f"{rates[wall]:.3g} is too large ({landscape.mean_loss[wall]:#.3g})"


def _width(basin: Basin, trials: int) -> str:
    how = f"compared in pairs over {trials} trials a rate" if trials > 1 else "by 5 % of loss, with one trial a rate"
    if basin.low == basin.high:
        return f"Every other rate that was tried can be told apart from it, {how}."
    span = f"{basin.low:.3g} to {basin.high:.3g} ({math.log10(basin.high / basin.low):.1f} decades)"
    return f"Rates from {span} cannot be told apart from it, {how}."


def _mind(landscape: Landscape, best: int, basin: Basin, limits: tuple[float, float]) -> list[str]:
    rates, warnings = landscape.learning_rates, list[str]()
    if best in (0, len(rates) - 1) and len(rates) > 1:
        warnings.append("It lies at the end of the window that was allowed, so a better rate may lie beyond.")
    elif (basin.low == rates[0] and basin.low > limits[0]) or (basin.high == rates[-1] and basin.high < limits[1]):
        warnings.append("The basin reaches to the end of what was tried, so it may be wider.")
    diverged = rates[np.isinf(landscape.valid_loss).any(axis=1) & (rates > rates[best])]
    if len(diverged) and diverged[0] <= NEAR_EDGE * rates[best]:
        warnings.append(
            f"Mind the edge: {diverged[0]:.3g}, only {diverged[0] / rates[best]:.2g} times as large, diverged."
        )
    return warnings


def _trials(count: int) -> str:
    return f"{count} trial" if count == 1 else f"{count} trials"
