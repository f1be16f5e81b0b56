"""Rows of numbers, or images as they are, to a split without test rows: `Scaling`, `rows_to_split`."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from etascope.core.checks import checked
from etascope.core.data import NO_FOLD, Split
from etascope.core.errors import InputError, option
from etascope.core.run import DataSummary

SCALES = ("auto", "columns", "pixels", "none")
#: Folds of the cross-validation; from `MANY` rows on, a tenth of the rows is held out once instead. As `pick` does.
FOLDS, MANY, HOLDOUT = 5, 10_000, 10


@dataclass(frozen=True, eq=False)
class Scaling:
    """What was learned from training rows to bring numbers to where a network learns well.

    Attributes
    ----------
    shift, divisor
        `(features,)` or `()` float64: a row becomes `(row - shift) / divisor`.
    sentence
        What that is, for people.
    """

    shift: NDArray[np.float64]
    divisor: NDArray[np.float64]
    sentence: str

    def __call__(self, rows: NDArray[Any]) -> NDArray[np.float32]:
        """Return rows `(n, features)` as float32, scaled; raise `InputError` if a number is too large for float32."""
        with np.errstate(over="ignore"):
            scaled: NDArray[np.float32] = ((rows - self.shift) / self.divisor).astype(np.float32)
        if not np.isfinite(scaled).all():
            raise InputError("numbers must fit float32 once scaled, below 3.4e38; found larger ones. Rescale them.")
        return scaled


def learn_scaling(rows: NDArray[Any], scale: str, images: bool) -> Scaling:
    """Learn how to scale from training rows `(n, features)` of finite numbers, which were images or not.

    `columns` is each feature minus its mean, divided by its (population) deviation; a constant one becomes 0. `pixels`
    is all divided by 255 where they are uint8, else by the largest where that is above 1. `none` is as they are, and
    `auto` `pixels` for images, else `columns`. Raises `InputError` if there is no such scale, or pixels are negative.
    """
    option("scale", scale, SCALES)
    nothing, one = np.zeros(()), np.ones(())
    if scale == "none":
        return Scaling(nothing, one, "numbers as they were given")
    if scale == "columns" or (not images and scale == "auto"):
        values = rows.astype(np.float64)
        mean = values.mean(axis=0)
        deviation = values.std(axis=0)
        # A constant column's deviation is rounding of its mean.
        constant = deviation <= 10 * np.finfo(np.float64).eps * np.abs(mean)
        sentence = "each feature minus its training mean, divided by its training deviation"
        return Scaling(mean, np.where(constant, 1.0, deviation), sentence)
    if rows.min() < 0:
        raise InputError(
            f"pixels must be at least 0; found {rows.min():g}. Give scale='none' if they are scaled already, or "
            "scale='columns'."
        )
    most = 255.0 if rows.dtype == np.uint8 else max(float(rows.max()), 1.0)
    return Scaling(nothing, np.array(most), f"pixels divided by {most:g}")


@checked
def rows_to_split(
    x: NDArray[np.float32], y: NDArray[np.int64], names: Sequence[str], folds: int | None, seed: int, sentence: str
) -> Split:
    """Return all rows as development rows with their folds, each class in proportion; there are no test rows.

    The only row of a class always trains. Raises `InputError` if there are fewer than two classes, no class has two
    rows, or `folds` is below 1.

    Parameters
    ----------
    x, y, names, sentence
        Scaled rows `(n, features)`, class numbers `(n,)`, a name for each class, and how the rows were scaled.
    folds, seed
        Folds to cross-validate over, at least 2, and the seed of the shuffle; 1 holds a tenth of the rows out once.
        None takes 5 below 10,000 rows, else 1. There are never more folds than rows that can validate.
    """
    if len(names) < 2:
        there = f"one class, {names[0]!r}" if names else "no class"
        raise InputError(f"telling classes apart needs at least two; found {there}. Give rows of another class.")
    if folds is not None and folds < 1:
        raise InputError(f"folds must be at least 1; found {folds}. Leave it out for the default.")
    folds = (FOLDS if len(y) < MANY else 1) if folds is None else folds
    shuffled = np.random.default_rng(seed).permutation(len(y))
    order = shuffled[np.argsort(y[shuffled], kind="stable")]
    order = order[np.bincount(y)[y[order]] > 1]
    if not len(order):
        raise InputError(
            f"choosing a learning rate needs a class with two rows, to train on one and validate on the other; each of "
            f"the {len(names)} classes has one. Give more rows."
        )
    fold = np.full(len(y), NO_FOLD, np.int64)
    if folds == 1:
        held = order[:: min(HOLDOUT, len(order))]
        fold[held] = 0
    else:
        fold[order] = np.arange(len(order)) % min(folds, len(order))
    return Split(
        x=x, y=y, folds=fold, x_test=x[:0], y_test=y[:0], rows=np.arange(len(y)), test_rows=np.arange(0),
        class_names=tuple(names), stages=(sentence,),
    )  # fmt: skip


def summary(split: Split, shape: tuple[int, ...]) -> DataSummary:
    """Describe the rows of a split for a `Run`, with the shape of one; rows of features count as images of one line."""
    height, width, channels = (1, *shape, 1) if len(shape) == 1 else (*shape, 1)[:3]
    digest = hashlib.sha256(repr((shape, split.class_names)).encode())
    digest.update(np.ascontiguousarray(split.x, dtype="<f4").data)
    digest.update(np.ascontiguousarray(split.y, dtype="<i8").data)
    return DataSummary(
        source="an array of features" if len(shape) == 1 else "an array of images",
        fingerprint=digest.hexdigest(),
        images=len(split.y),
        image_shape=(height, width, channels),
        development=len(split.y),
        test=0,
        class_names=split.class_names,
        notes=(f"Scaled for training: {split.stages[0]}.",),
    )
