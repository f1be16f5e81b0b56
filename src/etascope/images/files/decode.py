"""One image file, or one Pillow image, to pixels."""

from __future__ import annotations

import functools
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from etascope.core.errors import InputError
from etascope.core.sentences import say
from etascope.images.files import jpeg, tiff
from etascope.images.files.contents import damage_of, fault_of, what_it_is
from etascope.images.files.deep import (
    at_size,
    both_bytes,
    is_inverse,
    is_wide,
    order_bytes,
    put_right,
    two_byte_tiles,
    values_of,
)
from etascope.images.opened import KEEP, SKIP_BAD, Options
from etascope.images.pixels.extents import Extent
from etascope.images.pixels.sizes import has_colour
from etascope.images.pixels.transparency import Glass, lay, look_through

if TYPE_CHECKING:
    from PIL import Image

#: Only these decoders run, whatever a file is called: Pillow knows others that start programs.
FORMATS = ("PNG", "JPEG", "GIF", "BMP", "DIB", "WEBP", "TIFF")
#: An image of more pixels is taken for a decompression bomb ...
MAX_PIXELS = 64_000_000
#: ... but for a JPEG that is decoded at a fraction of its size, and so costs little memory.
MAX_JPEG = jpeg.MOST

_WIDTH, _ORIENTATION = 0x0100, 0x0112
_SIDEWAYS = (5, 6, 7, 8)


class BadImage(InputError):
    """One image that cannot be read; `skip_bad` leaves it out and goes on."""

    def __init__(self, name: str, reason: str) -> None:
        reason = reason.rstrip(".").removesuffix(". Remove or repair that image")
        # What is whole has a remedy of its own.
        move = "Leave such images out" if ";" in reason else "Repair or remove it, or leave such images out"
        super().__init__(f"{name} cannot be read as an image: {reason}.", say(f"{move} with {{skip_bad}}.", SKIP_BAD))
        self.name = name
        self.reason = reason

    def __reduce__(self) -> tuple[type[BadImage], tuple[str, str], dict[str, object]]:
        """Say how it is made anew: a worker of the studio sends it to the server."""
        return type(self), (self.name, self.reason), self.__dict__


@dataclass(frozen=True)
class Mark:
    """Something about one image that the user is told once for the set: of `stack.MARKS`, where, and more of it."""

    kind: str
    name: str
    detail: str = ""


@dataclass(frozen=True, eq=False)
class Decoded:
    """One image at its final size or smaller.

    Attributes
    ----------
    pixels
        `(height, width, 1 or 3)`: uint8; float32 as the file has them where they are wider than a byte.
    native
        The size `(height, width)` that the image came in.
    extent
        The extent of the pixels before resizing; of kind `"bytes"`, or None, where they are not wide.
    glass
        What its transparency does, None where nothing is transparent.
    marks
        What is worth telling of it.
    again
        Decodes it anew, where the whole set calls for another reading.
    """

    pixels: NDArray[np.uint8] | NDArray[np.float32]
    native: tuple[int, int]
    extent: Extent | None = None
    glass: Glass | None = None
    marks: tuple[Mark, ...] = ()
    again: Callable[[Options], Decoded] | None = None

    @property
    def wide(self) -> bool:
        """Say whether the pixels are wider than a byte."""
        return self.pixels.dtype != np.uint8


