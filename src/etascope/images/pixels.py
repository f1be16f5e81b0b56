"""Numbers that mean pixels, of any type and axis order, to bytes `(n, height, width, channels)`."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from etascope.core.errors import InputError

_BLOCK = 1 << 20
#: Gray and colour; and the same with alpha, which fewer arrays have.
_PLAIN, _CLEAR = (1, 3), (2, 4)


def image_axes(array: NDArray[Any], what: str = "images") -> NDArray[Any]:
    """Return a view of an array as `(n, height, width, channels)`.

    Understood are `(n, h, w)`, `(n, h, w, c)`, `(n, c, h, w)` and flat rows `(n, h * h)` of square gray images; c is 1
    (gray), 2 (gray, alpha), 3 (red, green, blue) or 4 (with alpha). Where both ends could be channels, 1 and 3 go
    before 2 and 4, and the last axis before the second.

    Raises
    ------
    InputError
        If the shape is none of these, or an axis is empty.

    Examples
    --------
    >>> image_axes(np.zeros((5, 3, 8, 6))).shape
    (5, 8, 6, 3)
    """
    shape = array.shape
    if 0 in shape:
        raise InputError(f"{what} must hold at least one image of at least one pixel; found shape {shape}.")
    if array.ndim == 2:
        side = math.isqrt(shape[1])
        if side * side == shape[1]:
            return array.reshape(shape[0], side, side, 1)
        raise InputError(
            f"flat images must be square, so that a row is height x height; found rows of {shape[1]}. "
            "Reshape them to (n, height, width)."
        )
    if array.ndim == 3:
        return array[..., None]
    if array.ndim == 4:
        for channels in (_PLAIN, _CLEAR):
            if shape[3] in channels:
                return array
            if shape[1] in channels:
                return array.transpose(0, 2, 3, 1)
    raise InputError(
        f"{what} must have shape (n, h, w), (n, h, w, c), (n, c, h, w) or (n, h * h), with c from 1 to 4; "
        f"found {shape}. Reshape them."
    )


def to_bytes(array: NDArray[Any], what: str = "images") -> NDArray[np.uint8]:
    """Return pixels as uint8, the same array where it already is.

    Booleans become 0 and 255, other whole numbers must lie in 0 .. 255, floats as `float_bytes` says.

    Raises
    ------
    InputError
        If a value is no pixel.

    Examples
    --------
    >>> to_bytes(np.array([True, False])).tolist()
    [255, 0]
    """
    if array.dtype == np.uint8:
        return array
    if array.dtype.kind == "b":
        return array.astype(np.uint8) * np.uint8(255)
    if array.dtype.kind == "f":
        return float_bytes(array, what)
    if array.dtype.kind not in "iu":
        raise InputError(f"{what} must be numbers; found {array.dtype}. Convert them to uint8.")
    low, high = int(array.min()), int(array.max())
    if low < 0 or high > 255:
        raise InputError(
            f"{what} of whole numbers must lie in 0 .. 255; found {low} .. {high}. "
            "Scale them to 0 .. 255, or to floats from 0 to 1."
        )
    return array.astype(np.uint8)


def float_bytes(array: NDArray[Any], what: str = "pixels") -> NDArray[np.uint8]:
    """Return floats as uint8: times 255 when all lie in [0, 1], rounded as they are when all lie in [0, 255].

    Works block by block, so that little more memory is taken than the result.

    Raises
    ------
    InputError
        If a value is NaN, infinite or outside [0, 255].

    Examples
    --------
    >>> float_bytes(np.array([0.0, 0.5, 1.0])).tolist()
    [0, 128, 255]
    """
    low, high = float_range(array, what)
    if low < 0 or high > 255:
        raise InputError(
            f"{what} of floats must lie in [0, 1] or in [0, 255]; found {low:g} to {high:g}. "
            "Undo the normalisation, or scale them to 0 .. 1."
        )
    return scaled_bytes(array, 255.0 if high <= 1 else 1.0)


def float_range(array: NDArray[Any], what: str = "pixels") -> tuple[float, float]:
    """Return the smallest and the largest value.

    Raises
    ------
    InputError
        If a value is NaN or infinite.
    """
    low, high = math.inf, -math.inf
    for block in _blocks(array):
        part = array[block]
        # NaN comes through both.
        low, high = min(low, float(part.min())), max(high, float(part.max()))
        if not math.isfinite(float(part.min())) or not math.isfinite(float(part.max())):
            where = np.argwhere(~np.isfinite(part))[0]
            place = (int(where[0]) + (block.start or 0), *map(int, where[1:]))
            raise InputError(
                f"{what} must be finite numbers; found {float(part[tuple(where)])!r} at {place}. "
                "Remove or repair that image."
            )
    return low, high


def scaled_bytes(array: NDArray[Any], factor: float) -> NDArray[np.uint8]:
    """Return `array * factor` rounded to uint8, for values known to end in [0, 255]."""
    out = np.empty(array.shape, np.uint8)
    for block in _blocks(array):
        part = array[block].astype(np.float64, copy=False) * factor
        np.rint(part, out=part)
        out[block] = part.astype(np.uint8)
    return out


def wide_bytes(array: NDArray[Any]) -> NDArray[np.uint8]:
    """Return 16-bit pixels, 0 .. 65535, as uint8: divided by 257 and rounded.

    Raises
    ------
    InputError
        If a value is outside of that.

    Examples
    --------
    >>> wide_bytes(np.array([0, 257, 65535])).tolist()
    [0, 1, 255]
    """
    low, high = int(array.min()), int(array.max())
    if low < 0 or high > 65535:
        raise InputError(f"16-bit pixels must lie in 0 .. 65535; found {low} .. {high}")
    return ((array.astype(np.uint32) * 255 + 32767) // 65535).astype(np.uint8)


def _blocks(array: NDArray[Any]) -> Iterator[slice]:
    rows = max(1, _BLOCK * len(array) // max(array.size, 1))
    return (slice(start, start + rows) for start in range(0, len(array), rows))
