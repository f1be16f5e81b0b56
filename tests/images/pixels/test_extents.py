"""The smallest and largest values of pixels, of all and of each image."""

from __future__ import annotations

import numpy as np
import pytest

from etascope.images.pixels.extents import Extent, measure
from tests.images.making import refused


@pytest.mark.parametrize(
    ("kind", "name"), [(np.uint8, "bytes"), (np.int16, "whole"), (np.uint64, "whole"), (np.float16, "floats")]
)
def test_each_image_of_several_has_its_peak(kind, name):
    images = np.arange(24).reshape(3, 2, 4, 1).astype(kind)
    extent = measure(images)
    assert extent == Extent(name, 0, 23)
    assert extent.peaks is not None
    assert extent.peaks.tolist() == [7, 15, 23]
    assert measure(images[0]).peaks is None


def test_a_peak_is_the_largest_distance_from_zero():
    peaks = measure(np.array([-3, 1, 2, 2], np.int8).reshape(2, 1, 2, 1)).peaks
    assert peaks is not None
    assert peaks.tolist() == [3, 2]


@pytest.mark.parametrize(("value", "shown"), [(np.nan, "nan"), (np.inf, "inf"), (-np.inf, "-inf")])
def test_what_is_not_finite_is_refused_in_its_place(value, shown):
    array = np.zeros((3_000_000, 1), np.float32)
    array[2_500_000] = value
    with refused("finite", f"{shown} at (2500000, 0)"):
        measure(array)


@pytest.mark.parametrize(
    ("array", "part"),
    [
        (np.array([1j]), "found complex128. Take their magnitude (numpy.abs)"),
        (np.array(["0.5"]), "found <U3. Convert them to float32"),
        (np.array([0.5], object), "found object. Convert them to float32 (images.astype('float32')), which keeps"),
        (np.array(["2026-01-01"], "M8[D]"), "datetime64"),
    ],
)
def test_what_is_no_number_is_refused(array, part):
    with refused("pixels must be real numbers", part):
        measure(array)


@pytest.mark.parametrize("kind", [np.int32, np.uint32, np.int64])
def test_packed_colours_are_refused_with_what_takes_them_apart(kind):
    colours = np.random.default_rng(0).integers(0, 256, (6, 8, 8, 3))
    packed = (255 << 24 | colours[..., 0] << 16 | colours[..., 1] << 8 | colours[..., 2]).astype(np.uint32)
    images = packed.view(np.int32).astype(kind) if kind != np.uint32 else packed
    with refused("a number for each colour", "(ARGB)") as caught:
        measure(images)
    advised = str(caught.value).rpartition("apart (")[2].removesuffix(").")
    assert np.array_equal(eval(advised, {"images": images}), colours)
    measure(np.array([-1000, -1], kind) if kind != np.uint32 else np.array([0, 2**32 - 1], kind))
