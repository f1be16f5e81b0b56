"""What the observation rules may look at: a `View` an epoch, all of it measured."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

#: A loss this far above log(n_classes) is worse than knowing nothing; untrained networks start 1 to 2 % above.
ABOVE_BLIND = 1.05
#: Changes below this share of log(n_classes) are no movement either, however large they look on a tiny loss.
STILL_NATS = 0.002
#: A batch loss this far above log(n_classes) shows a step that threw the model off; healthy runs stay below.
SPIKE = 1.25


@dataclass(frozen=True)
class View:
    """What the rules may look at in one epoch; losses in nats, NaN where there is nothing yet.

    Attributes
    ----------
    epoch
        Counted from 1.
    loss, accuracy
        Training means of this epoch, nats and share.
    before
        Training loss of the epoch before.
    earlier_change
        Relative change of the training loss in the epoch before this one.
    best_drop
        Largest fall of the training loss in an epoch so far, this one included, nats; falls from above the blind
        guess do not count, they only undo damage.
    valid, lowest_valid, lowest_epoch
        Validation loss now, the lowest one so far, and the epoch of that.
    blind
        log(n_classes): the loss of a blind guess.
    first_batch, last_quarter
        Training loss of the epoch's first batch, and mean over its last quarter of batches.
    spikes
        Share of the epoch's batches with a loss above `SPIKE` times the blind guess.
    broken_at
        Step of this epoch (from 1) whose loss was not finite, 0 where all were.
    steps
        Batches in this epoch.
    diverged_in
        First epoch whose loss was not finite, 0 where there is none up to here.
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
    n_classes: int,
    step_loss: NDArray[np.floating],
    steps_per_epoch: int,
) -> tuple[View, ...]:
    """Return what the rules may look at, a `View` an epoch (parameters as for `observations.observe`)."""
    losses = [float(x) for x in train_loss]
    valid = [math.nan] * len(losses) if valid_loss is None else [float(x) for x in valid_loss]
    blind = math.log(n_classes)
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
                first_batch=float(finite[0]) if finite.size else loss,
                last_quarter=float(finite[-max(1, finite.size // 4) :].mean()) if finite.size else loss,
                spikes=float(np.mean(finite > SPIKE * blind)) if finite.size else 0.0,
                broken_at=int(broken[0]) + 1 if broken.size else 0,
                steps=len(batches),
                diverged_in=diverged_in if diverged_in <= i + 1 else 0,
            )
        )
    return tuple(views)
