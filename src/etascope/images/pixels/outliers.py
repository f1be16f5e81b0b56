"""Values of pixels that a range would cut, and the few that make it wide: `look_beyond`."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from etascope.core.errors import InputError
from etascope.images.pixels.extents import Extent, blocks, written
from etascope.images.pixels.ranges import UNSEEN, Scale

#: Of the values of a part so many may be cut.
_MOST_CUT = 0.05
#: Sharp filters throw few values this share of the range beyond it, and of many most less than this share of the
#: farthest, as they lie beside edges. What lies so little beyond changes no picture.
_WELL, _NEAR, _LITTLE = 0.05, 0.25, 0.02
#: Splines throw values this share of the range beyond it.
_SPLINE = 0.6
#: Beyond this share of the range lie few values where others set it: so many of all, of as many as tell something.
_SMALL, _FEW, _TELLING = 1 / 16, 0.001, 1000
#: The largest or the smallest value stands apart where none other lies so near in the range, and most are others.
_ABOVE, _BELOW, _MOST = 0.75, 0.2, 0.5
#: What the parts are called, by whether they are the test part.
_PARTS = {False: "the images to train on", True: "the test part"}


def look_beyond(
    images: Iterable[tuple[NDArray[Any], Extent, bool]], scale: Scale, what: str, *, test: bool = False
) -> list[str]:
    """Refuse a scale that would cut much of the images; return sentences on values cut, or far from others.

    What sharp filters throw beyond a range may be many values, but most of them lie near to it.

    Parameters
    ----------
    images
        Arrays of one kind of number, the extent of each, and whether it is the test part.
    scale
        How they are read.
    what
        What they are called.
    test
        Whether they are the test part of training images that were read before.

    Raises
    ------
    InputError
        If more than one in twenty of the values of a part would be cut.
    """
    every = list(images)
    if not every:
        return []
    low, high = min(extent.low for _, extent, _ in every), max(extent.high for _, extent, _ in every)
    span = f"{written(scale.low)} .. {written(scale.high)}"
    notes = _look_cut(every, scale, max(scale.low - low, high - scale.high), what, span, test)
    if every[0][1].kind != "bytes" and high > low:
        notes += _look_far(every, scale, low, high, span)
    return notes


def _look_cut(
    every: list[tuple[NDArray[Any], Extent, bool]], scale: Scale, most: float, what: str, span: str, test: bool
) -> list[str]:
    reach = scale.high - scale.low
    if most <= reach * UNSEEN:
        return []
    totals, cut, well, far = ({False: 0, True: 0} for _ in range(4))
    for array, extent, held in every:
        totals[held] += array.size
        if extent.low >= scale.low - reach * UNSEEN and extent.high <= scale.high + reach * UNSEEN:
            continue
        for counts, beyond in ((cut, 0), (well, reach * _WELL), (far, most * _NEAR)):
            counts[held] += sum(
                int(np.count_nonzero((part < scale.low - beyond) | (part > scale.high + beyond)))
                for part in (array[block] for block in blocks(array))
            )
    for held, total in totals.items():
        stretched = well[held] > _MOST_CUT * total or 2 * far[held] > cut[held]
        if cut[held] > _MOST_CUT * total and stretched and most > reach * _LITTLE:
            whose = "the range of the training images" if scale.given else "the range that comes nearest"
            of = "their values" if not all(totals.values()) else f"the values of {_PARTS[held]}"
            undo = "Cut them where resizing threw them beyond (numpy.clip), undo" if most <= reach * _SPLINE else "Undo"
            raise InputError(
                f"{'test ' * test}{what} must be of one range; {cut[held] / total:.1%} of {of} lie beyond {span}, "
                f"{whose}, and would be cut. {undo} the normalisation, or scale all images to 0 .. 1 by one smallest "
                "and one largest value."
            )
    count = sum(cut.values())
    return [f"{count:,} of {sum(totals.values()):,} values {'lies' if count == 1 else 'lie'} beyond {span}."]


def _look_far(
    every: list[tuple[NDArray[Any], Extent, bool]], scale: Scale, low: float, high: float, span: str
) -> list[str]:
    reach = min(scale.high, high) - max(scale.low, low)
    bright, dark = high - reach * _ABOVE, low + reach * _BELOW
    if every[0][1].kind == "whole":
        bright, dark = math.ceil(bright), math.floor(dark)
    above, top, upper, bottom, lower, total = 0, 0, 0, 0, 0, 0
    for array, _, _ in every:
        for block in blocks(array):
            part = array[block]
            total += part.size
            above += int(np.count_nonzero(part > scale.low + (scale.high - scale.low) * _SMALL))
            top += int(np.count_nonzero(part == high))
            upper += int(np.count_nonzero(part > bright))
            bottom += int(np.count_nonzero(part == low))
            lower += int(np.count_nonzero(part < dark))
    others = total - top - bottom
    if others >= _MOST * total and upper == top:
        return [
            f"{_count(top, total)} {written(high)}, and none of the others is above {written(bright)}: if that is no "
            "value, a hot pixel or writing, put another there, as all the others are dark so."
        ]
    if others >= _MOST * total and lower == bottom and low < 0:
        return [
            f"{_count(bottom, total)} {written(low)}, and none of the others is below {written(dark)}: if that stands "
            "for no value, put the smallest of the others there, as all of them are bright so."
        ]
    if total >= _TELLING and 0 < above <= _FEW * total:
        limit = written(scale.low + (scale.high - scale.low) * _SMALL)
        return [
            f"All but {above:,} of {total:,} values lie below {limit} in {span}: if those show nothing, as hot pixels "
            "or writing, cut them (numpy.clip), as all the others are dark so."
        ]
    return []


def _count(count: int, total: int) -> str:
    """Return how many values of all are something, up to what.

    Examples
    --------
    >>> _count(1, 900), _count(20, 900)
    ('1 of 900 values is', '20 of 900 values are')
    """
    return f"{count:,} of {total:,} values {'is' if count == 1 else 'are'}"
