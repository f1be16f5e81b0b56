"""Halving at its end: `Outcome`, its `chained_scores`, and the rates that are tried beyond it, `walls_to_seek`."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from etascope.core.choice import Basin, Landscape, Walls
from etascope.core.history import Status
from etascope.core.numbers import nats
from etascope.core.recipe import Task
from etascope.selection.basin import CLEARLY_WORSE
from etascope.selection.halving.state import Milestone, Scored, State, Todo, all_same, learned
from etascope.selection.halving.window import Window
from etascope.selection.scores import WORST
from etascope.selection.words.verdicts import HARDLY, above_chance


@dataclass(frozen=True, eq=False)
class Outcome:
    """What successive halving came to, with what its reasons are read from.

    Attributes
    ----------
    task, window, state, scored, target
        The job, where the search began, where it stands, its trials by rate, and what "best" means.
    unit
        What the losses were divided by before their logarithms were taken.
    """

    task: Task
    window: Window
    state: State
    scored: dict[float, Scored]
    target: str
    unit: float = 1.0

    @cached_property
    def scores(self) -> NDArray[np.float64]:
        """`(rates,)`: chained scores in log loss."""
        return chained_scores(self.state, self.scored)

    @cached_property
    def best(self) -> float | None:
        """The finalist with the lowest score; None where every trial diverged, and before the first milestone."""
        if not self.state.finalists:
            return None
        of = dict(zip(self.state.rates, self.scores.tolist(), strict=True))
        return min(self.state.finalists, key=lambda r: (of[r], r))

    @property
    def learned(self) -> bool:
        """Whether the best finalist is clearly better than a blind guess, or than the worst first epoch."""
        return self.best is not None and learned(self.task, self.scored, self.scored[self.best].score(self.top))

    @property
    def top(self) -> int:
        """The step of the last milestone."""
        return self.state.reached[-1].step

    @property
    def same(self) -> bool:
        """Whether all trials, three at least, have the same losses: the learning rate changes nothing."""
        return all_same(self.scored, self.state.rates)

    @property
    def open_end(self) -> str:
        """`lowest` or `highest` where the best finalist is that end of the window, and more is allowed beyond it."""
        if self.best is None or self.window.beyond(self.state.rates, self.best) is None:
            return ""
        return "lowest" if self.best == self.state.rates[0] else "highest"

    @property
    def answered(self) -> bool:
        """Whether it is at its end with an answer: something learned, by the rate, and the best is no open end."""
        return self.state.todo is None and self.learned and not self.open_end and not self.same

    @property
    def finals(self) -> Landscape:
        """Plain loss and accuracy of the finalists where they stood: only these may be compared."""
        ends = [self.scored[r].trial for r in self.state.finalists]
        tables = [[[float(values[-1])] for values in of] for of in (
            [trial.valid_loss for trial in ends], [trial.valid_accuracy for trial in ends]
        )]  # fmt: skip
        loss, right = (np.array(table, np.float64) for table in tables)
        return Landscape(np.array(self.state.finalists), ((self.task.recipe.seed, 0),), loss, right)

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

    @property
    def write(self) -> Callable[[float], str]:
        """Writes a loss, or a value that was reported."""
        return self.task.measure.written if self.task.measure.reported else nats

    def loss(self, r: float, step: int) -> float:
        """Return the loss that a rate's score at a step stands for, or what it reported last until then."""
        scored = self.scored[r]
        if not self.task.measure.reported:
            return math.exp(scored.score(step))
        return float(scored.trial.valid_loss[scored.trial.evaluated_at <= step][-1])

    def written(self, r: float, step: int) -> str:
        """Write the loss of a rate at a step."""
        return self.write(self.loss(r, step))

    @property
    def blind(self) -> float:
        """Loss of a blind guess in nats; inf where losses are reported."""
        return math.inf if self.task.measure.reported else self.task.blind.loss

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
        # One run a rate leaves no pairs to test, so the size of a difference decides alone.
        worse = [
            r for r, score in zip(self.state.rates, self.scores.tolist(), strict=True)
            if self.stopped(r) or score >= float(self.scores.min()) + CLEARLY_WORSE
        ]  # fmt: skip
        low, high = [r for r in worse if r < at and r <= basin.low], [r for r in worse if r > at and r >= basin.high]
        return Walls(max(low, default=None), min(high, default=None))

    def hardly_below(self, basin: Basin) -> float | None:
        """Return the highest rate below a basin that hardly beat a blind guess as far as it came; None without one."""
        steps = {r: self.scored[r].trial.steps for r in self.state.rates if r < basin.low and not self.stopped(r)}
        most, guessing = HARDLY * self.blind, above_chance(self.task)
        hardly = [r for r, step in steps.items() if self.loss(r, step) > most and not self.right(r) > guessing]
        return max(hardly, default=None)

    def no_worse(self, r: float) -> bool:
        """Return whether a trial was no worse than the best one at the step it came to."""
        best, steps = self.scored[self.best or r], self.scored[r].trial.steps
        return bool((best.trial.evaluated_at <= steps).any()) and self.scored[r].rank(steps) <= best.rank(steps)

    def right(self, r: float) -> float:
        """Return the share of validation examples that a rate got right at its last evaluation; NaN where unknown."""
        right = self.scored[r].trial.valid_accuracy
        return float(right[-1]) if len(right) else math.nan


