import io
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from etascope.store.npz import read_npz, write_npz
from tests.store.made import SHAPES, same

DTYPES = st.sampled_from(["f4", "f8", ">f8", "i8", "u1", "?", "c8", "U3", "M8[s]"])


@given(arrays=st.lists(hnp.arrays(DTYPES, SHAPES), max_size=3), text=st.text(max_size=20))
def test_what_was_written_is_read_to_the_bit(arrays, text):
    again, arrays_read = read_npz(write_npz(text, arrays))
    assert again == text
    assert same(arrays_read, arrays)


def test_numpy_reads_it_without_pickle():
    with np.load(io.BytesIO(write_npz("{}", [np.arange(3.0)])), allow_pickle=False) as members:
        assert members["0"].tolist() == [0, 1, 2]


def test_equal_content_is_equal_bytes():
    assert write_npz("{}", [np.arange(9)]) == write_npz("{}", [np.arange(9)])


def test_what_compresses_is_compressed_and_noise_is_not():
    noise = np.random.default_rng(0).standard_normal(30_000).astype(np.float32)
    assert len(write_npz("", [np.ones(30_000)])) < 2000
    assert len(write_npz("", [noise])) > noise.nbytes


def test_python_objects_are_never_pickled():
    with pytest.raises(ValueError, match="Object arrays"):
        write_npz("", [np.array([object()])])


def test_pickled_objects_are_never_loaded():
    out = io.BytesIO()
    np.lib.format.write_array(out, np.array([{}], object), allow_pickle=True)
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as members:
        members.comment = b"1"
        members.writestr("record.json", "{}")
        members.writestr("0.npy", out.getvalue())
    with pytest.raises(ValueError, match="allow_pickle=False"):
        read_npz(content.getvalue())


@given(at=st.integers(0, 400), byte=st.integers(1, 255))
def test_damaged_bytes_are_told_or_harmless(at, byte):
    whole = write_npz('{"a": 1}', [np.arange(5.0)])
    broken = bytearray(whole)
    broken[at % len(whole)] ^= byte
    try:
        text, arrays = read_npz(bytes(broken))
    except ValueError:
        return
    assert text == '{"a": 1}'
    assert same(arrays, [np.arange(5.0)])


@pytest.mark.parametrize("content", [b"", b"nothing", b"PK\5\6" + bytes(18), b"PK\5\6" + bytes(16) + b"\1\0000"])
def test_other_bytes_are_told(content):
    with pytest.raises(ValueError, match="not the bytes of a record"):
        read_npz(content)


def test_a_text_that_is_longer_than_any_is_not_unpacked():
    content = write_npz(" " * (1 << 26) + "{}", [])
    assert len(content) < 1 << 20
    with pytest.raises(ValueError, match="not the bytes of a record"):
        read_npz(content)
