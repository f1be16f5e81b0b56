"""Which rate a ladder's trials speak for: `chained_scores`, `kernel_pick`."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from etascope.selection.climb import Climb, Scored
from etascope.selection.scores import WORST

#: Width of the kernel, in decades, and how far above the lowest a score may stand in it.
WIDTH, CAP = 0.2, 1.0
#: The pick may lie this far below the lowest finalist, in decades.
BELOW = 0.18


def chained_scores(climbed: Climb, scored: Mapping[float, Scored]) -> NDArray[np.float64]:
    """Return what each rate of the window would score on the last rung, `(rates,)` in log loss.

    A trial that was left behind has the score of its last rung, and from each later rung what the score of the trial
    nearest to it there, in decades, changed by since the rung before. A trial that diverged has log 10.
    """
    return np.array([_chained(climbed, scored, rate) for rate in climbed.rates], np.float64)


def kernel_pick(log_rates: NDArray[np.float64], scores: NDArray[np.float64], low: float, high: float) -> float:
    """Return where a smooth curve through the scores is lowest, as a decimal logarithm of the rate.

        z(x) = sum_k K((x - x_k) / 0.2) min(y_k, min y + 1) / sum_k K((x - x_k) / 0.2),  K gaussian

    over x from `low - 0.18` to `high`, both decimal logarithms, looked at every 0.005 decades. Nothing above `high`
    is ever picked: beside a finalist, the next higher rate may diverge.

    Parameters
    ----------
    log_rates, scores
        `(rates,)`: decimal logarithms, and log loss.
    low, high
        The lowest and the highest finalist.

    Examples
    --------
    >>> x = np.array([-3.0, -2.5, -2.0, -1.5])
    >>> round(kernel_pick(x, np.array([0.4, 0.1, 0.1, 0.9]), -2.5, -2.0), 2)
    -2.28
    """
    x = np.linspace(low - BELOW, high, max(2, round((high - low + BELOW) / 0.005) + 1))
    y = np.minimum(scores, scores.min() + CAP)
    exponent = -0.5 * ((x[:, None] - log_rates[None, :]) / WIDTH) ** 2
    # Taking off the largest exponent changes no weight, and keeps one from vanishing where rates are far.
    weights = np.exp(exponent - exponent.max(axis=1, keepdims=True))
    return float(x[np.argmin((weights @ y) / weights.sum(axis=1))])


def _chained(climbed: Climb, scored: Mapping[float, Scored], rate: float) -> float:
    rung = climbed.left.get(rate, len(climbed.reached) - 1)
    if rate not in climbed.reached[rung].rates:
        return WORST
    total = scored[rate].score(climbed.reached[rung].step)
    for before, after in zip(climbed.reached[rung:], climbed.reached[rung + 1 :], strict=False):
        both = [r for r in after.rates if r in before.rates]
        if both:
            near = min(both, key=lambda other: (abs(np.log10(other / rate)), other))
            total += scored[near].score(after.step) - scored[near].score(before.step)
    return total