def chained_scores(state: State, scored: Mapping[float, Scored]) -> NDArray[np.float64]:
    """Return what each rate of the window would score at the last milestone, `(rates,)` in log loss.

    A trial that was left behind has the score at its last milestone, and from each later one what the score of the
    trial nearest to it there, in decades, changed by since the one before. A trial that diverged has log 10.
    """
    return np.array([_chained(state, scored, rate) for rate in state.rates], np.float64)


def _chained(state: State, scored: Mapping[float, Scored], rate: float) -> float:
    level = state.left.get(rate, len(state.reached) - 1)
    if rate not in state.reached[level].rates:
        return WORST
    # Losses fall on the way, so one that stopped early would look worse than it is: it goes on as its neighbour did. In
    # the study that was neutral for the choice (0.42 points lost either way); the basin needs it, read from all rates.
    total = scored[rate].score(state.reached[level].step)
    for before, after in zip(state.reached[level:], state.reached[level + 1 :], strict=False):
        both = [r for r in after.rates if r in before.rates]
        if both:
            near = min(both, key=lambda other: (abs(np.log10(other / rate)), other))
            total += scored[near].score(after.step) - scored[near].score(before.step)
    return total


#: Rates sought go through this share of the recipe's steps in all, or two of them do if that is more: eight rates where
#: the first milestone is a sixteenth.
MOST = 0.5


def beside(outcome: Outcome) -> Outcome:
    """Return an outcome with the rates that were sought, as left behind at the first milestone."""
    state, step = outcome.state, outcome.state.reached[0].step
    sought = [rate for rate in outcome.scored if rate not in state.rates]
    if not sought:
        return outcome
    alive = [rate for rate in sought if not outcome.scored[rate].stopped(step)]
    first = Milestone(step, tuple(sorted((*state.reached[0].rates, *alive))))
    left = state.left | dict.fromkeys(sought, 0)
    rates = tuple(sorted((*state.rates, *sought)))
    return replace(outcome, state=State(None, rates, (first, *state.reached[1:]), left))


def walls_to_seek(outcome: Outcome, walls: Walls, sought: int) -> Todo | None:
    """Return the training of the next rate beyond the window on each side where no wall was seen.

    None where both were seen, where no more is allowed, and where enough was spent: rates sought are trained as far as
    the first milestone, half of a whole training in all (or two of them, if that is more). The search is at its end,
    with an answer whose `walls` these are, and so many rates were `sought` and stand `beside` it.
    """
    state, step = outcome.state, outcome.state.reached[0].step
    # In the study a basin that touched an end left the answer open: the window has to be extended first.
    ends = (state.rates[0],) * (walls.low is None) + (state.rates[-1],) * (walls.high is None)
    more = [rate for end in ends if (rate := outcome.window.beyond(state.rates, end)) is not None]
    room = int(max(MOST * outcome.task.steps / step, 2)) - sought
    return Todo(tuple(more[:room]), 0, step) if more and room > 0 else None
