"""Arrays of images, in whatever order their axes are, to `(n, height, width, channels)`."""

from __future__ import annotations

import math
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from etascope.core.errors import InputError

#: Gray and colour; and the same with alpha, which fewer arrays have.
_PLAIN, _CLEAR = (1, 3), (2, 4)
#: Of smaller flat images the pixels do not tell which are neighbours.
_TELLING = 8
_ORDERS = {"first": "its channels one after the other", "last": "its channels pixel by pixel"}
#: So few labels may be as many as there are channels.
_CHANNELS = 4


def image_axes(array: NDArray[Any], what: str = "images") -> tuple[NDArray[Any], tuple[str, ...]]:
    """Return a view of an array as `(n, height, width, channels)`, and a sentence where another would fit too.

    Understood are `(n, h, w)`, `(n, h, w, c)`, `(n, c, h, w)` and flat rows of square images, `(n, h * h)` or
    `(n, 3 * h * h)`; c is 1 (gray), 2 (gray, alpha), 3 (red, green, blue) or 4 (with alpha). Where both ends could be
    channels, 1 and 3 go before 2 and 4, and the last axis before the second. In what order flat rows hold their
    channels is told from which pixels are alike.

    Examples
    --------
    >>> image_axes(np.zeros((5, 3, 8, 6)))[0].shape
    (5, 8, 6, 3)
    """
    shape = array.shape
    if 0 in shape:
        raise InputError(f"{what} must hold at least one image of at least one pixel; found shape {shape}.")
    if array.ndim == 2:
        return _from_rows(array)
    if array.ndim == 3:
        return array[..., None], ()
    if array.ndim == 4:
        for channels in (_PLAIN, _CLEAR):
            if shape[3] in channels:
                return array, _either(shape, "last", (shape[3], *shape[1:3]))
            if shape[1] in channels:
                return array.transpose(0, 2, 3, 1), _either(shape, "second", shape[1:])
        if shape[2] in (*_PLAIN, *_CLEAR) and shape[0] > 4 < shape[1]:
            raise InputError(
                f"{what} must have their number as the first axis; found shape {shape}, which looks like (h, w, c, n). "
                "Turn the axes (images.transpose(3, 0, 1, 2))."
            )
        # So few are bands of a sensor, and no height or width.
        if min(shape[1], shape[3]) <= 16:
            bands = "images[:, [2, 1, 0]]" if shape[1] < shape[3] else "images[..., [2, 1, 0]]"
            raise InputError(
                f"{what} must have 1 (gray), 3 (colour), 2 or 4 (with alpha) channels; found shape {shape}. "
                f"Choose three bands ({bands}, by their numbers), or one."
            )
    if array.ndim == 4 and len(set(shape[1:])) == 1:
        raise InputError(
            f"{what} must be flat; found shape {shape}, which looks like volumes. Choose one slice of each "
            f"(images[:, {shape[1] // 2}])."
        )
    raise InputError(
        f"{what} must have shape (n, h, w), (n, h, w, c), (n, c, h, w) or (n, h * h), with c from 1 to 4; "
        f"found {shape}. Reshape them."
    )


def _either(shape: tuple[int, ...], axis: str, taken: tuple[int, ...]) -> tuple[str, ...]:
    if shape[1] not in (*_PLAIN, *_CLEAR) or shape[3] not in (*_PLAIN, *_CLEAR):
        return ()
    return (
        f"An array of shape {shape} could hold its channels in the second axis or in the last; they were taken from "
        f"the {axis}, as {taken[1]} x {taken[2]} with {taken[0]}.",
    )


def _from_rows(rows: NDArray[Any]) -> tuple[NDArray[Any], tuple[str, ...]]:
    length = rows.shape[1]
    side = math.isqrt(length)
    square = side * side == length
    channels = 4 if square else 3
    small = math.isqrt(length // channels)
    views = [("gray", rows.reshape(-1, side, side, 1))] if square else []
    if channels * small * small == length and small >= _TELLING:
        views.append(("first", rows.reshape(-1, channels, small, small).transpose(0, 2, 3, 1)))
        views.append(("last", rows.reshape(-1, small, small, channels)))
    if len(views) == 1:
        few = f"Rows of {length} were read as gray images of {side} x {side} pixels."
        return views[0][1], (few,) if square and side < _TELLING else ()
    if views and rows.dtype.kind in "biuf":
        rough = [_roughness(view) for _, view in views]
        # Gray goes first, unless another reading is clearly the smoother one.
        best = min(range(len(views)), key=lambda i: rough[i] if views[i][0] != "gray" else 0.95 * rough[i])
        second = min(rough[i] for i in range(len(views)) if i != best)
        order, view = views[best]
        if rough[best] < 0.85 * second:
            note = (
                f"Rows of {length:,} were read as {small} x {small} with {channels} channels, {_ORDERS.get(order)}, "
                "because so neighbours are alike."
            )
            return view, (note,) if order != "gray" else ()
        if square:
            return views[0][1], (
                f"Rows of {length:,} were read as gray {side} x {side}; they could be {small} x {small} with "
                f"{channels} channels.",
            )
    if square:
        return views[0][1], ()
    move = "Reshape them to (n, height, width) or (n, height, width, 3)."
    if views:
        move = (
            f"As colour they are {small} x {small}: if their channels come one after the other, as those of CIFAR do, "
            f"give rows.reshape(-1, {channels}, {small}, {small}), and if pixel by pixel rows.reshape(-1, {small}, "
            f"{small}, {channels})."
        )
    raise InputError(f"flat images must be square, so that a row is height x height; found rows of {length}. {move}")


def _roughness(view: NDArray[Any]) -> float:
    """Return the mean step between neighbours down and across, of up to 100 images spread over all."""
    part = view[:: max(1, len(view) // 100)].astype(np.float64)
    return float(np.abs(np.diff(part, axis=1)).mean() + np.abs(np.diff(part, axis=2)).mean())


def refuse_turned(array: NDArray[Any], labels: object, what: str = "images") -> None:
    """Refuse images whose number, which that of the labels tells, is another axis than the first.

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
