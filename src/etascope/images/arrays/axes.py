"""Arrays of images of any axis order, to `(n, height, width, channels)`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from etascope.core.errors import InputError

#: Gray and colour; and the same with alpha, which fewer arrays have.
_PLAIN, _CLEAR = (1, 3), (2, 4)
#: Of smaller flat images the pixels do not tell which are neighbours.
_TELLING = 8
_ORDERS = {"first": "its channels one after the other", "last": "its channels pixel by pixel"}


def image_axes(array: NDArray[Any], what: str = "images") -> tuple[NDArray[Any], tuple[str, ...]]:
    """Return a view of an array as `(n, height, width, channels)`, and a sentence where another would fit too.

    Understood are `(n, h, w)`, `(n, h, w, c)`, `(n, c, h, w)` and flat rows of square images, `(n, h * h)` or
    `(n, 3 * h * h)`; c is 1 (gray), 2 (gray, alpha), 3 (red, green, blue) or 4 (with alpha). Where both ends could be
    channels, 1 and 3 go before 2 and 4, and the last axis before the second. In what order flat rows hold their
    channels is told from which pixels are alike.

    Raises
    ------
    InputError
        If the shape is none of these, or an axis is empty.

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
                return array, _either(shape, "last")
            if shape[1] in channels:
                return array.transpose(0, 2, 3, 1), _either(shape, "first")
        if shape[2] in (*_PLAIN, *_CLEAR) and shape[0] > 4 < shape[1]:
            raise InputError(
                f"{what} must have their number as the first axis; found shape {shape}, which looks like (h, w, c, n). "
                "Turn the axes (images.transpose(3, 0, 1, 2))."
            )
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


def _either(shape: tuple[int, ...], taken: str) -> tuple[str, ...]:
    if shape[1] not in (*_PLAIN, *_CLEAR) or shape[3] not in (*_PLAIN, *_CLEAR):
        return ()
    height, width = (shape[1], shape[2]) if taken == "last" else (shape[2], shape[3])
    channels = shape[3] if taken == "last" else shape[1]
    return (
        f"An array of shape {shape} could hold its channels in the second axis or in the last; they were taken from "
        f"the {'last' if taken == 'last' else 'second'}, as {height} x {width} with {channels}.",
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
            if order == "gray":
                return view, ()
            return view, (
                f"Rows of {length:,} were read as {small} x {small} with {channels} channels, {_ORDERS[order]}, "
                "because so neighbours are alike.",
            )
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
