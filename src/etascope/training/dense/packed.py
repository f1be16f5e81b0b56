"""The development rows as the dense engine wants them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from etascope.core.data import Split
from etascope.training.dense.basis import Examples
from etascope.training.dense.optimizers import Array

#: Up to this many rows a column, coefficients of examples take less arithmetic than weights (see `basis`).
GRAM_ROWS_PER_COLUMN = 2.0


@dataclass(frozen=True, eq=False)
class Packed:
    """The development rows as the engine wants them.

    Attributes
    ----------
    x
        `(n, columns + 1)` float32: the features that carry a gradient, and a last column of ones.
    columns
        Which features those are. A feature that is zero in every development row has a gradient of exactly zero, so
        its weights never move (unless they decay) and it can stay out; handwritten digits have a quarter of these.
    onehot
        `(classes, n)` float32.
    features
        Number of all features.
    gram
        `(n, n)` float32, `x @ x.T`, where the data are few enough for it to save work, else None.
    latest
        What the last group of trials worked out of these and the next can use again.
    """

    x: Array
    columns: NDArray[np.int64]
    onehot: Array
    features: int
    gram: Array | None
    latest: dict[str, Examples] = field(default_factory=dict[str, Examples], repr=False)


def pack(split: Split, every_feature: bool) -> Packed:
    """Lay out the development rows of a prepared split; `every_feature` keeps those that are always zero too."""
    inputs: Array = split.x
    features = inputs.shape[1]
    lit = np.asarray(inputs.any(axis=0))
    columns: NDArray[np.int64] = np.flatnonzero(lit | every_feature)
    x = np.ones((len(inputs), len(columns) + 1), np.float32)
    x[:, :-1] = inputs if len(columns) == features else inputs[:, columns]
    onehot = np.zeros((split.n_classes, len(split.y)), np.float32)
    onehot[split.y, np.arange(len(split.y))] = 1
    few = len(x) <= GRAM_ROWS_PER_COLUMN * x.shape[1]
    return Packed(x, columns, onehot, features, x @ x.T if few else None)
