import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from etascope.core.data import Dataset
from etascope.core.recipe import PIXELS, Recipe
from etascope.images.open import open_images
from etascope.pipeline.prepare import ChannelsFirst, Flatten, StandardPixels, UnitPixels, prepare, stages_of
from etascope.pipeline.split import divide


def test_flattening_is_a_view_in_reading_order():
    images = np.arange(2 * 2 * 2 * 3, dtype=np.float32).reshape(2, 2, 2, 3)
    flat = Flatten().fit(images)(images)
    assert flat.shape == (2, 12)
    assert np.shares_memory(flat, images)
    assert flat[1].tolist() == list(range(12, 24))


def test_no_images_flatten_to_no_rows_of_the_right_width():
    images = np.zeros((3, 4, 5, 1), np.float32)
    assert Flatten().fit(images)(images[:0]).shape == (0, 20)


def test_what_was_done_is_told():
    assert Flatten().describe(np.zeros((3, 4, 5, 3))) == "flattened 4 x 5 x 3 to 60 features"


def test_channels_come_first_and_pixels_stay_where_they_are():
    images = np.arange(2 * 3 * 4 * 3, dtype=np.uint8).reshape(2, 3, 4, 3)
    moved = ChannelsFirst().fit(images[:1])(images)
    assert moved.shape == (2, 3, 3, 4)
    assert moved.flags.c_contiguous
    assert moved.dtype == np.uint8
    for channel in range(3):
        np.testing.assert_array_equal(moved[:, channel], images[..., channel])


PICTURES = arrays(np.uint8, st.tuples(st.integers(1, 6), st.just(3), st.just(2), st.sampled_from([1, 3])))


@given(PICTURES)
def test_unit_pixels_are_the_float32_nearest_to_a_255th(images):
    unit = UnitPixels().fit(images)(images)
    assert unit.dtype == np.float32
    np.testing.assert_array_equal(unit, (images / 255).astype(np.float32))


@given(PICTURES)
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


IMAGES = np.random.default_rng(0).integers(0, 256, (40, 4, 3, 1), np.uint8)
SPLIT = divide(Dataset(IMAGES, np.arange(40) % 2, ("even", "odd"), "noise"))


def test_each_kind_of_pixels_has_its_stages():
    assert stages_of(Recipe(pixels="unit")) == (UnitPixels(), Flatten())
    assert stages_of(Recipe(pixels="standard")) == (StandardPixels(), Flatten())


@pytest.mark.parametrize("pixels", PIXELS)
def test_features_are_float32_rows_and_everything_else_stays(pixels):
    done = prepare(SPLIT, Recipe(pixels=pixels))
    assert done.x.shape == (32, 12)
    assert done.x_test.shape == (8, 12)
    assert done.x.dtype == done.x_test.dtype == np.float32
    for part in ("y", "folds", "y_test", "rows", "test_rows", "class_names"):
        assert getattr(done, part) is getattr(SPLIT, part)
    assert len(done.stages) == 2
    assert done.stages[1] == "flattened 4 x 3 x 1 to 12 features"


def test_sentences_follow_those_that_are_there():
    done = prepare(replace(SPLIT, stages=("cropped",)), Recipe())
    assert done.stages == ("cropped", "pixels divided by 255, to 0..1", "flattened 4 x 3 x 1 to 12 features")


@given(x_test=arrays(np.uint8, SPLIT.x_test.shape), pixels=st.sampled_from(PIXELS))
def test_test_images_change_nothing_of_the_development_part(x_test, pixels):
    one, other = (prepare(s, Recipe(pixels=pixels)) for s in (SPLIT, replace(SPLIT, x_test=x_test)))
    np.testing.assert_array_equal(one.x, other.x)
    assert one.stages == other.stages


def test_development_images_do_change_the_test_part_of_standard_pixels():
    dark = replace(SPLIT, x=SPLIT.x // 2)
    assert not np.array_equal(
        prepare(SPLIT, Recipe(pixels="standard")).x_test, prepare(dark, Recipe(pixels="standard")).x_test
    )


def test_a_model_for_images_gets_images():
    split = prepare(divide(open_images("digits")), Recipe(model="cnn"))
    assert split.x.shape == (800, 1, 28, 28)
    assert split.x_test.shape == (200, 1, 28, 28)
    flat = prepare(divide(open_images("digits")), Recipe())
    np.testing.assert_array_equal(split.x.reshape(800, -1), flat.x)
    assert split.stages[-1] == "kept as images, channels first: 1 x 28 x 28"
