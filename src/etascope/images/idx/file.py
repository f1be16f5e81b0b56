"""One IDX file, as MNIST ships it: a big-endian header, then the bytes.

The format: two zero bytes, a type code, the number of dimensions, each dimension in four bytes, the data
(LeCun, Cortes, Burges, "The MNIST database of handwritten digits").
"""

from __future__ import annotations

import contextlib
import gzip
import io
import math
import zlib
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from etascope.core.errors import InputError
from etascope.images.paths import unreadable

_CHUNK = 1 << 20
#: Deflate expands a byte to at most this many, so a claim beyond it is a lie.
DEFLATE_LIMIT = 1032
_TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
#: What files begin with that are packed.
_PACKED = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zX": "xz", b"PK\3\4": "zip"}
_AGAIN = "Fetch the file again."


@dataclass(frozen=True)
class IdxHeader:
    """What an IDX file claims to hold: shape and type."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    @property
    def size(self) -> int:
        """Bytes of data."""
        return math.prod(self.shape) * self.dtype.itemsize


def append_images(path: Path, pixels: bytearray) -> IdxHeader:
    """Append the images of a file to `pixels` and return their shape `(n, height, width, channels)` and type.

    The buffer grows with what really arrives, never with what the header claims.
    """
    header = _append(path, pixels, (3, 4), "images")
    count, height, width, *rest = header.shape
    channels = rest[0] if rest else 1
    if channels not in (1, 3):
        raise InputError(f"IDX images must have 1 or 3 channels; {path} has {channels}.")
    return IdxHeader((count, height, width, channels), header.dtype)


def read_idx_labels(path: Path) -> NDArray[Any]:
    """Return the labels `(n,)` of a file, whole numbers."""
    held = bytearray()
    header = _append(path, held, (1,), "labels")
    return np.frombuffer(held, header.dtype)


def packed_otherwise(path: Path) -> bool:
    """Say whether a packed file beside a plain one, named as it, holds something else, by its checksum."""
    twin = path.with_name(f"{path.name}.gz")
    if not twin.is_file():
        return False
    try:
        with path.open("rb") as file, twin.open("rb") as packed:
            checksum = 0
            while chunk := file.read(_CHUNK):
                checksum = zlib.crc32(chunk, checksum)
            packed.seek(-min(8, twin.stat().st_size), 2)
            return packed.read(4) != checksum.to_bytes(4, "little")
    except OSError as error:
        raise unreadable(twin, error) from None


def _append(path: Path, into: bytearray, axes: tuple[int, ...], kind: str) -> IdxHeader:
    try:
        with _stream(path) as stream:
            header = _header(stream, path, axes, kind)
            _check_claim(path, header)
            left = header.size
            while left and (chunk := stream.read(min(_CHUNK, left))):
                into += chunk
                left -= len(chunk)
            if left or stream.read(1):
                raise _unlike_claim(
                    path, header, f" and {f'ends after {header.size - left:,}' if left else 'holds more'}"
                )
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        reason = str(error).rstrip(".")
        raise InputError(f"a .gz file must be whole; {path} is not: {reason}. {_AGAIN}") from None
    except OSError as error:
        raise unreadable(path, error) from None
    return header


@contextlib.contextmanager
def _stream(path: Path) -> Generator[io.BufferedIOBase, None, None]:
    with path.open("rb") as file:
        if path.suffix.lower() != ".gz":
            yield file
            return
        if file.read(2) != b"\x1f\x8b":
            raise InputError(f"a file named .gz must be gzip; {path} is not. Rename it without .gz, or fetch it again.")
        file.seek(0)
        with gzip.GzipFile(fileobj=file, mode="rb") as unpacked:
            yield unpacked


def _header(stream: io.BufferedIOBase, path: Path, axes: tuple[int, ...], kind: str) -> IdxHeader:
    start = stream.read(4)
    if len(start) < 4:
        raise InputError(f"an IDX file begins with a header; {path} holds {len(start)} bytes. {_AGAIN}")
    if start[:2] != b"\0\0":
        packed = next((name for sign, name in _PACKED.items() if start.startswith(sign)), "")
        named = "name it .gz" if packed == "gzip" and path.suffix.lower() != ".gz" else "unpack it first"
        hint = f" These are {packed} bytes: {named}." if packed else ""
        raise InputError(
            f"an IDX file starts with two zero bytes; {path} starts with {start.hex(' ') or 'nothing'}.{hint}"
        )
    if start[2] not in _TYPES:
        codes = ", ".join(f"0x{code:02x}" for code in _TYPES)
        raise InputError(
            f"the type code of IDX {kind} must be {codes} (0x08 is a byte); {path} has 0x{start[2]:02x}. "
            "Convert it, or give the data as .npz."
        )
    if start[3] not in axes:
        raise InputError(
            f"IDX {kind} have {' or '.join(map(str, axes))} dimensions; {path} has {start[3]}. "
            + (
                "Give the column of the class as labels (that of QMNIST is the first)."
                if (start[3], kind) == (2, "labels")
                else "Check that images and labels are not swapped."
            )
        )
    sizes = stream.read(4 * start[3])
    if len(sizes) < 4 * start[3]:
        raise InputError(f"an IDX header gives every dimension; {path} ends within its header. {_AGAIN}")
    shape = tuple(int(n) for n in np.frombuffer(sizes, ">u4"))
    if 0 in shape:
        raise InputError(f"an IDX file must hold at least one item of at least one pixel; {path} claims shape {shape}.")
    return IdxHeader(shape, np.dtype(_TYPES[start[2]]))


def _check_claim(path: Path, header: IdxHeader) -> None:
    held = path.stat().st_size
    start = 4 + 4 * len(header.shape)
    if path.suffix.lower() == ".gz":
        if header.size > held * DEFLATE_LIMIT:
            raise _unlike_claim(path, header, f", more than its {held:,} compressed bytes can unpack to")
    elif header.size != held - start:
        raise _unlike_claim(path, header, f" and holds {held - start:,}")


def _unlike_claim(path: Path, header: IdxHeader, holds: str) -> InputError:
    claim = f"an IDX file must hold what its header claims; {path} claims {header.size:,} bytes of data"
    return InputError(f"{claim}{holds}. {_AGAIN}")
