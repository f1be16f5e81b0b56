"""An image drawn with characters."""

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

    Parameters
    ----------
    image
        `(height, width, channels)` uint8, one or three channels.
    width
        Columns to fill at most, at least 1; a narrower image is not blown up.
    ascii
        Use the characters of `ASCII_SHADES` alone.

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
