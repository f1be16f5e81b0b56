"""What the numbers of pixels mean: one decision for a whole set of images, `decide`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from etascope.core.errors import InputError
from etascope.images.pixels.extents import UNSEEN, Extent, Scale, are_one, blocks, written
from etascope.images.pixels.outliers import far_images, range_notes

#: The largest values of 8, 10, 12, 14 and 16 bits.
_DEPTHS = (255, 1023, 4095, 16383, 65535)
#: Resizing with sharp filters throws values this share beyond their range.
_OVERSHOOT = 0.25
#: ... and splines up to this many times it.
_SPLINE = 1.6
_DARK, _BRIGHT = 32, 100
#: Floats that do not go up to this much are all black in 0 .. 1.
_NOTHING = 1 / 510
_KINDS = {"bytes": "bytes", "whole": "wider whole numbers", "floats": "floats"}
_LARGE = 1e300


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
    -1 .. 1, and a quarter beyond for floats          -1 .. 1
    about -128 .. 127                                 -128 .. 127
    -50 .. 305, fractions or below 0                  0 .. 255; what is beyond was resizing: cut
    below 0, more than 256 whole numbers              the smallest .. the largest
    otherwise below 0                                 refused
    0 .. 50                                           0 .. the largest
    0 .. 100, 0 .. 255                                0 .. 100, 0 .. 255
    0 .. 1023, 4095, 16383, 65535                     10, 12, 14, 16 bits
    0 .. more                                         0 .. the largest
    ================================================= ==========================================

    Whole numbers and floats have one scale, unless one of them lies in a range that goes with its type. Where the
    training images lie in 0 .. 1 and the test part goes beyond, they decide alone.

    Where white is 100 or more, images that have no value beyond 1 (or fractions up to 4, as after a normalisation)
    would be black. Where they are two or more, and a tenth of a part of the set or of all, they are of another range,
    and the set is refused, as is one with so many of 8 bits among 16, or of 0 .. 1 among -1 .. 1; fewer are taken for
    dark ones, and told. Images that are all 0 are of any range.

    Examples
    --------
    >>> decide([Extent("whole", 0, 4000), Extent("whole", 7, 2900)], {})["whole"]
    Scale(low=0, high=4095, note='Pixels were scaled from 0 .. 4,095 (12 bits) to 0 .. 255.')
    """
    joined: dict[str, Extent] = {}
    parts: dict[str, list[Extent]] = {}
    every = list(extents)
    one = are_one(every)
    for extent in every:
        kind = "whole" if one and extent.kind == "floats" else extent.kind
        joined[kind] = extent.joined(joined.get(kind, extent))
        parts.setdefault(kind, []).append(extent)
    scales: dict[str, Scale] = {}
    for kind, extent in joined.items():
        if (before := _given(extent, kind, given)) is not None:
            scales[kind] = _as_given(extent, before)
        elif kind == "bytes":
            scales[kind] = _of_bytes(extent)
        else:
            if one and kind == "whole":
                whole = extent.low >= 0 and max(each.high for each in parts[kind] if each.kind == "whole") > 255
                extent = replace(extent, kind="whole" if whole else "floats")
            scales[kind] = _of_training(parts[kind], extent) or _of_numbers(extent, what, parts[kind])
        if odd := range_notes(parts[kind], scales[kind].low, scales[kind].high):
            scales[kind] = replace(scales[kind], note=f"{scales[kind].note} {odd}".strip())
    if one:
        scales["floats"] = replace(scales["whole"], note="")
    return scales


def _given(extent: Extent, kind: str, given: Mapping[str, Scale]) -> Scale | None:
    """Return the scale that training images gave, those of the other type of wide numbers too where they are one."""
    other = {"whole": "floats", "floats": "whole"}.get(kind, kind)
    if kind in given or other not in given:
        return given.get(kind)
    scale = given[other]
    return scale if are_one([extent, Extent(other, scale.low, scale.high)]) else None


def _of_training(parts: Iterable[Extent], extent: Extent) -> Scale | None:
    """Return the scale that training images in 0 .. 1 decide where their test part goes a little beyond."""
    high = max((each.high for each in parts if not each.held), default=0)
    beyond = extent.kind == "floats" and extent.low >= 0 and 1 + _OVERSHOOT < extent.high < _BRIGHT
    return replace(_scale(extent, 0, 1), given=True) if beyond and 0.25 < high <= 1 + _OVERSHOOT else None


def scale_notes(scales: Mapping[str, Scale], counts: Mapping[str, int]) -> list[str]:
    """Return a sentence on each scale, with how many images it is of where the others are numbers of another kind.

    Examples
    --------
    >>> scale_notes({"floats": Scale(0, 100, "Pixels were scaled.")}, {"floats": 2, "bytes": 1})
    ['Pixels were scaled, in the 2 of 3 images of floats.']
    """
    notes: list[str] = []
    for kind, scale in scales.items():
        alike = [each for each, other in scales.items() if (other.low, other.high) == (scale.low, scale.high)]
        both = kind != "bytes" and {"whole", "floats"} <= {*alike}
        count = sum(counts[each] for each in (("whole", "floats") if both else (kind,)))
        name, total = "wider numbers" if both else _KINDS[kind], sum(counts.values())
        if scale.note and count < total:
            notes.append(f"{scale.note[:-1]}, in the {count:,} of {total:,} images of {name}.")
        elif scale.note:
            notes.append(scale.note)
    return notes


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
    # Or the largest floats become infinite.
    small = 1 if scale.high < _LARGE else 1 / _LARGE
    for block in blocks(array):
        part = array[block].astype(np.float64)
        if scale.low:
            part -= scale.low
        # First this, then that: so whole numbers are rounded as exact ones.
        part *= 255 * small
        part /= scale.high * small - scale.low * small
        np.rint(part, out=part)
        np.clip(part, 0, 255, out=part)
        out[block] = part.astype(np.uint8)
    return out


