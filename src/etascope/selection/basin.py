"""The learning rates that cannot be told apart from the best, by a paired comparison: `paired_basin`."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from etascope.core.choice import Basin, Landscape

#: Where fewer than two units are shared: this much more log loss (about 5 % more loss) is a difference.
MARGIN_WITHOUT_PAIRS = 0.05
#: Rates this near to the best, in decades, lend each other their variance.
NEAR = 0.5
#: How many degrees of freedom that borrowed variance is worth.
PRIOR = 4
#: A loss of exactly 0 has no logarithm; below this, in nats, losses are alike.
LEAST = 1e-9


def paired_basin(landscape: Landscape, best_index: int, level: float = 0.9) -> Basin:
    """Return the learning rates around the best whose validation loss cannot be told from the best's.

    The basin is connected on the axis of tried rates: it ends before the first rate, on either side, that
    `told_apart` tells from the best. Both of its ends are tried rates.

    Parameters
    ----------
    landscape
        Validation loss in nats over rate and unit.
    best_index
        Index of the best rate in `landscape.learning_rates`.
    level
        Confidence of each one-sided test, in (0.5, 1). Default 0.9.

    Examples
    --------
    >>> loss = np.array([[0.9, 0.8, 1.0], [0.5, 0.4, 0.6], [0.51, 0.39, 0.61], [0.7, 0.5, 0.8]])
    >>> landscape = Landscape(np.array([0.1, 0.2, 0.4, 0.8]), ((0, 0), (0, 1), (0, 2)), loss, 1 - loss)
    >>> paired_basin(landscape, 1)
    Basin(low=0.2, high=0.4)
    """
    low = high = best_index
    while low > 0 and not told_apart(landscape, low - 1, best_index, level):
        low -= 1
    while high < len(landscape.learning_rates) - 1 and not told_apart(landscape, high + 1, best_index, level):
        high += 1
    return Basin(float(landscape.learning_rates[low]), float(landscape.learning_rates[high]))


def told_apart(landscape: Landscape, index: int, best_index: int, level: float = 0.9) -> bool:
    """Return whether a rate is worse than the best by a one-sided paired t test over their shared units.

    With d the difference of log validation loss per unit (rate minus best; a unit is a pair of seed and fold,
    and both trials of a unit share initial weights, batches and validation rows) over U shared units, the rate
    is worse when

        mean(d) > t(level, U - 1) * s / sqrt(U)

    Three to five differences are sometimes alike by luck, and their own deviation would then tell anything
    apart. So s^2 is a compromise of their variance, with U - 1 degrees of freedom, and the median variance of
    the rates within half a decade of the best, with 4 (as moderated t statistics do: Smyth 2004, "Linear models
    and empirical Bayes methods", Stat. Appl. Genet. Mol. Biol. 3). A median, because a rate that is about to
    diverge has an enormous one. The quantile keeps U - 1 degrees of freedom, since the neighbours are not
    independent of the rate and folds share training rows.

    A rate that diverged on any unit is always told apart. With fewer than two shared units no deviation is
    known; then log loss higher by 0.05 (about 5 %) counts as worse.
    """
    if index == best_index:
        return False
    if np.isinf(landscape.valid_loss[index]).any():
        return True
    d = log_differences(landscape, index, best_index)
    if len(d) < 2:
        return bool(d.mean() > MARGIN_WITHOUT_PAIRS) if len(d) else True
    own, degrees = float(d.var(ddof=1)), len(d) - 1
    borrowed = _near_variance(landscape, best_index)
    variance = own if borrowed is None else (degrees * own + PRIOR * borrowed) / (degrees + PRIOR)
    return bool(d.mean() > student_quantile(level, degrees) * math.sqrt(variance / len(d)))


def log_differences(landscape: Landscape, index: int, best_index: int) -> NDArray[np.float64]:
    """Return log validation loss of a rate minus the best's, a number for each unit that both were trained on."""
    rate, best = landscape.valid_loss[index], landscape.valid_loss[best_index]
    shared = np.isfinite(rate) & np.isfinite(best)
    return np.log(np.maximum(rate[shared], LEAST)) - np.log(np.maximum(best[shared], LEAST))


def _near_variance(landscape: Landscape, best_index: int) -> float | None:
    decades = np.abs(np.log10(landscape.learning_rates / landscape.learning_rates[best_index]))
    variances = [
        float(d.var(ddof=1))
        for i in np.flatnonzero(decades <= NEAR).tolist()
        if i != best_index and len(d := log_differences(landscape, i, best_index)) > 1
    ]
    return float(np.median(variances)) if variances else None


def student_quantile(level: float, degrees: int) -> float:
    """Return the quantile of Student's t distribution for a whole number of degrees of freedom.

    The distribution function is a finite sum in theta = atan(t / sqrt(degrees)) (Abramowitz and Stegun 1964,
    26.7.3 and 26.7.4); it is inverted by bisection, to about 14 digits of theta.

    Parameters
    ----------
    level
        Probability in (0.5, 1).
    degrees
        Degrees of freedom, at least 1.

    Examples
    --------
    >>> round(student_quantile(0.9, 4), 4)
    1.5332
    """
    low, high = 0.0, math.pi / 2
    for _ in range(60):
        middle = (low + high) / 2
        if _central_probability(middle, degrees) < 2 * level - 1:
            low = middle
        else:
            high = middle
    return math.sqrt(degrees) * math.tan((low + high) / 2)


def _central_probability(theta: float, degrees: int) -> float:
    """Return the probability that |T| <= sqrt(degrees) * tan(theta)."""
    cosine, odd = math.cos(theta), degrees % 2
    term = cosine if odd else 1.0
    total = 0.0
    for k in range(2 + odd, degrees + 1, 2):
        total += term
        term *= cosine**2 * (k - 1) / k
    total *= math.sin(theta)
    return 2 / math.pi * (theta + total) if odd else total
