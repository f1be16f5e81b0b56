"""A dozen rates on every fold, each trained to the end: `CrossValidation`, the method where trials are cheap."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from etascope.core.checks import check_values
from etascope.core.choice import Choice, Landscape
from etascope.core.errors import InputError
from etascope.core.history import History
from etascope.core.plan import Plan, sweep
from etascope.core.recipe import Task
from etascope.core.trials import Trial, trials
from etascope.selection.basin import Limited, learned, within_walls
from etascope.selection.cost import search_cost
from etascope.selection.cross_validation.luck import expected_luck
from etascope.selection.cross_validation.reasons import (
    MEASURES,
    Measured,
    confidence,
    no_answer,
    reasons,
)
from etascope.selection.cross_validation.verdicts import verdicts
from etascope.selection.cross_validation.walls import at_rate, hardly_wall, measured_walls
from etascope.selection.cross_validation.window import connected, first_window, lane_grid, wall_rates, wider_window
from etascope.selection.estimate import Settled, settle, worth_tuning
from etascope.selection.grid import FIVE_FOLDS, Grid, check_fields
from etascope.selection.landscape import best_index, read_landscape
from etascope.selection.last_batch import before_last_step, epoch_shares
from etascope.selection.scores import Scores, read_scores
from etascope.selection.words.reasons import not_tried
from etascope.selection.words.refuted import Answered, refuted

#: Shares of a training after which it is scored, as in the study; why several, `halving.state.AVERAGED` says.
FRACTIONS = (0.8, 0.9, 1.0)


@dataclass(frozen=True)
class CrossValidation:
    """Find both walls on one fold, train a dozen rates around the best on every fold, and fit a curve.

    Round by round, each a plan:

    1. Eight rates, two a decade, on one fold, about the optimizer's customary rates. A decade is added at an end until
       the lowest rate is clearly worse than the best, and the highest is too or diverged.
    2. Twelve rates, six a decade, around the best on all folds; what round 1 trained is not trained again.
    3. Half a decade more at an end that the basin or the recommended rate touches.
    4. The recommended rate on all folds with a fresh seed, which tells how lucky the search was. It has no say in the
       choice.

    All rates share initial weights, batches and folds. A rate's score is the mean log of its temperature-scaled
    validation loss after 0.8, 0.9 and all of the training. A Gaussian process over log rate, with constants found on
    tasks with a known truth, gives what each rate promises to lose; the rate that promises least is recommended,
    which may lie between those that were tried.

    Parameters
    ----------
    target
        `accuracy` (default), or `loss`, which takes the plain loss for a score and finds the model whose
        probabilities can be believed.
    tolerance
        The confidence is that of being within this of the best: points of accuracy or per cent of loss, above 0.
        None (default) is 1 point, or 5 %.
    low, high
        Lowest and highest peak rate to try; they are tried themselves. None is free, within 1e-7 to 1e4.
    seeds
        Seeds to compare over. Empty takes the recipe's, and two more after it when there is one holdout.
    rates
        Rates of the window of round 2, 4 to 64. Default 12.
    max_rounds
        Plans that it will propose at most. Default 16.

    Raises
    ------
    InputError
        If a field is outside its range.

    Examples
    --------
    >>> from etascope.core.recipe import Recipe
    >>> task = Task(Recipe(), n_classes=10, n_development=800, n_folds=5, steps_per_epoch=40)
    >>> plan = CrossValidation().propose(task, [])
    >>> plan.learning_rates.tolist(), plan.evaluate_at
    ([0.000316, 0.001, 0.00316, 0.01, 0.0316, 0.1, 0.316, 1.0], (40, 80, 120, 160, 180, 200))
    """

    target: str = "accuracy"
    tolerance: float | None = None
    low: float | None = None
    high: float | None = None
    seeds: tuple[int, ...] = ()
    rates: int = 12
    max_rounds: int = 16

    def __post_init__(self) -> None:
        """Check every field."""
        check_values(self)
        check_fields(self.target, self.tolerance, self.low, self.high)
        if min(self.seeds, default=0) < 0 or len(set(self.seeds)) < len(self.seeds):
            raise InputError(f"seeds must be different numbers of at least 0; found {self.seeds}. Try (0, 1, 2).")
        if not 4 <= self.rates <= 64:
            raise InputError(f"rates must be 4 to 64; found {self.rates}. Try 12.")
        if self.max_rounds < 1:
            raise InputError(f"max_rounds must be at least 1; found {self.max_rounds}. Try 16.")

    @cached_property
    def grid(self) -> Grid:
        """All rates that may be tried before the last round."""
        return lane_grid(self.rates, self.low, self.high)

    def propose(self, task: Task, histories: Sequence[History]) -> Plan | None:
        """Return the next plan, or None when the winner ran on a fresh seed, nothing learns or the rounds are used up.

        Raises
        ------
        InputError
            If no rows validate, so that there is nothing to choose by.
        """
        if task.n_folds < 1:
            raise InputError("choosing a learning rate needs validation rows; found 0 folds.", FIVE_FOLDS)
        if len(histories) >= self.max_rounds:
            return None
        every, seeds = trials(task, histories), self._seeds(task)
        if any(trial.seed not in seeds for trial in every):
            return None
        units = [(seed, fold) for seed in seeds for fold in range(task.n_folds)]
        scores, _, scored = self._measured(task, histories, every)
        rates = wall_rates(task, self.grid, scored)
        if rates:
            return _plan(task, [(rate, units[0]) for rate in rates])
        best = best_index(scored)
        if best is None or not learned(task, scored, best):
            return None
        settled = None
        window = first_window(self.grid, scored, self.rates)
        everywhere = scores.learning_rates[scores.counts == len(units)].tolist()
        if connected(self.grid, everywhere):
            settled = settle(scores, self.target, self.tolerance, self.grid.limits)
            window = wider_window(self.grid, everywhere, settled)
        done = {(trial.learning_rate, (trial.seed, trial.fold)) for trial in every}
        missing = [(rate, unit) for unit in units for rate in window if (rate, unit) not in done]
        if missing:
            return _plan(task, missing)
        settled = settled or settle(scores, self.target, self.tolerance, self.grid.limits)
        if self._open_end(settled):
            return None
        # What a winner's score owes to luck no estimate knew of a single case; a run that had no say in it shows it.
        return _plan(task, [(settled.learning_rate, (_fresh_seed(seeds), fold)) for fold in range(task.n_folds)])

    def choose(self, task: Task, histories: Sequence[History]) -> Choice:
        """Return the rate that promises to lose least and its evidence, or why it cannot be told yet.

        An end of the tried window is never the answer, unless nothing beyond it was allowed; the reason says so.
        Trials with a fresh seed are shown, and have no say. Loss and accuracy are theirs where there are any, else
        interpolated between the rates that were tried.
        """
        every = trials(task, histories)
        scores, plain, scored = self._measured(task, histories, every)
        settled, measured = self._settled(task, scores, scored), scored_landscape(scores, plain, measured=True)
        if settled is None or self._open_end(settled):
            return Choice(
                reasons=no_answer(task, scored, self.grid.limits, measured, MEASURES[self.target]),
                not_tried=not_tried(task, plain),
                landscape=plain,
                verdicts=verdicts(task, every, measured, None, None, measure=MEASURES[self.target]),
                cost=search_cost(task, every, histories),
                target=self.target,
                walls=measured_walls(scored),
            )
        walls = measured_walls(scored, settled.basin)
        settled = replace(settled, basin=within_walls(settled.basin, settled.learning_rate, walls))
        scaled, shown = at_rate(settled)
        luck = expected_luck(scores, _accuracies(scores, plain), shown)
        loss = before = _read_off(plain, settled.learning_rate)
        again = [t for t in every if t.seed not in self._seeds(task) and t.learning_rate == settled.learning_rate]
        if again:
            fresh = read_scores(task, again, epoch_shares(task, FRACTIONS), self.target)
            luck = replace(luck, fresh=1 - float(fresh.error[0]), seeds=tuple(sorted({t.seed for t in again})))
            loss = math.inf if any(t.diverged for t in again) else float(np.mean([t.valid_loss[-1] for t in again]))
        right = shown if luck.fresh is None else luck.fresh
        answer = Answered(
            settled.learning_rate, settled.basin, loss, right, before, shown, self.target, settled.tolerance
        )
        against = refuted(task, plain, answer, luck)
        walls = against.walls(replace(walls, low=walls.low or hardly_wall(task, measured, settled.basin)))
        one = len(self.grid.rates) == 1
        sure = None if one else against.sure(confidence(settled, Limited.of(settled.basin, walls, self.grid.limits)))
        return Choice(
            learning_rate=settled.learning_rate,
            basin=settled.basin,
            valid_loss=loss if again else scaled,
            valid_accuracy=right,
            reasons=reasons(Measured(settled, sure, plain, scored, measured, self.grid.limits, walls, against)),
            not_tried=not_tried(task, plain),
            landscape=plain,
            verdicts=verdicts(
                task, every, measured, settled.learning_rate, settled.basin,
                best_loss=scaled, best_right=shown, measure=MEASURES[self.target], crown="the recommended rate",
                walls=walls, as_good=against.as_good,
            ),
            cost=search_cost(task, every, histories),
            target=self.target,
            confidence=sure,
            walls=walls,
            luck=luck,
            worth_tuning=None if against else worth_tuning(settled, task.recipe),
            curve=None if one else settled.draws.curve(settled.unit),
        )  # fmt: skip

    def _seeds(self, task: Task) -> tuple[int, ...]:
        first = task.recipe.seed
        return self.seeds or ((first, first + 1, first + 2) if task.n_folds == 1 else (first,))

    def _measured(
        self, task: Task, histories: Sequence[History], every: Sequence[Trial]
    ) -> tuple[Scores, Landscape, Landscape]:
        """Return scores, plain landscape and scored landscape of the search, fresh seeds left out."""
        seeds = self._seeds(task)
        ours = [t for t in every if t.seed in seeds]
        scores = read_scores(task, ours, epoch_shares(task, FRACTIONS), self.target)
        plain = read_landscape(task, histories, seeds)
        return scores, plain, scored_landscape(scores, plain)

    def _settled(self, task: Task, scores: Scores, scored: Landscape) -> Settled | None:
        best = best_index(scored)
        if best is None or not learned(task, scored, best):
            return None
        return settle(scores, self.target, self.tolerance, self.grid.limits)

    def _open_end(self, settled: Settled) -> bool:
        """Return whether the recommended rate is at an end of what every unit tried, and more was allowed beyond."""
        (low, high), limits, rate = settled.window, self.grid.limits, settled.learning_rate
        return (rate <= low and low > limits[0]) or (rate >= high and high < limits[1])


def scored_landscape(scores: Scores, landscape: Landscape, *, measured: bool = False) -> Landscape:
    """Return a landscape of the same trials whose loss is the score in nats; a loss of inf stays.

    Rates are compared by what ranked them, and told as they were `measured`.
    """
    rows = landscape.learning_rates.searchsorted(scores.learning_rates)
    columns = np.array([landscape.units.index(unit) for unit in scores.units], np.int64)
    broken = np.isinf(landscape.valid_loss[np.ix_(rows, columns)])
    return Landscape(
        scores.learning_rates,
        scores.units,
        np.where(broken, np.inf, np.exp(scores.as_measured if measured else scores.log_loss)),
        landscape.valid_accuracy[np.ix_(rows, columns)],
    )


def _plan(task: Task, pairs: Sequence[tuple[float, tuple[int, int]]]) -> Plan:
    """Return the plan that trains each rate on its unit, equal units together, evaluated where it is scored."""
    parts = [
        sweep(task.recipe, task.steps, [rate for rate, own in pairs if own == unit], (unit[1],), (unit[0],))
        for unit in dict.fromkeys(unit for _, unit in pairs)
    ]
    ends = range(task.steps_per_epoch, task.steps + 1, task.steps_per_epoch)
    scored = (max(round(share * task.steps), 1) for share in epoch_shares(task, FRACTIONS))
    at = sorted({*ends, *scored, *before_last_step(task)})
    return replace(Plan.stack(parts), evaluate_at=tuple(at), keep_examples=True)


def _fresh_seed(seeds: Sequence[int]) -> int:
    """Return a seed that the search did not use."""
    return max(seeds) + 1 if max(seeds) < 2**32 - 1 else min(set(range(len(seeds) + 1)) - set(seeds))


def _read_off(plain: Landscape, learning_rate: float) -> float:
    """Return the plain loss at a rate, interpolated over log rate between those that were tried; inf where none can."""
    finite = np.isfinite(plain.mean_loss)
    if not finite.any():
        return math.inf
    x = np.log10(plain.learning_rates[finite])
    return float(np.interp(math.log10(learning_rate), x, plain.mean_loss[finite]))


def _accuracies(scores: Scores, plain: Landscape) -> NDArray[np.float64]:
    return plain.valid_accuracy[plain.learning_rates.searchsorted(scores.learning_rates)]
