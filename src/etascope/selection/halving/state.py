"""Where successive halving stands after the histories so far: `State`, `read_state`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from etascope.core.recipe import Task
from etascope.core.trials import Trial, same_losses
from etascope.selection.basin import LEARNS
from etascope.selection.halving.budgets import Budgets
from etascope.selection.halving.window import Window
from etascope.selection.scores import LEAST, WORST, tempered_log_loss

#: A score averages the evaluations from this share of its steps on. One alone is noisy: it lost 0.31 points more in the
#: study, where the three of `evaluations` did nearly as well as seven (0.36 and 0.34 points lost).
AVERAGED = 0.6
#: A trial is stopped when its smoothed batch loss exceeds this many times its first: of 422 such trials, none came
#: back; at 3 times, many with momentum or Adam would have.
BLOWN = 30.0
#: The first milestone has at least this many steps, where that is no more than twice its share: momentum takes ten to
#: gather speed, and before that low rates cannot be told from hopeless ones.
FEWEST = 20
#: Nothing has learned yet while the lowest validation loss exceeds this share of a blind guess's. In the study a window
#: two decades too high lost 0.67 points where rates were compared all the same, and 0.52 where they were not.
UNLEARNED = 0.85


@dataclass(frozen=True, eq=False)
class Scored:
    """A trial with the log of its validation loss `(evaluations,)` as it is compared."""

    trial: Trial
    log_loss: NDArray[np.float64]
    #: The same without an upper end, where what was reported may be of any size; None is `log_loss`.
    endless: NDArray[np.float64] | None = None

    def within(self, step: int) -> NDArray[np.int64]:
        """Return the evaluations averaged at a milestone: those in the last 40 % of its steps, or the last before."""
        at = self.trial.evaluated_at
        inside = np.flatnonzero((at >= round(AVERAGED * step)) & (at <= step))
        return inside if len(inside) else np.flatnonzero(at <= step)[-1:]

    def stopped(self, step: int) -> bool:
        """Return whether it had diverged, or its batch loss was blown up, by `step`."""
        diverged = self.trial.diverged and self.trial.diverged_at < step
        return diverged or blown_up(self.trial.step_loss[:step]) is not None

    def score(self, step: int) -> float:
        """Return the mean log loss at a milestone, natural logarithm; log 10 where the trial was stopped."""
        inside = self.within(step)
        if self.stopped(step) or not len(inside):
            return WORST
        return float(np.mean(np.minimum(self.log_loss[inside], WORST)))

    def rank(self, step: int) -> tuple[float, float]:
        """Return what trials are ordered by at a milestone: their score, and where it is at its end, more."""
        inside, score = self.within(step), self.score(step)
        if self.endless is None or score < WORST or self.stopped(step) or not len(inside):
            return score, 0.0 if score < WORST or self.endless is None else math.inf
        return score, float(np.mean(self.endless[inside]))


@dataclass(frozen=True)
class Todo:
    """What to train next: `rates` from step `start` to step `end`."""

    rates: tuple[float, ...]
    start: int
    end: int


@dataclass(frozen=True)
class Milestone:
    """A step at which trials were compared, and the rates of those, ascending, without the ones that were stopped."""

    step: int
    rates: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class State:
    """Where successive halving stands.

    Attributes
    ----------
    todo
        What to train next; None at the end.
    rates
        All rates of the window, ascending.
    reached
        The milestones so far, the last one with the finalists.
    left
        For each rate that was left behind, the number of the milestone (from 0) after which.
    """

    todo: Todo | None
    rates: tuple[float, ...]
    reached: tuple[Milestone, ...] = ()
    left: dict[float, int] = field(default_factory=dict[float, int])

    @property
    def finalists(self) -> tuple[float, ...]:
        """The rates that were compared at the last milestone."""
        return self.reached[-1].rates if self.reached else ()


def score_trials(trials: Sequence[Trial], seed: int, target: str, unit: float = 1.0) -> dict[float, Scored]:
    """Return the trials of one seed on the first fold, by learning rate, with the log of their validation loss.

    For the target `accuracy` it is temperature-scaled, at each evaluation anew; for `loss`, and where a trial kept no
    losses of examples, it is the plain loss, over `unit`.
    """
    ours = [t for t in trials if (t.seed, t.fold) == (seed, 0)]
    return {t.learning_rate: scored_trial(t, target, unit) for t in ours}


def scored_trial(trial: Trial, target: str, unit: float = 1.0) -> Scored:
    """Return a trial with the log of its validation loss, as in `score_trials`."""
    # With another unit than nats, the lowest loss is one: what is worse than ten times that is no worse than another.
    return Scored(trial, _log_loss(trial, target, unit), _endless(trial, unit))


def unit_of(task: Task, trials: Sequence[Trial]) -> float:
    """Return what losses are measured in: 1 nat, or with a measure the lowest one that a first epoch came to.

    A measure may be of any size, and what is ten times that low is as bad as diverged.
    """
    if not task.measure.reported:
        return 1.0
    first = [float(t.valid_loss[0]) for t in trials if len(t.valid_loss)]
    return min((loss for loss in first if math.isfinite(loss) and loss > 0), default=1.0)


def read_state(task: Task, scored: Mapping[float, Scored], budgets: Budgets, window: Window) -> State:
    """Return where the search stands: a function of what was trained, so that it can go on in another process.

    A first milestone of fewer than 20 steps is moved there, or to twice its share, unless a step is an epoch; while
    nothing has learned by it, its step is doubled. At every milestone, while the best trial is an end of the window, a
    trial beyond it is added, unless all trials are the same; added trials go through as many steps as one whole
    training, or four of them if that is more. `scored` has what was trained so far, of one seed and fold, by its rate.
    """
    total, spent = task.steps, 0
    rates = going = list(window.first)
    top, step = budgets.steps(budgets.shares[-1], total), first_step(task, budgets)
    reached, left = list[Milestone](), dict[float, int]()
    if todo := _lacking(scored, going, step):
        return State(todo, tuple(rates))
    while 2 * step <= top and (alive := _alive(scored, going, step)) and not _any_learned(task, scored, alive, step):
        step *= 2
        if todo := _lacking(scored, alive, step):
            return State(todo, tuple(rates))
    for number, share in enumerate(budgets.shares):
        step = max(step, budgets.steps(share, total))
        if todo := _lacking(scored, going, step):
            return State(todo, tuple(rates), tuple(reached), left)
        # Bounded, since a loss that is lowest at whatever end there is would lead to the limits of all searches.
        while (more := _beyond(scored, window, rates, going, step)) and spent + step <= max(total, 4 * step):
            spent += step
            rates, going = sorted([*rates, more]), sorted([*going, more])
            if todo := _lacking(scored, [more], step):
                return State(todo, tuple(rates), tuple(reached), left)
        alive = _alive(scored, going, step)
        reached.append(Milestone(step, tuple(alive)))
        last = number == len(budgets.keep)
        # Compared after equal steps alone: a loss falls on the way, and fewer steps favour higher rates (`PLANS`).
        kept = alive if last else sorted(sorted(alive, key=lambda r: (scored[r].rank(step), r))[: budgets.keep[number]])
        left |= {rate: number for rate in going if rate not in kept}
        going = kept
        if not going:
            break
    return State(None, tuple(rates), tuple(reached), left)


def first_step(task: Task, budgets: Budgets) -> int:
    """Return the step of the first milestone, where something has learned by then.

    Examples
    --------
    >>> from etascope.core.recipe import Recipe
    >>> tasks = [Task(Recipe(), 10, 800, 1, steps_per_epoch=steps) for steps in (8, 40, 160)]
    >>> [first_step(task, Budgets(7, (1 / 16, 3 / 4), (3,), 3.0)) for task in tasks]
    [4, 20, 50]
    """
    total = task.steps
    step = budgets.steps(budgets.shares[0], total)
    if task.measure.reported:
        # A step is an epoch, and many steps of the optimizer.
        return step
    return min(budgets.steps(budgets.shares[-1], total), max(step, min(FEWEST, 2 * step)))


def blown_up(step_loss: NDArray[np.floating]) -> int | None:
    """Return the step, from 0, at which the smoothed batch loss passed 30 times the first; None where it never did.

    The loss is smoothed over steps by `m = 0.9 m + 0.1 loss`, divided by `1 - 0.9^(t + 1)` (bias-corrected). Steps
    before the sixth are not looked at, nor what is not a number.

    Examples
    --------
    >>> blown_up(np.array([1.0] * 6 + [100.0] * 9))
    7
    """
    losses = np.asarray(step_loss, np.float64)
    losses = losses[np.isfinite(losses)]
    # The smoothed loss never exceeds the highest, which is quickly looked at.
    if len(losses) < 6 or losses.max() <= BLOWN * losses[0]:
        return None
    smooth = 0.0
    for t, loss in enumerate(losses.tolist()):
        smooth = 0.9 * smooth + 0.1 * loss
        if t >= 5 and smooth / (1 - 0.9 ** (t + 1)) > BLOWN * losses[0]:
            return t
    return None


def evaluations(start: int, end: int) -> tuple[int, ...]:
    """Return the steps after `start` at which a trial on its way to `end` is evaluated: 0.6, 0.8 and all of that.

    Examples
    --------
    >>> evaluations(0, 20)
    (12, 16, 20)
    """
    return tuple(sorted({at for share in (AVERAGED, 0.8, 1.0) if start < (at := round(share * end)) <= end}))


def learned(task: Task, scored: Mapping[float, Scored], log_loss: float) -> bool:
    """Return whether a log loss is clearly below a blind guess's, or with a measure below the worst first epoch's."""
    if not task.measure.reported:
        return log_loss < math.log(task.blind.loss) - LEARNS
    alive = [s for s in scored.values() if len(s.log_loss) and not s.stopped(1)]
    first = [float((s.log_loss if s.endless is None else s.endless)[0]) for s in alive]
    alone = len(scored) == 1 and task.steps == 1
    return alone or (bool(first) and log_loss < max(first) - LEARNS)


def all_same(scored: Mapping[float, Scored], rates: Sequence[float]) -> bool:
    """Return whether at least three rates have the same losses wherever two were evaluated, and none was stopped."""
    compared = [scored[rate] for rate in rates if rate in scored]
    return same_losses([one.trial for one in compared]) and not any(one.stopped(one.trial.steps) for one in compared)


def _log_loss(trial: Trial, target: str, unit: float) -> NDArray[np.float64]:
    if target == "accuracy" and trial.example_losses is not None:
        return tempered_log_loss(trial.example_losses)
    loss = np.where(np.isfinite(trial.valid_loss), trial.valid_loss / unit, math.exp(WORST))
    return np.log(np.clip(loss, LEAST, math.exp(WORST)))


def _endless(trial: Trial, unit: float) -> NDArray[np.float64] | None:
    if unit == 1.0:
        return None
    return np.log(np.maximum(np.where(np.isfinite(trial.valid_loss), trial.valid_loss / unit, math.inf), LEAST))


def _lacking(scored: Mapping[float, Scored], rates: Sequence[float], end: int) -> Todo | None:
    """Return the trials that have not come to `end`, and were not stopped; of those, the least trained."""
    steps = {rate: scored[rate].trial.steps if rate in scored else 0 for rate in rates}
    missing = [rate for rate in rates if steps[rate] < end and not (steps[rate] and scored[rate].stopped(steps[rate]))]
    if not missing:
        return None
    # A plan has one first step, so trials that stand at different ones take turns.
    start = min(steps[rate] for rate in missing)
    return Todo(tuple(rate for rate in missing if steps[rate] == start), start, end)


def _alive(scored: Mapping[float, Scored], rates: Sequence[float], step: int) -> list[float]:
    return [rate for rate in rates if not scored[rate].stopped(step)]


def _any_learned(task: Task, scored: Mapping[float, Scored], rates: Sequence[float], step: int) -> bool:
    if task.measure.reported:
        return learned(task, scored, min(scored[rate].score(step) for rate in rates))
    lowest = math.inf
    for rate in rates:
        trial = scored[rate].trial
        before = trial.valid_loss[trial.evaluated_at <= step]
        lowest = min(lowest, float(before[-1]) if len(before) else math.inf)
    return lowest <= UNLEARNED * task.blind.loss


def _beyond(
    scored: Mapping[float, Scored], window: Window, rates: Sequence[float], going: Sequence[float], step: int
) -> float | None:
    if all_same(scored, going):
        # No end is better than the other: the rate does not reach what trains.
        return None
    best = min(going, key=lambda rate: (scored[rate].rank(step), rate))
    return window.beyond(rates, best)
