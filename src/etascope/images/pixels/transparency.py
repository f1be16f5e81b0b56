"""What lies under transparent pixels: one decision for a whole set of images, `decide_ground`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from etascope.core.errors import InputError

#: Over white an image whose darkest pixel is at least this bright shows nothing.
_PALE = 224
_VISIBLE = 64
#: What nearly has the colour of its ground, closer than this, is not seen.
_CLOSE = 32
#: Grounds between black and white, the usual one first, and what they are.
_GRAYS = {"gray": 128, "dark gray": 64, "light gray": 192}
#: Of the transparent images, a ground may leave so many blank.
_FEW = 0.1
#: Of a transparency so many pixels are wholly clear or opaque; of a picture fewer.
_EXTREME = 0.02
#: Of a transparency so many are neither, as rims are; of a small drawing, around which it is clear, more.
_SOFT, _SMALL, _AROUND = 0.25, 0.6, 0.1
#: A transparency that is all over the same differs by less.
_SPREAD = 8
#: A channel that is nowhere more opaque than this holds 0 and 1, or the numbers of things.
_FAINT = 32


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
    lost
        The grays over which nothing would be seen of it.
    soft
        Much of it is neither clear nor opaque, and not all of it alike.
    faint
        How opaque its most opaque pixel is, where that is next to nothing; else 0.
    """

    pale: bool = False
    dark: bool = False
    void: bool = False
    band: bool = False
    lost: tuple[str, ...] = ()
    soft: bool = False
    faint: int = 0


def look_through(pixels: NDArray[np.uint8]) -> Glass | None:
    """Return what the transparency of one image `(height, width, channels + 1)` does; None if it is opaque.

    Examples
    --------
    >>> look_through(np.array([[[255, 255], [255, 0]]], np.uint8))
    Glass(pale=True, dark=False, void=False, band=False, lost=(), soft=False, faint=0)
    """
    alpha = pixels[..., -1]
    low, high = int(alpha.min()), int(alpha.max())
    if low == 255:
        return None
    around, solid = (np.count_nonzero(alpha == value) / alpha.size for value in (0, 255))
    soft = high - low >= _SPREAD and bool(1 - around - solid > (_SMALL if around >= _AROUND else _SOFT))
    return replace(_look(pixels, around + solid), soft=soft, faint=high if high < _FAINT else 0)


