"""A fixed part of some rows, the same for every trial of a fold: `fixed_part`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def fixed_part(labels: NDArray[np.int64], fold: int, count: int) -> NDArray[np.int64]:
    """Return which `count` of the rows are looked at, as ascending places; all where there are no more.

    Each class has its share, to a row. The labels and the fold decide alone, so that all trials of a fold look at the
    same rows whatever their seed, and a smaller part lies within a larger one: what is compared is compared on equal
    terms, and a longer training sees what a shorter one saw.

    Parameters
    ----------
    labels
        `(rows,)` whole numbers: classes, or one number for all where they are not known.
    fold
        From -1 (nothing held out).
    count
        At least 0.

    Examples
    --------
    >>> labels = np.repeat([0, 1], [30, 10])
    >>> part = fixed_part(labels, 0, 8)
    >>> np.bincount(labels[part]).tolist(), set(fixed_part(labels, 0, 4)) <= set(part)
    ([6, 2], True)
    """
    if count >= len(labels):
        return np.arange(len(labels))
    shuffled = np.random.default_rng(fold + 1).permutation(len(labels))
    place, given = np.empty(len(labels)), labels[shuffled]
    for label in np.unique(given):
        ours = np.flatnonzero(given == label)
        place[ours] = (np.arange(len(ours)) + 0.5) / len(ours)
    return np.sort(shuffled[np.argsort(place, kind="stable")[:count]])
