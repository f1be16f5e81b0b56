"""Transparency and colour of pixel arrays, with Pillow's own integer arithmetic, and what Pillow reads wrongly."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_WEIGHTS = np.array([19595, 38470, 7471], np.uint32)
_COLOURS = 320
#: What Pillow calls gray of 2 and 4 bits, its largest value, and the factor to bytes.
_SMALL = {"L;2": (3, 85), "L;4": (15, 17)}
#: What libtiff unpacks is in the order of bytes of the machine, whatever that of the file.
_NATIVE = {
    **dict.fromkeys(("I;16S", "I;16BS"), "I;16NS"),
    **dict.fromkeys(("I;32S", "I;32BS"), "I;32NS"),
    **dict.fromkeys(("F;32F", "F;32BF"), "F;32NF"),
}


def over_white(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return pixels without their last channel, alpha, laid over white: `v a + 255 (1 - a)`, rounded.

    Parameters
    ----------
    pixels
        `(..., channels + 1)` uint8; alpha 0 is clear, 255 opaque.

    Examples
    --------
    >>> over_white(np.array([[10, 255], [10, 0], [0, 128]], np.uint8)).tolist()
    [[10], [255], [127]]
    """
    alpha = pixels[..., -1:].astype(np.uint32)
    blend = pixels[..., :-1] * alpha + 255 * (255 - alpha) + 128
    return (((blend >> 8) + blend) >> 8).astype(np.uint8)


def to_gray(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return the luma of red, green, blue pixels: 0.299 r + 0.587 g + 0.114 b (ITU-R BT.601), rounded.

    Parameters
    ----------
    pixels
        `(..., 3)` uint8. The result is `(..., 1)`, the same bits as Pillow's mode "L".

    Examples
    --------
    >>> to_gray(np.array([[255, 0, 0], [7, 7, 7]], np.uint8)).tolist()
    [[76], [7]]
    """
    return ((pixels @ _WEIGHTS + 0x8000) >> 16).astype(np.uint8)[..., None]


def luma(pixels: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the same for pixels that are not rounded, `(..., 3)` to `(..., 1)`.

    Examples
    --------
    >>> luma(np.array([[1, 1, 1]], np.float32)).tolist()
    [[1.0]]
    """
    return (pixels @ (_WEIGHTS / np.float32(65536)).astype(np.float32))[..., None]


def has_colour(image: NDArray[np.uint8] | NDArray[np.float32]) -> bool:
    """Say whether any pixel of `(height, width, 3)` has unequal red, green and blue.

    Examples
    --------
    >>> has_colour(np.array([[[7, 7, 7]]], np.uint8))
    False
    """
    first = image[..., :1]
    return bool((image[..., 1:] != first).any())


def put_right(picture: Any) -> None:  # noqa: ANN401 - any of Pillow's classes
    """Put right what Pillow makes of a file that is open and not decoded, before it is.

    The transparent gray of a PNG of 2 or 4 bits is left as it is, while the pixels become bytes; and the colours of a
    TIFF that some programs write as bytes are taken for two bytes, all of them black. The rest is `order_bytes`.
    """
    from PIL import ImagePalette

    order_bytes(picture)
    most, factor = _SMALL.get(next((tile[3] for tile in picture.tile if isinstance(tile[3], str)), ""), (-1, 1))
    clear = picture.info.get("transparency")
    if picture.format == "PNG" and isinstance(clear, int) and clear <= most:
        picture.info["transparency"] = clear * factor
    colours = getattr(picture, "tag_v2", {}).get(_COLOURS, ())
    if picture.mode == "P" and 0 < max(colours, default=0) < 256:
        picture.palette = ImagePalette.raw("RGB;L", bytes(colours))


def order_bytes(picture: Any) -> None:  # noqa: ANN401 - any of Pillow's classes
    """Let the numbers of a packed TIFF be read in the order in which they are unpacked, where it is not decoded."""
    tiles = getattr(picture, "tile", ())
    if any(tile[0] == "libtiff" and mode_of(tile) in _NATIVE for tile in tiles):
        picture.tile = [in_mode(tile, _NATIVE[mode_of(tile)]) for tile in tiles]


def mode_of(tile: Any) -> str:  # noqa: ANN401 - a tuple of Pillow's own
    """Return how the pixels of a part of a file are laid out."""
    return tile[3] if isinstance(tile[3], str) else (tile[3] or ("",))[0]


def in_mode(tile: Any, mode: str) -> Any:  # noqa: ANN401 - as above
    """Return the same part, read as another layout."""
    values = [*tile[:3], mode if isinstance(tile[3], str) else (mode, *tile[3][1:])]
    return type(tile)(*values) if hasattr(tile, "_fields") else tuple(values)
