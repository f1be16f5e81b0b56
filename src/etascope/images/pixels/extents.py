"""The smallest and the largest values of pixels of any type (`measure`), and how they are read (`Scale`, `Reading`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from etascope.core.errors import InputError

#: How far images go down and up: the smallest value of each, and its largest distance from 0.
Peaks = tuple[NDArray[np.float64], NDArray[np.float64]]
#: What lies this share of the range beyond it is rounded to the same byte.
UNSEEN = 1 / 510
_BLOCK = 1 << 20
#: Floats from 0 to 1 or from -1 to 1, with what resizing throws beyond.
_UNIT = 1.25
#: Three bytes of colour are below this much.
_PACKED = 1 << 24


@dataclass(frozen=True)
class Extent:
    """Smallest and largest value of pixels that are `"bytes"` (uint8), `"whole"` numbers of other types, or `"floats"`.

    Of several images, `peaks` is the largest distance from 0 in each, `lows` the smallest value, and `names` what they
    are called; `held` says that they are the test part. In those that are `inverse` 0 is white.

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
    held: bool = field(default=False, repr=False, compare=False)
    inverse: bool = field(default=False, repr=False, compare=False)

    def joined(self, other: Extent) -> Extent:
        """Return what holds both."""
        return Extent(self.kind, min(self.low, other.low), max(self.high, other.high))


@dataclass(frozen=True)
class Scale:
    """The value that becomes 0, the value that becomes 255, and a sentence where that is worth telling.

    `given` says that the training images decided it, and that these are others.
    """

    low: float
    high: float
    note: str = ""
    given: bool = field(default=False, repr=False, compare=False)


@dataclass(frozen=True)
class Reading:
    """How the pixels of a set were read; its test part is read the same way.

    Attributes
    ----------
    scales
        The scale of each kind of number that was there.
    ground
        What transparent pixels were laid over, see `transparency.decide_ground`; None where nothing was transparent.
    peaks
        Of each kind of number how far each of the images goes down and up, see `Peaks`.
    """

    scales: Mapping[str, Scale] = field(default_factory=dict[str, Scale])
    ground: str | None = None
    peaks: Mapping[str, Peaks] = field(default_factory=dict[str, Peaks], repr=False, compare=False)


#: Nothing is decided yet.
NATURAL = Reading()


def measure(array: NDArray[Any], what: str = "pixels") -> Extent:
    """Return the extent of pixels of any type.

    Examples
    --------
    >>> measure(np.array([0.5, 1]))
    Extent(kind='floats', low=0.5, high=1.0)
    """
    if array.dtype.kind == "b":
        return Extent("bytes", 0, 255)
    if array.dtype.kind not in "iuf":
        move = (
            "Take their magnitude (numpy.abs) or their real part"
            if array.dtype.kind == "c"
            else "Convert them to float32 (images.astype('float32')), which keeps fractions"
        )
        raise InputError(f"{what} must be real numbers; found {array.dtype}. {move}.")
    lows: list[NDArray[Any]] = []
    highs: list[NDArray[Any]] = []
    for block in blocks(array):
        part = array[block]
        # NaN comes through both.
        for values, extreme in ((lows, np.min), (highs, np.max)):
            values.append(np.atleast_1d(extreme(part, axis=(1, 2, 3) if part.ndim == 4 else None)))
        if part.dtype.kind == "f" and not (np.isfinite(lows[-1]).all() and np.isfinite(highs[-1]).all()):
            where = np.argwhere(~np.isfinite(part))[0]
            place = (int(where[0]) + (block.start or 0), *map(int, where[1:]))
            raise InputError(
                f"{what} must be finite numbers; found {float(part[tuple(where)])!r} at {place}. "
                "Remove or repair that image."
            )
    low, high = np.concatenate(lows), np.concatenate(highs)
    if array.dtype.kind in "iu" and array.dtype.itemsize >= 4:
        _refuse_packed(int(low.min()), int(high.max()), what)
    peaks = np.maximum(high.astype(np.float64), -low.astype(np.float64)) if array.ndim == 4 else None
    if array.dtype.kind == "f":
        return Extent("floats", float(low.min()), float(high.max()), peaks, low.astype(np.float64))
    return Extent(
        "bytes" if array.dtype == np.uint8 else "whole", int(low.min()), int(high.max()), peaks, low.astype(np.float64)
    )


def _refuse_packed(low: int, high: int, what: str) -> None:
    """Refuse whole numbers that hold three colours each, with an alpha of 255 above them."""
    if (-_PACKED <= low < -_PACKED / 256 and high < 0) or (low >= 255 * _PACKED and high < 256 * _PACKED):
        raise InputError(
            f"{what} must have a number for each colour; found {written(low)} .. {written(high)}, as colours packed in "
            "32 bits (ARGB) are. Take them apart "
            "(images.astype('<u4').view('u1').reshape(*images.shape, 4)[..., 2::-1])."
        )


def tells_itself(low: float, high: float) -> bool:
    """Say whether numbers lie in a range that goes with their type: 0 .. 1, -1 .. 1, or that of signed bytes.

    Examples
    --------
    >>> tells_itself(0, 1), tells_itself(-128, 127), tells_itself(0, 255)
    (True, True, False)
    """
    return (low >= -_UNIT and high <= _UNIT) or (-128 <= low <= -64 and 64 <= high <= 128)


def are_one(extents: Iterable[Extent]) -> bool:
    """Say whether whole numbers and floats are there whose range is one: that of neither goes with its type.

    Examples
    --------
    >>> are_one([Extent("whole", 0, 900), Extent("floats", 0, 4095)])
    True
    >>> are_one([Extent("whole", 0, 900), Extent("floats", 0, 1)])
    False
    """
    joined: dict[str, Extent] = {}
    for extent in extents:
        joined[extent.kind] = extent.joined(joined.get(extent.kind, extent))
    both = [joined[kind] for kind in ("whole", "floats") if kind in joined]
    return len(both) == 2 and not any(tells_itself(extent.low, extent.high) for extent in both)


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
