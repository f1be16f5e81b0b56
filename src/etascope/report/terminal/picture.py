"""An image, a curve and a bar drawn with characters: `picture`; `connect`, `stars` and `braille`; `bar`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

ASCII_SHADES = " .:-=+*#%@"
#: A pixel at least this bright, between the darkest (0) and the brightest (1), is drawn.
LIT = 0.35
#: Shares of red, green and blue in what the eye sees as bright (ITU-R BT.601).
LUMINANCE = (0.299, 0.587, 0.114)


def picture(image: NDArray[np.uint8], width: int = 28, ascii: bool = False) -> tuple[str, ...]:
    """Draw an image in lines of equal length; a character stands for two pixels, one above the other.

    Pixels below `LIT` of the brightest are left empty, and half blocks show where only one of the two is lit; ASCII
    characters show the mean of the two in ten shades.
    An image that is narrower than `width` columns is not blown up.

    Examples
    --------
    >>> for line in picture(np.array([[0, 255], [0, 255], [255, 0], [0, 0]], np.uint8)[:, :, None]):
    ...     print(repr(line))
    ' █'
    '▀ '
    """
    bright = _gray(image)
    columns = max(1, min(width, bright.shape[1]))
    rows = max(1, round(bright.shape[0] * columns / bright.shape[1] / 2)) * 2
    bright = _shrink(_shrink(bright, rows).T, columns).T
    low, high = bright.min(), bright.max()
    bright = (bright - low) / (high - low) if high > low else np.full_like(bright, high / 255)
    above, below = bright[0::2], bright[1::2]
    if ascii:
        levels = np.rint((above + below) / 2 * (len(ASCII_SHADES) - 1)).astype(int)
        return tuple("".join(ASCII_SHADES[level] for level in row) for row in levels)
    return tuple(
        "".join(_block(float(a), float(b)) for a, b in zip(*pair, strict=True))
        for pair in zip(above, below, strict=True)
    )


def _gray(image: NDArray[np.uint8]) -> NDArray[np.float64]:
    if image.shape[2] == 3:
        return image.astype(np.float64) @ np.array(LUMINANCE)
    return image.astype(np.float64).mean(axis=2)


def _shrink(values: NDArray[np.float64], rows: int) -> NDArray[np.float64]:
    edges = np.arange(rows + 1) * len(values) / rows
    starts = np.minimum(np.floor(edges[:-1]).astype(int), len(values) - 1)
    ends = np.maximum(np.ceil(edges[1:]).astype(int), starts + 1)
    return np.stack([values[a:b].mean(axis=0) for a, b in zip(starts, ends, strict=True)])


def _block(above: float, below: float) -> str:
    if above >= LIT and below >= LIT:
        return "▒▓█"[min(2, int(3 * ((above + below) / 2 - LIT) / (1 - LIT)))]
    return "▀" if above >= LIT else "▄" if below >= LIT else " "


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


_EIGHTHS = " ▏▎▍▌▋▊▉"


def bar(share: float, width: int, ascii: bool = False) -> str:
    """Draw a bar of `share` (in [0, 1]) of `width` columns, padded to `width`.

    Examples
    --------
    >>> bar(0.5, 5), bar(0.5, 4, ascii=True)
    ('██▌  ', '##  ')
    """
    share = min(max(share, 0.0), 1.0)
    if ascii:
        return ("#" * round(share * width)).ljust(width)
    eighths = round(share * width * 8)
    return ("█" * (eighths // 8) + (_EIGHTHS[eighths % 8] if eighths % 8 else "")).ljust(width)
