"""Values and images beyond the range of a set, and the few that make it wide."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from etascope.core.errors import InputError
from etascope.images.pixels.extents import UNSEEN, Extent, Scale, blocks, written

#: Of the values of a part so many may be cut.
_MOST_CUT = 0.05
#: Sharp filters throw few values this share of the range beyond it, and of many most less than this share of the
#: farthest, as they lie beside edges. What lies so little beyond changes no picture.
_WELL, _NEAR, _LITTLE = 0.05, 0.25, 0.02
#: Splines throw values this share of the range beyond it.
_SPLINE = 0.6
#: Beyond this share of the range lie few values where others set it: so many of all, of as many as tell something.
_SMALL, _RARE, _TELLING = 1 / 16, 0.001, 1000
#: The largest or the smallest value stands apart where none other lies so near in the range, and most are others.
_ABOVE, _BELOW, _MOST = 0.75, 0.2, 0.5
#: What the parts are called, by whether they are the test part.
_PARTS = {False: "the images to train on", True: "the test part"}
#: From this factor on a dark image is told: 10 bits among 12.
DARK = 3.9
#: ... where a tenth of all stays within 100, and the next is brighter by this factor.
_STEP = 1.5
#: Where white is at least this much, images that stay within 0 .. 1 are of another range ...
_FAR = 100
#: ... unless they are fewer than one of so many: those may be dark.
_FEW = 10
#: A single dark image is told where white is at least this much.
_WIDE = 1000
#: Images of 8 bits go up to this much at least.
_EIGHT_BITS = 230
#: Images of fewer bits among others: they end within this share of their depth, and the next begins this much higher.
_DEPTHS, _NEAR_DEPTH, _HIGHER = (255, 1023, 4095), 0.9, 8
#: Few images beyond the one in the middle by this factor stand out.
_OFF = 4
#: Pixels from 0 to 1 begin below this share of their largest.
_NEAR_ZERO = 0.1


def look_beyond(
    images: Iterable[tuple[NDArray[Any], Extent, bool]], scale: Scale, what: str, *, test: bool = False
) -> list[str]:
    """Refuse a scale that would cut one in twenty of the values of a part; return sentences on values cut, or far off.

    What sharp filters throw beyond a range may be many values, but most of them lie near to it. Images are arrays of
    one kind of number, the extent of each, and whether it is the test part; `test` says that all of them are that of
    training images that were read before.
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
    if total >= _TELLING and 0 < above <= _RARE * total:
        limit = written(scale.low + (scale.high - scale.low) * _SMALL)
        return [
            f"All but {above:,} of {total:,} values lie below {limit} in {span}: if those show nothing, as hot pixels "
            "or writing, cut them (numpy.clip), as all the others are dark so."
        ]
    return []


def _count(count: int, total: int) -> str:
    """Return how many values of all are something, up to what: `20 of 900 values are`."""
    return f"{count:,} of {total:,} values {'is' if count == 1 else 'are'}"


def far_images(extents: Sequence[Extent]) -> str:
    """Return which images go far beyond the one in the middle, where these are few; else ""."""
    peaks = np.concatenate([np.zeros(0) if extent.peaks is None else extent.peaks for extent in extents])
    names = [name for extent in extents for name in extent.names]
    beyond = peaks > _OFF * np.median(peaks) if len(peaks) else peaks > 0
    if not beyond.any() or beyond.sum() * _FEW > max(len(peaks), _FEW):
        return ""
    row = int(beyond.argmax())
    which = names[row] if len(names) == len(peaks) else f"image {row}"
    if beyond.sum() == 1:
        return f", so far in {which} alone"
    return f", so far in {beyond.sum():,} of {len(peaks):,}, the first {which}"


