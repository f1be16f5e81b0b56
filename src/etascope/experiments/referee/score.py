"""What advice would have lost, over the adviser's seeds and the truth's, and whether two advisers differ."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from etascope.core.data import Split
from etascope.experiments.referee.adviser import Advice
from etascope.experiments.referee.truth import Truth
from etascope.selection.basin import student_quantile

#: Resamples of the bootstrap.
RESAMPLES = 2000
#: Quantile 95 % of the normal distribution.
NORMAL = 1.6448536269514722


def lost_table(truth: Truth, advice: Sequence[Advice], customary: float, split: Split) -> NDArray[np.float64]:
    """Return what each answer loses, `(answers, seeds)`, in points of test accuracy.

    Parameters
    ----------
    truth
        Test accuracy of the recipe over rate and seed.
    advice
        The answers of one adviser. An optimizer of its own is trained with the truth's seeds, so that seeds pair, and
        once for all answers: it advises the same each time.
    customary
        The rate that is followed where there is no answer.
    split
        Has the test rows.
    """
    own = next((answer.train for answer in advice if answer.train is not None), None)
    if own is not None:
        right = [np.count_nonzero(np.equal(own(seed)(split.x_test), split.y_test)) for seed in truth.seeds]
        return truth.lost_by(np.array(right) / len(split.y_test))[None]
    return np.stack([truth.lost(answer.learning_rate or customary) for answer in advice])


def told_losses(truth: Truth, table: NDArray[np.float64], own_optimizer: bool) -> tuple[float, ...]:
    """Return what to tell of a table: a mean over the truth's seeds an answer, the regret of its rate.

    An optimizer of its own gives one answer, and its trainings differ among themselves: there, one number a training,
    what it lost against the mean accuracy of the best rate.
    """
    if not own_optimizer:
        return tuple(table.mean(axis=1).tolist())
    best = truth.accuracy[:, truth.best]
    return tuple((table[0] - 100 * (best - best.mean())).tolist())


def mean_difference(one: NDArray[np.float64], other: NDArray[np.float64]) -> tuple[float, float, float]:
    """Return the mean of one table less that of another, with its 90 % interval by the bootstrap.

    Seeds of the truth, the columns, are drawn for both tables together, since they are paired; answers, the rows, are
    drawn for each table by itself. Quantiles 5 % and 95 % of 2,000 resamples. With few seeds these lie too close to the
    mean, so their distance from it is widened by `t(0.95, S - 1) / z(0.95) * sqrt(S / (S - 1))` for `S` seeds
    (Hesterberg 2015, "What teachers should know about the bootstrap", The American Statistician 69).

    Parameters
    ----------
    one, other
        `(answers, seeds)` each, equal in seeds, two at least.

    Examples
    --------
    >>> mean_difference(np.full((3, 8), 0.5), np.full((2, 8), 0.25))
    (0.25, 0.25, 0.25)
    """
    chance, seeds = np.random.default_rng(0), one.shape[1]
    columns = chance.integers(0, seeds, (RESAMPLES, seeds))

    def resampled(table: NDArray[np.float64]) -> NDArray[np.float64]:
        rows = chance.integers(0, len(table), (RESAMPLES, len(table)))
        return table[rows[:, :, None], columns[:, None, :]].mean(axis=(1, 2))

    low, high = np.quantile(resampled(one) - resampled(other), [0.05, 0.95]).tolist()
    mean = float(one.mean() - other.mean())
    wider = student_quantile(0.95, seeds - 1) / NORMAL * math.sqrt(seeds / (seeds - 1))
    return mean, mean + wider * (low - mean), mean + wider * (high - mean)
