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
#: Of the transparent images, a ground may leave so many blank.
_FEW = 0.1
#: Of a transparency so many pixels are wholly clear or opaque; of a picture fewer.
_EXTREME = 0.02


@dataclass(frozen=True)
class Glass:
    """What the transparency of one image does.

    Attributes
    ----------
    pale
        Over white nothing would be seen of it, over black it is.
    dark
        Over black nothing would be seen of it, over white it is.
    void
        Every pixel is wholly clear, and there are colours below.
    band
        The channel looks like a picture of its own and not like transparency.
    """

    pale: bool = False
    dark: bool = False
    void: bool = False
    band: bool = False


def look_through(pixels: NDArray[np.uint8]) -> Glass | None:
    """Return what the transparency of one image `(height, width, channels + 1)` does; None if it is opaque.

    Examples
    --------
    >>> look_through(np.array([[[255, 255], [255, 0]]], np.uint8))
    Glass(pale=True, dark=False, void=False, band=False)
    """
    alpha, colours = pixels[..., -1], pixels[..., :-1]
    if alpha.min() == 255:
        return None
    if not alpha.any():
        return Glass(void=bool(colours.min() != colours.max()))
    darkest = over_white(pixels).min()
    brightest = (colours.max(axis=-1).astype(np.uint16) * alpha // 255).max()
    if darkest >= _PALE:
        return Glass(pale=bool(brightest >= _VISIBLE))
    if brightest <= 255 - _PALE:
        return Glass(dark=bool(darkest <= 255 - _VISIBLE))
    extreme = np.count_nonzero((alpha == 0) | (alpha == 255)) / alpha.size
    if extreme >= _EXTREME or int(alpha.max()) - int(alpha.min()) < 32:
        return Glass()
    rough = _roughness(colours)
    return Glass(band=rough >= 1 and _roughness(alpha[..., None]) >= rough / 2)


def lay(pixels: NDArray[np.uint8], ground: str | None) -> NDArray[np.uint8]:
    """Return pixels without their last channel, alpha, laid over a ground, or over `"nothing"`.

    Examples
    --------
    >>> [lay(np.array([[200, 0]], np.uint8), ground).item() for ground in ("white", "black", "gray", "nothing")]
    [255, 0, 128, 200]
    """
    if ground == "nothing":
        return np.ascontiguousarray(pixels[..., :-1])
    white = over_white(pixels)
    if ground in (None, "white"):
        return white
    # Where an image is clear, white shows through; less of it is gray or black.
    less = 255 if ground == "black" else 127
    clear = 255 - pixels[..., -1:].astype(np.uint32)
    return (white - (clear * less + 127) // 255).astype(np.uint8)


def decide_ground(glasses: Sequence[Glass], given: str | None, count: int) -> tuple[str, str]:
    """Return what the transparent images of a set are laid over, and a sentence that says so.

    White as a rule. Where over white nothing would be seen of a tenth of them or more, black; and gray, where over
    black that is so too. Nothing, so that the colours below are taken as they are, where all of them are wholly clear.

    Parameters
    ----------
    glasses
        One for each image that is not opaque, at least one.
    given
        The ground of the training images, which wins.
    count
        How many images there are in all.

    Raises
    ------
    InputError
        If the channel of most of them is no transparency, or on the ground given half of them are blank.
    """
    clear = len(glasses)
    pale, dark = sum(glass.pale for glass in glasses), sum(glass.dark for glass in glasses)
    void = sum(glass.void for glass in glasses)
    if 2 * sum(glass.band for glass in glasses) > clear:
        raise InputError(
            "a second or fourth channel must be transparency; that of these images changes from pixel to pixel as a "
            "picture does, like a band of infrared. Leave that channel out, or save them as RGB."
        )
    ground = given
    if ground is None and void == clear:
        ground = "nothing"
    elif ground is None:
        ground = "white" if pale < _FEW * clear else "black" if dark < _FEW * clear else "gray"
    blank = {"white": pale + void, "black": dark + void, "gray": void, "nothing": 0}[ground]
    if given is not None and 2 * blank > clear:
        raise InputError(
            f"images must show something over {given}, on which the training images were laid; of {clear:,} with "
            f"transparency {blank:,} do not. Lay all images over one colour and save them without transparency."
        )
    of = "" if ground != "nothing" or clear == count else f" That is in {clear:,} of {count:,} images."
    lost = (
        f" {blank:,} of {clear:,} images with transparency {'is' if blank == 1 else 'are'} blank so." if blank else ""
    )
    return ground, _GROUNDS[ground] + of + lost


_GROUNDS = {
    "white": "Transparent pixels were laid over white.",
    "black": "Transparent pixels were laid over black, because over white nothing would be seen of a white drawing.",
    "gray": "Transparent pixels were laid over gray, because there are white drawings and black ones.",
    "nothing": "Every pixel is wholly transparent (alpha 0); the colours below were taken, and the alpha left out.",
}


def _roughness(pixels: NDArray[np.uint8]) -> float:
    """Return the mean step between neighbours, of every fourth row where there are many."""
    rows = pixels[:: max(1, len(pixels) // 64)].astype(np.int16)
    return float(np.abs(np.diff(rows, axis=1)).mean()) if rows.shape[1] > 1 else 0.0
