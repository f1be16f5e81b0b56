"""Axes of images and labels that are not where they are looked for: `refuse_turned`, `to_one_each`."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from etascope.core.errors import InputError

#: So few labels may be as many as there are channels.
_CHANNELS = 4


def refuse_turned(array: NDArray[Any], labels: object, what: str = "images") -> None:
    """Refuse images whose number, which that of the labels tells, is another axis than the first.

    Raises
    ------
    InputError
        If one other axis is as long as there are labels, and the first is not.

    Examples
    --------
    >>> refuse_turned(np.zeros((8, 8, 30)), [0, 1] * 15)
    Traceback (most recent call last):
    etascope.core.errors.InputError: images must have their number as the first axis; found shape (8, 8, 30) with 30 \
labels. Turn the axes (images.transpose(2, 0, 1)).
    """
    given = cast("Any", labels)
    lengths: tuple[int, ...] = (len(given),) if isinstance(labels, list | tuple) else getattr(given, "shape", ())
    count = lengths[0] if lengths else 0
    if len(lengths) == 2 and count == 1:
        count = lengths[1]
    fits = [axis for axis, length in enumerate(array.shape) if length == count]
    # As few as channels say nothing, nor do labels that lie along their second axis.
    if count <= _CHANNELS or not 2 <= array.ndim <= 4 or len(fits) != 1 or array.shape[0] in lengths:
        return
    axis = fits[0]
    order = (axis, *(other for other in range(array.ndim) if other != axis))
    raise InputError(
        f"{what} must have their number as the first axis; found shape {array.shape} with {count:,} labels. Turn the "
        f"axes (images.transpose{order})."
    )


def to_one_each(labels: NDArray[Any], count: int) -> str:
    """Say how an array of more than one axis becomes one label an image, for `count` images.

    Examples
    --------
    >>> to_one_each(np.eye(3)[[0, 2, 1, 1]].T, 4)
    'Give the place of the 1 in each column (labels.argmax(axis=0))'
    >>> to_one_each(np.zeros((4, 28, 28)), 4)
    'That is a label for each pixel, as masks are; give the class of each image'
    """
    shape = tuple(length for length in labels.shape if length > 1) or (1,)
    if shape[0] == count and len(shape) < min(3, labels.ndim):
        return f"Leave out the axes of 1 (labels.reshape{shape})"
    if labels.ndim == 2 and labels.shape[1] == count:
        ones = np.count_nonzero(labels == 1, axis=0) if labels.dtype.kind in "biuf" else np.zeros(count)
        if (ones == 1).all() and np.count_nonzero(labels) == count:
            return "Give the place of the 1 in each column (labels.argmax(axis=0))"
        return "Give the one row of them that holds the classes"
    if labels.shape[0] == count:
        return "That is a label for each pixel, as masks are; give the class of each image"
    return f"Give {count:,} of them, one an image"
