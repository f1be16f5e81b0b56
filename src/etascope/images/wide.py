"""Pixels of more than a byte, kept as they are until all of a set is seen."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import IO, TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from etascope.images.colour import has_colour, luma
from etascope.images.extents import Extent, measure
from etascope.images.found import Wishes

if TYPE_CHECKING:
    from PIL import Image

_ORIENTATION = 0x0112
_BITS, _NUMBERS = 258, 339
#: Pillow shortens colours of two bytes to the high one; read in the other order it gives the low one.
_OTHER_BYTE = {
    f"{bands};16{order}": f"{bands};16{other}"
    for bands in ("RGB", "RGBA")
    for order, other in (("B", "L"), ("L", "B"), ("N", "B" if sys.byteorder == "little" else "L"))
}


def at_size(values: NDArray[Any], wishes: Wishes, size: tuple[int, int]) -> tuple[NDArray[np.float32], Extent]:
    """Return pixels `(height, width, 1 or 3)` of any range at the size wished, and their extent before that.

    Raises
    ------
    InputError
        If one is NaN or infinite.
    """
    from PIL import Image

    extent = measure(values)
    pixels = values.astype(np.float32)
    if pixels.shape[2] == 3:
        if not has_colour(pixels):
            pixels = pixels[:, :, :1]
        elif wishes.grayscale:
            pixels = luma(pixels)
    if pixels.shape[:2] != size:
        wanted = (size[1], size[0])
        bands = [Image.fromarray(np.ascontiguousarray(pixels[:, :, band])) for band in range(pixels.shape[2])]
        pixels = np.stack([np.asarray(band.resize(wanted, Image.Resampling.BILINEAR)) for band in bands], axis=-1)
    return np.ascontiguousarray(pixels), extent


def values_of(picture: Image.Image) -> NDArray[Any]:
    """Return the pixels `(height, width)` of a picture of one band; 32 bits are unsigned where a TIFF says so."""
    values = np.asarray(picture)
    tags: Any = getattr(picture, "tag_v2", {})
    unsigned = tags.get(_BITS) == (32,) and tags.get(_NUMBERS, (1,)) == (1,)
    return values.view(np.uint32) if unsigned and values.dtype == np.int32 else values


def two_byte_tiles(picture: Image.Image) -> list[Any]:
    """Return where colours of two bytes lie in a file that is open and not decoded; nothing for other images."""
    tiles: Sequence[Any] = getattr(picture, "tile", ())
    return list(tiles) if tiles and all(_mode(tile) in _OTHER_BYTE for tile in tiles) else []


def both_bytes(
    picture: Image.Image, file: IO[bytes], tiles: Sequence[Any], formats: tuple[str, ...]
) -> NDArray[np.uint16] | None:
    """Return colours `(height, width, 3)` of 16 bits; None where an image is transparent or lies on its side."""
    from PIL import Image

    if picture.getexif().get(_ORIENTATION, 1) != 1:
        return None
    high = np.asarray(picture)
    if high.shape[2] == 4 and high[..., 3].min() < 255:
        return None
    file.seek(0)
    with Image.open(file, formats=formats) as twin:
        other: Any = twin
        other.tile = [_in_mode(tile, _OTHER_BYTE[_mode(tile)]) for tile in tiles]
        low = np.asarray(twin)
    return high[..., :3].astype(np.uint16) * np.uint16(256) + low[..., :3]


def _mode(tile: Any) -> str:  # noqa: ANN401 - a tuple of Pillow's own
    return tile[3] if isinstance(tile[3], str) else (tile[3] or ("",))[0]


def _in_mode(tile: Any, mode: str) -> Any:  # noqa: ANN401 - as above
    values = [*tile[:3], mode if isinstance(tile[3], str) else (mode, *tile[3][1:])]
    return type(tile)(*values) if hasattr(tile, "_fields") else tuple(values)