def _look(pixels: NDArray[np.uint8], extreme: float) -> Glass:
    alpha, colours = pixels[..., -1], pixels[..., :-1]
    if not alpha.any():
        return Glass(void=bool(colours.min() != colours.max()))
    darkest = over_white(pixels).min()
    brightest = (colours.max(axis=-1).astype(np.uint16) * alpha // 255).max()
    if darkest >= _PALE:
        return Glass(pale=bool(brightest >= _VISIBLE))
    if brightest <= 255 - _PALE:
        return Glass(dark=bool(darkest <= 255 - _VISIBLE))
    lost = tuple(
        name
        for name, gray in _GRAYS.items()
        if gray - _CLOSE < darkest and brightest < gray + _CLOSE and not _shows(colours, alpha, gray)
    )
    if extreme >= _EXTREME or int(alpha.max()) - int(alpha.min()) < 32:
        return Glass(lost=lost)
    rough = _roughness(colours)
    return Glass(band=rough >= 1 and _roughness(alpha[..., None]) >= rough / 2, lost=lost)


def over_white(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return pixels without their last channel, alpha, laid over white: `v a + 255 (1 - a)`, rounded.

    Of uint8, alpha 0 is clear, 255 opaque.

    Examples
    --------
    >>> over_white(np.array([[10, 255], [10, 0], [0, 128]], np.uint8)).tolist()
    [[10], [255], [127]]
    """
    alpha = pixels[..., -1:].astype(np.uint32)
    blend = pixels[..., :-1] * alpha + 255 * (255 - alpha) + 128
    return (((blend >> 8) + blend) >> 8).astype(np.uint8)


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
    less = 255 - _GRAYS.get(str(ground), 0)
    clear = 255 - pixels[..., -1:].astype(np.uint32)
    return (white - (clear * less + 127) // 255).astype(np.uint8)


def decide_ground(
    glasses: Sequence[Glass], given: str | None, count: int, names: Sequence[str], *, declared: bool = True
) -> tuple[str, str]:
    """Return what the transparent images of a set are laid over, and a sentence that says so.

    White as a rule. Where over white nothing would be seen of a tenth of them or more, black; and a gray, where over
    black that is so too. Nothing, so that the colours below are taken as they are, where all of them are wholly clear.
    A channel that is no transparency in most of them is refused, and so are images of which half are blank on the
    ground given, or a tenth on each.

    Parameters
    ----------
    glasses, names
        What each image that is not opaque does, at least one, and is called.
    given
        The ground of the training images, which wins.
    count
        How many images there are in all.
    declared
        Whether files say that the channel is transparency; in arrays it may be any.
    """
    clear = len(glasses)
    void = sum(glass.void for glass in glasses)
    unseen = {"white": sum(glass.pale for glass in glasses), "black": sum(glass.dark for glass in glasses)}
    unseen |= {gray: sum(gray in glass.lost for glass in glasses) for gray in _GRAYS}
    pairs = list(zip(names, glasses, strict=True))
    faint, soft = [name for name, glass in pairs if glass.faint], [name for name, glass in pairs if glass.soft]
    if 2 * len(faint) > clear:
        most = max(glass.faint for glass in glasses)
        raise InputError(
            f"a second or fourth channel must be transparency, 255 where it is opaque; that of {len(faint):,} of "
            f"{count:,} images does not go beyond {most}, the first: {faint[0]}. "
            + ("Multiply it by 255, or leave" if most == 1 else "Leave")
            + " that channel out."
        )
    if 2 * len(soft) > clear and not declared:
        raise InputError(
            f"a second or fourth channel must be transparency, which is mostly 0 or 255; that of {len(soft):,} of "
            f"{count:,} images is not, like a band of infrared, the first: {soft[0]}. Leave that channel out.",
            "In Python: images[..., :-1], or images[:, :-1] where the channels come first.",
        )
    bands = [name for name, glass in pairs if glass.band]
    if 2 * len(bands) > clear:
        raise InputError(
            f"a second or fourth channel must be transparency; that of {len(bands):,} of {count:,} images changes from "
            f"pixel to pixel as a picture does, like a band of infrared, the first: {bands[0]}. Leave that channel "
            "out, or save them as RGB."
        )
    gray = min(_GRAYS, key=unseen.__getitem__)
    ground = given
    if ground is None and void == clear:
        ground = "nothing"
    elif ground is None:
        ground = next((name for name in ("white", "black", gray) if unseen[name] < _FEW * clear), None)
    if ground is None:
        raise InputError(
            f"transparent images must show something over one ground; of {clear:,}, over white {unseen['white']:,} do "
            f"not, over black {unseen['black']:,}, and over any gray {unseen[gray]:,} or more. Lay them over a colour "
            "that none of them has, and save them without transparency."
        )
    blank = unseen[ground] + void if ground in unseen else 0
    if given is not None and 2 * blank > clear:
        raise InputError(
            f"images must show something over {given}, on which the training images were laid; of {clear:,} with "
            f"transparency {blank:,} do not. Lay all images over one colour and save them without transparency."
        )
    of = "" if ground != "nothing" or clear == count else f" That is in {clear:,} of {count:,} images."
    note = _GROUNDS[ground] + of
    if blank:
        first = next(name for name, glass in pairs if _is_blank(glass, ground))
        note += f" {blank:,} of {clear:,} images with transparency "
        note += f"is blank so, {first}." if blank == 1 else f"are blank so, the first {first}."
    if bands:
        note += (
            f" The second or fourth channel of {len(bands):,}, the first {bands[0]}, looks like a picture of its own; "
            "it was taken for transparency, too."
        )
    elif len(soft) >= _FEW * clear:
        note += (
            f" The transparency of {len(soft):,} of {clear:,}, the first {soft[0]}, is much of it neither clear nor "
            "opaque; if it is a band of its own, leave it out."
        )
    return ground, note


def refuse_first_clear(pixels: NDArray[np.uint8]) -> None:
    """Refuse images `(n, height, width, 4)` whose first channel is transparency, and the last is none."""
    # A few saturated pixels of red make no transparency.
    first, last = (np.isin(pixels[..., channel], (0, 255)).mean() for channel in (0, -1))
    if pixels.shape[-1] == 4 and last < 1 / 2 < first:
        raise InputError(
            "a fourth channel must be transparency; of these images the first channel looks like that (ARGB). Put it "
            "last.",
            "In Python: images[..., [1, 2, 3, 0]], or images[:, [1, 2, 3, 0]] where the channels come first.",
        )


_GROUNDS = {
    "white": "Transparent pixels were laid over white.",
    "black": "Transparent pixels were laid over black, because over white nothing would be seen of a white drawing.",
    "gray": "Transparent pixels were laid over gray, because there are white drawings and black ones.",
    **{
        gray: f"Transparent pixels were laid over {gray}, because there are white drawings, black and gray ones."
        for gray in ("dark gray", "light gray")
    },
    "nothing": "Every pixel is wholly transparent (alpha 0); the colours below were taken, and the alpha left out.",
}


def _is_blank(glass: Glass, ground: str) -> bool:
    return (
        glass.void or (ground == "white" and glass.pale) or (ground == "black" and glass.dark) or ground in glass.lost
    )


def _shows(colours: NDArray[np.uint8], alpha: NDArray[np.uint8], ground: int) -> bool:
    """Say whether something of an image is seen over a gray."""
    apart = np.abs(colours.astype(np.int32) - ground).max(axis=-1)
    return bool((apart * alpha).max() >= _CLOSE * 255)


def _roughness(pixels: NDArray[np.uint8]) -> float:
    """Return the mean step between neighbours, of every fourth row where there are many."""
    rows = pixels[:: max(1, len(pixels) // 64)].astype(np.int16)
    return float(np.abs(np.diff(rows, axis=1)).mean()) if rows.shape[1] > 1 else 0.0
