"""Damage that Pillow passes over in silence, where a format lets it be known: checksums, lengths, endings."""

from __future__ import annotations

import zlib

#: So many zero bytes in a row are no packed pixels.
ZEROS = bytes(16)


def fault_of(data: bytes) -> str:
    """Return what is wrong with a PNG, WebP or GIF file, or "" where nothing is known to be.

    Examples
    --------
    >>> fault_of(b"RIFF" + (100).to_bytes(4, "little") + b"WEBP")
    'it says that it has 108 bytes and has 12'
    """
    if data.startswith(b"\x89PNG"):
        return _png_fault(data)
    if data.startswith(b"RIFF"):
        claimed = int.from_bytes(data[4:8], "little") + 8
        # An odd length is filled up, which some writers leave out and some count.
        near = abs(claimed - len(data)) <= 1
        return "" if near else f"it says that it has {claimed:,} bytes and has {len(data):,}"
    if data.startswith(b"GIF8"):
        return "" if data.rstrip(b"\0").endswith(b";") else "its end is missing"
    return ""


def _png_fault(data: bytes) -> str:
    """Return the first chunk that is not what its checksum says; only those that make pixels count."""
    view, at = memoryview(data), 8
    while at + 12 <= len(data):
        length, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        end = at + 8 + length
        if kind == b"IEND":
            return ""
        # Lower case says that an image is the same without this chunk.
        counts = kind[:1].isupper() or kind == b"tRNS"
        if counts and zlib.crc32(view[at + 4 : end]) != int.from_bytes(data[end : end + 4], "big"):
            return f"the checksum of its {kind.decode('latin-1')} is wrong"
        at = end + 4
    return "its end is missing"


def damage_of(error: Exception) -> str:
    """Return what an exception of Pillow's or of the system's says of an image."""
    if isinstance(error, OSError) and error.errno is not None:
        return f"it cannot be opened ({error.strerror})"
    if "MAX_TEXT" in str(error):
        return "it holds a text of more than a megabyte beside its pixels; save it again without"
    return f"it is damaged ({str(error).rstrip('.') or type(error).__name__})"
