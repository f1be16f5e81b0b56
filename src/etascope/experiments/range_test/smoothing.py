"""How finders smooth the batch losses of a range test, and when they stop it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def corrected_average(losses: Floats, beta: float, ahead: int = 0) -> Floats:
    """Return the exponential moving average over steps, divided by what its start at 0 takes away.

    `a_k = beta a_(k-1) + (1 - beta) loss_k`, divided by `1 - beta^(k + 1 + ahead)` for `k` from 0. `beta` weighs the
    past; `ahead` is 0 where the correction is exact.

    Examples
    --------
    >>> corrected_average(np.array([2.0, 2.0, 2.0]), 0.98).round(9).tolist()
    [2.0, 2.0, 2.0]
    """
    average, out = 0.0, np.empty(len(losses))
    for k, loss in enumerate(losses.tolist()):
        average = beta * average + (1 - beta) * loss
        out[k] = average / (1 - beta ** (k + 1 + ahead))
    return out


def plain_average(losses: Floats, weight: float) -> Floats:
    """Return the exponential moving average over steps that starts at the first loss; `weight` weighs the new.

    Examples
    --------
    >>> plain_average(np.array([2.0, 1.0, 1.0]), 0.5).tolist()
    [2.0, 1.5, 1.25]
    """
    out = losses.astype(np.float64).tolist()
    for k, loss in enumerate(out[1:], 1):
        out[k] = weight * loss + (1 - weight) * out[k - 1]
    return np.array(out, np.float64)


def until_diverged(losses: Floats, times: float) -> Floats:
    """Return the losses up to the first above `times` the lowest so far, that one included.

    A loss that is no number stops nothing: comparisons with it are false.

    Examples
    --------
    >>> until_diverged(np.array([2.0, 1.0, 3.0, 4.5, 9.0]), 4.0).tolist()
    [2.0, 1.0, 3.0, 4.5]
    """
    best = float("inf")
    for k, loss in enumerate(losses.tolist()):
        best = loss if loss < best else best
        if loss > times * best:
            return losses[: k + 1]
    return losses
