"""What lies under transparent pixels: one decision for a whole set of images, `decide_ground`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from etascope.core.errors import InputError
from etascope.images.colour import over_white

#: Over white an image whose darkest pixel is at least this bright shows nothing.
_PALE = 224
_VISIBLE = 64
#: Of a transparency so many pixels are wholly clear or opaque; of a picture fewer.
_EXTREME = 0.02


@dataclass(frozen=True)
class Glass:
    """What the transparency of one image does.

    Attributes
    ----------
    pale
        Over white nothing would be seen of it, over black it is.
    void
        Every pixel is wholly clear, and there are colours below.
    band
        The channel looks like a picture of its own and not like transparency.
    """

    pale: bool = False
    void: bool = False
    band: bool = False


def look_through(pixels: NDArray[np.uint8]) -> Glass | None:
    """Return what the transparency of one image `(height, width, channels + 1)` does; None if it is opaque.

    Examples
    --------
    >>> look_through(np.array([[[255, 255], [255, 0]]], np.uint8))
    Glass(pale=True, void=False, band=False)
    """
    alpha, colours = pixels[..., -1], pixels[..., :-1]
    if alpha.min() == 255:
        return None
    if not alpha.any():
        return Glass(void=bool(colours.min() != colours.max()))
    if over_white(pixels).min() >= _PALE:
        lit = colours.max(axis=-1).astype(np.uint16) * alpha // 255
        return Glass(pale=bool(lit.max() >= _VISIBLE))
    extreme = np.count_nonzero((alpha == 0) | (alpha == 255)) / alpha.size
    if extreme >= _EXTREME or int(alpha.max()) - int(alpha.min()) < 32:
        return Glass()
    rough = _roughness(colours)
    return Glass(band=rough >= 1 and _roughness(alpha[..., None]) >= rough / 2)


def lay(pixels: NDArray[np.uint8], ground: str | None) -> NDArray[np.uint8]:
    """Return pixels without their last channel, alpha, laid over `"white"` (the default), `"black"`, or `"nothing"`.

    Examples
    --------
    >>> [lay(np.array([[200, 0]], np.uint8), ground).item() for ground in ("white", "black", "nothing")]
    [255, 0, 200]
    """
    if ground == "nothing":
        return np.ascontiguousarray(pixels[..., :-1])
    if ground == "black":
        # What white shows is the inverse of what black shows of the inverse.
        inverse = pixels.copy()
        inverse[..., :-1] = 255 - inverse[..., :-1]
        return 255 - over_white(inverse)
    return over_white(pixels)


def decide_ground(glasses: Sequence[Glass], given: str | None, what: str) -> tuple[str, str]:
    """Return what the transparent images of a set are laid over, and a sentence that says so.

    White as a rule; black where over white nothing would be seen of half of them or more; nothing, so that the colours
    below are taken as they are, where all of them are wholly clear.

    Parameters
    ----------
    glasses
        One for each image that is not opaque, at least one.
    given
        The ground of the training images, which wins.
    what
        The images, for the error.

    Raises
    ------
    InputError
        If the channel of most of them is no transparency.
    """
    count = len(glasses)
    pale, void = sum(glass.pale for glass in glasses), sum(glass.void for glass in glasses)
    if 2 * sum(glass.band for glass in glasses) > count:
        raise InputError(
            f"a second or fourth channel must be transparency; that of {what} changes from pixel to pixel as a picture "
            "does, like a band of infrared. Give the images without it (images[..., :3]), or save them as RGB."
        )
    if given is not None:
        return given, _GROUNDS[given]
    if void == count:
        return "nothing", _GROUNDS["nothing"]
    if 2 * pale >= count:
        return "black", _GROUNDS["black"]
    blank = pale + void
    lost = f" {blank:,} of {count:,} images with transparency are blank so." if blank else ""
    return "white", _GROUNDS["white"] + lost


_GROUNDS = {
    "white": "Transparent pixels were laid over white.",
    "black": "Transparent pixels were laid over black, because over white nothing would be seen of a white drawing.",
    "nothing": "Every pixel is wholly transparent (alpha 0); the colours below were taken, and the alpha left out.",
}


def _roughness(pixels: NDArray[np.uint8]) -> float:
    """Return the mean step between neighbours, of every fourth row where there are many."""
    rows = pixels[:: max(1, len(pixels) // 64)].astype(np.int16)
    return float(np.abs(np.diff(rows, axis=1)).mean()) if rows.shape[1] > 1 else 0.0
