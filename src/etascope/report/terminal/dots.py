"""A curve as dots, and dots as characters: braille, or asterisks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: Braille dots of a character, by row and column.
DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))


def connect(heights: NDArray[np.float64], rows: int) -> NDArray[np.bool_]:
    """Return `(rows, columns)`, row 0 at the top: a dot a column, joined to the column before by a vertical line.

    Heights are shares of the plot in [0, 1]; NaN leaves its column empty.
    """
    dots = np.zeros((rows, len(heights)), np.bool_)
    before = None
    for column, value in enumerate(heights):
        if np.isnan(value):
            before = None
            continue
        row = rows - 1 - round(float(value) * (rows - 1))
        near = row if before is None else before + (row > before) - (row < before)
        dots[min(row, near) : max(row, near) + 1, column] = True
        before = row
    return dots


def stars(dots: NDArray[np.bool_]) -> list[str]:
    """Return `(rows, columns)` dots as lines of text, an asterisk a dot."""
    return ["".join("*" if dot else " " for dot in row) for row in dots]


def braille(dots: NDArray[np.bool_]) -> list[str]:
    """Return `(rows, columns)` dots, four rows and two columns a character, as lines of braille."""
    rows, columns = dots.shape
    cells = np.zeros((rows // 4, columns // 2), int)
    for y, bits in enumerate(DOTS):
        for x, bit in enumerate(bits):
            cells |= bit * dots[y::4, x::2]
    return ["".join(chr(0x2800 + code) if code else " " for code in row) for row in cells]
