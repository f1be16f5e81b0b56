"""Means of log losses over units: `unit_adjusted_mean`; raised where counted errors say so: `raised_by_error`."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

#: An error rate is clearly higher when it is by this many standard errors of the difference.
CLEARLY = 2.0
#: A rate whose mean log loss lies this far above the best is told to be worse by its loss, and left as it is.
MARGIN = 0.1


def unit_adjusted_mean(table: Array) -> Array:
    """Return each row's mean `(rates,)` over columns, NaN left out without favouring rows that lack hard columns.

    Columns are first moved by their mean over complete rows, which makes the means of incomplete rows comparable.
    Without a complete row, plain means.
    """
    known = ~np.isnan(table)
    complete = known.sum(axis=1) == known.sum(axis=1).max(initial=0)
    column = np.where(known[complete], table[complete], 0.0).sum(axis=0)
    often = known[complete].sum(axis=0)
    column = np.divide(column, often, out=np.zeros(len(column)), where=often > 0)
    shared = known[complete].all(axis=0)
    level = float(column[shared].mean()) if shared.any() else 0.0
    moved = np.where(known, table - np.where(shared, column - level, 0.0), 0.0)
    count = known.sum(axis=1)
    return np.divide(moved.sum(axis=1), count, out=np.full(len(table), np.nan), where=count > 0)


def raised_by_error(mean: Array, error: Array, examples: Array, full: NDArray[np.bool_], slope: float) -> Array:
    """Return what to add to each rate's mean log loss, so that a rate with clearly more errors cannot win.

    Where a task is easy, some folds have next to no loss. Their logarithms then hide, in a mean over folds, that the
    same rate fails on others. So with `e` the error rates, `e0` the lowest and `n` the validation examples,

        clearly = e - e0 - 2 sqrt((e + e0) / n)

    is what a rate loses at least. Where its loss does not say so, its mean is raised to what that is worth above the
    best of the rates that lose nothing clearly: one unit of log loss is worth `slope` times the error at the best. All
    arrays are `(rates,)`; `full` says which rates may be the best.

    Examples
    --------
    >>> mean, error = np.array([-1.0, -3.0]), np.array([0.0, 0.25])
    >>> raised_by_error(mean, error, np.array([100.0, 100.0]), np.array([True, True]), 0.75).round(0).tolist()
    [0.0, 42.0]
    """
    lowest = float(error[full].min(initial=1.0))
    clearly = np.nan_to_num(error - lowest - CLEARLY * np.sqrt((error + lowest) / np.maximum(examples, 1.0)))
    fair = full & (clearly <= 0)
    if not fair.any() or not (clearly > 0).any():
        return np.zeros(len(mean))
    best = int(np.where(fair, mean, math.inf).argmin())
    unit = slope * max(float(error[best]), 0.5 / float(examples[best]))
    hidden = (clearly > 0) & (mean < mean[best] + MARGIN)
    return np.where(hidden, np.maximum(mean[best] + clearly / unit - mean, 0.0), 0.0)
