"""What images belong to, their part and their class, and whose pixels are of another range than the others'."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from etascope.core.errors import InputError
from etascope.images.extents import Extent, written

#: A part that is darker by this factor, as 8 bits are among 12, is of another range; a class may be.
_OTHER = 16
#: From this factor on a dark part is told: 10 bits among 12; of wide numbers 0 .. 100 among 0 .. 255, too.
_DARK, _DARK_WIDE = 3.9, 2.3
#: ... where a tenth of all stays within 100, and the next is brighter by this factor.
_STEP = 1.5
#: Whole numbers that do not go up to this much tell nothing.
_BRIGHT = 100
#: So many classes are looked at, the darkest first, and so many told.
_LOOKED, _TOLD = 20, 3
#: Where white is at least this much, images that stay within 0 .. 1 are of another range ...
_FAR = 100
#: ... unless they are fewer than one of so many: those may be dark.
_FEW = 10
#: Images of 8 bits go up to this much at least.
_EIGHT_BITS = 230
#: Few images beyond the one in the middle by this factor stand out.
_OFF = 4
#: Pixels from 0 to 1 begin below this share of their largest.
_NEAR_ZERO = 0.1


@dataclass(frozen=True, eq=False)
class Members:
    """What the images of a set are called, and what they belong to.

    Attributes
    ----------
    called
        Returns what an image is called, by its row.
    labels
        `(n,)` of any kind, a class each.
    held
        The row with which the test part begins; the number of images where there is none.
    train, test
        What the parts are called, `the images to train on in D/train`.
    """

    called: Callable[[int], str]
    labels: NDArray[Any]
    held: int
    train: str = "the images to train on"
    test: str = "the test part"

    def parts(self, rows: NDArray[np.int64]) -> list[NDArray[np.intp]]:
        """Return the places among `rows` of those to train on and of the test part; of one where there is one."""
        places = [np.flatnonzero(rows < self.held), np.flatnonzero(rows >= self.held)]
        return [place for place in places if len(place)]

    def extents(self, kind: str, lows: NDArray[Any], highs: NDArray[Any], rows: NDArray[np.int64]) -> Iterator[Extent]:
        """Yield the extent of each part of images of one kind of number, whose own extents and rows are given."""
        for place in self.parts(rows):
            names = tuple(self.called(int(row)) for row in rows[place])
            peaks = np.maximum(highs[place], -lows[place]).astype(np.float64)
            low, high = lows[place].min().item(), highs[place].max().item()
            yield Extent(kind, low, high, peaks, lows[place], names)


def unlike(
    kinds: Sequence[str],
    lows: NDArray[np.float64],
    peaks: NDArray[np.float64],
    rows: NDArray[np.int64],
    members: Members,
) -> list[str]:
    """Return sentences on parts and classes whose pixels go far less up than those of the others, and may be unlike.

    Numbers of different kinds are not compared: each kind has a scale of its own. The brightest image of those that are
    dark is compared with the one in the middle of the others.

    Parameters
    ----------
    kinds
        The kind of number of each image, as an `Extent` has it.
    lows, peaks
        `(n,)`: the smallest value of each image, and the largest distance from 0.
    rows
        `(n,)`: the row of each image among the `members`.

    Raises
    ------
    InputError
        If one part is darker than the other by more than a factor of sixteen.
    """
    notes: list[str] = []
    held = rows >= members.held
    for kind in sorted(set(kinds)):
        found = np.fromiter((each == kind for each in kinds), np.bool_, len(kinds))
        for dark, name, others in ((found & held, members.test, members.train),
                                   (found & ~held, members.train, members.test)):  # fmt: skip
            rest = found & ~dark
            notes += _part(kind, peaks[dark], peaks[rest], name, others)
            notes += _signs(lows[dark], lows[rest], name, others)
        notes += _classes(kind, peaks[found], members.labels[rows[found]])
    return notes


def _part(kind: str, dark: NDArray[np.float64], bright: NDArray[np.float64], name: str, others: str) -> list[str]:
    factor, low, high = _compared(kind, dark, bright)
    if factor < (_DARK if kind == "bytes" else _DARK_WIDE):
        return []
    what = (
        f"the largest value of {name} ({len(dark):,}) is {written(low)}, that of {others} ({len(bright):,}) "
        f"{written(high)}"
    )
    if factor >= _OTHER and low and len(dark) > 1:
        raise InputError(f"images must be of one range; {what}. Scale all of them alike, to 0 .. 255.")
    return [f"One part is much darker than the other: {what}."]


def _signs(plain: NDArray[np.float64], below: NDArray[np.float64], name: str, others: str) -> list[str]:
    """Tell a part without values below 0 beside one whose images have some, as 0 .. 1 beside -1 .. 1."""
    if len(plain) < 2 or len(below) < 2 or plain.min() < 0 or np.median(below) >= 0:
        return []
    return [
        f"One part has values below 0, and the other none: the smallest value of {name} ({len(plain):,}) is "
        f"{written(float(plain.min()))}, that of {others} ({len(below):,}) {written(float(below.min()))}."
    ]


def _classes(kind: str, peaks: NDArray[np.float64], labels: NDArray[Any]) -> list[str]:
    classes, numbers = np.unique(labels, return_inverse=True)
    del labels
    highest = np.zeros(len(classes))
    np.maximum.at(highest, numbers, peaks)
    notes: list[str] = []
    for number in np.argsort(highest, kind="stable")[:_LOOKED]:
        dark = numbers == number
        notes += _class(kind, peaks[dark], peaks[~dark], str(classes[number]))
    return notes[:_TOLD]


def _class(kind: str, dark: NDArray[np.float64], bright: NDArray[np.float64], name: str) -> list[str]:
    factor, low, high = _compared(kind, dark, bright)
    if factor < (_OTHER if kind == "bytes" else _DARK_WIDE) or len(dark) < 2:
        return []
    return [
        f"One class is much darker than the others: the largest value of {name!r} ({len(dark):,}) is {written(low)}, "
        f"that of the others {written(high)}. If that is not what they show, scale all of them alike."
    ]


def _compared(kind: str, dark: NDArray[np.float64], bright: NDArray[np.float64]) -> tuple[float, float, float]:
    """Return by how much some images are darker than the others, how far they go up, and how far the others do."""
    if not len(dark) or len(bright) < 2:
        return 0, 0, 0
    low, high, middle = float(dark.max()), float(bright.max()), float(np.median(bright))
    if middle <= 0 or (kind != "floats" and middle < _BRIGHT):
        return 0, low, high
    return (middle / low if low else np.inf), low, high


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
        odd = lit[small] if white >= _FAR else lit[lit >= _FAR] if white <= 1 else lit[:0]
        if not len(odd) and _EIGHT_BITS <= black.max(initial=0) < _FAR + 156:
            odd = black
        if len(odd) > 1 and len(odd) * _FEW >= len(lit):
            found = "go up to" if white <= 1 else "have no value beyond"
            few = f" by {named(peaks == peaks.max())}" if 2 * len(odd) > len(lit) and white > 1 else ""
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
        seen = np.sort(peaks[peaks > white / 255])
        steps = seen[1:] / seen[:-1]
        step, count = steps.max(initial=0), int(steps.argmax()) + 1 if len(steps) else 0
        of_hundred = step >= _STEP and count * _FEW >= len(seen) and seen[count - 1] <= _FAR
        if count > 1 and (step >= _DARK or of_hundred):
            notes.append(
                f"{count:,} of {len(seen):,} images have no value beyond {written(seen[count - 1])}, and the others "
                f"one of {written(seen[count])} or more: if they are of another range, scale all of them alike."
            )
    return " ".join(notes)
