"""Which rates cannot be told from the best, by pairs, and the walls that end them: `told_apart`, `low_wall`."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from etascope.core.choice import Basin, Landscape, Walls
from etascope.core.recipe import Task

#: Where fewer than two units are shared: this much more log loss (about 5 % more loss) is a difference.
MARGIN_WITHOUT_PAIRS = 0.05
#: Rates this near to the best, in decades, lend each other their variance.
NEAR = 0.5
#: How many degrees of freedom that borrowed variance is worth.
PRIOR = 4
#: A loss of exactly 0 has no logarithm; below this, in nats, losses are alike.
LEAST = 1e-9
#: A wall is worse than the best by this much mean log loss (a loss 1.22 times as large), told apart by pairs. In the
#: study the rates within 0.15 held the true best in all cross-validations and in 91 of 100 halvings.
CLEARLY_WORSE = 0.2
#: A basin ends this far below a rate that diverged, in decades: a step of the drawn curves (`regret_draws`).
BEFORE = 0.02
#: Learning means mean log loss this far below a blind guess's.
LEARNS = 0.02


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
    # In pairs, since shared weights, batches and rows make the variance of a difference 3.3 times smaller between
    # neighbours, and 1.4 times at 0.7 decades (medians of 24 tasks).
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
    26.7.3 and 26.7.4); it is inverted by bisection, to about 14 digits of theta. The level lies in (0.5, 1).

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


def clearly_worse(landscape: Landscape, index: int, best: int) -> bool:
    """Return whether a rate diverged on some unit, or is told from the best and worse by 0.2 in mean log loss."""
    if np.isinf(landscape.valid_loss[index]).any():
        return True
    d = log_differences(landscape, index, best)
    return told_apart(landscape, index, best) and len(d) > 0 and bool(d.mean() >= CLEARLY_WORSE)


def low_wall(landscape: Landscape, best: int, below: float = math.inf) -> int | None:
    """Return the index of the highest rate below the best, up to `below`, that is clearly worse; None without one."""
    rates = landscape.learning_rates
    places = (i for i in range(best - 1, -1, -1) if rates[i] <= below)
    return next((i for i in places if clearly_worse(landscape, i, best)), None)


def high_wall(landscape: Landscape, best: int, above: float = 0.0) -> int | None:
    """Return the index of the lowest rate above the best, from `above` on, that is clearly worse; None without one."""
    rates = landscape.learning_rates
    places = (i for i in range(best + 1, len(rates)) if rates[i] >= above)
    return next((i for i in places if clearly_worse(landscape, i, best)), None)


def before_divergence(basin: Basin, learning_rate: float, diverged: Iterable[float]) -> Basin:
    """Return a basin that ends just below the lowest rate above `learning_rate` that diverged.

    Examples
    --------
    >>> before_divergence(Basin(0.1, 1.0), 0.3, [0.05, 1.0]).high
    0.9549925860214359
    """
    broken = min((rate for rate in diverged if rate > learning_rate), default=math.inf)
    return Basin(basin.low, max(learning_rate, min(basin.high, broken / 10**BEFORE)))


def within_walls(basin: Basin, learning_rate: float, walls: Walls) -> Basin:
    """Return a basin that ends before its walls: what is clearly worse is told apart.

    Examples
    --------
    >>> within_walls(Basin(0.1, 1.0), 0.3, Walls(0.01, 1.0))
    Basin(low=0.1, high=0.955)
    """
    low, high = basin.low, basin.high
    if walls.low is not None and walls.low >= low:
        low = min(learning_rate, float(f"{walls.low * 10**BEFORE:.3g}"))
    if walls.high is not None and walls.high <= high:
        high = max(learning_rate, float(f"{walls.high / 10**BEFORE:.3g}"))
    return Basin(low, high)


def learned(task: Task, landscape: Landscape, index: int) -> bool:
    """Return whether a rate is clearly better than a blind guess by the classes' shares.

    Its mean log validation loss must lie 0.02 below the blind guess's and, with two units or more, be told from
    it by a one-sided t test at level 0.9 across the units.
    """
    if not math.isfinite(float(landscape.mean_loss[index])):
        return False
    loss = landscape.valid_loss[index]
    gain = math.log(task.blind.loss) - np.log(np.maximum(loss[~np.isnan(loss)], LEAST))
    if len(gain) < 2:
        return bool(gain.mean() > LEARNS)
    error = float(gain.std(ddof=1)) / math.sqrt(len(gain))
    return bool(gain.mean() > max(LEARNS, student_quantile(0.9, len(gain) - 1) * error))


@dataclass(frozen=True)
class Limited:
    """The ends of a basin that are limits of the search, beyond which the best rate may lie.

    Attributes
    ----------
    low, high
        The limit, or None where the basin ends by itself: before it, or at a wall.
    """

    low: float | None = None
    high: float | None = None

    @classmethod
    def of(cls, basin: Basin, walls: Walls, limits: tuple[float, float]) -> Limited:
        """Return those of a basin.

        Examples
        --------
        >>> Limited.of(Basin(0.01, 0.1), Walls(high=0.1), (0.01, 0.1))
        Limited(low=0.01, high=None)
        """
        low = limits[0] if basin.low <= limits[0] and walls.low is None else None
        return cls(low, limits[1] if basin.high >= limits[1] and walls.high is None else None)

    def word(self, word: str, learning_rate: float) -> str:
        """Return the word for a rate that is called `word` by what was tried: never `likely` where a limit cuts.

        Examples
        --------
        >>> Limited(low=0.01).word("likely", 0.02), Limited(low=0.01).word("likely", 0.01), Limited().word("likely", 1)
        ('probable', 'not settled', 'likely')
        """
        if learning_rate in (self.low, self.high):
            return "not settled"
        return "probable" if self and word == "likely" else word

    def __bool__(self) -> bool:
        """Return whether there is one."""
        return self.low is not None or self.high is not None


#: Of a basin that no limit cuts.
FREE = Limited()
