from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from etascope.core.data import Dataset
from etascope.core.recipe import PIXELS, Recipe
from etascope.images.open import open_images
from etascope.pipeline.features import Flatten
from etascope.pipeline.pixels import StandardPixels, UnitPixels
from etascope.pipeline.prepare import prepare, stages_of
from etascope.pipeline.split import divide

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
