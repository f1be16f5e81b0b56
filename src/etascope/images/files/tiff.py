"""TIFF files: what kind one is, whether all of it is read, and whether it is whole."""

from __future__ import annotations

import contextlib
import ctypes
import functools
import itertools
import logging
import re
import sys
import zlib
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal

from etascope.core.errors import InputError
from etascope.images.files.jpeg import LOSSLESS, ZEROS, fault_of_stream, frame_of

if TYPE_CHECKING:
    from PIL import Image

_STARTS = (b"II\x2a\0", b"MM\0\x2a", b"II\x2b\0", b"MM\0\x2b")
_KIND, _OLD_KIND, _WIDTH, _HEIGHT, _BITS, _COMPRESSION, _DESCRIPTION = 254, 255, 256, 257, 258, 259, 270
_PHOTOMETRIC, _FILL, _ORIENTATION, _BANDS, _PLANAR, _FORMAT, _TABLES = 262, 266, 274, 277, 284, 339, 347
_INSIDE, _DEPTH = 330, 32997
_PLACES = ((273, 279), (324, 325))
#: Colours that are as their numbers: gray from black on, and RGB.
_PLAIN = (1, 2)
_RAW, _LZW, _JPEG, _DEFLATE = 1, 5, 7, (8, 32946)
_NUMBERS = {1: "whole numbers", 2: "signed numbers", 3: "floats", 5: "complex numbers", 6: "complex numbers"}
#: Compressions that Pillow's own libtiff cannot unpack.
_UNREAD = {
    **dict.fromkeys((33003, 33005, 34712), "JPEG 2000"), 34887: "LERC", 34925: "LZMA", 34933: "PNG", 34934: "JPEG XR",
    50001: "WebP", **dict.fromkeys((50002, 52546), "JPEG XL"),
}  # fmt: skip
_ALONE = "save that one alone, as TIFF or PNG"
#: So many pages are looked at.
PAGES = 1000
#: A part, a strip or a tile, may hold so many pixels more than the image.
_BEYOND = 1 << 24
_CHUNK = 1 << 20


def is_tiff(start: bytes) -> bool:
    """Say whether the first bytes of a file are those of a TIFF."""
    return start[:4] in _STARTS


@functools.cache
def silence() -> None:
    """Keep libtiff and Pillow from writing to stderr by themselves: all that matters comes back as an exception too.

    Of libtiff only a pointer in Pillow's copy is set, as Pillow does for warnings; where the library cannot be reached,
    nothing happens. What Pillow logs goes wherever a program has logs go, and nowhere else.
    """
    from PIL import Image

    logging.getLogger("PIL").addHandler(logging.NullHandler())

    with contextlib.suppress(OSError, AttributeError, TypeError):
        library = ctypes.CDLL(Image.core.__file__)
        library.TIFFSetErrorHandler(None)
        library.TIFFSetErrorHandlerExt(None)


def kind_of_tiff(path: Path) -> str:
    """Return of what kind a TIFF is that Pillow does not open, with what to do about it."""
    from PIL.TiffImagePlugin import COMPRESSION_INFO, ImageFileDirectory_v2

    try:
        with path.open("rb") as file:
            head = file.read(8)
            if head.startswith(_STARTS[3]):
                kind = "a BigTIFF whose numbers begin with the high byte"
                return f"it is {kind}, which is not read; save it as a classic TIFF or as PNG"
            big = 43 in head[2:4]
            tags = ImageFileDirectory_v2(head + file.read(8) if big else head)
            place = tags.next
            file.seek(place)
            tags.load(file)
            order: Literal["little", "big"] = "little" if head.startswith(b"II") else "big"
            file.seek(place)
            entries = min(int.from_bytes(file.read(8 if big else 2), order), 4096)
            listed = {int.from_bytes(file.read(20 if big else 12)[:2], order) for _ in range(entries)}
        # Pillow leaves out what lies behind the end.
        if any(
            tag in listed and tag not in tags for tag in (_WIDTH, _HEIGHT, _BITS, _BANDS, *itertools.chain(*_PLACES))
        ):
            return "it is a TIFF whose end is missing; fetch or save it again"
        bands, bits = int(tags.get(_BANDS, 1)), tags.get(_BITS, (1,))
        numbers = _NUMBERS.get(int(tags.get(_FORMAT, (1,))[0]), "numbers")
        packed = int(tags.get(_COMPRESSION, _RAW))
        wide, high = int(tags[_WIDTH]), int(tags[_HEIGHT])
        colours = int(tags.get(_PHOTOMETRIC, 1))
        lossless = packed == _JPEG and _is_lossless(path, tags)
    # What a damaged directory holds is of any kind, and so is what it raises.
    except Exception:
        return "it is a TIFF whose directory is damaged; fetch or save it again"
    if packed in _UNREAD or packed not in COMPRESSION_INFO:
        how = _UNREAD.get(packed, f"compression {packed}")
        return f"it is a TIFF packed with {how}, which is not read; save it with LZW, or as PNG"
    if lossless:
        return "it is a TIFF packed with lossless JPEG, which is not read; save it with LZW, or as PNG"
    held = f"{wide} x {high}, {bands} band{'s' * (bands > 1)} of {bits[0]}-bit {numbers}"
    if bands == 2 and tags.get(_PLANAR, 1) == 2:
        return f"it is a TIFF of {held}, one after the other, which is not read; {_remedy(tags)}"
    if bands not in (1, 3) and colours in _PLAIN:
        return f"it is a TIFF of {held}; {choose_bands(bands, tags)}"
    return f"it is a TIFF of {held}{', in which 0 is white' * (colours == 0)}, which is not read; {_remedy(tags)}"


