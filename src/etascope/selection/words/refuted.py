"""What was measured that speaks against an answer, in sentences: `as_good`, `refuted`, `Refuted`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from etascope.core.choice import Basin, Confidence, Landscape, Luck, Walls
from etascope.core.numbers import nats, rate
from etascope.core.recipe import Task
from etascope.core.sentences import Sentence
from etascope.selection.landscape import fully_tried
from etascope.selection.scores import LEAST
from etascope.selection.walls import MARGIN

#: A fresh seed speaks against an answer when it falls by so many of the spreads that are told, or single examples.
SPREADS = 3.0
#: So much more log loss on a fresh seed does where loss is the target: half as much again.
MORE = 0.4
#: What would settle it where no rate is known to be better.
MORE_IMAGES = Sentence("More seeds alone would not settle it: it takes more images, or longer trainings.")


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

    sentences: tuple[str, ...] = ()
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
        >>> Refuted(("It diverged.",), Sentence("Train longer.")).sure(likely).word
        'not settled'
        """
        if not self:
            return confidence
        return replace(confidence, word="not settled", settle=self.settle or confidence.settle or MORE_IMAGES)

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
    outside = fully_tried(plain) & ((rates < answer.basin.low) | (rates > answer.basin.high))
    here = min(answer.loss, answer.seen_loss)
    lower = np.log(np.maximum(loss, LEAST)) <= math.log(max(here, LEAST)) - MARGIN
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

    Parameters
    ----------
    task
        Gives the loss of a blind guess, and what always naming the largest class gets right.
    plain
        Plain losses and accuracies at the end.
    answer
        With the numbers that are told.
    luck
        How lucky it is, where that was measured.
    """
    better, fresh = as_good(plain, answer), luck is not None and luck.fresh is not None
    sentences = [*_on_a_fresh_seed(task, answer, luck), *_no_better_than_a_guess(task, plain, answer, fresh=fresh)]
    blind, known = math.log(max(task.n_classes, 2)), math.isfinite(answer.accuracy)
    if known and blind < answer.loss < math.inf:
        sentences.append(
            f"Its plain validation loss{' on a fresh seed' if fresh else ''} is {nats(answer.loss)} nats, above the "
            f"{nats(blind)} of a blind guess{_beside(plain, answer, better)}."
        )
    settle = _settle(plain, better) if sentences or better else None
    if luck is not None and answer.target == "accuracy" and luck.expected > answer.tolerance:
        unit = "point" if answer.tolerance == 1 else "points"
        sentences.append(
            f"Such a score typically shrinks by {luck.expected:.1f} points, which is more than {answer.tolerance:g} "
            f"{unit}."
        )
    if better:
        sentences.append(_outside(plain, answer, better))
    return Refuted(tuple(sentences), settle, better)


def _on_a_fresh_seed(task: Task, answer: Answered, luck: Luck | None) -> list[str]:
    if luck is None or luck.fresh is None:
        return []
    if math.isinf(answer.loss):
        return ["On a fresh seed it diverged, so that runs differ by more than the rates."]
    fall = 100 * (luck.shown - luck.fresh)
    one = 100 / max(task.n_valid or task.n_development, 1)
    if answer.target == "accuracy" and fall - luck.expected > max(SPREADS * max(luck.spread, one), answer.tolerance):
        return [
            f"On a fresh seed the accuracy fell by {fall:.1f} points, from {100 * luck.shown:.1f} % to "
            f"{100 * luck.fresh:.1f} %: runs differ by more than the rates."
        ]
    if answer.target == "loss" and _log(answer.loss) - _log(answer.seen_loss) > MORE:
        return [
            f"On a fresh seed the loss was {nats(answer.loss)} nats, where about {nats(answer.seen_loss)} was seen "
            "before: runs differ by more than the rates."
        ]
    return []


def _no_better_than_a_guess(task: Task, plain: Landscape, answer: Answered, *, fresh: bool) -> list[str]:
    majority = task.majority
    most = majority + 0.5 / max(task.n_development, 1)
    rates = plain.learning_rates
    inside = fully_tried(plain) & (rates >= answer.basin.low) & (rates <= answer.basin.high)
    right = plain.mean_accuracy[inside]
    everywhere = bool(inside.any() and (right <= most).all())
    if not (answer.accuracy <= most or answer.seen_accuracy <= most or everywhere):
        return []
    where = "on a fresh seed " if fresh and answer.accuracy <= most else ""
    got = answer.accuracy if answer.accuracy <= most else min(answer.seen_accuracy, float(right.max(initial=1.0)))
    also = "; no rate of the basin gets more" if everywhere and len(right) > 1 else ""
    return [
        f"It gets {100 * got:.1f} % right {where}and always naming one class {100 * majority:.1f} %{also}: whether "
        "any rate tells the classes apart is not settled."
    ]


def _outside(plain: Landscape, answer: Answered, better: Sequence[float]) -> str:
    best = lowest_of(plain, better)
    side = "below" if best < answer.basin.low else "above"
    return (
        f"Outside the basin, {side} it, {_numbers(plain, best)}, against {100 * answer.accuracy:.1f} % and "
        f"{nats(answer.loss)} nats at {rate(answer.learning_rate)}."
    )


def _beside(plain: Landscape, answer: Answered, better: Sequence[float]) -> str:
    """Name the rate of the lowest plain loss, where no other sentence names one."""
    others = plain.learning_rates[fully_tried(plain) & (plain.mean_loss < answer.loss)].tolist()
    return f"; {_numbers(plain, lowest_of(plain, others))}" if others and not better else ""


def lowest_of(plain: Landscape, rates: Sequence[float]) -> float:
    """Return the one of some rates that has the lowest plain loss."""
    loss = dict(zip(plain.learning_rates.tolist(), plain.mean_loss.tolist(), strict=True))
    return min(rates, key=lambda r: (loss[r], r))


def _numbers(plain: Landscape, learning_rate: float) -> str:
    row = int(np.flatnonzero(plain.learning_rates == learning_rate)[0])
    return (
        f"{rate(learning_rate)} had {100 * float(plain.mean_accuracy[row]):.1f} % right and "
        f"{nats(float(plain.mean_loss[row]))} nats"
    )


def _settle(plain: Landscape, better: Sequence[float]) -> Sentence:
    if better:
        return Sentence(
            f"Search about {rate(lowest_of(plain, better))} alone: that rate did as well, with a lower loss."
        )
    return MORE_IMAGES


def _log(loss: float) -> float:
    return math.log(max(loss, LEAST))