def decode_file(path: Path, options: Options) -> Decoded:
    """Read the first frame of an image file; see `decode_picture` for what is done to it.

    `BadImage` says why it cannot be read: it is no regular file or no image that is known, may not be read, is
    damaged, or has more than `MAX_PIXELS` pixels (a JPEG `MAX_JPEG`) or more bands than are read.
    """
    from PIL import Image

    name = str(path)
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise BadImage(name, "it is not a regular file")
        again = functools.partial(decode_file, path)
        with path.open("rb") as file:
            start = file.peek(16)[:16]
            if start.startswith(jpeg.START):
                return _decode_jpeg(file.read(), options, name, again)
            if tiff.is_tiff(start):
                tiff.silence()
            with Image.open(file, formats=FORMATS) as picture:
                return _decode_other(picture, file, options, name, again)
    except (BadImage, ImportError):
        raise
    except InputError as error:
        raise BadImage(name, str(error).rstrip(".")) from None
    except FileNotFoundError:
        raise BadImage(name, "it is a link to nothing" if path.is_symlink() else "there is no such file") from None
    except PermissionError:
        raise BadImage(name, "permission denied; allow reading it (chmod a+r)") from None
    except Image.UnidentifiedImageError:
        raise BadImage(name, what_it_is(path)) from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise BadImage(name, f"it has more than {MAX_PIXELS:,} pixels; make it smaller") from None
    # Damaged images leave Pillow's decoders through exceptions of every kind.
    except Exception as error:
        raise BadImage(name, tiff.unread_packing(path) or damage_of(error)) from None


def decode_picture(picture: Image.Image, options: Options, name: str) -> Decoded:
    """Return the pixels of a Pillow image: upright by its EXIF orientation, over a ground, at the size wished.

    Without a wished size an image larger than `KEEP` is resized to `KEEP`: no set with such an image keeps its size.
    Images that hold no colour come out with one channel. Pixels wider than a byte stay as they are, for all of a set
    to decide on. The picture, of any mode, is not changed.
    """
    try:
        order_bytes(picture)
        native, size = _sizes(picture, options, name, MAX_PIXELS)
        pixels, extent, glass = _pixels(picture, options, size, name)
    except (BadImage, ImportError):
        raise
    except InputError as error:
        raise BadImage(name, str(error).rstrip(".")) from None
    except Exception as error:
        raise BadImage(name, damage_of(error)) from None
    marks = (Mark("frames", name, str(frames)),) if (frames := tiff.frames_of(picture)) > 1 else ()
    return Decoded(pixels, native, extent, glass, marks, lambda other: decode_picture(picture, other, name))


def decode_pixels(pixels: NDArray[Any], options: Options, name: str) -> Decoded:
    """Return one array `(height, width, channels)` of bytes, with 1 to 4 channels, as `decode_picture` does."""
    if pixels.dtype != np.uint8:
        raise BadImage(name, f"its values are {pixels.dtype} and no pixels")
    picture = _as_picture(pixels)
    # Two narrow bands look like 16 bits to Pillow, and one like bits.
    return decode_picture(
        picture if len(picture.getbands()) == pixels.shape[2] else picture.convert("L"), options, name
    )


def _decode_jpeg(data: bytes, options: Options, name: str, again: Callable[[Options], Decoded]) -> Decoded:
    picture = jpeg.open_jpeg(data)
    # All of these is held at its full size, whatever it is reduced to.
    held = "progressive" in picture.info or "lossless" in picture.info
    native, size = _sizes(picture, options, name, MAX_PIXELS if held else MAX_JPEG)
    # Twice the size leaves the last halving to the filter that all other images go through.
    jpeg.reduce(picture, 2 * max(size))
    if picture.width * picture.height > MAX_PIXELS:
        raise BadImage(name, f"it has {native[1]} x {native[0]} pixels, too many for an image of this size asked for")
    picture.load()
    fault = jpeg.fault_of_stream(data, MAX_JPEG)
    pixels, extent, glass = _pixels(picture, options, size, name)
    return Decoded(pixels, native, extent, glass, (Mark("damaged", name, fault),) if fault else (), again)


