"""What there is to see in each epoch, in words: one table of rules on a `View`, all of it measured."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from etascope.core.numbers import nats, percent, up_or_down

#: A loss this far above a blind guess is worse than knowing nothing; untrained networks start 1 to 2 % above.
ABOVE_BLIND = 1.05
#: Changes below this share of a blind guess's loss are no movement either, however large they look on a tiny loss.
STILL_NATS = 0.002
#: A batch loss this far above a blind guess's shows a step that threw the model off; healthy runs stay below.
SPIKE = 1.25


@dataclass(frozen=True)
class View:
    """What the rules may look at in one epoch; losses in nats, NaN where there is nothing yet.

    Attributes
    ----------
    epoch, steps
        Which one, counted from 1, and its batches.
    loss, accuracy
        Training means of this epoch, nats and share.
    before, earlier_change
        Training loss of the epoch before, and its relative change there.
    best_drop
        Largest fall of the training loss in an epoch so far, this one included, nats; falls from above the blind
        guess do not count, they only undo damage.
    valid, lowest_valid, lowest_epoch
        Validation loss now, the lowest one so far, and the epoch of that.
    blind
        Loss of a blind guess by the classes' shares.
    level
        What an untrained model has, `log(n_classes)`: more, where classes are of unequal shares.
    first_batch, last_quarter
        Training loss of the epoch's first batch, and mean over its last quarter of batches.
    spikes
        Share of the epoch's batches with a loss above `SPIKE` times that level.
    broken_at, diverged_in
        Step of this epoch (from 1), and first epoch up to here, whose loss was not finite; 0 where there is none.
    """

    epoch: int
    loss: float
    accuracy: float
    before: float
    earlier_change: float
    best_drop: float
    valid: float
    lowest_valid: float
    lowest_epoch: int
    blind: float
    level: float
    first_batch: float
    last_quarter: float
    spikes: float
    broken_at: int
    steps: int
    diverged_in: int

    @property
    def drop(self) -> float:
        """Fall of the training loss since the epoch before, nats; negative where it rose."""
        return self.before - self.loss

    @property
    def change(self) -> float:
        """Relative change of the training loss since the epoch before; 0 where it stood still."""
        return 0.0 if abs(self.drop) < STILL_NATS * self.blind else self.exact_change

    @property
    def exact_change(self) -> float:
        """Relative change of the training loss since the epoch before, however small."""
        return -self.drop / max(self.before, 1e-9)

    @property
    def valid_rise(self) -> float:
        """Relative rise of the validation loss above its lowest so far."""
        return self.valid / max(self.lowest_valid, 1e-9) - 1

    @property
    def change_inside(self) -> float:
        """Relative change from the epoch's first batch to the mean of its last quarter."""
        return self.last_quarter / max(self.first_batch, 1e-9) - 1


def went_high(losses: Sequence[float], blind: float, start: float) -> bool:
    """Whether an epoch's mean loss was above a blind guess, and above what the first batch had: steps threw it there.

    An untrained model may begin above a blind guess by itself. A `start` that is not finite is no such beginning.
    """
    began = max(blind, start) if math.isfinite(start) else blind
    return max(losses) > ABOVE_BLIND * began


def look(
    train_loss: NDArray[np.floating],
    valid_loss: NDArray[np.floating] | None,
    train_accuracy: NDArray[np.floating],
    blind: float,
    step_loss: NDArray[np.floating],
    steps_per_epoch: int,
    level: float = 0.0,
) -> tuple[View, ...]:
    """Return what the rules may look at, a `View` an epoch.

    Training means and validation losses are `(epochs,)`, batch losses `(steps,)`, in nats and shares; training and
    batch losses are not finite from divergence on. `blind` is the loss of a blind guess by the classes' shares, `level`
    of one that does not know them, as an untrained model; 0 is the same.
    """
    losses = [float(x) for x in train_loss]
    valid = [math.nan] * len(losses) if valid_loss is None else [float(x) for x in valid_loss]
    diverged_in = next((i + 1 for i, x in enumerate(losses) if not math.isfinite(x)), 0)
    views: list[View] = []
    for i, loss in enumerate(losses):
        batches = np.asarray(step_loss[i * steps_per_epoch : (i + 1) * steps_per_epoch], np.float64)
        finite = batches[np.isfinite(batches)]
        broken = np.flatnonzero(~np.isfinite(batches))
        earlier = views[-1] if views else None
        before = earlier.loss if earlier else math.nan
        fall = before - loss if before <= ABOVE_BLIND * blind and math.isfinite(loss) else 0.0
        known = [(x, e + 1) for e, x in enumerate(valid[: i + 1]) if math.isfinite(x)]
        lowest, lowest_epoch = min(known, default=(math.nan, 0))
        views.append(
            View(
                epoch=i + 1,
                loss=loss,
                accuracy=float(train_accuracy[i]),
                before=before,
                earlier_change=earlier.change if earlier else math.nan,
                best_drop=max(earlier.best_drop if earlier else 0.0, fall),
                valid=valid[i],
                lowest_valid=lowest,
                lowest_epoch=lowest_epoch,
                blind=blind,
                level=max(level, blind),
                first_batch=float(finite[0]) if finite.size else loss,
                last_quarter=float(finite[-max(1, finite.size // 4) :].mean()) if finite.size else loss,
                spikes=float(np.mean(finite > SPIKE * max(level, blind))) if finite.size else 0.0,
                broken_at=int(broken[0]) + 1 if broken.size else 0,
                steps=len(batches),
                diverged_in=diverged_in if diverged_in <= i + 1 else 0,
            )
        )
    return tuple(views)


#: From this share of a blind guess's loss on, a model has learned next to nothing.
NEAR_BLIND = 0.9
#: Smaller relative changes than this are the noise of a shuffled epoch, and so no movement.
STILL = 0.02
#: A fall of at least this share in one epoch is fast: the loss halves in about three such epochs.
FAST = 0.2
#: An improvement below this share of the largest one so far is small and has shrunk.
CONVERGING = 0.1
#: Above this share of a blind guess's loss a model has not learned enough to learn its training images by heart.
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
        lambda v: v.loss > ABOVE_BLIND * v.level,
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
            f"{SPIKE * v.level:.2f} (a blind guess: {v.blind:.2f})"
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


def observe(views: Sequence[View]) -> tuple[str, ...]:
    """Return one sentence an epoch: the first rule of `RULES` that holds, with the number that shows it.

    Changes are relative to the epoch before (axis: epochs; no smoothing). The first epoch has none before it and
    is judged against the loss of a blind guess, and by how far it fell within the epoch.

    Examples
    --------
    >>> loss = np.array([1.21, 0.62])
    >>> observe(look(loss, None, np.array([0.6, 0.8]), math.log(10), np.array([1.5, 0.92, 0.7, 0.54]), 2))[1]
    'loss 1.21 -> 0.62, down 49 %: falling fast'
    """
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
