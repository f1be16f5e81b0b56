"""What the numbers of pixels mean: one decision for a whole set of images, `decide`."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from etascope.core.errors import InputError

_BLOCK = 1 << 20
#: The largest values of 8, 10, 12, 14 and 16 bits.
_DEPTHS = (255, 1023, 4095, 16383, 65535)
#: Resizing with sharp filters throws values this share beyond their range.
_OVERSHOOT = 0.25
_DARK = 32


@dataclass(frozen=True)
class Extent:
    """Smallest and largest value of pixels that are `"bytes"` (uint8), `"whole"` numbers of other types, or `"floats"`.

    Examples
    --------
    >>> Extent("whole", 3, 9).joined(Extent("whole", 0, 5))
    Extent(kind='whole', low=0, high=9)
    """

    kind: str
    low: float
    high: float

    def joined(self, other: Extent) -> Extent:
        """Return what holds both."""
        return Extent(self.kind, min(self.low, other.low), max(self.high, other.high))


@dataclass(frozen=True)
class Scale:
    """The value that becomes 0, the value that becomes 255, and a sentence where that is worth telling."""

    low: float
    high: float
    note: str = ""


@dataclass(frozen=True)
class Reading:
    """How the pixels of a set were read; its test part is read the same way.

    Attributes
    ----------
    scales
        The scale of each kind of number that was there.
    ground
        What transparent pixels were laid over, see `transparency.decide_ground`; None where nothing was transparent.
    """

    scales: Mapping[str, Scale] = field(default_factory=dict[str, Scale])
    ground: str | None = None


#: Nothing is decided yet.
NATURAL = Reading()


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
    if array.dtype == np.uint8:
        return Extent("bytes", int(array.min()), int(array.max()))
    if array.dtype.kind == "b":
        return Extent("bytes", 0, 255)
    if array.dtype.kind in "iu":
        return Extent("whole", int(array.min()), int(array.max()))
    if array.dtype.kind != "f":
        raise InputError(f"{what} must be numbers; found {array.dtype}. Convert them to uint8.")
    low, high = math.inf, -math.inf
    for block in _blocks(array):
        part = array[block]
        # NaN comes through both.
        least, most = float(part.min()), float(part.max())
        if not math.isfinite(least) or not math.isfinite(most):
            where = np.argwhere(~np.isfinite(part))[0]
            place = (int(where[0]) + (block.start or 0), *map(int, where[1:]))
            raise InputError(
                f"{what} must be finite numbers; found {float(part[tuple(where)])!r} at {place}. "
                "Remove or repair that image."
            )
        low, high = min(low, least), max(high, most)
    return Extent("floats", low, high)


def decide(extents: Iterable[Extent], given: Mapping[str, Scale], what: str = "pixels") -> dict[str, Scale]:
    """Return the scale of each kind of number, decided over all images of a set; a given one wins.

    Bytes are 0 .. 255 by their type, and 0 .. 1 where nothing is brighter than 1. Of the others the smallest and the
    largest value of the whole set decide, by the first row that fits:

    ================================================= ==========================================
    values from .. to                                 are taken as
    ================================================= ==========================================
    0 .. 1, and a quarter of that beyond (floats)     0 .. 1; what is beyond was resizing: cut
    0 .. 1 (whole numbers)                            0 .. 1
    -0.5 .. 0.5 (floats)                              -0.5 .. 0.5
    -1 .. 1, and a quarter beyond (floats)            -1 .. 1
    about -128 .. 127                                 -128 .. 127
    -50 .. 305, fractions or below 0                  0 .. 255; what is beyond was resizing: cut
    below 0, more than 256 whole numbers              the smallest .. the largest
    otherwise below 0                                 refused
    0 .. 50                                           0 .. the largest
    0 .. 100, 0 .. 255                                0 .. 100, 0 .. 255
    0 .. 1023, 4095, 16383, 65535                     10, 12, 14, 16 bits
    0 .. more                                         0 .. the largest
    ================================================= ==========================================

    Raises
    ------
    InputError
        If values are below 0 in a way that tells no range.

    Examples
    --------
    >>> decide([Extent("whole", 0, 4000), Extent("whole", 7, 90)], {})["whole"]
    Scale(low=0, high=4095, note='Pixels were scaled from 0 .. 4,095 (12 bits) to 0 .. 255.')
    """
    joined: dict[str, Extent] = {}
    for extent in extents:
        joined[extent.kind] = extent.joined(joined.get(extent.kind, extent))
    scales: dict[str, Scale] = {}
    for kind, extent in joined.items():
        if kind in given:
            scales[kind] = _as_given(extent, given[kind])
        elif kind == "bytes":
            scales[kind] = _of_bytes(extent)
        else:
            scales[kind] = _of_numbers(extent, what)
    return scales


def scaled(array: NDArray[Any], scale: Scale) -> NDArray[np.uint8]:
    """Return pixels as uint8, rounded and cut to 0 .. 255; the same array where nothing changes.

    Works block by block, so that little more memory is taken than the result.

    Examples
    --------
    >>> scaled(np.array([0.0, 0.5, 1.0, 1.02]), Scale(0, 1)).tolist()
    [0, 128, 255, 255]
    """
    if array.dtype == np.uint8 and (scale.low, scale.high) == (0, 255):
        return array
    if array.dtype.kind == "b":
        return array.astype(np.uint8) * np.uint8(255)
    out = np.empty(array.shape, np.uint8)
    for block in _blocks(array):
        part = array[block].astype(np.float64)
        if scale.low:
            part -= scale.low
        # First this, then that: so whole numbers are rounded as exact ones.
        part *= 255
        part /= scale.high - scale.low
        np.rint(part, out=part)
        np.clip(part, 0, 255, out=part)
        out[block] = part.astype(np.uint8)
    return out


def _of_bytes(extent: Extent) -> Scale:
    bright = int(extent.high)
    if bright == 0:
        return Scale(0, 255, "Every pixel is 0: all images are black.")
    if bright == 1:
        return Scale(0, 1, "The pixels are 0 and 1 in bytes; they were scaled to 0 and 255.")
    if bright < _DARK:
        note = f"The brightest pixel is {bright} of 255; if it is meant to be white, divide by {bright} first."
        return Scale(0, 255, note)
    return Scale(0, 255)


def _of_numbers(extent: Extent, what: str) -> Scale:
    low, high, floats = extent.low, extent.high, extent.kind == "floats"
    if low == high == 0:
        return Scale(0, 255, "Every pixel is 0: all images are black.")
    if floats and high <= 1 + _OVERSHOOT and -low <= _OVERSHOOT * high:
        return _told(extent, 0, 1, "", quiet=low >= 0 and 0.25 < high <= 1)
    if floats and -0.5 <= low < 0 and high <= 0.5:
        return _told(extent, -0.5, 0.5)
    if floats and low < 0 and low >= -1 - _OVERSHOOT and high <= 1 + _OVERSHOOT:
        return _told(extent, -1, 1)
    if -128 <= low <= -64 and 64 <= high <= 128:
        return _told(extent, -128, 127)
    if (-51 <= low < 0 and 128 <= high <= 306) or (floats and low >= 0 and 255 < high <= 306):
        return _told(extent, 0, 255)
    if low < 0:
        if floats or high - low <= 255:
            raise _below_zero(extent, what)
        return _told(extent, low, high, ", the smallest and the largest value,")
    if high <= 1:
        return _told(extent, 0, 1)
    if high <= 50:
        return _told(extent, 0, high)
    if high <= 100:
        return _told(extent, 0, 100)
    for bits, depth in zip((8, 10, 12, 14, 16), _DEPTHS, strict=True):
        if high <= depth:
            return _told(extent, 0, depth, f" ({bits} bits)", quiet=bits == 8)
    return _told(extent, 0, high, ", the largest value,")


def _told(extent: Extent, low: float, high: float, why: str = "", *, quiet: bool = False) -> Scale:
    """Return a scale that says what it does, and what it cuts, unless it is one that numbers usually have."""
    if quiet:
        return Scale(low, high)
    cut = ""
    if extent.low < low or extent.high > high:
        cut = f"; values beyond, from {_shown(extent.low)} to {_shown(extent.high)}, were cut"
    elif extent.high <= low + (high - low) / 4:
        cut = f"; the largest value is {_shown(extent.high)}"
    if (low, high) == (0, 255):
        return Scale(low, high, f"Pixels were taken as 0 .. 255{why}{cut}.")
    return Scale(low, high, f"Pixels were scaled from {_shown(low)} .. {_shown(high)}{why} to 0 .. 255{cut}.")


def _as_given(extent: Extent, given: Scale) -> Scale:
    reach = (given.high - given.low) * _OVERSHOOT
    if extent.low < given.low - reach or extent.high > given.high + reach:
        return Scale(
            given.low,
            given.high,
            f"Values from {_shown(extent.low)} to {_shown(extent.high)} were cut to {_shown(given.low)} .. "
            f"{_shown(given.high)}, the range of the training images.",
        )
    if extent.high <= given.low + (given.high - given.low) / 16:
        return Scale(
            given.low,
            given.high,
            f"The brightest pixel is {_shown(extent.high)}, dark in {_shown(given.low)} .. {_shown(given.high)}, the "
            "range of the training images.",
        )
    return Scale(given.low, given.high)


def _below_zero(extent: Extent, what: str) -> InputError:
    kind = "floats" if extent.kind == "floats" else "whole numbers"
    return InputError(
        f"{what} of {kind} must lie in a known range, as 0 .. 1, -1 .. 1 or 0 .. 255; found {_shown(extent.low)} .. "
        f"{_shown(extent.high)}. Undo the normalisation, or scale all of them to 0 .. 1 by one smallest and one "
        "largest value."
    )


def _shown(value: float) -> str:
    return f"{int(value):,}" if value == int(value) else f"{value:.4g}"


def _blocks(array: NDArray[Any]) -> Iterator[slice]:
    rows = max(1, _BLOCK * len(array) // max(array.size, 1))
    return (slice(start, start + rows) for start in range(0, len(array), rows))
