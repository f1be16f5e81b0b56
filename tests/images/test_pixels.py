"""Pixels of every type and axis order become bytes."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from etascope.images.pixels import float_bytes, image_axes, scaled_bytes, to_bytes, wide_bytes
from tests.images.making import pictures, refused


@given(npst.array_shapes(min_dims=3, max_dims=3, max_side=6))
def test_gray_stacks(shape):
    assert image_axes(np.zeros(shape)).shape == (*shape, 1)


@given(st.integers(1, 5), st.integers(5, 9), st.integers(5, 9), st.sampled_from([1, 2, 3, 4]))
def test_channels_are_found_at_either_end(count, height, width, channels):
    last = np.random.default_rng(0).integers(0, 256, (count, height, width, channels))
    assert np.array_equal(image_axes(last), last)
    assert np.array_equal(image_axes(last.transpose(0, 3, 1, 2)), last)


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((5, 1, 5, 4), (5, 5, 4, 1)),
        ((5, 3, 8, 3), (5, 3, 8, 3)),
        ((5, 4, 8, 2), (5, 4, 8, 2)),
        ((5, 2, 8, 3), (5, 2, 8, 3)),
        ((5, 3, 8, 4), (5, 8, 4, 3)),
    ],
)
def test_where_both_ends_could_be_channels(shape, expected):
    assert image_axes(np.zeros(shape)).shape == expected


@given(st.integers(1, 5), st.integers(1, 9))
def test_flat_squares(count, side):
    flat = np.arange(count * side * side).reshape(count, -1)
    assert np.array_equal(image_axes(flat).reshape(count, -1), flat)


@pytest.mark.parametrize(
    ("shape", "parts"),
    [
        ((0, 5, 5), ("at least one image", "(0, 5, 5)")),
        ((5, 0, 5), ("at least one pixel", "(5, 0, 5)")),
        ((5, 5, 5, 0), ("at least one pixel",)),
        ((5, 783), ("square", "783")),
        ((5,), ("(5,)", "Reshape")),
        ((5, 7, 8, 9), ("c from 1 to 4", "(5, 7, 8, 9)")),
        ((1, 2, 3, 4, 5), ("(1, 2, 3, 4, 5)",)),
    ],
)
def test_shapes_that_are_refused(shape, parts):
    with refused(*parts):
        image_axes(np.zeros(shape))


def test_bytes_are_shared():
    array = pictures()
    assert to_bytes(array) is array


@given(
    npst.arrays(
        st.sampled_from([np.float16, np.float32, np.float64, ">f4"]), (3, 2), elements=st.floats(0, 1, width=16)
    )
)
def test_unit_floats_are_times_255(array):
    assert np.array_equal(float_bytes(array), np.rint(array.astype(np.float64) * 255))


@given(npst.arrays(np.float32, (3, 2), elements=st.floats(0, 255, width=32)))
def test_floats_of_bytes_are_rounded(array):
    array[0, 0] = 200.4
    assert np.array_equal(float_bytes(array), np.rint(array))


@given(npst.arrays(npst.integer_dtypes() | npst.unsigned_integer_dtypes(), (3, 2), elements=st.integers(0, 127)))
def test_whole_numbers_are_taken_as_they_are(array):
    assert np.array_equal(to_bytes(array), array)


@pytest.mark.parametrize(
    ("value", "parts"),
    [
        (np.nan, ("finite", "nan at (2, 1)")),
        (np.inf, ("finite", "inf at (2, 1)")),
        (-np.inf, ("finite", "-inf at (2, 1)")),
        (-0.5, ("[0, 1] or in [0, 255]", "-0.5 to 0")),
        (255.5, ("[0, 1] or in [0, 255]", "0 to 255.5")),
    ],
)
def test_floats_that_are_refused(value, parts):
    array = np.zeros((4, 2))
    array[2, 1] = value
    with refused(*parts):
        to_bytes(array)


def test_a_nan_far_down_is_found_in_its_place():
    array = np.zeros((3_000_000, 1), np.float32)
    array[2_500_000] = np.nan
    with refused("nan at (2500000, 0)"):
        to_bytes(array)


@pytest.mark.parametrize(
    ("array", "parts"),
    [
        (np.array([0, 256], np.uint16), ("0 .. 255", "found 0 .. 256")),
        (np.array([-1, 5]), ("0 .. 255", "found -1 .. 5")),
        (np.array([1j]), ("complex128", "uint8")),
        (np.array(["a"]), ("numbers",)),
    ],
)
def test_other_types_that_are_refused(array, parts):
    with refused(*parts):
        to_bytes(array)


def test_floats_are_converted_in_little_memory():
    array = np.random.default_rng(0).random((20_000, 28, 28), np.float32)
    tracemalloc.start()
    float_bytes(array)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < array.size + 25e6


def test_sixteen_bits():
    values = np.arange(65536)
    assert np.array_equal(wide_bytes(values), np.rint(values / 257))
    with refused_plain("found 0 .. 65536"):
        wide_bytes(np.array([0, 65536]))


def refused_plain(match):
    return pytest.raises(ValueError, match=match)


def test_scaling():
    assert scaled_bytes(np.array([0.0, 8.0, 16.0]), 255 / 16).tolist() == [0, 128, 255]
