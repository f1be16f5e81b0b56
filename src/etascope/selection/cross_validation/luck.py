"""How lucky a winner's score is: `expected_luck`, by a bootstrap over units."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from etascope.core.choice import Luck
from etascope.selection.scores import NEAR, WORST, Scores

Array = NDArray[np.float64]

#: Where one unit is all there is: what was typical on measured tasks with one seed, in accuracy points.
TYPICAL, TYPICAL_SPREAD = 0.2, 0.8
#: Smoothing of the mean scores, in places of the grid. To take the highest of 12 noises for the winner's luck said 2.4
#: points in the study, where 0.11 to 0.20 was true; this said 0.16 to 0.27.
SMOOTH = 0.8
DRAWS = 1000


def expected_luck(scores: Scores, accuracy: Array, shown: float, *, seed: int = 0) -> Luck:
    """Return how much of the winner's accuracy is luck of the runs, on average.

    The mean scores are smoothed over neighbouring rates and taken for the truth. Then units are drawn again: each
    unit gets one normal weight for all its residuals, so that the noise of a rate's mean has variance s^2 / U and
    rates stay as alike as they are; the rate that now scores best shows the accuracy noise it was picked with. Luck
    with the validation examples themselves is not in it, since fresh seeds are validated on the same. The spread is
    that of a mean over all units less one over the folds of a single fresh seed. Rates that were not tried on all units
    are left out. `accuracy` is `(rates, units)`, NaN where a trial diverged, `shown` what the search saw at the winner.
    """
    full = scores.counts == scores.counts.max(initial=0)
    loss, units = scores.log_loss[full], len(scores.units)
    if units < 2 or len(loss) < 2:
        return Luck(TYPICAL if len(loss) > 1 else 0.0, TYPICAL_SPREAD, shown)
    near = loss.mean(axis=1) < loss.mean(axis=1).min() + NEAR
    right = np.where(loss >= WORST, 0.0, np.nan_to_num(accuracy[full]))
    generator = np.random.default_rng(seed)
    weights = generator.standard_normal((DRAWS, units)) / math.sqrt(units * (units - 1))
    noise = weights @ _residuals(loss, near).T
    gains = weights @ _residuals(right, near).T
    winners = (_smooth(loss.mean(axis=1)) + noise).argmin(axis=1)
    gain = gains[np.arange(DRAWS), winners]
    seeds = len({seed for seed, _ in scores.units})
    # Where near rates are all alike, and the winner need not be one of them, its own deviation is the larger one.
    spread = max(math.sqrt((1 + seeds) * float((gains[:, near] ** 2).mean())), float(gain.std()))
    return Luck(100 * max(float(gain.mean()), 0.0), 100 * spread, shown)


def _residuals(table: Array, near: NDArray[np.bool_]) -> Array:
    """Return what is left of `(rates, units)` without the means of rates and, over near rates, of units."""
    centred = table - table.mean(axis=1, keepdims=True)
    return centred - centred[near].mean(axis=0)


def _smooth(values: Array) -> Array:
    place = np.arange(len(values))
    weights = np.exp(-0.5 * ((place[:, None] - place) / SMOOTH) ** 2)
    return (weights @ values) / weights.sum(axis=1)
