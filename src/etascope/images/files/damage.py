"""Damage that Pillow passes over in silence, where a format lets it be known: checksums, lengths, endings."""

from __future__ import annotations

import re
import struct
import zlib

#: So many zero bytes in a row are no packed pixels.
ZEROS = bytes(16)
#: What Pillow says of kinds that it does not know; a header that is damaged may say so, too.
_UNREAD = re.compile(r"raw mode|[Uu]nsupported|cannot handle|not supported|[Uu]nknown \w+ mode")


def fault_of(data: bytes) -> str:
    """Return what is wrong with a PNG, WebP or GIF file, or "" where nothing is known to be.

    Examples
    --------
    >>> fault_of(b"RIFF" + (100).to_bytes(4, "little") + b"WEBP")
    'it says that it has 108 bytes and has 12'
    """
    if data.startswith(b"\x89PNG"):
        return png_fault(data)
    if data.startswith(b"RIFF"):
        claimed = int.from_bytes(data[4:8], "little") + 8
        # An odd length is filled up, which some writers leave out and some count.
        near = abs(claimed - len(data)) <= 1
        return "" if near else f"it says that it has {claimed:,} bytes and has {len(data):,}"
    if data.startswith(b"GIF8"):
        if not data.rstrip(b"\0").endswith(b";"):
            return "its end is missing"
        return "" if _fills(data) else "its first frame does not fill it, and the rest of it has one colour"
    return ""


def _fills(gif: bytes) -> bool:
    """Say whether the first frame of a GIF has the size of all of it, or what it leaves free is transparent."""
    at = 13 + (3 << (gif[10] & 7) + 1 if gif[10] & 0x80 else 0)
    while gif[at : at + 1] == b"!":
        if gif[at + 1 : at + 2] == b"\xf9" and gif[at + 3] & 1:
            return True
        at += 2
        while at < len(gif) and gif[at]:
            at += gif[at] + 1
        at += 1
    if gif[at : at + 1] != b",":
        return True
    (wide, high), frame = struct.unpack("<2H", gif[6:10]), struct.unpack("<4H", gif[at + 1 : at + 9])
    return frame[:2] == (0, 0) and frame[2] >= wide and frame[3] >= high


def png_fault(data: bytes, *, every: bool = False) -> str:
    """Return the first chunk that is not what its checksum says; only those that make pixels count, or `every` one."""
    view, at = memoryview(data), 8
    while at + 12 <= len(data):
        length, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        end = at + 8 + length
        if kind == b"IEND":
            return ""
        # Lower case says that an image is the same without this chunk.
        counts = every or kind[:1].isupper() or kind == b"tRNS"
        if counts and zlib.crc32(view[at + 4 : end]) != int.from_bytes(data[end : end + 4], "big"):
            return f"the checksum of its {ascii(kind.decode('latin-1'))[1:-1]} is wrong"
        at = end + 4
    return "its end is missing"


def damage_of(error: Exception) -> str:
    """Return what an exception of Pillow's or of the system's says of an image."""
    if isinstance(error, OSError) and error.errno is not None:
        return f"it cannot be opened ({error.strerror})"
    if "MAX_TEXT" in str(error):
        return "it holds a text of more than a megabyte beside its pixels; save it again without"
    if "closed image" in str(error):
        return "it was closed; give images that are open, or copies of them (image.copy())"
    if _UNREAD.search(str(error)):
        return f"it is of a kind that is not read, or damaged ({str(error).rstrip('.')}); save it as PNG with 8 bits"
    return f"it is damaged ({str(error).rstrip('.') or type(error).__name__})"
