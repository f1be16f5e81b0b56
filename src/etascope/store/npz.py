"""A text and arrays in one `.npz` file's bytes, deterministic and without pickle."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

_TEXT = "record.json"
#: Bytes of the text of a record, at most: a little that is deflated can be very much.
_LONGEST = 1 << 26
#: Bytes of an array that are looked at to see whether it compresses.
_SAMPLE = 32_768
#: What is left of an array that is worth compressing. Noise (losses of single examples, weights) keeps nine tenths,
#: and writing it deflated takes ten times as long.
_WORTH = 0.75
#: What bytes that are no such file make of `zipfile` and NumPy.
_DAMAGE = (
    zipfile.BadZipFile, zlib.error, struct.error, KeyError, EOFError, OSError, RuntimeError, OverflowError, MemoryError,
)  # fmt: skip


def write_npz(text: str, arrays: Sequence[NDArray[Any]]) -> bytes:
    """Return `text` and `arrays` as the bytes of an `.npz` file that `numpy.load` reads.

    Equal content gives equal bytes. An array that compresses is deflated, any other stored as it is.

    The text is the member `record.json`; the arrays, of any shape and any dtype but object, are `0`, `1`, ... in order.

    Raises `ValueError` if an array holds Python objects.

    Examples
    --------
    >>> text, arrays = read_npz(write_npz("{}", [np.array([1.5, np.nan])]))
    >>> text, arrays[0].tolist()
    ('{}', [1.5, nan])
    """
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as members:
        members.comment = b"%d" % len(arrays)  # Damage can hide members from the directory.
        _member(members, _TEXT, text.encode("utf-8"))
        for number, array in enumerate(arrays):
            content = io.BytesIO()
            np.lib.format.write_array(content, np.asarray(array), allow_pickle=False)
            _member(members, f"{number}.npy", content.getvalue())
    return out.getvalue()


def read_npz(content: bytes) -> tuple[str, list[NDArray[Any]]]:
    """Return the text and the arrays that `write_npz` wrote, bit for bit.

    Raises `ValueError` if these are other or damaged bytes.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as members:
            if members.getinfo(_TEXT).file_size > _LONGEST:
                raise KeyError("its text is longer than that of any record")
            text = members.read(_TEXT).decode("utf-8")
            arrays = list[NDArray[Any]]()
            if members.comment != b"%d" % (len(members.namelist()) - 1):
                raise KeyError("members are missing")
            for number in range(len(members.namelist()) - 1):
                array = np.lib.format.read_array(io.BytesIO(members.read(f"{number}.npy")), allow_pickle=False)
                arrays.append(array)
    except _DAMAGE as error:
        raise ValueError("these are not the bytes of a record") from error
    return text, arrays


def _member(members: zipfile.ZipFile, name: str, content: bytes) -> None:
    # A member without a date of its own, so that equal content gives equal bytes.
    member = zipfile.ZipInfo(name)
    sample = content[:_SAMPLE]
    if len(zlib.compress(sample, 1)) < _WORTH * len(sample):
        member.compress_type = zipfile.ZIP_DEFLATED
    members.writestr(member, content, compresslevel=6)