def _of_bytes(extent: Extent) -> Scale:
    bright = int(extent.high)
    if bright == 0:
        return Scale(0, 255, "Every pixel is 0: all images are black.")
    if extent.low == 255:
        return Scale(0, 255, "Every pixel is 255: all images are white.")
    if bright == 1:
        return Scale(0, 1, "The pixels are 0 and 1 in bytes; they were scaled to 0 and 255.")
    if bright < _DARK:
        note = f"The brightest pixel is {bright} of 255; if it is meant to be white, divide by {bright} first."
        return Scale(0, 255, note)
    return Scale(0, 255)


def _of_numbers(extent: Extent, what: str, parts: Sequence[Extent]) -> Scale:
    low, high, floats = extent.low, extent.high, extent.kind == "floats"
    if low == high == 0:
        return Scale(0, 255, "Every pixel is 0: all images are black.")
    if floats and low >= 0 and high < _NOTHING:
        raise InputError(
            f"{what} of floats up to 1 are read as 0 .. 1; found {written(low)} .. {written(high)}, all of which would "
            "be black. Divide all of them by one largest value."
        )
    if floats and high <= 1 + _OVERSHOOT and -low <= _OVERSHOOT * high:
        return _scale(extent, 0, 1, "", quiet=low >= 0 and 0.25 < high <= 1 + UNSEEN)
    if floats and -0.5 <= low < 0 and high <= 0.5:
        return _scale(extent, -0.5, 0.5)
    if low < 0 and low >= -1 - _OVERSHOOT and high <= 1 + _OVERSHOOT:
        return _scale(extent, -1, 1)
    if -128 <= low <= -64 and 64 <= high <= 128:
        return _scale(extent, -128, 127)
    if (-51 <= low < 0 and 128 <= high <= 306) or (floats and low >= 0 and 255 < high <= 306):
        return _scale(extent, 0, 255)
    # Whole numbers far below 0 are measures, as Hounsfield units; floats are what a normalisation left of any range.
    if low < 0:
        if floats or high - low <= 255:
            raise _below_zero(extent, what, far_images(parts))
        return _scale(extent, low, high, ", the smallest and the largest value,")
    if high <= 1:
        return _scale(extent, 0, 1)
    # Up to 50 are counts or classes, whose largest is white. Up to 100 may be per cent or dark bytes: so it is told.
    if high <= 50:
        return _scale(extent, 0, high)
    if high <= 100:
        return _scale(extent, 0, 100)
    for bits, depth in zip((8, 10, 12, 14, 16), _DEPTHS, strict=True):
        if high <= depth:
            return _scale(extent, 0, depth, f" ({bits} bits)", quiet=bits == 8)
    return _scale(extent, 0, high, ", the largest value,")


def _scale(extent: Extent, low: float, high: float, why: str = "", *, quiet: bool = False) -> Scale:
    """Return a scale that says what it does, and what it cuts, unless it is one that numbers usually have."""
    if quiet:
        return Scale(low, high)
    cut, unseen = "", (high - low) * UNSEEN
    if extent.low < low - unseen or extent.high > high + unseen:
        cut = f"; values beyond, from {written(extent.low)} to {written(extent.high)}, were cut"
    elif extent.high <= low + (high - low) / (2 if high == _DEPTHS[-1] else 4):
        cut = f"; the largest value is {written(extent.high)}"
    if (low, high) == (0, 255):
        return Scale(low, high, f"Pixels were taken as 0 .. 255{why}{cut}.")
    return Scale(low, high, f"Pixels were scaled from {written(low)} .. {written(high)}{why} to 0 .. 255{cut}.")


def _as_given(extent: Extent, given: Scale) -> Scale:
    """Return the scale of the training images for others, with a sentence where these are cut or dark in it."""
    reach, note = (given.high - given.low) * UNSEEN, ""
    if extent.low < given.low - reach or extent.high > given.high + reach:
        note = f"Values from {written(extent.low)} to {written(extent.high)} were cut to "
    elif extent.high <= given.low + (given.high - given.low) / 16:
        note = f"The brightest pixel is {written(extent.high)}, dark in "
    note += note and f"{written(given.low)} .. {written(given.high)}, the range of the training images."
    return replace(given, note=note, given=True)


def _below_zero(extent: Extent, what: str, few: str) -> InputError:
    kind = "floats" if extent.kind == "floats" else "whole numbers"
    move = "Repair it or leave it out; or undo" if few else "Undo"
    whole = extent.low == int(extent.low) and extent.high == int(extent.high)
    hint, white = "", 1 if extent.high <= _SPLINE else 255
    if -white * (_SPLINE - 1) <= extent.low and 0.75 * white <= extent.high <= _SPLINE * white:
        # Splines throw more beyond than sharp filters do.
        hint = f"If resizing threw them beyond 0 .. {white}, cut them (images.clip(0, {white})). "
    elif (
        kind == "floats"
        and whole
        and extent.high - extent.low > 255
        and -(1 << 15) <= extent.low < extent.high < 1 << 15
    ):
        hint = "If they are whole, as Hounsfield units are, convert them (images.astype('int16')). "
    return InputError(
        f"{what} of {kind} must lie in a known range, as 0 .. 1, -1 .. 1 or 0 .. 255; found {written(extent.low)} .. "
        f"{written(extent.high)}{few}. {hint}{move} the normalisation, or scale all of them to 0 .. 1 by one "
        "smallest and one largest value."
    )
