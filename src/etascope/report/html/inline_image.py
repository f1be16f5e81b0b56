"""An image as text that a page can hold: a PNG in a data URI."""

from __future__ import annotations

import base64
import struct
import zlib

import numpy as np
from numpy.typing import NDArray


def png(image: NDArray[np.uint8]) -> bytes:
    """Return an image as a PNG file (RFC 2083): gray for one channel, else red, green and blue.

    Written here since a decoder as large as Pillow takes longer to load than the page takes to write.

    Parameters
    ----------
    image
        `(height, width, 1 or 3)` uint8.
    """
    height, width, channels = image.shape
    rows = np.zeros((height, 1 + width * channels), np.uint8)
    rows[:, 1:] = image.reshape(height, -1)
    head = struct.pack(">IIBBBBB", width, height, 8, 2 if channels == 3 else 0, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(rows.tobytes(), 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in parts)


def data_uri(image: NDArray[np.uint8]) -> str:
    """Return an image as a `data:` address.

    Examples
    --------
    >>> data_uri(np.zeros((1, 1, 1), np.uint8))[:36]
    'data:image/png;base64,iVBORw0KGgoAAA'
    """
    return "data:image/png;base64," + base64.b64encode(png(image)).decode("ascii")


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
