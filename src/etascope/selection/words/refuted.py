"""What was measured that speaks against an answer: `as_good`, `refuted`, `Refuted`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from etascope.core.choice import Basin, Confidence, Landscape, Luck, Walls
from etascope.core.recipe import Task
from etascope.core.sentences import Sentence
from etascope.selection.basin import CLEARLY_WORSE
from etascope.selection.scores import LEAST
from etascope.selection.words.reasons import Reason
from etascope.selection.words.verdicts import above_chance

#: A fresh seed speaks against an answer when it falls by so many of the spreads that are told, or single examples.
SPREADS = 3.0
#: So much more log loss on a fresh seed does where loss is the target: half as much again.
MORE = 0.4


@dataclass(frozen=True)
class Answered:
    """An answer with the numbers that are told of it.

    Attributes
    ----------
    learning_rate, basin
        The recommended rate, and the rates that cannot be told apart from it.
    loss, accuracy
        Plain validation loss in nats (inf where it diverged) and accuracy as a share, as they are told: on a fresh seed
        where there was one.
    seen_loss, seen_accuracy
        What the search itself saw at the rate, read off the rates beside it.
    target, tolerance
        What "best" means, and how far from it the confidence reaches.
    """

    learning_rate: float
    basin: Basin
    loss: float
    accuracy: float
    seen_loss: float
    seen_accuracy: float
    target: str
    tolerance: float


@dataclass(frozen=True)
class Refuted:
    """What speaks against an answer: `sentences`, and the next move.

    Attributes
    ----------
    sentences
        Empty where nothing does.
    settle
        What would settle it; None where the confidence itself may say that.
    as_good
        Rates outside the basin that did as well as the answer by accuracy, and better by plain loss.
    """

    sentences: tuple[Sentence, ...] = ()
    settle: Sentence | None = None
    as_good: tuple[float, ...] = ()

    def __bool__(self) -> bool:
        """Return whether anything does."""
        return bool(self.sentences)

    def sure(self, confidence: Confidence) -> Confidence:
        """Return a confidence that what was measured does not contradict.

        Examples
        --------
        >>> likely = Confidence("likely", 1.0, Sentence(""), 0.97)
        >>> Refuted((Sentence("It diverged."),), Sentence("Train longer.")).sure(likely).word
        'not settled'
        """
        if not self:
            return confidence
        return replace(confidence, word="not settled", settle=self.settle or confidence.settle or Reason.IMAGES())

    def walls(self, walls: Walls) -> Walls:
        """Return the walls without one that a rate beyond it contradicts."""
        low, high = walls.low, walls.high
        return Walls(
            None if low is None or any(other <= low for other in self.as_good) else low,
            None if high is None or any(other >= high for other in self.as_good) else high,
        )


def as_good(plain: Landscape, answer: Answered) -> tuple[float, ...]:
    """Return the rates outside the basin that are not worse by accuracy and clearly better by plain loss, ascending.

    Only rates that were trained on as many units as any count. A loss is clearly lower by 0.2 in its logarithm, as a
    wall is higher; below 0.001 nats all losses are alike.

    Examples
    --------
    >>> plain = Landscape(np.array([0.01, 1.0]), ((0, 0),), np.array([[0.1], [9.0]]), np.array([[0.99], [0.98]]))
    >>> as_good(plain, Answered(1.0, Basin(0.5, 2.0), 9.0, 0.98, 9.0, 0.98, "accuracy", 1.0))
    (0.01,)
    """
    rates, loss, right = plain.learning_rates, plain.mean_loss, plain.mean_accuracy
    outside = plain.full & ((rates < answer.basin.low) | (rates > answer.basin.high))
    here = min(answer.loss, answer.seen_loss)
    lower = np.log(np.maximum(loss, LEAST)) <= math.log(max(here, LEAST)) - CLEARLY_WORSE
    least = max(answer.accuracy, answer.seen_accuracy)
    return tuple(rates[outside & lower & (right >= least)].tolist())


def refuted(task: Task, plain: Landscape, answer: Answered, luck: Luck | None = None) -> Refuted:
    """Return what was measured that speaks against an answer.

    - On a fresh seed it diverged, or fell by three of the spreads that are told (three examples at least) more than is
      expected; for the target `loss`, its loss rose by half.
    - It gets no more right than a blind guess, or than always naming the largest class.
    - Its plain validation loss is above a blind guess's.
    - Its score is expected to shrink by more than the tolerance.
    - A rate outside the basin did as well by accuracy, and clearly better by plain loss.

    `plain` has plain losses and accuracies at the end, `luck` how lucky the answer is, where that was measured.
    """
    better, fresh = as_good(plain, answer), luck is not None and luck.fresh is not None
    said = [*_on_a_fresh_seed(task, answer, luck), *_no_better_than_a_guess(task, plain, answer, fresh=fresh)]
    blind, known = task.blind.loss, math.isfinite(answer.accuracy)
    if known and blind < answer.loss < math.inf:
        # The rate of the lowest plain loss, where no other sentence names one.
        others = plain.learning_rates[plain.full & (plain.mean_loss < answer.loss)].tolist()
        beside = f"; {_had(plain, lowest_of(plain, others))}" if others and not better else ""
        where = " on a fresh seed" if fresh else ""
        said.append(Reason.ABOVE_BLIND(where=where, loss=answer.loss, blind=blind, beside=beside))
    settle = (Reason.ABOUT(rate=lowest_of(plain, better)) if better else Reason.IMAGES()) if said or better else None
    if luck is not None and answer.target == "accuracy" and luck.expected > answer.tolerance:
        unit = "point" if answer.tolerance == 1 else "points"
        said.append(Reason.SHRINKS(expected=luck.expected, tolerance=answer.tolerance, unit=unit))
    if better:
        best = lowest_of(plain, better)
        side = "below" if best < answer.basin.low else "above"
        numbers = {"right": 100 * answer.accuracy, "loss": answer.loss, "rate": answer.learning_rate}
        said.append(Reason.OUTSIDE(side=side, numbers=_had(plain, best), **numbers))
    return Refuted(tuple(said), settle, better)


def _on_a_fresh_seed(task: Task, answer: Answered, luck: Luck | None) -> list[Sentence]:
    if luck is None or luck.fresh is None:
        return []
    if math.isinf(answer.loss):
        return [Reason.AGAIN_DIVERGED()]
    fall = 100 * (luck.shown - luck.fresh)
    one = 100 / max(task.n_valid or task.n_development, 1)
    if answer.target == "accuracy" and fall - luck.expected > max(SPREADS * max(luck.spread, one), answer.tolerance):
        return [Reason.AGAIN_FELL(fall=fall, shown=100 * luck.shown, fresh=100 * luck.fresh)]
    if answer.target == "loss" and _log(answer.loss) - _log(answer.seen_loss) > MORE:
        return [Reason.AGAIN_ROSE(loss=answer.loss, before=answer.seen_loss)]
    return []


def _no_better_than_a_guess(task: Task, plain: Landscape, answer: Answered, *, fresh: bool) -> list[Sentence]:
    majority = task.majority
    most = majority + 0.5 / max(task.n_development, 1)
    rates = plain.learning_rates
    inside = plain.full & (rates >= answer.basin.low) & (rates <= answer.basin.high)
    right = plain.mean_accuracy[inside]
    everywhere = bool(inside.any() and (right <= most).all())
    if not (answer.accuracy <= most or answer.seen_accuracy <= most or everywhere):
        return []
    where = "on a fresh seed " if fresh and answer.accuracy <= most else ""
    got = answer.accuracy if answer.accuracy <= most else min(answer.seen_accuracy, float(right.max(initial=1.0)))
    also = "; no rate of the basin gets more" if everywhere and len(right) > 1 else ""
    return [Reason.GUESSES(right=100 * got, where=where, majority=100 * majority, also=also, answer=_answer(task))]


def none_better(task: Task, landscape: Landscape) -> tuple[Sentence, ...]:
    """Return that no rate gets more right than always naming the largest class, told apart by two standard errors.

    Nothing where one does, or where the classes' shares are not known.
    """
    right = landscape.mean_accuracy[np.isfinite(landscape.mean_accuracy)]
    folds = len({fold for _, fold in landscape.units})
    if task.guess is None or not len(right) or right.max() > above_chance(task, folds):
        return ()
    numbers = {"majority": 100 * task.majority, "right": 100 * float(right.max())}
    return (Reason.NONE_BETTER(answer=_answer(task), **numbers),)


def _answer(task: Task) -> str:
    return task.blind.answer or "one class"


def lowest_of(plain: Landscape, rates: Sequence[float]) -> float:
    """Return the one of some rates that has the lowest plain loss."""
    loss = dict(zip(plain.learning_rates.tolist(), plain.mean_loss.tolist(), strict=True))
    return min(rates, key=lambda r: (loss[r], r))


def _had(plain: Landscape, rate: float) -> Sentence:
    row = int(np.flatnonzero(plain.learning_rates == rate)[0])
    return Reason.HAD(rate=rate, right=100 * float(plain.mean_accuracy[row]), loss=float(plain.mean_loss[row]))


def _log(loss: float) -> float:
    return math.log(max(loss, LEAST))
