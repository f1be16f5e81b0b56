"""The answer of a selection: `Choice`, with the `Landscape` it was read from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Basin:
    """The learning rates that cannot be told apart from the best: from `low` to `high`, both of them tried."""

    low: float
    high: float


@dataclass(frozen=True, eq=False)
class Landscape:
    """Validation results over learning rate, at the end of training.

    Attributes
    ----------
    learning_rates
        `(rates,)` float64, ascending, no rate twice.
    units
        The `(seed, fold)` pairs that were compared, one a column below.
    valid_loss, valid_accuracy
        `(rates, units)` float64; NaN where a rate was not trained on that unit; loss inf where it diverged.
    """

    learning_rates: NDArray[np.float64]
    units: tuple[tuple[int, int], ...]
    valid_loss: NDArray[np.float64]
    valid_accuracy: NDArray[np.float64]

    @property
    def mean_loss(self) -> NDArray[np.float64]:
        """`(rates,)`: mean over the units a rate was trained on; inf where one diverged, NaN where there is none."""
        return _row_means(self.valid_loss)

    @property
    def mean_accuracy(self) -> NDArray[np.float64]:
        """`(rates,)`: mean over the units that have an accuracy; NaN where there is none."""
        return _row_means(self.valid_accuracy)


def _row_means(table: NDArray[np.float64]) -> NDArray[np.float64]:
    known = ~np.isnan(table)
    count = known.sum(axis=1)
    total = np.where(known, table, 0.0).sum(axis=1)
    return np.divide(total, count, out=np.full(len(table), np.nan), where=count > 0)


@dataclass(frozen=True)
class Cost:
    """What an answer cost.

    Attributes
    ----------
    trials
        Trials trained.
    epochs
        Epochs a trial.
    training_equivalents
        Training examples gone through, over those of one whole training on all development rows.
    seconds
        Wall time of the training.
    """

    trials: int
    epochs: int
    training_equivalents: float
    seconds: float


@dataclass(frozen=True, eq=False)
class Choice:
    """A learning rate with its evidence, or "cannot tell yet" and why.

    Attributes
    ----------
    learning_rate
        The recommended peak rate; None when it cannot be told yet.
    basin
        The rates that cannot be told apart from it; None when it cannot be told yet.
    valid_loss, valid_accuracy
        Means over the units at the recommended rate; NaN when it cannot be told yet. This is the number that
        ranked the trials, so it is a little lucky.
    reason
        Why, a sentence each.
    not_tried
        What the search did not look at, in one sentence.
    landscape
        What the basin was read from.
    verdicts
        A verdict a trial, in the order of the histories' trials joined.
    cost
        What the search cost, the final training not counted.
    """

    learning_rate: float | None
    basin: Basin | None
    valid_loss: float
    valid_accuracy: float
    reason: tuple[str, ...]
    not_tried: str
    landscape: Landscape
    verdicts: tuple[str, ...]
    cost: Cost
