"""A fixed part of a large set, each class in proportion: `take_subset`."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from etascope.core.data import Dataset

#: Images of a part: as many as the bundled digits have.
SUBSET = 1000
#: Of so many images a class that is rare keeps at least as many as are there, so that every fold has one.
LEAST = 10


def take_subset(dataset: Dataset, most: int = SUBSET) -> Dataset:
    """Return a part of a data set that is larger than `most` images; the same part whenever it is asked for.

    Each class is there in proportion, by the largest remainders; a rare one has at least ten images, or all that there
    are, which may make the part a little larger. Where the data brings a test part, a fifth of the part is taken from
    it and the rest from the others.

    Parameters
    ----------
    dataset
        Images `(n, height, width, channels)` with labels.
    most
        Images of the part, at least 10. Default 1,000.

    Returns
    -------
    Dataset
        The data set itself where it is no larger; else its part, rows in their order, with a note that says so.

    Examples
    --------
    >>> images, labels = np.zeros((6000, 2, 2, 1), np.uint8), np.repeat([0, 1], [4000, 2000])
    >>> part = take_subset(Dataset(images, labels, ("cat", "dog"), "zeros"), 300)
    >>> np.bincount(part.labels).tolist(), part.notes
    ([200, 100], ('300 of 6,000 images, each class in proportion.',))
    """
    if len(dataset) <= most:
        return dataset
    rows = subset_rows(dataset.labels, dataset.test_rows, most)
    held = None if dataset.test_rows is None else np.flatnonzero(np.isin(rows, dataset.test_rows))
    note = f"{len(rows):,} of {len(dataset):,} images, each class in proportion."
    return replace(
        dataset,
        images=dataset.images[rows],
        labels=dataset.labels[rows],
        test_rows=held,
        notes=(*dataset.notes, note),
    )


def subset_rows(labels: NDArray[np.int64], test_rows: NDArray[np.int64] | None, most: int) -> NDArray[np.int64]:
    """Return the rows of a part `(m,)`, ascending; scripts of `etascope code` choose them by the same lines."""
    rng, every = np.random.default_rng(0), np.arange(len(labels))
    parts = [(every, most)]
    if test_rows is not None and len(test_rows):
        parts = [(np.setdiff1d(every, test_rows), most - most // 5), (test_rows, most // 5)]
    chosen = list[NDArray[np.int64]]()
    for rows, count in parts:
        shuffled, counts = rng.permutation(rows), np.bincount(labels[rows])
        exact = counts * min(count / len(rows), 1)
        taken = np.floor(exact).astype(int)
        taken[np.argsort(taken - exact, kind="stable")[: round(exact.sum()) - taken.sum()]] += 1
        taken = np.minimum(np.maximum(taken, LEAST * count // most), counts)
        chosen += [shuffled[labels[shuffled] == c][:n] for c, n in enumerate(taken)]
    return np.sort(np.concatenate(chosen))
