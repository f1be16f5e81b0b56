"""Single images whose pixels are of another range than those of the others, and how many there are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from etascope.core.errors import InputError
from etascope.images.pixels.extents import Extent, written

#: From this factor on a dark image is told: 10 bits among 12.
_DARK = 3.9
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


def far(extents: Sequence[Extent]) -> str:
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


def apart(extents: Sequence[Extent], low: float, white: float) -> str:
    """Refuse a set, or a part of it, in which many images are of another range; return sentences on a few.

    Parameters
    ----------
    extents
        Those of the parts, or of single images, all of one kind of number.
    low, white
        The values that become black and white.

    Raises
    ------
    InputError
        If two images or more, and a tenth of those that are not all 0, would be black or white so.
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
            found = "go up to" if white <= 1 else "have no value beyond"
            few = (
                f" by {named(peaks == peaks.max())}"
                if white > 1 and 2 * len(odd) > len(lit) and peaks.max() > odd.max()
                else ""
            )
            raise InputError(
                f"images must be of one range; {len(odd):,} of {len(lit):,} {found} {written(odd.max())}"
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
        if count > (white < _WIDE) and (step >= _DARK or of_hundred):
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

    Raises
    ------
    InputError
        If a tenth of them or more end where a depth ends, and a tenth or more begin far above.
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
