"""A ladder with what its answer and its sentences are made of: `Ascent`."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from etascope.core.choice import Basin, Landscape, Walls
from etascope.core.history import Status
from etascope.core.numbers import nats
from etascope.core.recipe import Task
from etascope.selection.halving.chained_scores import chained_scores
from etascope.selection.halving.state import Climb, Scored, all_same, learned
from etascope.selection.halving.window import Window
from etascope.selection.walls import MARGIN
from etascope.selection.words.verdicts import HARDLY, above_chance


@dataclass(frozen=True, eq=False)
class Ascent:
    """A ladder at its top, with what its sentences are made of.

    Attributes
    ----------
    task, window, climbed, scored, target
        The job, where the ladder began, where it stands, its trials by rate, and what "best" means.
    unit
        What the losses were divided by before their logarithms were taken.
    """

    task: Task
    window: Window
    climbed: Climb
    scored: dict[float, Scored]
    target: str
    unit: float = 1.0

    @cached_property
    def scores(self) -> NDArray[np.float64]:
        """`(rates,)`: chained scores in log loss."""
        return chained_scores(self.climbed, self.scored)

    @cached_property
    def best(self) -> float | None:
        """The finalist with the lowest score; None where every trial diverged."""
        of = dict(zip(self.climbed.rates, self.scores.tolist(), strict=True))
        return min(self.climbed.finalists, key=lambda r: (of[r], r), default=None)

    @property
    def learned(self) -> bool:
        """Whether the best finalist is clearly better than a blind guess, or than the worst first epoch."""
        return self.best is not None and learned(self.task, self.scored, self.scored[self.best].score(self.top))

    @property
    def top(self) -> int:
        """The step of the last rung."""
        return self.climbed.reached[-1].step

    @property
    def same(self) -> bool:
        """Whether all trials, three at least, have the same losses: the learning rate changes nothing."""
        return all_same(self.scored, self.climbed.rates)

    @property
    def open_end(self) -> str:
        """`lowest` or `highest` where the best finalist is that end of the window, and more is allowed beyond it."""
        if self.best is None or self.window.beyond(self.climbed.rates, self.best) is None:
            return ""
        return "lowest" if self.best == self.climbed.rates[0] else "highest"

    @property
    def answered(self) -> bool:
        """Whether it is at its top with an answer: something learned, by the rate, and the best is no open end."""
        return self.climbed.todo is None and self.learned and not self.open_end and not self.same

    @property
    def finals(self) -> Landscape:
        """Plain loss and accuracy of the finalists where they stood: only these may be compared."""
        ends = [self.scored[r].trial for r in self.climbed.finalists]
        tables = [[[float(values[-1])] for values in of] for of in (
            [trial.valid_loss for trial in ends], [trial.valid_accuracy for trial in ends]
        )]  # fmt: skip
        loss, right = (np.array(table, np.float64) for table in tables)
        return Landscape(np.array(self.climbed.finalists), ((self.task.recipe.seed, 0),), loss, right)

    @property
    def loss_name(self) -> str:
        """What the scores are the logarithm of."""
        if self.task.measure.reported:
            return self.task.measure.name
        return "temperature-scaled loss" if self.target == "accuracy" else "validation loss"

    @property
    def step(self) -> str:
        """What a step is called."""
        return "epoch" if self.task.measure.reported else "step"

    def told(self, r: float, step: int) -> str:
        """Write the loss that a rate's score at a step stands for, or the value that it reported last until then."""
        scored, measure = self.scored[r], self.task.measure
        if not measure.reported:
            return nats(math.exp(scored.score(step)))
        before = scored.trial.valid_loss[scored.trial.evaluated_at <= step]
        return measure.written(float(before[-1]))

    def hardly(self, score: float, right: float = math.nan) -> str:
        """Return what to say of a trial that hardly beats a blind guess; nothing where it does, or that is unknown.

        By its score in log loss, and by the share that it gets right.
        """
        if self.task.measure.reported:
            return ""
        blind = math.log(self.task.n_classes)
        if math.exp(score) <= HARDLY * blind or right > above_chance(self.task):
            return ""
        return f", {'hardly below' if math.exp(score) < blind else 'no lower than'} a blind guess ({nats(blind)})"

    def stopped(self, r: float) -> bool:
        """Return whether a rate diverged, or its training failed."""
        return self.scored[r].stopped(self.scored[r].trial.steps)

    def ended(self, r: float) -> str:
        """Return how a rate that was stopped ended, in a word."""
        return "failed" if self.scored[r].trial.status is Status.FAILED else "diverged"

    def walls(self, at: float, basin: Basin) -> Walls:
        """Return the nearest rates on either side of `at` that diverged, or lose 0.2 in chained log loss (22 %).

        None lies within the basin.
        """
        worse = [
            r for r, score in zip(self.climbed.rates, self.scores.tolist(), strict=True)
            if self.stopped(r) or score >= float(self.scores.min()) + MARGIN
        ]  # fmt: skip
        low, high = [r for r in worse if r < at and r <= basin.low], [r for r in worse if r > at and r >= basin.high]
        return Walls(max(low, default=None), min(high, default=None))

    def hardly_below(self, basin: Basin) -> float | None:
        """Return the highest rate below a basin that hardly beat a blind guess as far as it came; None without one."""
        rates = [r for r in self.climbed.rates if r < basin.low and not self.stopped(r)]
        ends = {r: self.hardly(self.scored[r].score(self.scored[r].trial.steps), self.right(r)) for r in rates}
        return max((r for r in rates if ends[r]), default=None)

    def no_worse(self, r: float) -> bool:
        """Return whether a trial was no worse than the best one at the step it came to."""
        best, steps = self.scored[self.best or r], self.scored[r].trial.steps
        return bool((best.trial.evaluated_at <= steps).any()) and self.scored[r].rank(steps) <= best.rank(steps)

    def right(self, r: float) -> float:
        """Return the share of validation examples that a rate got right at its last evaluation; NaN where unknown."""
        found = self.scored[r].trial.valid_accuracy
        return float(found[-1]) if len(found) else math.nan
