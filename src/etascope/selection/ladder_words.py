"""What a ladder says: a verdict for each trial, its walls, and why this rate or none, in sentences."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from etascope.core.choice import Basin, Walls
from etascope.core.numbers import nats, rate
from etascope.core.recipe import Task
from etascope.core.trials import Trial
from etascope.selection.climb import BLOWN, Climb, Scored, blown_up
from etascope.selection.grid import LIMITS
from etascope.selection.kernel_pick import chained_scores
from etascope.selection.reasons import other_rates
from etascope.selection.verdicts import BOUNCE, HARDLY
from etascope.selection.walls import LEARNS, MARGIN
from etascope.selection.window import Window

#: A trial is near the edge when one at most this many times as large diverged: the next one of the first window.
EDGE = 2.5


@dataclass(frozen=True, eq=False)
class Ascent:
    """A ladder at its top, with what its sentences are made of.

    Attributes
    ----------
    task, window, climbed, scored, target
        The job, where the ladder began, where it stands, its trials by rate, and what "best" means.
    """

    task: Task
    window: Window
    climbed: Climb
    scored: dict[float, Scored]
    target: str

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
        """Whether the best finalist is clearly better than a blind guess."""
        blind = math.log(math.log(self.task.n_classes))
        return self.best is not None and self.scored[self.best].score(self.top) < blind - LEARNS

    @property
    def top(self) -> int:
        """The step of the last rung."""
        return self.climbed.reached[-1].step

    @property
    def open_end(self) -> str:
        """`lowest` or `highest` where the best finalist is that end of the window, and more is allowed beyond it."""
        if self.best is None or self.window.beyond(self.climbed.rates, self.best) is None:
            return ""
        return "lowest" if self.best == self.climbed.rates[0] else "highest"

    @property
    def loss_name(self) -> str:
        """What the scores are the logarithm of."""
        return "temperature-scaled loss" if self.target == "accuracy" else "validation loss"

    def stopped(self, r: float) -> bool:
        """Return whether a rate diverged."""
        return self.scored[r].stopped(self.scored[r].trial.steps)

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


def ladder_verdict(ascent: Ascent, trial: Trial, answer: float | None, basin: Basin | None) -> str:
    """Return the verdict of a trial; one that was left behind is compared with the best at the step it came to."""
    r, total = trial.learning_rate, ascent.task.steps
    ending = _ending(trial, total)
    if ending:
        return ending
    scored = ascent.scored.get(r)
    if scored is None or (trial.seed, trial.fold) != (ascent.task.recipe.seed, 0):
        return "not judged: this trial is of another seed or fold than the ladder's"
    blind = math.log(ascent.task.n_classes)
    loss = math.exp(scored.score(trial.steps))
    at = f"{ascent.loss_name} {nats(loss)} at step {trial.steps} of {total}"
    if trial.steps < total and r in ascent.climbed.left:
        at = f"{ascent.loss_name} {nats(loss)} when it was stopped at step {trial.steps} of {total}"
    if answer is None or basin is None or ascent.best is None:
        if loss > HARDLY * blind:
            return f"learned nothing: {at}, hardly below a blind guess ({nats(blind)})"
        return f"not judged: {at}, and there is no best rate to compare it with yet"
    if r == min(ascent.climbed.finalists, key=lambda other: abs(math.log(other / answer))):
        return f"best: {at}; of those that went so far, the nearest to {rate(answer)}"
    against = _against(ascent, trial.steps)
    if r < basin.low:
        small = loss > HARDLY * blind
        return f"too small: {at}, hardly below a blind guess ({nats(blind)})" if small else f"slow: {at}{against}"
    if r > basin.high:
        rise = _rise(trial)
        if rise > BOUNCE:
            return f"bouncing: training loss rose by {rise:.0%} from one quarter of its steps to the next; {at}"
        near = [o for o in ascent.climbed.rates if r < o <= EDGE * r and ascent.stopped(o)]
        if near:
            return f"near the edge: {at}, but {near[0] / r:.2g} times this rate diverged"
        return f"too large: {at}{against}"
    if trial.steps < ascent.top:
        return f"{'slow' if r < answer else 'behind'}: {at}{against}; too early to tell it from the best"
    return f"good: {at}{against}; within the basin"


def _accurate(accuracy: float) -> str:
    """Say an accuracy in brackets; nothing where targets are no class labels."""
    return f" (accuracy {accuracy:.3f})" if math.isfinite(accuracy) else ""


def ladder_reasons(ascent: Ascent, answer: float, basin: Basin) -> tuple[str, ...]:
    """Return why this rate, what the walls were, what the basin is worth and how the trials climbed."""
    climbed, scored = ascent.climbed, ascent.scored
    best = climbed.finalists[0] if ascent.best is None else ascent.best
    accuracy = float(scored[best].trial.valid_accuracy[-1])
    if len(climbed.rates) == 1:
        return (
            f"{rate(answer)} is the only learning rate that was allowed: {ascent.loss_name} "
            f"{nats(math.exp(scored[best].score(ascent.top)))} at step {ascent.top}{_accurate(accuracy)}.",
            "No wall was looked for and no basin is known; allow a range of rates for that.",
        )
    first = (
        f"{rate(answer)} is where a smooth curve through the trials' {ascent.loss_name} is lowest; the best trial, "
        f"{rate(best)}, had {nats(math.exp(scored[best].score(ascent.top)))} at step {ascent.top} of "
        f"{ascent.task.steps}{_accurate(accuracy)}."
    )
    walls = ascent.walls(answer, basin)
    second = (
        f"Below it, {_wall(ascent, walls.low, 'slow', climbed.rates[0])}; "
        f"above it, {_wall(ascent, walls.high, 'large', climbed.rates[-1])}."
    )
    decades = math.log10(basin.high / basin.low)
    third = (
        f"Rates from {rate(basin.low)} to {rate(basin.high)} ({decades:.1f} decades) cannot be told apart from it; in "
        "the benchmark (18 jobs, eight seeds), 82 in 100 such intervals held the best rate."
    )
    return (first, second, third, _way(climbed), *_mind(ascent, answer, basin))


def no_ladder_answer(ascent: Ascent) -> tuple[str, ...]:
    """Return why nothing can be recommended yet, and the next move."""
    climbed, window = ascent.climbed, ascent.window
    span = f"from {rate(climbed.rates[0])} to {rate(climbed.rates[-1])}" if len(climbed.rates) > 1 else "tried"
    if climbed.todo is not None:
        todo = climbed.todo
        count = "one trial has" if len(todo.rates) == 1 else f"{len(todo.rates)} trials have"
        return (
            f"The ladder has not come to its top: {count} yet to be trained to step {todo.end} of {ascent.task.steps}.",
            "Let the search go on.",
        )
    if ascent.best is None:
        lower = "Allow lower rates. " if min(climbed.rates) > LIMITS[0] else ""
        return (
            f"Every learning rate {span} diverged.",
            f"{lower}Look for extreme values in the data, or choose another optimizer or a smaller model.",
        )
    loss = math.exp(ascent.scored[ascent.best].score(ascent.top))
    if not ascent.learned:
        return (
            f"No learning rate {span} learned: the lowest {ascent.loss_name} is {nats(loss)} nats, at "
            f"{rate(ascent.best)}, and a blind guess has {nats(math.log(ascent.task.n_classes))}.",
            other_rates(climbed.rates, climbed.rates.index(ascent.best), (window.low, window.high))
            + "Check that the labels belong to the images; else train for more epochs, or on more images.",
        )
    side = ascent.open_end
    limit, word = (window.low, "below") if side == "lowest" else (window.high, "above")
    return (
        f"The best so far, {rate(ascent.best)} with a {ascent.loss_name} of {nats(loss)} nats, is the {side} rate that "
        f"was tried; a better one may lie {word}.",
        f"Search there: limit the rates to those {word} {rate(ascent.best)}, down to {rate(limit)}."
        if side == "lowest"
        else f"Search there: limit the rates to those {word} {rate(ascent.best)}, up to {rate(limit)}.",
    )


def _ending(trial: Trial, total: int) -> str:
    at = blown_up(trial.step_loss)
    if trial.diverged:
        step = trial.diverged_at + 1
        return f"diverged: the training loss was no longer a finite number at step {step} of {total}"
    if at is not None:
        return f"diverged: the training loss had passed {BLOWN:.0f} times its first by step {at + 1} of {total}"
    return ""


def _against(ascent: Ascent, step: int) -> str:
    best = ascent.best
    if best is None or not (ascent.scored[best].trial.evaluated_at <= step).any():
        return ""
    return f", where {rate(best)} had {nats(math.exp(ascent.scored[best].score(step)))}"


def _rise(trial: Trial) -> float:
    """Return the largest rise of the mean batch loss between quarters of the steps, as a share."""
    if trial.steps < 8:
        return -math.inf
    means = [float(part.mean()) for part in np.array_split(trial.step_loss.astype(np.float64), 4)]
    return max(after / max(before, 1e-9) - 1 for before, after in itertools.pairwise(means))


def _wall(ascent: Ascent, wall: float | None, word: str, end: float) -> str:
    if wall is None:
        allowed = ", the end of what was allowed," if end in (ascent.window.low, ascent.window.high) else ""
        return f"no rate {'down' if word == 'slow' else 'up'} to {rate(end)}{allowed} is clearly worse"
    if ascent.stopped(wall):
        return f"{rate(wall)} diverged"
    index = ascent.climbed.rates.index(wall)
    times = math.exp(float(ascent.scores[index] - ascent.scores.min()))
    return f"{rate(wall)} is too {word} (about {times:.2g} times the loss)"


def _way(climbed: Climb) -> str:
    counts = [f"{len(r.rates)} came to step {r.step}" for r in climbed.reached]
    on = "; each went on from its checkpoint" if len(counts) > 1 else ""
    return f"Of {len(climbed.rates)} trials, {', '.join(counts)}{on}."


def _mind(ascent: Ascent, answer: float, basin: Basin) -> list[str]:
    rates, told = ascent.climbed.rates, list[str]()
    added = len(rates) - len(ascent.window.first)
    if added:
        what = "One rate was" if added == 1 else f"{added} rates were"
        told.append(f"{what} added to the first window, because its best trial was an end of it.")
    if ascent.best in (rates[0], rates[-1]):
        told.append("The best trial is the end of what was allowed, so a better rate may lie beyond.")
    elif any(ascent.window.beyond(rates, end) is not None for end in (basin.low, basin.high)):
        told.append("The basin reaches to the end of what was tried, so it may be wider.")
    over = [r for r in rates if answer < r <= 2 * answer and ascent.stopped(r)]
    if over:
        told.append(f"Mind the edge: {rate(over[0])}, only {over[0] / answer:.2g} times as large, diverged.")
    return told
