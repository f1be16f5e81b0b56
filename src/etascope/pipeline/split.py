"""Development and test rows, and the folds in which development rows validate: `divide`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from etascope.core.data import NO_FOLD, Dataset, Split
from etascope.core.errors import InputError
from etascope.core.sentences import Setting, say

#: Share of the images that is tested on when neither the data nor the user says which.
TEST = 0.2
#: From this many development rows on, one holdout says as much as cross-validation, for a fifth of the price.
MANY = 10_000
#: Folds of the cross-validation of fewer rows.
FOLDS = 5


def divide(
    dataset: Dataset, *, test: float | None = None, folds: int | None = None, valid: float = 0.1, seed: int = 0
) -> Split:
    """Divide a data set into development and test rows, each class in proportion, and number the folds.

    Only labels, the data's own test rows and the seed decide; pixels do not. The test rows do not depend on
    `folds` or `valid`. Every class keeps at least one image in each part.

    Parameters
    ----------
    dataset
        Images `(n, height, width, channels)` uint8 with labels; of at least two classes.
    test
        Share of all images to test on, in (0, 1); also when the data brings a test part, which is then mixed in.
        None takes the data's own test part, or else 0.2.
    folds
        0: nothing validates. 1: one holdout, fold 0, and `NO_FOLD` for the others. k: cross-validation; fold
        sizes, and each class's rows a fold, differ by one at most. None takes 5 below 10,000 development rows
        and else 1.
    valid
        Share of the development rows that a holdout validates on, in (0, 1). Default 0.1.
    seed
        Seed of the shuffles, at least 0.

    Returns
    -------
    Split
        `x` and `x_test` are uint8 images still; rows ascend.

    Raises
    ------
    InputError
        If there is one class only, a class has too few images for the test part or the folds, or a share, the
        number of folds or the seed is outside its range.

    Examples
    --------
    >>> images, labels = np.zeros((50, 4, 4, 1), np.uint8), np.repeat([0, 1], 25)
    >>> split = divide(Dataset(images, labels, ("cat", "dog"), "zeros"))
    >>> len(split.y), len(split.y_test), np.bincount(split.folds).tolist()
    (40, 10, [8, 8, 8, 8, 8])
    """
    _share("test", test)
    _share("valid", valid)
    if folds is not None and folds < 0:
        raise InputError(f"folds must be 1 (a holdout) or more; found {folds}. Leave it out for the default.")
    if seed < 0:
        raise InputError(f"seed must be a whole number of at least 0; found {seed}.")
    names, labels = dataset.class_names, dataset.labels
    counts = np.bincount(labels, minlength=len(names))
    if np.count_nonzero(counts) < 2:
        only = names[int(counts.argmax())] if len(labels) else "none"
        raise InputError(f"classification needs at least two classes with images; found one, {only!r}. Add another.")
    for_test, for_folds = np.random.default_rng(seed).spawn(2)

    own = dataset.test_rows
    if test is None and own is not None and len(own):
        is_test = np.zeros(len(labels), np.bool_)
        is_test[own] = True
        _own_part_covers(names, np.bincount(labels[is_test], minlength=len(names)), counts)
    else:
        is_test = _stratified(labels, counts, TEST if test is None else test, for_test)
    rows, test_rows = np.flatnonzero(~is_test), np.flatnonzero(is_test)
    y = labels[rows]

    if folds is None:
        folds = FOLDS if len(rows) < MANY else 1
    kept = np.bincount(y, minlength=len(names))
    _enough(names, counts, kept, folds)
    if folds > 1:
        fold = _deal(y, folds, for_folds)
    elif folds == 1:
        fold = np.where(_stratified(y, kept, valid, for_folds), 0, NO_FOLD)
    else:
        fold = np.full(len(rows), NO_FOLD)
    return Split(
        x=dataset.images[rows],
        y=y,
        folds=fold.astype(np.int64),
        x_test=dataset.images[test_rows],
        y_test=labels[test_rows],
        rows=rows,
        test_rows=test_rows,
        class_names=names,
    )


def _shuffled_by_class(labels: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
    shuffled = rng.permutation(len(labels))
    return shuffled[np.argsort(labels[shuffled], kind="stable")]


def _stratified(
    labels: NDArray[np.int64], counts: NDArray[np.int64], share: float, rng: np.random.Generator
) -> NDArray[np.bool_]:
    order = _shuffled_by_class(labels, rng)
    rank = np.empty(len(labels), np.int64)
    rank[order] = np.arange(len(labels))
    rank -= (np.cumsum(counts) - counts)[labels]
    return rank < _quotas(counts, share)[labels]


def _quotas(counts: NDArray[np.int64], share: float) -> NDArray[np.int64]:
    """Return how many of each class: largest remainders, at least one and never the whole class."""
    exact = counts * share
    most = np.maximum(counts - 1, 0)
    taken = np.clip(np.floor(exact + 1e-9).astype(np.int64), np.minimum(1, most), most)
    missing = round(float(counts.sum()) * share) - int(taken.sum())
    by_remainder = np.argsort(taken - exact, kind="stable")
    for c in by_remainder[taken[by_remainder] < most[by_remainder]][: max(missing, 0)]:
        taken[c] += 1
    return taken


def _deal(labels: NDArray[np.int64], folds: int, rng: np.random.Generator) -> NDArray[np.int64]:
    fold = np.empty(len(labels), np.int64)
    fold[_shuffled_by_class(labels, rng)] = np.arange(len(labels)) % folds
    return fold


def _share(name: str, value: float | None) -> None:
    if value is not None and not 0 < value < 1:
        raise InputError(f"{name} must be a share of the images between 0 and 1; found {value:g}. Try 0.2.")


def _own_part_covers(names: tuple[str, ...], in_test: NDArray[np.int64], counts: NDArray[np.int64]) -> None:
    for name, tested, total in zip(names, in_test.tolist(), counts.tolist(), strict=True):
        if total and tested == total:
            raise InputError(
                f"class {name!r} is in the data's own test part only, with nothing to train on.",
                say("Add training images, or divide all images anew with {test}.", Setting("test", TEST)),
            )


def _enough(names: tuple[str, ...], counts: NDArray[np.int64], kept: NDArray[np.int64], folds: int) -> None:
    least = 2 if folds == 1 else max(folds, 1)
    what = f"{folds} folds need" if folds > 1 else "a holdout needs" if folds == 1 else "training needs"
    fewest, few = int(kept.min()), int((kept < least).sum())
    # Without the small classes there must be two to tell apart.
    whose, which = ("it", "the class") if few == 1 else (f"the {few} classes that have too few", "these")
    remove = f", or remove {which}" if len(names) - few > 1 else ""
    for name, total, left in zip(names, counts.tolist(), kept.tolist(), strict=True):
        if total == 0:
            raise InputError(f"class {name!r} has no images. Add some, or remove the class.")
        if left < least:
            smaller = "Make the test part smaller, add" if total > least else "Add"
            images = "image" if total == 1 else "images"
            fewer = f", or choose {{folds}}{' or less' if fewest > 2 else ''}" if folds > 1 and fewest > 1 else ""
            if folds > 2 and fewest == 1:
                fewer = "; with {folds}, 2 images of every class outside the test part are enough"
            raise InputError(
                f"class {name!r} has {total} {images}, {left} of them outside the test part, but {what} at least "
                f"{least} of every class.",
                say(f"{smaller} images of {whose}{remove}{fewer}.", Setting("folds", max(fewest, 2))),
            )
        if left == total == 1:
            raise InputError(
                f"class {name!r} has 1 image, and every class needs at least 2: one to train on and one to test on. "
                f"Add images of it{remove}."
            )
