import contextlib
import io
import struct
import time
import tracemalloc
import zipfile

import pytest

from etascope import InputError
from etascope.images.arrays import zip_directory
from etascope.images.arrays.zip_directory import open_zip

END = struct.Struct("<4s4H2LH")


def entry(number, name=b""):
    """Return an entry of a directory: an empty file that was stored."""
    name = name or b"a/%d.png" % number
    return (
        struct.pack("<4s4B4HL2L5H2L", b"PK\1\2", 20, 3, 20, 0, 0, 0, 0, 33, 0, 0, 0, len(name), 0, 0, 0, 0, 0, 0) + name
    )


def archive(directory, *, entries=None, size=None, offset=0, zip64=None, comment=b""):
    """Return a zip that is a directory and what is said of it; `zip64` is (entries, size, offset) in its record."""
    out = directory
    if zip64 is not None:
        out += struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, zip64[0], zip64[0], zip64[1], zip64[2])
        out += struct.pack("<4sLQL", b"PK\6\7", 0, len(directory), 1)
    entries = directory.count(b"PK\1\2") if entries is None else entries
    size = len(directory) if size is None else size
    short = min(entries, 0xFFFF)
    return out + END.pack(b"PK\5\6", 0, 0, short, short, size, offset, len(comment)) + comment


MANY = b"".join(map(entry, range(zip_directory.MOST_ENTRIES + 1)))
LARGE = b"".join(entry(i, b"x" * 60_000) for i in range(150))
REFUSED = {
    "many entries": archive(MANY),
    "many entries, a small number said": archive(MANY, entries=3),
    "many entries in zip64": archive(MANY, entries=3, size=0xFFFFFFFF, offset=0xFFFFFFFF,
                                    zip64=(len(MANY), len(MANY), 0)),
    "many entries in zip64, a small number said": archive(MANY, zip64=(3, len(MANY), 0)),
    "few entries of long names": archive(LARGE),
    "a size of 4 GiB": archive(entry(0), size=0xFFFFFFFF),
    "a size of 2 ** 62 in zip64": archive(entry(0), zip64=(1, 2**62, 0)),
    "a size of 2 ** 64 - 1 in zip64": archive(entry(0), zip64=(1, 2**64 - 1, 0)),
    "many entries and a comment": archive(MANY, comment=b"PK\5\6" + b"c" * 60_000),
    "many entries and a zip before them": archive(entry(0)) + archive(MANY, offset=0),
}  # fmt: skip
#: What is read of these is small, whatever they say.
LITTLE = {
    "a number of 65,535 said, one is there": archive(entry(0), entries=0xFFFF),
    "a number of 2 ** 63 said in zip64, one is there": archive(entry(0), zip64=(2**63, len(entry(0)), 0)),
    "many entries, a size of three said": archive(MANY, size=3 * len(entry(0))),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_large_directory_is_refused_before_it_is_understood(name):
    file = io.BytesIO(REFUSED[name])
    tracemalloc.start()
    began = time.process_time()
    try:
        with pytest.raises((InputError, zipfile.BadZipFile)) as told:
            open_zip(file)
        assert tracemalloc.get_traced_memory()[1] < 24 * 2**20
    finally:
        tracemalloc.stop()
    assert time.process_time() - began < 2
    if name in ("many entries", "few entries of long names"):
        assert isinstance(told.value, InputError)
        assert "Make a zip of fewer files." in str(told.value)


@pytest.mark.parametrize("name", LITTLE)
def test_a_number_that_is_a_lie_costs_nothing(name):
    began = time.process_time()
    with contextlib.suppress(zipfile.BadZipFile):
        assert len(open_zip(io.BytesIO(LITTLE[name])).infolist()) <= 3
    assert time.process_time() - began < 1


def test_a_zip_is_read_as_ever():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for i in range(1000):
            made.writestr(f"{i}.txt", f"{i}" * 1000)
    with open_zip(out) as opened:
        assert opened.read("999.txt") == b"999" * 1000
        assert len(opened.namelist()) == 1000
    assert not out.closed


def test_a_large_file_that_is_not_packed_is_read_at_once():
    held, data = io.BytesIO(), bytes(zip_directory.LARGEST_DIRECTORY + 1)
    with zipfile.ZipFile(held, "w") as made:
        made.writestr("a", data)
    with open_zip(held) as archive:
        assert archive.read("a") == data
