"""What rehearsals came to: `Outcome`, with its best rate, its walls, and what its reasons are read from."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from etascope.core.choice import Basin, Landscape, Walls
from etascope.core.recipe import Task
from etascope.core.trials import Trial, same_losses
from etascope.selection.basin import CLEARLY_WORSE
from etascope.selection.halving.state import Scored
from etascope.selection.halving.window import Window
from etascope.selection.rehearsals.lengths import Lengths
from etascope.selection.rehearsals.levels import Level, learned
from etascope.selection.words.verdicts import HARDLY, above_chance

#: Trainings of a smaller share of the steps than this need not have begun to learn: what is customary counts then.
EARLY = 1 / 8


@dataclass(frozen=True, eq=False)
class Outcome:
    """Where rehearsals stand.

    Attributes
    ----------
    task, window, lengths, levels, target
        The job, where the search began, what was planned, what was trained, and what "best" means.
    unfinished
        Whether the plan is not at its end.
    """

    task: Task
    window: Window
    lengths: Lengths
    levels: tuple[Level, ...]
    target: str
    unfinished: bool = False

    @cached_property
    def learned_at(self) -> tuple[Level, ...]:
        """The levels at which something learned, ascending; all, where none is long enough to expect it."""
        taught = tuple(level for level in self.levels if learned(self.task, level))
        trained = tuple(level for level in self.levels if level.alive)
        early = bool(trained) and trained[-1].steps < EARLY * self.task.steps
        return taught or (trained if early else ())

    @property
    def top(self) -> Level | None:
        """The longest level at which something learned; None where none did."""
        return self.learned_at[-1] if self.learned_at else None

    @property
    def rates(self) -> tuple[float, ...]:
        """All rates that were trained, ascending."""
        return tuple(sorted({rate for level in self.levels for rate in level.scored}))

    @property
    def same(self) -> bool:
        """Whether all trials, three rates at least, have the same losses wherever two were evaluated."""
        every = [one.trial for level in self.levels for one in level.scored.values()]
        return same_losses(every) and not any(trial.diverged for trial in every)

    @property
    def open_end(self) -> str:
        """`lowest` or `highest` where the best rate of the longest level is that end of all, and more is allowed."""
        # What leads beyond the highest rate in a short training need not in a long one, whose best rate lies lower.
        if self.top is None or self.top.steps < EARLY * self.task.steps:
            return ""
        best = self.top.best
        if best is None or self.window.beyond(self.rates, best) is None:
            return ""
        return "lowest" if best == self.rates[0] else "highest"

    @property
    def answered(self) -> bool:
        """Whether there is an answer: something learned, by the rate, and the best is no open end."""
        return not self.unfinished and self.top is not None and not self.open_end and not self.same

    @property
    def finals(self) -> Landscape:
        """Plain loss and accuracy at the end of the longest level: only these may be compared."""
        top = self.top
        assert top is not None
        trials = [top.scored[rate].trial for rate in top.alive]
        at = [int(np.flatnonzero(trial.evaluated_at <= top.steps)[-1]) for trial in trials]
        loss = np.array([[trial.valid_loss[i]] for trial, i in zip(trials, at, strict=True)], np.float64)
        right = np.array([[trial.valid_accuracy[i]] for trial, i in zip(trials, at, strict=True)], np.float64)
        return Landscape(np.array(top.alive), ((self.task.recipe.seed, 0),), loss, right)

    @property
    def loss_name(self) -> str:
        """What the scores are the logarithm of."""
        return "temperature-scaled loss" if self.target == "accuracy" else "validation loss"

    @property
    def blind(self) -> float:
        """Loss of a blind guess in nats."""
        return self.task.blind.loss

    def level_of(self, rate: float) -> Level | None:
        """Return the longest level that a rate was trained at, stopped ones included."""
        return next((level for level in reversed(self.levels) if rate in level.scored), None)

    def stopped(self, rate: float) -> bool:
        """Return whether a rate diverged, or its training failed, at any length."""
        return any(rate in level.scored and level.scored[rate].stopped(level.steps) for level in self.levels)

    def behind(self, rate: float) -> float:
        """Return how far a rate's log loss lies above the best of the longest level that it came to."""
        level = self.level_of(rate)
        best = level.best if level else None
        return 0.0 if level is None or best is None else level.score(rate) - level.score(best)

    def walls(self, at: float, basin: Basin) -> Walls:
        """Return the nearest rates on either side of `at` that diverged, or lose 0.2 in log loss (22 %).

        None lies within the basin.
        """
        # One run a rate leaves no pairs to test, so the size of a difference decides alone.
        worse = [rate for rate in self.rates if self.stopped(rate) or self.behind(rate) >= CLEARLY_WORSE]
        low, high = [r for r in worse if r < at and r <= basin.low], [r for r in worse if r > at and r >= basin.high]
        return Walls(max(low, default=None), min(high, default=None))

    def hardly_below(self, basin: Basin) -> float | None:
        """Return the highest rate below a basin that hardly beat a blind guess as far as it came; None without one."""
        guessing = above_chance(self.task)
        hardly = [
            rate for rate in self.rates
            if rate < basin.low and not self.stopped(rate) and (level := self.level_of(rate)) is not None
            and math.exp(level.score(rate)) > HARDLY * self.blind and not level.right(rate) > guessing
        ]  # fmt: skip
        return max(hardly, default=None)

    def level_at(self, trial: Trial) -> tuple[Level, Scored] | None:
        """Return the longest level that a trial is of, and the trial as it is compared there."""
        for level in reversed(self.levels):
            one = level.scored.get(trial.learning_rate)
            if one is not None and one.trial is trial:
                return level, one
        return None


def spacing_of(rates: Sequence[float]) -> float:
    """Return the mean distance of neighbouring rates, in decades; a quarter where there is one rate."""
    return math.log10(rates[-1] / rates[0]) / (len(rates) - 1) if len(rates) > 1 else 0.25