def _remedy(tags: Any) -> str:  # noqa: ANN401 - Pillow's class of tags is loaded late
    """Return what to do about a TIFF: where its values alone are not what it shows, what a program made of them."""
    colours, numbers = int(tags.get(_PHOTOMETRIC, 1)), int(tags.get(_FORMAT, (1,))[0])
    if _NUMBERS.get(numbers) == "complex numbers":
        return "save their absolute values as 8-bit PNG"
    odd = ["with 0 as black"] * (colours == 0) + ["in gray or RGB"] * (colours not in (0, *_PLAIN))
    odd += ["upright"] * (tags.get(_ORIENTATION, 1) != 1)
    return " ".join(["save it as 8-bit PNG", *odd])


def _is_lossless(path: Path, tags: Any) -> bool:  # noqa: ANN401 - as above
    with path.open("rb") as file:
        file.seek(next(tags[starts][0] for starts, _ in _PLACES if starts in tags))
        return frame_of(file.read(_CHUNK)).kind == LOSSLESS


def unread_packing(path: Path) -> str:
    """Return what to do about a TIFF that is packed in a way that Pillow cannot unpack, or "" for any other file."""
    with contextlib.suppress(OSError), path.open("rb") as file:
        if is_tiff(file.read(4)) and any(
            word in (kind := kind_of_tiff(path)) for word in ("packed with", "after the other", "BigTIFF whose")
        ):
            return kind
    return ""


def choose_bands(bands: int, tags: Any) -> str:  # noqa: ANN401 - as above
    """Return what to do about an image of more bands than are read."""
    if int(tags.get(_PHOTOMETRIC, 1)) not in _PLAIN:
        return _remedy(tags)
    few = "one" if bands < 4 else "one or three"
    how = ", upright, as PNG" if tags.get(_ORIENTATION, 1) != 1 else " as PNG or TIFF"
    return f"choose {few} of its {bands} bands and save those{how}"


def unread_layout(picture: Image.Image) -> str:
    """Return what is wrong with a TIFF of which Pillow takes too few bands, or wrong values, or ""."""
    tags: Any = getattr(picture, "tag_v2", None)
    if tags is None:
        return ""
    if int(tags.get(_KIND, 0)) & 1 and _INSIDE in tags:
        return f"it is a TIFF whose first page is a thumbnail; the image, which lies within, is not read; {_ALONE}"
    if int(tags.get(_DEPTH, 1)) > 1:
        return f"it is a TIFF of a volume of {tags[_DEPTH]} slices; save those that you want as PNG"
    bands, bits = int(tags.get(_BANDS, 1)), int(tags.get(_BITS, (1,))[0])
    if bits > 8 and tags.get(_COMPRESSION) == _JPEG:
        return f"it is a TIFF packed with JPEG of {bits} bits, which is not read; save it with LZW, or as PNG"
    if picture.mode in ("I", "F") and not getattr(picture, "tile", ()) and _is_swapped(tags):
        return "it is a packed TIFF of which Pillow reads the bytes in the wrong order; give the path of the file"
    # Older Pillows have a mode for three bands and one that says nothing.
    if bands > (3 if picture.mode == "RGBX" else len(picture.getbands())):
        return f"it is a TIFF of {bands} bands, not all of them colour or transparency; {choose_bands(bands, tags)}"
    white_is_zero = tags.get(_PHOTOMETRIC, 1) == 0
    if tags.get(_PLANAR, 1) == 2 and (bits > 8 or white_is_zero):
        return f"it is a TIFF of {bits} bits whose bands lie one after the other, which is not read; {_remedy(tags)}"
    if white_is_zero and bits > 8 and not picture.mode.startswith("I;16"):
        return f"it is a TIFF of {bits} bits in which 0 is white, which is not read; {_remedy(tags)}"
    return ""


def _is_swapped(tags: Any) -> bool:  # noqa: ANN401 - as above
    return tags.get(_COMPRESSION, _RAW) != _RAW and tags.prefix == (b"MM" if sys.byteorder == "little" else b"II")