def _decode_other(
    picture: Image.Image, file: IO[bytes], options: Options, name: str, again: Callable[[Options], Decoded]
) -> Decoded:
    tiles = two_byte_tiles(picture)
    put_right(picture)
    native, size = _sizes(picture, options, name, MAX_PIXELS)
    marks: list[Mark] = []
    if picture.format == "TIFF":
        pages, channels = tiff.colour_pages(picture)
        put_right(picture)
        if fault := tiff.what_is_missing(picture, file, file.seek(0, 2)):
            marks.append(Mark("damaged", name, fault))
        if pages > 1:
            some = f"more than {tiff.PAGES:,}" if pages == tiff.PAGES + 1 else f"{pages:,}"
            marks.append(Mark("pages", name, some + " times 3 channels as" * (channels == 3)))
        if channels == 3:
            values = np.stack([_page(picture, number) for number in range(3)], axis=-1)
            if values.dtype == np.uint8:
                pixels, extent, glass = _pixels(_as_picture(values), options, size, name)
            else:
                pixels, extent, glass = (*at_size(values, options, size, inverse=is_inverse(picture)), None)
            return Decoded(pixels, native, extent, glass, tuple(marks), again)
    elif getattr(picture, "is_animated", False):
        marks.append(Mark("frames", name, str(getattr(picture, "n_frames", 2))))
    if picture.format in ("PNG", "WEBP", "GIF"):
        file.seek(0)
        data = file.read()
        picture.load()
        if fault := fault_of(data):
            marks.append(Mark("damaged", name, fault))
    deep = both_bytes(picture, file, tiles, FORMATS) if tiles else None
    if deep is None:
        pixels, extent, glass = _pixels(picture, options, size, name)
    else:
        pixels, extent, glass = (*at_size(deep, options, size), None)
    return Decoded(pixels, native, extent, glass, tuple(marks), again)


def _sizes(picture: Image.Image, options: Options, name: str, most: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return the size that an image comes in and the one it is brought to, `(height, width)` each."""
    wide, high = picture.size
    if wide * high > most:
        raise BadImage(name, f"it has {wide} x {high} pixels, more than {most:,}; make it smaller")
    if wide < 1 or high < 1:
        raise BadImage(name, f"it has {wide} x {high} pixels")
    # Of a TIFF newer Pillows say the size after turning.
    turned = getattr(picture, "tag_v2", {}).get(_WIDTH, wide) != wide
    native = (wide, high) if picture.getexif().get(_ORIENTATION) in _SIDEWAYS and not turned else (high, wide)
    return native, options.size or (native if max(native) <= KEEP else (KEEP, KEEP))


def _pixels(
    picture: Image.Image, options: Options, size: tuple[int, int], name: str
) -> tuple[NDArray[np.uint8] | NDArray[np.float32], Extent | None, Glass | None]:
    from PIL import Image, ImageOps

    if hasattr(picture, "tag_v2") and (unread := tiff.unread_layout(picture)):
        raise BadImage(name, unread)
    if is_wide(picture):
        return (*at_size(values_of(picture)[..., None], options, size, inverse=is_inverse(picture)), None)
    if picture.getexif().get(_ORIENTATION, 1) != 1:
        picture = ImageOps.exif_transpose(picture)
    mode, glass = picture.mode, None
    if mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in picture.info:
        clear = np.asarray(picture.convert("LA" if mode in ("1", "L", "LA", "La") else "RGBA"))
        glass = look_through(clear)
        plain = _as_picture(lay(clear, options.reading.ground if glass else "nothing"))
    else:
        plain = picture if mode in ("L", "RGB") else picture.convert("L" if mode == "1" else "RGB")
    bright = int(np.max(plain.getextrema()))
    scale = options.reading.scales.get("bytes")
    if scale is not None and scale.high == 1:
        if bright > 1:
            raise BadImage(name, f"its pixels go up to {bright}, those of the others are 0 and 1; scale all alike")
        plain = plain.point([0] + [255] * 255 if plain.mode == "L" else ([0] + [255] * 255) * 3)
    if options.grayscale:
        plain = plain.convert("L")
    if plain.size != (size[1], size[0]):
        plain = plain.resize((size[1], size[0]), Image.Resampling.BILINEAR)
    pixels = np.asarray(plain).reshape(*size, -1)
    if pixels.shape[2] == 3 and not has_colour(pixels):
        pixels = np.ascontiguousarray(pixels[:, :, :1])
    return pixels, Extent("bytes", 0, bright), glass


def _page(picture: Image.Image, number: int) -> NDArray[Any]:
    picture.seek(number)
    order_bytes(picture)
    return values_of(picture)


def _as_picture(pixels: NDArray[np.uint8]) -> Image.Image:
    from PIL import Image

    return Image.fromarray(np.ascontiguousarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels))
