"""What rehearsals of each length came to: `Level`, `read_levels`; and what they lost, `measured_levels`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from etascope.core.recipe import Task
from etascope.core.trials import Trial
from etascope.selection.halving.noise import paired_variance
from etascope.selection.halving.state import Scored, scored_trial
from etascope.selection.rehearsals.lengths import Lengths
from etascope.selection.rehearsals.transfer import Rehearsed

Array = NDArray[np.float64]

#: Share of the error rate that one unit of log loss is worth at the whole length, in accuracy: points are `100 slope
#: error dlog(loss)`; and the power of the length's share by which errors shrink on the way there.
SLOPE, SHRINK = 0.8, 0.25
#: Nothing has learned while the lowest score is above a blind guess's by this log loss, or not this far below.
LEARNS = 0.05


@dataclass(frozen=True, eq=False)
class Level:
    """The trainings of one length, by their rate, ascending; those that were stopped before it included."""

    steps: int
    scored: dict[float, Scored]

    def score(self, rate: float) -> float:
        """Return the mean log loss of a rate at the end of this length; log 10 where it was stopped."""
        return self.scored[rate].score(self.steps)

    @property
    def alive(self) -> tuple[float, ...]:
        """The rates that were not stopped, ascending."""
        return tuple(rate for rate, one in self.scored.items() if not one.stopped(self.steps))

    @property
    def best(self) -> float | None:
        """The rate with the lowest score, the lower one in a tie; None where all were stopped."""
        return min(self.alive, key=lambda rate: (self.score(rate), rate), default=None)

    def right(self, rate: float) -> float:
        """Return the share of examples that a rate got right, the mean of its evaluations; NaN where unknown."""
        one = self.scored[rate]
        inside = one.within(self.steps)
        return float(one.trial.valid_accuracy[inside].mean()) if len(inside) else math.nan


def read_levels(task: Task, trials: Sequence[Trial], lengths: Lengths, target: str) -> tuple[Level, ...]:
    """Return the levels of a search, ascending, of its trials with the recipe's seed on the first fold."""
    ours = [trial for trial in trials if (trial.seed, trial.fold) == (task.recipe.seed, 0)]
    return tuple(_level(task, ours, steps, target) for steps in lengths.steps)


def _level(task: Task, ours: Sequence[Trial], steps: int, target: str) -> Level:
    there = (trial for trial in ours if (trial.length or task.steps) == steps)
    return Level(steps, {
        trial.learning_rate: scored_trial(trial, target) for trial in sorted(there, key=lambda one: one.learning_rate)
    })  # fmt: skip


def learned(task: Task, level: Level) -> bool:
    """Return whether the best rate of a level is clearly below the loss of a blind guess."""
    best = level.best
    return best is not None and level.score(best) < math.log(task.blind.loss) - LEARNS


def points_per_log_loss(level: Level, steps: int, nominal: float) -> float:
    """Return what one unit of log loss is worth at a length of `steps`, in points, by the errors at the best rate.

        100 slope error (length / steps)^0.25

    Where no accuracy is known, `nominal` stands for the share that is wrong.
    """
    best = level.best
    right = math.nan if best is None else level.right(best)
    rows = 200 if best is None else _rows(level.scored[best].trial)
    error = max(1 - right, 0.5 / rows) if math.isfinite(right) else nominal
    return 100 * SLOPE * error * (level.steps / steps) ** SHRINK


def _rows(trial: Trial) -> int:
    return 200 if trial.example_losses is None else trial.example_losses.shape[-1]


def rehearsed(level: Level, scale: float, target: str) -> Rehearsed:
    """Return what the rates of a level lost against the best of it, in points."""
    rates, best = list(level.scored), level.best
    assert best is not None
    scores = np.array([level.score(rate) for rate in rates], np.float64)
    variance = [
        paired_variance(level.scored[rate], level.scored[best], level.steps, target) * scale**2 for rate in rates
    ]
    return Rehearsed(level.steps, np.log10(rates), scale * (scores - scores.min()), np.array(variance, np.float64))
