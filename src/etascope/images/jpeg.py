"""JPEG files: opened without Pillow's limit on size, and damage noticed that the decoder passes over in silence."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

from etascope.images.damage import ZEROS

if TYPE_CHECKING:
    from PIL import Image, JpegImagePlugin

#: How every JPEG file starts.
START = b"\xff\xd8\xff"

_END = b"\xff\xd9"
_SCAN = b"\xff\xda"
#: So many of the last bytes of pixels: a decoder that has all pixels without wanting them was led astray.
_TAIL = 6
_MORE = bytes(range(1, 255)) * 4
#: In the pixels of one scan a marker is no 00 (a plain FF), no restart and no filling.
_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")


class Watched:
    """A JPEG file in memory whose decoder gets the last bytes last, so that it shows whether it wanted them.

    Attributes
    ----------
    file
        The file.
    wanted
        Whether the end was read.
    """

    def __init__(self, data: bytes) -> None:
        self.file = io.BytesIO(data)
        self.wanted = not data.endswith(_END)
        # A small image has fewer bytes than that, and the header has to come at once.
        scan = data.rfind(_SCAN)
        start = scan + 2 + int.from_bytes(data[scan + 2 : scan + 4], "big")
        self._last = len(data) if self.wanted else max(start, len(data) - len(_END) - _TAIL)

    def read(self, read_bytes: int) -> bytes:
        """Read on, up to the last bytes or in them."""
        left = self._last - self.file.tell()
        if left > 0:
            return self.file.read(min(read_bytes, left))
        self.wanted = True
        return self.file.read(read_bytes)


def open_jpeg(watched: Watched) -> JpegImagePlugin.JpegImageFile:
    """Return the first image of a JPEG file, not decoded, of any size.

    Raises
    ------
    SyntaxError
        If its header is damaged.
    """
    from PIL.JpegImagePlugin import JpegImageFile

    picture = JpegImageFile(watched.file)
    # Pillow reads pixels, and only them, through this.
    picture.load_read = watched.read
    return picture


def fault_of_stream(data: bytes) -> str:
    """Return what is wrong with a JPEG stream out of another file, or ""; it is decoded for that.

    Raises
    ------
    Exception
        Of any kind, if it cannot be decoded.
    """
    file = Watched(data)
    picture = open_jpeg(file)
    picture.load()
    return was_led_astray(picture, file)


def was_led_astray(picture: Image.Image, file: Watched) -> str:
    """Return what is wrong with a decoded JPEG whose decoder said nothing, or "".

    A flipped bit sends the decoder of baseline JPEG astray: it then has all pixels too early, or too few bits for the
    last ones, which it leaves at middle gray. Damage within a progressive file is not noticed.
    """
    data = file.file.getvalue()
    if _has_hole(data, "progressive" in picture.info):
        return "there are zeros among its packed pixels"
    if not file.wanted and not _goes_on(data):
        return "data is left over behind its last pixel"
    if not _gray_corner(picture):
        return ""
    longer = open_jpeg(Watched(data[: -len(_END)] + _MORE + _END))
    if picture.size != longer.size:
        longer.draft(None, picture.size)
    same = longer.size != picture.size or longer.tobytes() == picture.tobytes()
    return "" if same else "data is missing for its last pixels"


def _has_hole(data: bytes, progressive: bool) -> bool:
    """Say whether zeros lie among the pixels of a baseline file, whose code of zeros is not that of flat ground."""
    start = data.find(_SCAN)
    if progressive or start < 0 or data.find(ZEROS, start, start + (len(data) if data.endswith(_END) else 0)) < 0:
        return False
    # In the table of AC codes of brightness the first symbol has the code of zeros; 00 and F0 are flat ground.
    at = data.find(b"\xff\xc4")
    while 0 <= at < start:
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        table, end = at + 4, at + 2 + length
        while table + 17 < end:
            if data[table] == 0x10 and data[table + 17] in (0x00, 0xF0):
                return False
            table += 17 + sum(data[table + 1 : table + 17])
        at = data.find(b"\xff\xc4", at + 4)
    return True


def _gray_corner(picture: Image.Image) -> bool:
    corner = picture.getpixel((picture.width - 1, picture.height - 1))
    return corner in (128, (128, 128, 128))


def _goes_on(data: bytes) -> bool:
    """Say whether other data, a second image for instance, follows the first image."""
    end = data.find(_SCAN)
    while end >= 0:
        marker = _MARKER.search(data, end + 2)
        if marker is None:
            return False
        if marker.group() == _END:
            return marker.end() < len(data)
        # Tables between two scans: on behind them.
        length = int.from_bytes(data[marker.end() : marker.end() + 2], "big")
        end = marker.end() + max(length, 2) - 2
    return False
