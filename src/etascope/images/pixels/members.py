"""What images belong to, and parts and classes whose pixels are of another range than the others'."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from etascope.core.errors import InputError
from etascope.images.pixels.extents import Extent, Peaks, are_one, written
from etascope.images.pixels.outliers import DARK, refuse_fewer_bits

#: A part that is darker by this factor, as 8 bits are among 12, is of another range; a class may be.
_OTHER = 16
#: ... as are those whose largest values differ by nearly that, and whose middle ones by this.
_NEARLY, _MIDDLE = 15, 9
#: From this factor on a dark part is told: of wide numbers 0 .. 100 among 0 .. 255, too.
_DARK_WIDE = 2.3
#: Whole numbers that do not go up to this much tell nothing.
_BRIGHT = 100
#: So many classes are looked at, the darkest first, and so many told.
_LOOKED, _SHOWN = 20, 3


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
            yield Extent(kind, low, high, peaks, lows[place], names, bool(rows[place[0]] >= self.held))


def unlike_notes(
    kinds: Sequence[str],
    lows: NDArray[np.float64],
    peaks: NDArray[np.float64],
    rows: NDArray[np.int64],
    members: Members,
) -> list[str]:
    """Return sentences on parts and classes whose pixels go far less up than those of the others, and may be unlike.

    Numbers of different kinds are not compared where each kind has a scale of its own. The brightest image of those
    that are dark is compared with the one in the middle of the others, or both with those of their own standing. A part
    that is darker by a factor of sixteen is refused, and so are many images of fewer bits than the others.

    Of each image come the kind of number, as an `Extent` has it, the smallest value, the largest distance from 0, and
    the row among the `members`.
    """
    notes: list[str] = []
    every, held = _of_one(kinds, lows, peaks), rows >= members.held
    for kind in map(str, np.unique(every)):
        own = every == kind
        notes += _parts(kind, own, held, lows, peaks, (members.train, members.test))
        labels = members.labels[rows[own]]
        refuse_fewer_bits(kind, peaks[own], labels, lambda row, of=rows[own]: members.called(int(of[row])))
        notes += _classes(kind, peaks[own], labels)
    return notes


def peaks_by_kind(kinds: Sequence[str], lows: NDArray[np.float64], peaks: NDArray[np.float64]) -> dict[str, Peaks]:
    """Return how far images go down and up, by their kind of number."""
    every = np.array(kinds)
    return {str(kind): (lows[every == kind], peaks[every == kind]) for kind in np.unique(every)}


def beside_notes(before: Mapping[str, Peaks], these: Mapping[str, Peaks]) -> list[str]:
    """Return sentences on a test part that goes far less up than training images that were read before it, or more.

    Where one of them is darker than the other by a factor of sixteen, they are refused.
    """
    sides = [(kind, held, *of) for held, part in ((False, before), (True, these)) for kind, of in part.items()]
    if not sides:
        return []
    kinds = [kind for kind, _, low, _ in sides for _ in range(len(low))]
    held = np.concatenate([np.full(len(low), held) for _, held, low, _ in sides])
    low, peak = np.concatenate([low for _, _, low, _ in sides]), np.concatenate([peak for _, _, _, peak in sides])
    every = _of_one(kinds, low, peak)
    names = ("the training images", "the test images")
    return [note for kind in map(str, np.unique(every)) for note in _parts(kind, every == kind, held, low, peak, names)]


def _parts(
    kind: str,
    own: NDArray[np.bool_],
    held: NDArray[np.bool_],
    lows: NDArray[np.float64],
    peaks: NDArray[np.float64],
    names: tuple[str, str],
) -> list[str]:
    """Compare each part of the images of a kind with the other, the test part first."""
    notes: list[str] = []
    for dark, name, others in ((own & held, *names[::-1]), (own & ~held, *names)):
        rest = own & ~dark
        notes += _part(kind, peaks[dark], peaks[rest], name, others) + _signs(lows[dark], lows[rest], name, others)
    return notes


def _of_one(kinds: Sequence[str], lows: NDArray[np.float64], peaks: NDArray[np.float64]) -> NDArray[np.str_]:
    """Return the kinds, wide numbers as whole ones where these and floats are of one range."""
    every = np.array(kinds)
    spans = [Extent(str(kind), float(lows[every == kind].min()), float(peaks[every == kind].max()))
             for kind in np.unique(every)]  # fmt: skip
    return np.where(every == "floats", "whole", every) if are_one(spans) else every


def _part(kind: str, dark: NDArray[np.float64], bright: NDArray[np.float64], name: str, others: str) -> list[str]:
    factor, low, high = _compared(kind, dark, bright)
    if factor and low and high >= _NEARLY * low:
        # Single images that are black, or brighter than all others, say nothing of a part.
        middle = float(np.median(bright[bright > 0])) / float(np.median(dark[dark > 0]))
        factor = max(factor, _OTHER if middle >= _MIDDLE and factor >= DARK else 0)
    if factor < (DARK if kind == "bytes" else _DARK_WIDE):
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
    return notes[:_SHOWN]


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
