import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from etascope.pipeline.pixels import StandardPixels, UnitPixels

IMAGES = arrays(np.uint8, st.tuples(st.integers(1, 6), st.just(3), st.just(2), st.sampled_from([1, 3])))


@given(IMAGES)
def test_unit_pixels_are_the_float32_nearest_to_a_255th(images):
    unit = UnitPixels().fit(images)(images)
    assert unit.dtype == np.float32
    np.testing.assert_array_equal(unit, (images / 255).astype(np.float32))


@given(IMAGES)
def test_standard_training_pixels_have_mean_0_and_deviation_1(images):
    standard = StandardPixels().fit(images)(images)
    assert standard.dtype == np.float32
    wide = images / 255
    if np.ptp(images) == 0:
        np.testing.assert_allclose(standard, 0, atol=1e-6)
    else:
        np.testing.assert_allclose(standard, (wide - wide.mean()) / wide.std(), atol=2e-4, rtol=1e-4)


def test_standard_pixels_learn_from_training_rows_only():
    train, other = np.array([[0, 255]], np.uint8), np.array([[255, 255]], np.uint8)
    assert StandardPixels().fit(train)(other).tolist() == [[1, 1]]


def test_the_two_numbers_of_standard_pixels_are_told():
    train = np.array([[0, 0, 0, 255]], np.uint8)
    sentence = StandardPixels().describe(train)
    assert sentence == "pixels divided by 255, minus the training mean 0.2500, divided by the training deviation 0.4330"


def test_images_of_one_colour_are_not_divided_by_zero():
    gray = np.full((5, 3, 3, 1), 77, np.uint8)
    assert np.abs(StandardPixels().fit(gray)(gray)).max() < 1e-6
    assert "all training pixels are equal" in StandardPixels().describe(gray)


@pytest.mark.parametrize("stage", [UnitPixels(), StandardPixels()])
def test_preparing_needs_no_wider_copy_of_the_images(stage):
    images = np.random.default_rng(0).integers(0, 256, (4_000, 28, 28, 1), np.uint8)
    tracemalloc.start()
    stage.fit(images)(images)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * images.size + 10_000_000


def test_the_histogram_covers_more_than_one_block():
    train = np.zeros((1_100, 1_000), np.uint8)
    train[1_050:] = 255
    standard = StandardPixels().fit(train)(train)
    assert standard.std() == pytest.approx(1, abs=1e-3)
    assert standard.mean() == pytest.approx(0, abs=1e-3)
