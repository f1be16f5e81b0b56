"""JPEG files: opened without Pillow's limit on size, and damage noticed that Pillow passes over in silence."""

from __future__ import annotations

import importlib
import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from etascope.core.errors import InputError

if TYPE_CHECKING:
    from PIL import JpegImagePlugin

#: How every JPEG file starts.
START = b"\xff\xd8\xff"
#: So many pixels one may have.
MOST = 260_000_000
#: So many zero bytes in a row are no packed pixels.
ZEROS = bytes(16)
_END = b"\xff\xd9"
_SCAN = b"\xff\xda"
_MARKER = re.compile(rb"\xff([^\xff\0])")
#: Markers without a length.
_ALONE = (0x01, *range(0xD0, 0xD9))
#: The kind of a frame that is lossless.
LOSSLESS = 0xC3
_BASELINE = (0xC0, 0xC1)
#: Kinds whose scans tell whether all of them are there.
_KNOWN = (*_BASELINE, 0xC2)
#: Kinds that can be decoded at a fraction of their size; of others a decoder overruns what it was given for that.
_REDUCED = (*_BASELINE, 0xC2, 0xC9, 0xCA)
_HELD = {1: "GRAY", 3: "RGB", 4: "CMYK"}
_UNREAD = {
    **dict.fromkeys((0xC5, 0xC6, 0xC7, 0xCD, 0xCE, 0xCF), "a hierarchical JPEG"),
    0xCB: "a lossless JPEG with arithmetic coding",
    0xF7: "a JPEG-LS image",
}
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


@dataclass(frozen=True)
class Frame:
    """What the first frame of a JPEG says: its kind, the second byte of its marker, bits a value, bands, where it ends.

    A kind of 0 says that there is none.
    """

    kind: int = 0
    bits: int = 0
    bands: int = 0
    end: int = 0


def frame_of(data: bytes) -> Frame:
    """Return the frame that a decoder comes upon; no thumbnail within another segment.

    Examples
    --------
    >>> frame_of(bytes.fromhex("ffd8 ffe00004ffc0 ffc3000b080200020001011100"))
    Frame(kind=195, bits=8, bands=1, end=21)
    """
    at = 2
    while marker := _MARKER.search(data, at):
        kind, at = marker[1][0], marker.end()
        if kind in _ALONE:
            continue
        length = int.from_bytes(data[at : at + 2], "big")
        if kind in (0xC8, 0xF7) or (0xC0 <= kind <= 0xCF and kind not in (0xC4, 0xCC)):
            head = data[at + 2 : at + 8].ljust(6, b"\0")
            return Frame(kind, head[0], head[5], at + length)
        if length < 2 or kind in (_SCAN[1], _END[1]):
            break
        at += length
    return Frame()


def open_jpeg(data: bytes) -> JpegImagePlugin.JpegImageFile:
    """Return the first image of a JPEG file, not decoded, of any size; refuse kinds that are not read."""
    from PIL.JpegImagePlugin import JpegImageFile

    if data.startswith(START + b"\xff"):
        # Pillow takes its time over each byte that fills.
        data = START + data[2:].lstrip(b"\xff")
    frame = frame_of(data)
    if what := _UNREAD.get(frame.kind):
        raise InputError(f"it is {what}, which is not read; convert it to PNG")
    try:
        picture = JpegImageFile(io.BytesIO(data + _END if _only_end_is_missing(data, frame) else data))
    except SyntaxError as error:
        if bits := re.search(r"cannot handle (\d+)-bit", str(error)):
            raise InputError(f"it is a JPEG of {bits[1]} bits, which is not read; save it as PNG") from None
        raise
    if frame.kind == LOSSLESS:
        picture.info["lossless"] = True
    return picture


def reduce(picture: JpegImagePlugin.JpegImageFile, most: int) -> None:
    """Let the decoder skip detail of an image beyond a height and width, where it can."""
    if "lossless" not in picture.info:
        picture.draft(None, (most, most))


def fault_of_stream(data: bytes, most: int) -> str:
    """Return what is wrong with the pixels of a JPEG of at most so many, or "".

    It is decoded for that, at an eighth of its size where it can be, by a decoder that says what it had to make up.
    Bits that are flipped and make other valid pixels stay unnoticed, as JPEG has no checksum.
    """
    frame = frame_of(data)
    if fault := _made_up(data, frame, most):
        return fault
    if _has_hole(data, frame):
        return "there are zeros among its packed pixels"
    return "its end is missing" if frame.kind in _KNOWN and data.find(_END, frame.end) < 0 else ""


def _made_up(data: bytes, frame: Frame, most: int) -> str | None:
    """Return what a decoder had to make up, "" for nothing, and None where it cannot tell."""
    if frame.bits != 8 or frame.kind not in (*_REDUCED, LOSSLESS):
        return None
    simplejpeg: Any = importlib.import_module("simplejpeg")
    # Of an end that is missing nothing is lost; and odd words of these two do no harm, but hide what follows.
    plain = data.replace(b"JFIF\0", b"jfif\0").replace(b"Adobe", b"adobe") + _END
    try:
        height, width, *_ = simplejpeg.decode_jpeg_header(plain)
        if height * width > most:
            return f"it claims {width} x {height} pixels"
        if frame.kind == LOSSLESS:
            simplejpeg.decode_jpeg(plain, _HELD.get(frame.bands, "RGB"), strict=True)
        else:
            simplejpeg.decode_jpeg(plain, "GRAY", min_height=1, min_width=1, strict=True)
    except ValueError as error:
        return next((fault for words, fault in _SAID.items() if words in str(error)), None)
    return ""


def _only_end_is_missing(data: bytes, frame: Frame) -> bool:
    """Say whether a file lacks the marker at its end, and holds all of its pixels."""
    scan = data.find(_SCAN, frame.end)
    if frame.kind not in _KNOWN or scan < 0 or data.find(_END, scan) >= 0:
        return False
    return _has_all_scans(data, frame) and _made_up(data, frame, MOST) == "" and not _has_hole(data + _END, frame)


def _has_all_scans(data: bytes, frame: Frame) -> bool:
    """Say whether each band has its 64 coefficients to the last bit: a scan may hold some bands, some bits of some."""
    held: dict[int, list[int]] = {}
    at = data.find(_SCAN, frame.end)
    while at >= 0:
        scan = data[at + 5 : at + 8 + 2 * int.from_bytes(data[at + 4 : at + 5])]
        if len(scan) > 4:
            first, last, bits = scan[-3:]
            for band in scan[:-3:2]:
                coefficients = held.setdefault(band, [1] * 64)
                coefficients[first : last + 1] = [bits & 15] * (last + 1 - first)
        at = data.find(_SCAN, at + 2)
    return len(held) == frame.bands and not any(map(any, held.values()))


def _has_hole(data: bytes, frame: Frame) -> bool:
    """Say whether zeros lie among the pixels of a baseline file, whose code of zeros is not that of flat ground."""
    start = data.find(_SCAN, frame.end)
    if frame.kind not in _BASELINE or not data.endswith(_END) or data.find(ZEROS, max(start, 0)) < 0:
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
