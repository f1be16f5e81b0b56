"""The 1,000 handwritten digits that come with etascope."""

from __future__ import annotations

from pathlib import Path

from etascope.images.idx.pairs import IdxPair, read_pairs
from etascope.images.opened import Found, Wishes

_DATA = Path(__file__).parents[1] / "data"


def open_digits(wishes: Wishes) -> Found:
    """Open the bundled digits: `(1000, 28, 28, 1)`, classes 0 to 9, no test part of their own.

    A random choice from MNIST's training images; see `data/LICENSE.md`.

    Examples
    --------
    >>> open_digits(Wishes()).images.shape
    (1000, 28, 28, 1)
    """
    pair = IdxPair(_DATA / "digits-images-idx3-ubyte.gz", _DATA / "digits-labels-idx1-ubyte.gz")
    return read_pairs(pair, None, wishes, "digits")
