"""The rows of an epoch, and the batch that it ends with: `epoch_rows`, `last_batch`, `ends_high`."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from etascope.core.data import NO_FOLD, Split

#: A trial that holds a fold out leaves out at most this share of its rows, so that its last batch is as the final one.
LEFT_OUT = 0.05
#: A last batch of at most this share of the others is small. 8 of 32 cost 3 points and 1, 16 of 32 cost 1, where the
#: rate was constant.
SMALL = 0.5
#: A rate that came down to less than this share of its peak by the last step undoes little there.
HIGH = 0.3


def epoch_rows(split: Split, batch_size: int, fold: int, *, drop_last: bool = False) -> int:
    """Return how many rows a trial trains on in one epoch; which ones, the epoch's own shuffle decides.

    With `drop_last` these are whole batches. Else they are all rows, but for some of a trial that holds a fold out: up
    to 5 % are left out, so that its last batch is as near to that of the training on all rows as can be, by their
    ratio. Near the largest useful rate the last step decides how good the model is, and the noise of a small batch's is
    larger: 8 images of 32 in place of 32 cost 1 to 3 points of accuracy, which folds of whole batches did not show.

    Examples
    --------
    >>> rows = np.zeros(1000, np.int64)
    >>> split = Split(rows, rows, np.arange(1000) % 5, rows[:0], rows[:0], rows, rows[:0], ("bee",))
    >>> [epoch_rows(split, 32, 0, drop_last=drop) for drop in (False, True)]
    [776, 800]
    """
    rows = split.train_size(fold)
    if rows <= batch_size:
        return rows
    if drop_last:
        return rows - rows % batch_size
    if fold == NO_FOLD:
        return rows
    final = last_batch(len(split.y) if split.n_final is None else split.n_final, batch_size)
    least = rows - min(int(LEFT_OUT * rows), batch_size - 1)
    return min(range(rows, least - 1, -1), key=lambda size: abs(math.log(last_batch(size, batch_size) / final)))


def last_batch(rows: int, batch_size: int) -> int:
    """Return the rows of the last batch of a pass over this many.

    Examples
    --------
    >>> last_batch(1000, 32), last_batch(64, 32), last_batch(5, 32)
    (8, 32, 5)
    """
    return rows % batch_size or min(rows, batch_size)


def ends_high(shape: NDArray[np.float64]) -> bool:
    """Return whether a learning rate of this shape over the steps is still high in the last one.

    Examples
    --------
    >>> ends_high(np.ones(5)), ends_high(np.linspace(1, 0, 5))
    (True, False)
    """
    return bool(len(shape)) and float(shape[-1]) >= HIGH * float(shape.max())
