"""Writes small image sets in every form, and checks refusals."""

from __future__ import annotations

import contextlib
import gzip
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from numpy.typing import NDArray

from etascope.core.errors import InputError

if TYPE_CHECKING:
    from PIL import Image


@contextlib.contextmanager
def refused(*parts: str) -> Iterator[pytest.ExceptionInfo[InputError]]:
    """The block ends in one InputError whose message is a line of prose that holds all parts."""
    with pytest.raises(InputError) as caught:
        yield caught
    message = str(caught.value)
    assert "\n" not in message
    assert message.endswith((".", "?"))
    assert ".." not in message.replace(" .. ", "").replace("...", "")
    for part in parts:
        assert part in message, f"{part!r} is not in {message!r}"


def pictures(count: int = 6, height: int = 5, width: int = 4, channels: int = 1, seed: int = 0) -> NDArray[np.uint8]:
    """Random images `(count, height, width, channels)`."""
    return np.random.default_rng(seed).integers(0, 256, (count, height, width, channels), np.uint8)


def idx_bytes(array: NDArray[np.generic], code: int = 0x08) -> bytes:
    """An IDX file of big-endian data."""
    head = struct.pack(">HBB", 0, code, array.ndim) + struct.pack(f">{array.ndim}I", *array.shape)
    return head + array.astype(array.dtype.newbyteorder(">")).tobytes()


def write_idx(path: Path, array: NDArray[np.generic], code: int = 0x08) -> Path:
    """Write an IDX file, compressed when its name says so."""
    data = idx_bytes(array, code)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(data, 1) if path.suffix == ".gz" else data)
    return path


def write_mnist(folder: Path, train: int = 6, test: int = 4, ending: str = ".gz") -> NDArray[np.uint8]:
    """Write four files named as MNIST's; labels alternate 0, 1. Returns all images, training first."""
    images = pictures(train + test)[..., 0]
    for part, rows in (("train", slice(0, train)), ("t10k", slice(train, None))):
        write_idx(folder / f"{part}-images-idx3-ubyte{ending}", images[rows])
        write_idx(folder / f"{part}-labels-idx1-ubyte{ending}", (np.arange(len(images[rows])) % 2).astype(np.uint8))
    return images[..., None]


def picture(pixels: NDArray[np.uint8]) -> Image.Image:
    """A Pillow image of `(height, width, channels)`."""
    from PIL import Image

    return Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)


def write_folder(
    root: Path, images: Sequence[NDArray[np.uint8]], names: Sequence[str], ending: str = ".png"
) -> list[Path]:
    """Write images into a directory per class, numbered so that their order is that of `images` within a class."""
    paths: list[Path] = []
    for number, (image, name) in enumerate(zip(images, names, strict=True)):
        path = root / name / f"img{number}{ending}"
        path.parent.mkdir(parents=True, exist_ok=True)
        lossless = {"lossless": True} if ending == ".webp" else {}
        picture(image).save(path, **lossless)
        paths.append(path)
    return paths


def write_tiff(
    path: Path,
    pixels: NDArray[np.generic],
    *,
    photometric: int = 1,
    extra: tuple[int, ...] = (),
    description: str = "",
    compression: int = 1,
    data: bytes | None = None,
    tags: dict[int, tuple[int, ...] | bytes] | None = None,
    order: str = "<",
) -> Path:
    """Write `(height, width, bands)` of any type as a TIFF of one strip, or pages of such arrays `(pages, ...)`."""
    pages = pixels if pixels.ndim == 4 else pixels[None]
    kinds = {"u": 1, "i": 2, "f": 3}
    out = bytearray(struct.pack(f"{order}2sHI", b"II" if order == "<" else b"MM", 42, 0))
    link = 4
    for page in pages:
        high, wide, bands = page.shape
        held = data if data is not None else page.astype(page.dtype.newbyteorder(order)).tobytes()
        place = len(out)
        out += held
        entries: dict[int, tuple[int, ...] | bytes] = {
            256: (wide,),
            257: (high,),
            258: (page.dtype.itemsize * 8,) * bands,
            259: (compression,),
            262: (photometric,),
            273: (place,),
            277: (bands,),
            278: (high,),
            279: (len(held),),
            339: (kinds[page.dtype.kind],) * bands,
        }
        if extra:
            entries[338] = extra
        if description:
            entries[270] = description.encode() + b"\0"
        entries |= tags or {}
        rows = bytearray()
        for tag, value in sorted(entries.items()):
            kind, packed = (2, value) if isinstance(value, bytes) else (4, struct.pack(f"{order}{len(value)}I", *value))
            if len(packed) > 4:
                where = struct.pack(order + "I", len(out))
                out += packed
            else:
                where = packed.ljust(4, b"\0")
            rows += struct.pack(order + "HHI", tag, kind, len(value)) + where
        out[link : link + 4] = struct.pack(order + "I", len(out))
        out += struct.pack(order + "H", len(entries)) + rows
        link = len(out)
        out += bytes(4)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(out)
    return path


def lossless_jpeg(pixels: NDArray[np.uint8]) -> bytes:
    """A lossless JPEG of `(height, width, bands)`: each value is told by how far it is from the one to the left."""
    high, wide, bands = pixels.shape
    values = pixels.astype(int)
    guess = np.concatenate([np.roll(values[:, :1], 1, axis=0), values[:, :-1]], axis=1)
    guess[0, 0] = 128
    bits = ""
    for step in (values - guess).ravel().tolist():
        size = abs(step).bit_length()
        bits += f"{size:04b}" + (f"{step if step > 0 else step + (1 << size) - 1:0{size}b}" if size else "")
    bits += "1" * (-len(bits) % 8)
    packed = bytes(int(bits[at : at + 8], 2) for at in range(0, len(bits), 8)).replace(b"\xff", b"\xff\0")
    own = b"".join(bytes([band, 0x11, 0]) for band in range(1, bands + 1))
    frame = struct.pack(">BBHBHHB", 0xFF, 0xC3, 8 + 3 * bands, 8, high, wide, bands) + own
    table = struct.pack(">BBHB", 0xFF, 0xC4, 28, 0) + bytes([0, 0, 0, 9, *bytes(12), *range(9)])
    scan = b"".join(bytes([band, 0]) for band in range(1, bands + 1))
    scan = struct.pack(">BBHB", 0xFF, 0xDA, 6 + 2 * bands, bands) + scan + bytes([1, 0, 0])
    # Says that three bands are red, green and blue.
    adobe = b"\xff\xee\0\x0eAdobe" + bytes(7) if bands == 3 else b""
    return b"\xff\xd8" + adobe + frame + table + scan + packed + b"\xff\xd9"


def told_or_refused(path: Path) -> str:
    """What a damaged image file says: the marks of what was decoded, or why it was not; "" for nothing."""
    from etascope.images.files.decode import BadImage, decode_file
    from etascope.images.opened import Options

    try:
        return " ".join(f"{mark.kind}: {mark.detail}" for mark in decode_file(path, Options()).marks)
    except BadImage as error:
        return str(error)
