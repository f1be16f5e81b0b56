"""Pixels of more than a byte, kept as they are until all of a set is known, and what Pillow reads wrongly of them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import IO, TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from etascope.core.errors import InputError
from etascope.images.opened import Options
from etascope.images.pixels.extents import Extent, measure, written
from etascope.images.pixels.sizes import has_colour, luma

if TYPE_CHECKING:
    from PIL import Image

_ORIENTATION = 0x0112
_BITS, _PHOTOMETRIC, _NUMBERS, _NO_VALUE = 258, 262, 339, 42113
_COLOURS = 320
#: What Pillow calls gray of 2 and 4 bits, its largest value, and the factor to bytes.
_SMALL = {"L;2": (3, 85), "L;4": (15, 17)}
#: What libtiff unpacks is in the order of bytes of the machine, whatever that of the file.
_NATIVE = {
    **dict.fromkeys(("I;16S", "I;16BS"), "I;16NS"),
    **dict.fromkeys(("I;32S", "I;32BS"), "I;32NS"),
    **dict.fromkeys(("F;32F", "F;32BF"), "F;32NF"),
}
#: What turns an array upright, by its EXIF orientation.
_UPRIGHT: dict[int, Callable[[NDArray[Any]], NDArray[Any]]] = {
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: a[::-1].swapaxes(0, 1),
    7: lambda a: a[::-1, ::-1].swapaxes(0, 1),
    8: lambda a: a[:, ::-1].swapaxes(0, 1),
}
#: Pillow shortens colours of two bytes to the high one; read in the other order it gives the low one.
_OTHER_BYTE = {
    f"{bands};16{order}": f"{bands};16{other}"
    for bands in ("RGB", "RGBA")
    for order, other in (("B", "L"), ("L", "B"), ("N", "B" if sys.byteorder == "little" else "L"))
    # Gray with alpha is four bytes a pixel, as these are.
} | {"LA;16B": "RGBA"}


def at_size(
    values: NDArray[Any], options: Options, size: tuple[int, int], *, inverse: bool = False
) -> tuple[NDArray[np.float32], Extent]:
    """Return pixels `(height, width, 1 or 3)` of any range at the size wished, and their extent before that.

    Where 0 is white, `inverse`, they stay so: what is black is known when all of a set is.
    """
    from PIL import Image

    extent = replace(measure(values), inverse=inverse)
    pixels = values.astype(np.float32)
    if pixels.shape[2] == 3:
        if not has_colour(pixels):
            pixels = pixels[:, :, :1]
        elif options.grayscale:
            pixels = luma(pixels)
    if pixels.shape[:2] != size:
        box = (size[1], size[0])
        bands = [Image.fromarray(np.ascontiguousarray(pixels[:, :, band])) for band in range(pixels.shape[2])]
        pixels = np.stack([np.asarray(band.resize(box, Image.Resampling.BILINEAR)) for band in bands], axis=-1)
    return np.ascontiguousarray(pixels), extent


def is_wide(picture: Image.Image) -> bool:
    """Say whether a picture of one band holds more than the bytes 0 .. 255: other numbers, or signed ones of a TIFF."""
    return picture.mode == "F" or picture.mode.startswith("I") or _tag(picture, _NUMBERS) == 2


def is_inverse(picture: Image.Image) -> bool:
    """Say whether 0 is white in the values of a picture of 16 bits."""
    return picture.mode.startswith("I;16") and _tag(picture, _PHOTOMETRIC) == 0


def values_of(picture: Image.Image) -> NDArray[Any]:
    """Return the pixels `(height, width)` of a picture of one band, upright; of a TIFF in the type that it says."""
    from PIL import ImageOps

    bits, numbers = _tag(picture, _BITS), _tag(picture, _NUMBERS)
    clear = picture.info.get("transparency")
    if picture.getexif().get(_ORIENTATION, 1) != 1:
        picture = ImageOps.exif_transpose(picture)
    values = np.asarray(picture)
    if clear is not None and values.dtype != np.uint8 and (values == clear).any():
        raise _transparent(int(values.max()))
    # Without a word whole numbers are unsigned.
    if bits == 32 and numbers in (None, 1) and values.dtype == np.int32:
        values = values.view(np.uint32)
    elif numbers == 2 and values.dtype == np.uint8:
        values = values.view(np.int8)
    return _without_holes(picture, values)


def _without_holes(picture: Image.Image, values: NDArray[Any]) -> NDArray[Any]:
    """Refuse pixels without a value, as GDAL marks them, where they make a range that is not that of the others."""
    try:
        mark = float(str(_tag(picture, _NO_VALUE)).strip(" \0"))
    except ValueError:
        return values
    holes = values == (np.float32(mark) if values.dtype == np.float32 else mark)
    if mark and holes.any() and not values.min() < mark < values.max():
        raise InputError(
            f"{np.count_nonzero(holes):,} of its pixels are {written(mark)}, which its tag GDAL_NODATA says is no "
            f"value; fill them with one"
        )
    return values


def two_byte_tiles(picture: Image.Image) -> list[Any]:
    """Return where colours of two bytes lie in a file that is open and not decoded; nothing for other images."""
    tiles: Sequence[Any] = getattr(picture, "tile", ())
    return list(tiles) if tiles and all(mode_of(tile) in _OTHER_BYTE for tile in tiles) else []


def both_bytes(
    picture: Image.Image, file: IO[bytes], tiles: Sequence[Any], formats: tuple[str, ...]
) -> NDArray[np.uint16] | None:
    """Return colours `(height, width, 1 or 3)` of 16 bits; None where some are transparent and the high byte will do.

    Transparent ones of which the high byte would cut what the colours hold are refused.
    """
    from PIL import Image

    high = np.asarray(picture)
    file.seek(0)
    with Image.open(file, formats=formats) as twin:
        other: Any = twin
        other.tile = [in_mode(tile, _OTHER_BYTE[mode_of(tile)]) for tile in tiles]
        low = np.asarray(twin)
    if mode_of(tiles[0]) == "LA;16B":
        both = low[..., 0::2].astype(np.uint16) * np.uint16(256) + low[..., 1::2]
    else:
        both = high.astype(np.uint16) * np.uint16(256) + low
    # A TIFF has been turned by Pillow.
    both = _UPRIGHT.get(picture.getexif().get(_ORIENTATION, 1), np.asarray)(both)
    if both.shape[2] in (2, 4):
        colours, alpha = both[..., :-1], both[..., -1]
        if alpha.min() >= 65280:
            return _without_holes(picture, colours)
        brightest = int((colours[alpha > 0] if alpha.any() else colours).max())
        if brightest < 16384:
            raise _transparent(brightest)
        return None
    clear = picture.info.get("transparency")
    if clear is not None and (both == np.array(clear)).all(axis=2).any():
        raise _transparent(int(both.max()))
    return _without_holes(picture, both)


def _transparent(most: int) -> InputError:
    return InputError(
        f"some of its pixels of 16 bits, which go up to {most:,}, are transparent; save it with 8 bits, or without "
        "transparency"
    )


def _tag(picture: Image.Image, tag: int) -> int | None:
    """Return the first number of a TIFF's tag, None where there is none."""
    held: Any = getattr(picture, "tag_v2", {}).get(tag)
    return cast("tuple[int, ...]", held)[0] if isinstance(held, tuple) else held


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
