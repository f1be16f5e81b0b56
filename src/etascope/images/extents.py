"""The smallest and the largest values of pixels of any type: `measure`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from etascope.core.errors import InputError

_BLOCK = 1 << 20


@dataclass(frozen=True)
class Extent:
    """Smallest and largest value of pixels that are `"bytes"` (uint8), `"whole"` numbers of other types, or `"floats"`.

    Of several images, `peaks` is the largest distance from 0 in each, `lows` the smallest value, and `names` what they
    are called. In those that are `inverse` 0 is white.

    Examples
    --------
    >>> Extent("whole", 3, 9).joined(Extent("whole", 0, 5))
    Extent(kind='whole', low=0, high=9)
    """

    kind: str
    low: float
    high: float
    peaks: NDArray[np.float64] | None = field(default=None, repr=False, compare=False)
    lows: NDArray[np.float64] | None = field(default=None, repr=False, compare=False)
    names: tuple[str, ...] = field(default=(), repr=False, compare=False)
    inverse: bool = field(default=False, repr=False, compare=False)

    def joined(self, other: Extent) -> Extent:
        """Return what holds both."""
        return Extent(self.kind, min(self.low, other.low), max(self.high, other.high))


def measure(array: NDArray[Any], what: str = "pixels") -> Extent:
    """Return the extent of pixels of any type.

    Raises
    ------
    InputError
        If they are no real numbers, or one is NaN or infinite.

    Examples
    --------
    >>> measure(np.array([0.5, 1]))
    Extent(kind='floats', low=0.5, high=1.0)
    """
    if array.dtype.kind == "b":
        return Extent("bytes", 0, 255)
    if array.dtype.kind not in "iuf":
        raise InputError(f"{what} must be numbers; found {array.dtype}. Convert them to uint8.")
    lows: list[NDArray[Any]] = []
    highs: list[NDArray[Any]] = []
    for block in blocks(array):
        part = array[block]
        # NaN comes through both.
        for values, found in ((lows, np.min), (highs, np.max)):
            values.append(np.atleast_1d(found(part, axis=(1, 2, 3) if part.ndim == 4 else None)))
        if part.dtype.kind == "f" and not (np.isfinite(lows[-1]).all() and np.isfinite(highs[-1]).all()):
            where = np.argwhere(~np.isfinite(part))[0]
            place = (int(where[0]) + (block.start or 0), *map(int, where[1:]))
            raise InputError(
                f"{what} must be finite numbers; found {float(part[tuple(where)])!r} at {place}. "
                "Remove or repair that image."
            )
    low, high = np.concatenate(lows), np.concatenate(highs)
    peaks = np.maximum(high.astype(np.float64), -low.astype(np.float64)) if array.ndim == 4 else None
    if array.dtype.kind == "f":
        return Extent("floats", float(low.min()), float(high.max()), peaks, low.astype(np.float64))
    return Extent(
        "bytes" if array.dtype == np.uint8 else "whole", int(low.min()), int(high.max()), peaks, low.astype(np.float64)
    )


def blocks(array: NDArray[Any]) -> Iterator[slice]:
    """Return slices of the first axis that hold about a million values each."""
    rows = max(1, _BLOCK * len(array) // max(array.size, 1))
    return (slice(start, start + rows) for start in range(0, len(array), rows))


def written(value: float) -> str:
    """Return a value of pixels for people.

    Examples
    --------
    >>> written(65535.0), written(0.123456789)
    ('65,535', '0.123457')
    """
    return f"{int(value):,}" if value == int(value) and abs(value) < 1e15 else f"{value:.6g}"
