"""Images in memory: arrays, mappings of arrays, and scikit-learn's Bunch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from etascope.core.errors import InputError
from etascope.images.found import Found, Wishes, tail_rows
from etascope.images.labels import read_labels
from etascope.images.pixels import float_range, image_axes, scaled_bytes, to_bytes
from etascope.images.sizes import fit, shown

#: Names that images, labels, test images and test labels go by together, the first that fits wins.
PAIRS = (
    ("x_train", "y_train", "x_test", "y_test"),
    ("train_images", "train_labels", "test_images", "test_labels"),
    ("images", "labels", "test_images", "test_labels"),
    ("images", "target", "", ""),
    ("x", "y", "", ""),
    ("data", "target", "", ""),
    ("data", "labels", "", ""),
    ("arr_0", "arr_1", "", ""),
)
_DARK = 32


@dataclass(frozen=True)
class Picked:
    """Which names of a mapping hold what; None where there is none."""

    images: str
    labels: str | None
    test_images: str | None
    test_labels: str | None
    left: tuple[str, ...]


def read_array(values: object, what: str = "images") -> NDArray[Any]:
    """Return anything that NumPy reads as an array, uncopied where possible.

    Raises
    ------
    InputError
        If it cannot be read so.
    """
    try:
        return np.asarray(values)
    except (ValueError, TypeError, RuntimeError) as error:
        reason = str(error).split("\n")[0].rstrip(".")
        raise InputError(f"{what} must be readable as an array; {type(values).__name__} is not: {reason}.") from None


def open_array(values: object, labels: object, wishes: Wishes, source: str) -> Found:
    """Open an array of images with an array of labels.

    A uint8 array that needs no change is shared, not copied.

    Raises
    ------
    InputError
        If shape, type or values are no images, or labels are missing or do not fit.
    """
    if labels is None:
        raise InputError(f"images need labels, one each; {source} came without. Give them as the second argument.")
    array = image_axes(read_array(values))
    read = read_labels(labels, len(array))
    pixels = to_bytes(array)
    images, notes = fit(pixels, wishes)
    return Found(images, read, source, None, None, (*_dark(pixels), *notes))


def open_mapping(arrays: Mapping[str, Any], labels: object, wishes: Wishes, source: str) -> Found:
    """Open named arrays: `x` and `y`, `images` and `labels`, Keras' `x_train`, `y_train`, `x_test`, `y_test` ...

    Raises
    ------
    InputError
        If no names fit, labels are given twice or not at all, or the arrays are no images.
    """
    picked = pick(arrays, source)
    if picked.labels is not None and labels is not None:
        raise InputError(f"{source} brings its own labels ({picked.labels}); leave out labels.")
    notes = (f"Arrays that were left out: {', '.join(picked.left)}.",) if picked.left else ()
    train = open_array(
        arrays[picked.images], labels if picked.labels is None else arrays[picked.labels], wishes, source
    )
    if picked.test_images is None or picked.test_labels is None:
        return Found(train.images, train.labels, source, None, None, (*notes, *train.notes))
    test = open_array(arrays[picked.test_images], arrays[picked.test_labels], wishes, source)
    if test.images.shape[1:] != train.images.shape[1:]:
        raise InputError(
            f"images of both parts must have one size and colour; {source} has {shown(train.images.shape[1:3])} and "
            f"{shown(test.images.shape[1:3])} with {train.images.shape[3]} and {test.images.shape[3]} channels. "
            "Give image_size and grayscale."
        )
    if train.labels.dtype.kind != test.labels.dtype.kind:
        raise InputError(
            f"training and test labels must be of one kind; {source} has numbers and strings. Give one kind."
        )
    images = np.concatenate([train.images, test.images])
    both = np.concatenate([train.labels, test.labels])
    return Found(images, both, source, None, tail_rows(len(images), len(test.images)), (*notes, *train.notes))


def pick(names: Iterable[str], source: str) -> Picked:
    """Say which names hold images and labels; capital letters do not matter.

    Raises
    ------
    InputError
        If there are none.

    Examples
    --------
    >>> pick(["X", "y", "extra"], "here")
    Picked(images='X', labels='y', test_images=None, test_labels=None, left=('extra',))
    """
    given = {str(name).lower(): name for name in names}
    fits = [pair for pair in PAIRS if pair[0] in given and pair[1] in given]
    fits += [pair for pair in PAIRS if pair[0] in given]
    if not fits:
        held = ", ".join(sorted(given)) or "nothing"
        known = ", ".join(f"{images} with {labels}" for images, labels, _, _ in PAIRS)
        raise InputError(
            f"arrays of images and labels must be named as one of {known}; {source} holds {held}. Rename them."
        )
    images, labels, test_images, test_labels = (given.get(name) for name in fits[0])
    assert images is not None
    if test_images is None or test_labels is None:
        test_images = test_labels = None
    used = {images, labels, test_images, test_labels}
    return Picked(images, labels, test_images, test_labels, tuple(n for n in given.values() if n not in used))


def is_bunch(source: object) -> bool:
    """Say whether something has `target`, and `images` or `data`, as scikit-learn's loaders return."""
    has_pixels = getattr(source, "images", None) is not None or getattr(source, "data", None) is not None
    return has_pixels and getattr(source, "target", None) is not None


def open_bunch(bunch: Any, labels: object, wishes: Wishes) -> Found:  # noqa: ANN401 - scikit-learn's Bunch has no type
    """Open a scikit-learn Bunch: `images` or else `data`, `target`, and `target_names` where they fit.

    Unless the pixels are bytes or floats in [0, 1], they are scaled so that the largest becomes 255.

    Raises
    ------
    InputError
        If labels are given too, or the arrays are no images.
    """
    if labels is not None:
        raise InputError("a Bunch brings its own labels (target); leave out labels.")
    pixels = getattr(bunch, "images", None)
    array = image_axes(read_array(bunch.data if pixels is None else pixels, "the images of a Bunch"))
    read = read_labels(bunch.target, len(array))
    notes: tuple[str, ...] = ()
    if array.dtype.kind in "iuf" and array.dtype != np.uint8:
        low, high = float_range(array, "the images of a Bunch")
        if low >= 0 and high > 1 and high != 255:
            array = scaled_bytes(array, 255 / high)
            notes = (f"Pixels were scaled from 0 .. {high:g} to 0 .. 255.",)
    images, fitted = fit(to_bytes(array, "the images of a Bunch"), wishes)
    return Found(images, read, "a Bunch", _target_names(bunch, read), None, (*notes, *fitted))


def _target_names(bunch: Any, labels: NDArray[Any]) -> tuple[str, ...] | None:  # noqa: ANN401 - as above
    names = getattr(bunch, "target_names", None)
    if names is None or labels.dtype.kind != "i" or labels.max() >= len(names):
        return None
    return tuple(str(name) for name in names)


def _dark(pixels: NDArray[np.uint8]) -> tuple[str, ...]:
    brightest = int(pixels.max())
    if 0 < brightest < _DARK:
        return (f"The brightest pixel is {brightest} of 255; if it is meant to be white, divide by {brightest} first.",)
    return ()