def colour_pages(picture: Any) -> tuple[int, int]:  # noqa: ANN401 - Pillow's TIFF class is loaded late
    """Return how many images of their own the pages of a TIFF hold, and how many channels of one image are pages.

    Pages that are masks, thumbnails or smaller copies do not count; without channels as pages the second is 1. Other
    than three of these are refused, and so is an image behind its thumbnail.
    """
    description = str(picture.tag_v2.get(_DESCRIPTION, ""))
    channels = _named(r"^channels=(\d+)", description) if description.startswith("ImageJ=") else 1
    if "<OME " in description:
        channels = _named(r'SizeC="(\d+)"', description)
    channels = 1 if len(picture.getbands()) > 1 else channels
    stated = _named(r"^images=(\d+)", description) if description.startswith("ImageJ=") else 1
    (most, tall), pages = (picture.tag_v2[_WIDTH], picture.tag_v2[_HEIGHT]), 1
    small, largest = _is_small(picture.tag_v2), (most * tall, 1)
    try:
        for page in range(1, PAGES + 1):
            # A mask that Pillow cannot open has tags, too.
            with contextlib.suppress(SyntaxError):
                picture.seek(page)
            wide, high = picture.tag_v2[_WIDTH], picture.tag_v2[_HEIGHT]
            if not int(picture.tag_v2.get(_KIND, 0)) & 0b100:
                largest = max(largest, (wide * high, page + 1), key=lambda each: each[0])
            # A smaller page of the same shape is a level of a pyramid, as slides of microscopes have them.
            copy = wide < most and abs(wide * tall - high * most) <= max(most, tall)
            pages += not copy and not int(picture.tag_v2.get(_KIND, 0)) & 0b100 and not _is_small(picture.tag_v2)
    except EOFError:
        pass
    finally:
        picture.seek(0)
    if small and largest[1] > 1:
        what = f"it is a TIFF whose first page is a thumbnail; the image, page {largest[1]}, is not read"
        raise InputError(f"{what}; {_ALONE}")
    pages = max(pages, stated)
    if channels > 1 and (channels != 3 or pages < 3):
        some = choose_bands(channels, picture.tag_v2)
        raise InputError(f"it is a TIFF whose {channels} channels are pages; {some}")
    return pages // channels, channels


def _is_small(tags: Any) -> bool:  # noqa: ANN401 - as above
    return bool(int(tags.get(_KIND, 0)) & 1) or tags.get(_OLD_KIND) == 2


def frames_of(picture: Any) -> int:  # noqa: ANN401 - any of Pillow's classes
    """Return how many frames or pages an open picture has; 1 where its user is at a later one, or it is closed."""
    try:
        return picture.n_frames if getattr(picture, "is_animated", False) and not picture.tell() else 1
    except (OSError, ValueError, AttributeError):
        return 1


def _named(pattern: str, text: str) -> int:
    match = re.search(pattern, text, re.MULTILINE)
    return int(match[1]) if match else 1


def what_is_missing(picture: Any, file: IO[bytes], size: int) -> str:  # noqa: ANN401 - as above
    """Return what is wrong with the places where a TIFF says that its pixels lie, or "".

    They must lie within the file's `size` bytes and not over each other; pixels that are not packed must be as many as
    the image has. Packed as JPEG each part must begin and end as one; packed by Deflate it must fit its checksum.
    """
    tags = picture.tag_v2
    starts, counts = next(((tags[a], tags[b]) for a, b in _PLACES if a in tags and b in tags), ((), ()))
    parts = sorted(zip(starts, counts, strict=False))
    if any(start + count > size for start, count in parts):
        return "pixels lie behind its end"
    if any(first[0] + first[1] > second[0] for first, second in itertools.pairwise(parts)):
        return "its parts lie over each other"
    packed = tags.get(_COMPRESSION, _RAW)
    bits = tags.get(_BITS, (1,))
    rows = tags.get(_HEIGHT, 0) if tags.get(_BANDS, 1) == len(bits) else 0
    if packed == _RAW and parts and sum(counts) < tags.get(_WIDTH, 0) * sum(bits) // 8 * rows:
        return "it holds fewer pixels than it says"
    # Bits may be in the other order.
    if packed in (_LZW, _JPEG, *_DEFLATE) and tags.get(_FILL, 1) == 1:
        for start, count in parts:
            file.seek(start)
            most = _BEYOND + tags[_WIDTH] * tags[_HEIGHT]
            if fault := _packing_fault(packed, file.read(count), tags.get(_TABLES, b""), most):
                return fault
    return ""


def _packing_fault(packed: int, part: bytes, tables: bytes, most: int) -> str:
    if packed == _JPEG:
        part = part.rstrip(b"\0")
        if not part.startswith(b"\xff\xd8") or not part.endswith(b"\xff\xd9"):
            return "a part of it does not begin and end as JPEG does"
        return fault_of_stream(tables[:-2] + part[2:] if tables else part, most)
    if packed == _LZW:
        return "there are zeros among its packed pixels" if ZEROS in part else ""
    unpacking, done = zlib.decompressobj(), 0
    try:
        # What is more than all bands of all pixels can be is left to the decoder, which does not want it.
        while not unpacking.eof and done < 16 * most:
            got = unpacking.decompress(part, _CHUNK)
            part, done = unpacking.unconsumed_tail, done + len(got)
            if not got and not part and not unpacking.eof:
                return "a part of it is cut"
    except zlib.error as error:
        return f"a part of it is not as its checksum says ({error})"
    return ""
