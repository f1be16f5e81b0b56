"""IDX files: what is written comes back, and nothing is believed before it is checked."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import lzma
import re
import struct
import tempfile
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from etascope.core.errors import InputError
from etascope.images.idx.file import append_images, read_idx_labels
from tests.images.making import idx_bytes, pictures, refused, write_idx

GOOD = idx_bytes(pictures(3)[..., 0])


def images_of(folder: Path, data: bytes, name: str = "a-images-idx3-ubyte") -> tuple[tuple[int, ...], bytes]:
    path = folder / name
    path.write_bytes(data)
    held = bytearray()
    return append_images(path, held).shape, bytes(held)


@settings(max_examples=40, deadline=None)
@given(npst.arrays(np.uint8, npst.array_shapes(min_dims=3, max_dims=3, max_side=7)), st.booleans())
def test_images_come_back(array, packed):
    with tempfile.TemporaryDirectory() as folder:
        path = write_idx(Path(folder) / ("x" + ".gz" * packed), array)
        held = bytearray(b"before")
        header = append_images(path, held)
    assert (header.shape, header.dtype) == ((*array.shape, 1), np.dtype("u1"))
    assert bytes(held) == b"before" + array.tobytes()


@settings(max_examples=40, deadline=None)
@given(
    npst.arrays(st.sampled_from([np.dtype("u1"), np.dtype("i1"), np.dtype(">i2"), np.dtype(">i4")]), st.integers(1, 20))
)
def test_labels_come_back_in_every_integer_type(array):
    code = {"|u1": 0x08, "|i1": 0x09, ">i2": 0x0B, ">i4": 0x0C}[array.dtype.str]
    with tempfile.TemporaryDirectory() as folder:
        assert read_idx_labels(write_idx(Path(folder) / "y", array, code)).tolist() == array.tolist()


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.integers(0, 2**32 - 1), min_size=3, max_size=3),
    st.integers(0, 40),
    st.booleans(),
)
def test_a_lying_header_is_refused_and_costs_no_memory(shape, held, packed):
    data = struct.pack(">HBB3I", 0, 8, 3, *shape) + bytes(held)
    true = int(np.prod([int(n) for n in shape], dtype=object)) == held and 0 not in shape
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / ("x" + ".gz" * packed)
        path.write_bytes(gzip.compress(data, 1) if packed else data)
        pixels = bytearray()
        tracemalloc.start()
        try:
            with contextlib.nullcontext() if true else pytest.raises(InputError, match=re.escape(str(path))):
                append_images(path, pixels)
        finally:
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
    assert peak < 4e6


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=64), st.booleans())
def test_any_bytes_are_read_or_refused(data, packed):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / ("x" + ".gz" * packed)
        path.write_bytes(data)
        with pytest.raises(InputError):
            append_images(path, bytearray())


def test_too_few_bytes(tmp_path):
    with refused("claims 60 bytes", "holds 59"):
        images_of(tmp_path, GOOD[:-1])


def test_too_few_bytes_compressed(tmp_path):
    with refused("claims 60 bytes", "ends after 59"):
        images_of(tmp_path, gzip.compress(GOOD[:-1]), "a.gz")


def test_too_many_bytes(tmp_path):
    with refused("claims 60 bytes", "holds 61"):
        images_of(tmp_path, GOOD + b"x")


def test_too_many_bytes_compressed(tmp_path):
    with refused("claims 60 bytes", "holds more"):
        images_of(tmp_path, gzip.compress(GOOD + b"x"), "a.gz")


def test_a_large_file_behind_a_small_claim_is_not_unpacked(tmp_path):
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(GOOD + bytes(50_000_000), 1))
    tracemalloc.start()
    with refused("holds more"):
        append_images(path, bytearray())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4e6


def test_an_absurd_claim(tmp_path):
    claim = struct.pack(">HBB3I", 0, 8, 3, 2**31, 2**31, 1)
    with refused(f"{2**62:,} bytes", "holds 4"):
        images_of(tmp_path, claim + bytes(4))
    with refused(f"{2**62:,} bytes", "more than its"):
        images_of(tmp_path, gzip.compress(claim + bytes(4)), "a.gz")


def test_wrong_magic(tmp_path):
    with refused("two zero bytes", "48 65 6c 6c"):
        images_of(tmp_path, b"Hello, world, this is text")


def test_gzip_bytes_under_a_plain_name(tmp_path):
    with refused("two zero bytes", "name it .gz"):
        images_of(tmp_path, gzip.compress(GOOD))


def test_an_empty_file(tmp_path):
    with refused("holds 0 bytes"):
        images_of(tmp_path, b"")


def test_a_wrong_type_code(tmp_path):
    with refused("type code", "0x0a"):
        images_of(tmp_path, idx_bytes(pictures(3)[..., 0], 0x0A))


def test_labels_for_images(tmp_path):
    with refused("3 or 4 dimensions", "has 1", "swapped"):
        images_of(tmp_path, idx_bytes(np.arange(5, dtype=np.uint8)))


def test_images_for_labels(tmp_path):
    with refused("1 dimensions", "has 3"):
        read_idx_labels(write_idx(tmp_path / "y", pictures(3)[..., 0]))


def test_a_header_cut_short(tmp_path):
    with refused("ends within its header"):
        images_of(tmp_path, GOOD[:9])


def test_an_axis_of_nothing(tmp_path):
    with refused("at least one item", "(3, 0, 4)"):
        images_of(tmp_path, struct.pack(">HBB3I", 0, 8, 3, 3, 0, 4))


def test_two_channels(tmp_path):
    with refused("1 or 3 channels", "has 2"):
        images_of(tmp_path, idx_bytes(pictures(3, channels=2)))


def test_three_channels_are_colour(tmp_path):
    array = pictures(3, channels=3)
    assert images_of(tmp_path, idx_bytes(array)) == ((3, 5, 4, 3), array.tobytes())


def test_named_gz_but_plain(tmp_path):
    with refused("named .gz must be gzip"):
        images_of(tmp_path, GOOD, "a.gz")


def test_a_truncated_gz(tmp_path):
    with refused("must be whole"):
        images_of(tmp_path, gzip.compress(GOOD)[:-12], "a.gz")


def test_a_gz_with_a_flipped_bit(tmp_path):
    data = bytearray(gzip.compress(GOOD))
    data[-6] ^= 1
    with refused("must be whole", "CRC"):
        images_of(tmp_path, bytes(data), "a.gz")


def test_a_gz_in_two_members(tmp_path):
    shape, held = images_of(tmp_path, gzip.compress(GOOD[:30]) + gzip.compress(GOOD[30:]), "a.gz")
    assert (shape, held) == ((3, 5, 4, 1), GOOD[16:])


def test_a_missing_file(tmp_path):
    with refused("cannot be read", "No such file"):
        append_images(tmp_path / "none", bytearray())


@pytest.mark.parametrize(
    ("pack", "ending", "parts"),
    [
        (lambda data: gzip.compress(gzip.compress(data)), ".gz", ("gzip bytes: unpack it first",)),
        (gzip.compress, "", ("name it .gz",)),
        (bz2.compress, ".bz2", ("bzip2 bytes: unpack it first",)),
        (lzma.compress, ".xz", ("xz bytes: unpack it first",)),
        (lambda data: data[:3], "", ("holds 3 bytes",)),
    ],
)
def test_packed_otherwise_and_cut(tmp_path, pack, ending, parts):
    path = tmp_path / f"a-images-idx3-ubyte{ending}"
    path.write_bytes(pack(idx_bytes(pictures()[..., 0])))
    with refused(path.name, *parts):
        append_images(path, bytearray())


def test_labels_of_several_columns_as_those_of_qmnist(tmp_path):
    with refused("labels have 1 dimensions", "has 2", "Give the column of the class"):
        read_idx_labels(write_idx(tmp_path / "a-labels-idx2-int", np.zeros((6, 8), np.int32), 0x0C))
