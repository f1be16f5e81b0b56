"""JPEG files: opened without Pillow's limit on size, and damage noticed that Pillow passes over in silence."""

from __future__ import annotations

import importlib
import io
import re
from typing import TYPE_CHECKING, Any

from etascope.core.errors import InputError
from etascope.images.damage import ZEROS

if TYPE_CHECKING:
    from PIL import JpegImagePlugin

#: How every JPEG file starts.
START = b"\xff\xd8\xff"

_END = b"\xff\xd9"
_SCAN = b"\xff\xda"
#: What libjpeg says of spoilt pixels, and what we do; it says more, of headers that are odd and do no harm.
_SAID = {
    "extraneous bytes": "data is left over behind its pixels",
    "Premature end": "data is missing for its last pixels",
    "premature end": "data is missing for its pixels",
    "instead of RST": "a row of its pixels is missing",
    "Corrupt JPEG data: bad Huffman": "its packed pixels are spoilt",
    "Corrupt JPEG data: bad arith": "its packed pixels are spoilt",
    "Inconsistent progression": "a scan of its pixels is missing",
}


def open_jpeg(data: bytes) -> JpegImagePlugin.JpegImageFile:
    """Return the first image of a JPEG file, not decoded, of any size.

    Raises
    ------
    SyntaxError
        If its header is damaged.
    InputError
        If it is of a kind that is not read.
    """
    from PIL.JpegImagePlugin import JpegImageFile

    if data.startswith(START + b"\xff"):
        # Pillow takes its time over each byte that fills.
        data = START + data[2:].lstrip(b"\xff")
    try:
        return JpegImageFile(io.BytesIO(data))
    except SyntaxError as error:
        if bits := re.search(r"cannot handle (\d+)-bit", str(error)):
            raise InputError(f"it is a JPEG of {bits[1]} bits, which is not read; save it as PNG") from None
        if b"\xff\xf7" in data[: data.find(_SCAN)]:
            raise InputError("it is a JPEG-LS image, which is not read; convert it to PNG") from None
        raise


def fault_of_stream(data: bytes, most: int) -> str:
    """Return what is wrong with the pixels of a JPEG of at most so many, or "".

    It is decoded for that at an eighth of its size by a decoder that says what it had to make up. Bits that are flipped
    and make other valid pixels stay unnoticed, as JPEG has no checksum.
    """
    simplejpeg: Any = importlib.import_module("simplejpeg")
    # Of an end that is missing nothing is lost; and odd words of these two do no harm, but hide what follows.
    told = data.replace(b"JFIF\0", b"jfif\0").replace(b"Adobe", b"adobe") + _END
    try:
        height, width, *_ = simplejpeg.decode_jpeg_header(told)
        if height * width > most:
            return f"it claims {width} x {height} pixels"
        simplejpeg.decode_jpeg(told, "GRAY", min_height=1, min_width=1, strict=True)
    except ValueError as error:
        if fault := next((fault for words, fault in _SAID.items() if words in str(error)), ""):
            return fault
    return "there are zeros among its packed pixels" if _has_hole(data) else ""


def _has_hole(data: bytes) -> bool:
    """Say whether zeros lie among the pixels of a baseline file, whose code of zeros is not that of flat ground."""
    start = data.find(_SCAN)
    if b"\xff\xc2" in data[:start] or data.find(ZEROS, start, start + (len(data) if data.endswith(_END) else 0)) < 0:
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
