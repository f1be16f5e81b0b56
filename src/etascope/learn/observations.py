"""What there is to see in each epoch, in words: one table of rules on the measured numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from etascope.core.numbers import nats, percent, up_or_down
from etascope.learn.epoch_view import ABOVE_BLIND, SPIKE, View, look

#: From this share of log(n_classes) on, a model has learned next to nothing.
NEAR_BLIND = 0.9
#: Smaller relative changes than this are the noise of a shuffled epoch, and so no movement.
STILL = 0.02
#: A fall of at least this share in one epoch is fast: the loss halves in about three such epochs.
FAST = 0.2
#: An improvement below this share of the largest one so far is small and has shrunk.
CONVERGING = 0.1
#: Above this share of log(n_classes) a model has not learned enough to learn its training images by heart.
LEARNED = 0.5
#: Validation this far above its lowest loss is more than the noise of a fold of a few hundred images.
OVERFITTING = 0.03
#: One such batch may be a hard batch; from this share of an epoch's batches on, it is the training that bounces.
SPIKES = 0.04


@dataclass(frozen=True)
class Rule:
    """A name, when it holds, and what is then said."""

    name: str
    test: Callable[[View], bool]
    sentence: Callable[[View], str]


RULES: tuple[Rule, ...] = (
    Rule(
        "diverged before",
        lambda v: 0 < v.diverged_in < v.epoch,
        lambda v: f"diverged in epoch {v.diverged_in}: not trained any further",
    ),
    Rule(
        "diverged",
        lambda v: v.diverged_in == v.epoch,
        lambda v: (
            "diverged: the loss stopped being a finite number"
            + (f" at step {v.broken_at} of {v.steps}" if v.broken_at else "")
        ),
    ),
    Rule(
        "above the blind guess",
        lambda v: v.loss > ABOVE_BLIND * v.blind,
        lambda v: (
            (_move(v) if v.epoch > 1 else f"loss {nats(v.loss)}")
            + f": above the blind guess of {v.blind:.2f}, worse than knowing nothing"
        ),
    ),
    Rule(
        "bouncing between epochs",
        lambda v: v.change * v.earlier_change < 0 and min(abs(v.change), abs(v.earlier_change)) >= STILL,
        lambda v: f"{_move(v)} after going {up_or_down(v.earlier_change)}: bouncing",
    ),
    Rule(
        "bouncing between batches",
        lambda v: v.spikes >= SPIKES,
        lambda v: (
            f"bouncing: mean loss {nats(v.loss)}, yet {percent(v.spikes)} of the batches shot above "
            f"{SPIKE * v.blind:.2f} (a blind guess: {v.blind:.2f})"
        ),
    ),
    Rule(
        "high loss at the start",
        lambda v: v.epoch == 1 and v.loss >= NEAR_BLIND * v.blind,
        lambda v: (
            f"high loss at the start: {nats(v.loss)}, close to the blind guess of {v.blind:.2f}; "
            f"{up_or_down(v.change_inside)} within the epoch"
        ),
    ),
    Rule(
        "falling fast at the start",
        lambda v: v.epoch == 1 and v.change_inside <= -FAST,
        lambda v: f"{_inside(v)}: falling fast within the epoch",
    ),
    Rule(
        "falling slowly at the start",
        lambda v: v.epoch == 1 and v.change_inside < 0,
        lambda v: f"{_inside(v)}: falling slowly within the epoch",
    ),
    Rule(
        "not falling at the start",
        lambda v: v.epoch == 1,
        lambda v: f"{_inside(v)}: not falling within the epoch",
    ),
    Rule("rising", lambda v: v.change >= STILL, lambda v: f"{_move(v)}: rising"),
    Rule(
        "overfitting",
        lambda v: v.drop > 0 and v.loss <= LEARNED * v.blind and v.valid_rise >= OVERFITTING,
        lambda v: (
            f"overfitting: training loss falls to {nats(v.loss)} while validation is at {nats(v.valid)}, "
            f"{up_or_down(v.valid_rise)} from its lowest in epoch {v.lowest_epoch}"
        ),
    ),
    Rule(
        "high loss",
        lambda v: v.loss >= NEAR_BLIND * v.blind,
        lambda v: f"{_move(v)}: still a high loss, close to the blind guess of {v.blind:.2f}",
    ),
    Rule("plateau", lambda v: v.change > -STILL, lambda v: f"{_move(v)}: plateau"),
    Rule(
        "converging",
        lambda v: v.drop < CONVERGING * v.best_drop,
        lambda v: (
            f"loss {nats(v.before)} -> {nats(v.loss)}, only {nats(v.drop)} less where an earlier epoch won "
            f"{nats(v.best_drop)}: converging"
        ),
    ),
    Rule("falling fast", lambda v: v.change <= -FAST, lambda v: f"{_move(v)}: falling fast"),
    Rule("falling slowly", lambda v: True, lambda v: f"{_move(v)}: falling slowly"),
)


def observe(
    train_loss: NDArray[np.floating],
    valid_loss: NDArray[np.floating] | None,
    train_accuracy: NDArray[np.floating],
    n_classes: int,
    step_loss: NDArray[np.floating],
    steps_per_epoch: int,
) -> tuple[str, ...]:
    """Return one sentence an epoch: the first rule of `RULES` that holds, with the number that shows it.

    Changes are relative to the epoch before (axis: epochs; no smoothing). The first epoch has none before it and
    is judged against log(n_classes), the loss of a blind guess, and by how far it fell within the epoch.

    Parameters
    ----------
    train_loss, train_accuracy
        `(epochs,)` training means, nats and shares; not finite from the epoch of divergence on.
    valid_loss
        `(epochs,)` nats, or None where nothing validates.
    n_classes
        At least 2.
    step_loss
        `(steps,)` batch losses in nats, not finite once diverged.
    steps_per_epoch
        At least 1.

    Examples
    --------
    >>> loss = np.array([1.21, 0.62])
    >>> observe(loss, None, np.array([0.6, 0.8]), 10, np.array([1.5, 0.92, 0.7, 0.54]), 2)[1]
    'loss 1.21 -> 0.62, down 49 %: falling fast'
    """
    views = look(train_loss, valid_loss, train_accuracy, n_classes, step_loss, steps_per_epoch)
    return tuple(match(view).sentence(view) for view in views)


def match(view: View) -> Rule:
    """Return the first rule that holds; the last one always does."""
    return next(rule for rule in RULES if rule.test(view))


def _move(v: View) -> str:
    return f"loss {nats(v.before)} -> {nats(v.loss)}, {up_or_down(v.exact_change)}"


def _inside(v: View) -> str:
    return (
        f"loss {nats(v.first_batch)} in the first batch, {nats(v.last_quarter)} over the last quarter "
        f"(mean {nats(v.loss)}, {percent(v.accuracy)} right)"
    )
