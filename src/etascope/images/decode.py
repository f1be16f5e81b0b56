"""One image file, or one Pillow image, to pixels."""

from __future__ import annotations

import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from etascope.core.errors import InputError
from etascope.images.colour import has_colour, over_white
from etascope.images.found import KEEP, Wishes
from etascope.images.pixels import float_bytes, wide_bytes

if TYPE_CHECKING:
    from PIL import Image

#: Only these decoders run, whatever a file is called: Pillow knows others that start programs.
FORMATS = ("PNG", "JPEG", "GIF", "BMP", "DIB", "WEBP", "TIFF")
#: An image of more pixels is taken for a decompression bomb.
MAX_PIXELS = 64_000_000

_ORIENTATION = 0x0112
_SIDEWAYS = (5, 6, 7, 8)


class BadImage(InputError):
    """One image that cannot be read; `skip_bad` leaves it out and goes on."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(
            f"{name} cannot be read as an image: {reason}.",
            "Repair or remove it, or leave such images out with skip_bad (--skip-bad).",
        )
        self.name = name
        self.reason = reason

    def __reduce__(self) -> tuple[type[BadImage], tuple[str, str], dict[str, object]]:
        """Say how it is made anew: a worker of the studio sends it to the server."""
        return type(self), (self.name, self.reason), self.__dict__


@dataclass(frozen=True, eq=False)
class Decoded:
    """Pixels `(height, width, 1 or 3)` uint8, and the size `(height, width)` that the image came in."""

    pixels: NDArray[np.uint8]
    native: tuple[int, int]


def decode_file(path: Path, wishes: Wishes) -> Decoded:
    """Read the first frame of an image file; see `decode_picture` for what is done to it.

    Raises
    ------
    BadImage
        If it is missing, not a regular file, may not be read, is no image of a known format, is damaged, or has more
        than `MAX_PIXELS` pixels.
    """
    from PIL import Image

    name = str(path)
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise BadImage(name, "it is not a regular file")
        with Image.open(path, formats=FORMATS) as picture:
            return decode_picture(picture, wishes, name, ours=True)
    except BadImage:
        raise
    except FileNotFoundError:
        raise BadImage(name, "it is a link to nothing" if path.is_symlink() else "there is no such file") from None
    except PermissionError:
        raise BadImage(name, "permission denied; allow reading it (chmod a+r)") from None
    except Image.UnidentifiedImageError:
        raise BadImage(name, _what_it_is(path)) from None
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise BadImage(name, f"it has more than {MAX_PIXELS:,} pixels") from None
    except Exception as error:
        raise BadImage(name, _damage(error)) from None


def decode_picture(picture: Image.Image, wishes: Wishes, name: str, *, ours: bool = False) -> Decoded:
    """Return the pixels of a Pillow image: upright by its EXIF orientation, over white, at the size wished.

    Without a wished size an image larger than `KEEP` is resized to `KEEP`: no set with such an image keeps its size.
    Images that hold no colour come out with one channel.

    Parameters
    ----------
    picture
        Of any mode; 16-bit and float pixels are scaled to bytes.
    wishes
        The size, and whether colour is dropped.
    name
        For the error.
    ours
        Whether the image may be changed on the way, because nobody else has it.

    Raises
    ------
    BadImage
        If it has no pixels or more than `MAX_PIXELS`, is damaged, or has values that are no pixels.
    """
    wide, high = picture.size
    if wide * high > MAX_PIXELS:
        raise BadImage(name, f"it has {wide} x {high} pixels, more than {MAX_PIXELS:,}")
    if wide < 1 or high < 1:
        raise BadImage(name, f"it has {wide} x {high} pixels")
    try:
        return _decode(picture, wishes, ours)
    except InputError as error:
        raise BadImage(name, str(error).rstrip(".")) from None
    # Damaged images leave Pillow's decoders through exceptions of every kind.
    except Exception as error:
        raise BadImage(name, _damage(error)) from None


def _decode(picture: Image.Image, wishes: Wishes, ours: bool) -> Decoded:
    from PIL import Image, ImageOps

    wide, high = picture.size
    native = (wide, high) if picture.getexif().get(_ORIENTATION) in _SIDEWAYS else (high, wide)
    size = wishes.size or (native if max(native) <= KEEP else (KEEP, KEEP))
    if ours:
        # Lets the JPEG decoder skip detail beyond twice the final size; other formats ignore it.
        picture.draft(None, (2 * max(size), 2 * max(size)))
    plain = _plain(ImageOps.exif_transpose(picture))
    if wishes.grayscale:
        plain = plain.convert("L")
    if plain.size != (size[1], size[0]):
        plain = plain.resize((size[1], size[0]), Image.Resampling.BILINEAR)
    pixels = np.asarray(plain).reshape(*size, -1)
    if pixels.shape[2] == 3 and not has_colour(pixels):
        pixels = np.ascontiguousarray(pixels[:, :, :1])
    return Decoded(pixels, native)


def _plain(picture: Image.Image) -> Image.Image:
    """Return the image in mode L or RGB."""
    from PIL import Image

    mode = picture.mode
    if mode == "F":
        return Image.fromarray(float_bytes(np.asarray(picture)))
    if mode.startswith("I"):
        return Image.fromarray(wide_bytes(np.asarray(picture)))
    if mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in picture.info:
        clear = picture.convert("LA" if mode in ("1", "L", "LA", "La") else "RGBA")
        flat = over_white(np.asarray(clear))
        return Image.fromarray(flat[:, :, 0] if flat.shape[2] == 1 else flat)
    return picture.convert("L" if mode in ("1", "L") else "RGB")


def _damage(error: Exception) -> str:
    return f"it is damaged ({str(error).rstrip('.') or type(error).__name__})"


def _what_it_is(path: Path) -> str:
    with path.open("rb") as file:
        start = file.read(512)
    if not start:
        return "it is empty"
    if b"\0" not in start and all(byte >= 32 or byte in b"\t\n\r\f" for byte in start):
        return "it is a text file"
    return "its content is no PNG, JPEG, WebP, BMP, TIFF or GIF"