def range_notes(extents: Sequence[Extent], low: float, white: float) -> str:
    """Refuse a set, or a part of it, in which many images are of another range; return sentences on a few.

    Many are two or more, and a tenth of those that are not all 0, that would be black or white where `low` and `white`
    become so. The extents are those of parts, or of single images, all of one kind of number.
    """
    every = [np.array([max(e.high, -e.low)], np.float64) if e.peaks is None else e.peaks for e in extents]
    peaks, names = np.concatenate(every), [name for extent in extents for name in extent.names]
    lows = np.concatenate([
        np.array([e.low], np.float64) if e.lows is None or e.peaks is None else e.lows for e in extents
    ])  # fmt: skip

    def named(odd: NDArray[np.bool_]) -> str:
        row = int(odd.argmax())
        return names[row] if len(names) == len(peaks) else f"image {row}"

    def first(odd: NDArray[np.bool_]) -> str:
        return f", the first {named(odd)}"

    notes: list[str] = []
    for part in (*(part for part in every if 1 < len(part) < len(peaks)), peaks):
        lit = part[part > 0]
        small = (lit <= 1) | ((lit < 4) & (lit != np.floor(lit)))
        black = lit[small | (lit <= white / 255)] if white >= _FAR else lit[:0]
        odd = lit[small] if white >= _FAR else lit[lit >= _FAR] if 0 < white <= 1 and low >= -1 else lit[:0]
        if not len(odd) and _EIGHT_BITS <= black.max(initial=0) < _FAR + 156:
            odd = black
        if len(odd) > 1 and len(odd) * _FEW >= len(lit):
            verb = "go up to" if white <= 1 else "have no value beyond"
            few = (
                f" by {named(peaks == peaks.max())}"
                if white > 1 and 2 * len(odd) > len(lit) and peaks.max() > odd.max()
                else ""
            )
            raise InputError(
                f"images must be of one range; {len(odd):,} of {len(lit):,} {verb} {written(odd.max())}"
                f"{first(np.isin(peaks, odd))}, where white is {written(white)}{few}. Scale all of them alike, to "
                "0 .. 255."
            )
        if len(black) and len(lit) > 1:
            which = named(np.isin(peaks, black))
            few = f"1 image, {which}, has" if len(black) == 1 else f"{len(black):,} images, the first {which}, have"
            shows = "it shows" if len(black) == 1 else "they show"
            notes = [f"{few} no value beyond {written(black.max())} of {written(white)}: {shows} nothing."]
    lit = peaks > 0
    if low in (-0.5, -1, -128):
        below, near = lit & (lows < 0), lit & (lows >= 0) & (lows <= _NEAR_ZERO * peaks)
        few, what = (near, "no value") if near.sum() <= below.sum() or not below.any() else (below, "a value")
        if near.sum() > 1 and near.sum() * _FEW >= lit.sum() and (below.sum() * _FEW >= lit.sum() or not below.any()):
            raise InputError(
                f"images must be of one range; {few.sum():,} of {lit.sum():,} have {what} below 0{first(few)}, "
                f"where black is {written(low)}. Scale all of them alike, to 0 .. 255."
            )
        for odd, what in ((below, "a value below 0"), (near, "no value below 0")):
            if odd.any() and odd.sum() * _FEW < lit.sum():
                has = "1 image has" if odd.sum() == 1 else f"{odd.sum():,} images have"
                notes.append(f"{has} {what}{first(odd)}, unlike the others.")
    elif white >= _FAR:
        lit_up = np.sort(peaks[peaks > white / 255])
        steps = lit_up[1:] / lit_up[:-1]
        step, count = steps.max(initial=0), int(steps.argmax()) + 1 if len(steps) else 0
        wide = extents[0].kind != "bytes" and count > 1
        of_hundred = wide and step >= _STEP and count * _FEW >= len(lit_up) and lit_up[count - 1] <= _FAR
        if count > (white < _WIDE) and (step >= DARK or of_hundred):
            one = f" ({named(peaks == lit_up[0])}) has" if count == 1 else " have"
            notes.append(
                f"{count:,} of {len(lit_up):,} images{one} no value beyond {written(lit_up[count - 1])}, and the "
                f"others one of {written(lit_up[count])} or more: if they are of another range, scale all of them "
                "alike."
            )
    return " ".join(notes)


def refuse_fewer_bits(
    kind: str, peaks: NDArray[np.float64], labels: NDArray[Any], called: Callable[[int], str]
) -> None:
    """Refuse wide numbers of which many are of fewer bits than others, as 8 among 12, and are no class of their own.

    That is where a tenth of them or more end where a depth ends, and a tenth or more begin far above.
    """
    places = np.flatnonzero(peaks > 0)
    if kind == "bytes" or len(places) < 4:
        return
    places = places[np.argsort(peaks[places], kind="stable")]
    steps = peaks[places[1:]] / peaks[places[:-1]]
    count = int(steps.argmax()) + 1
    top, few = float(peaks[places[count - 1]]), max(2, len(places) / _FEW)
    depth = any(_NEAR_DEPTH * depth < top <= depth for depth in _DEPTHS)
    if not depth or steps[count - 1] < _HIGHER or not few <= count <= len(places) - few:
        return
    dark, bright = places[:count], places[count:]
    if np.isin(labels[dark], labels[bright]).any():
        raise InputError(
            f"images must be of one range; {count:,} of {len(places):,} have no value beyond {written(top)}, the first "
            f"{called(int(dark.min()))}, and the others one of {written(float(peaks[bright[0]]))} or "
            "more. Scale all of them alike, to 0 .. 255."
        )
