"""The five stages, each checked against the arrays that it speaks of."""

import re
from dataclasses import replace

import numpy as np
import pytest

from etascope.core.data import Dataset
from etascope.core.recipe import Recipe
from etascope.core.trace import Evaluation
from etascope.images.open import open_images
from etascope.learn.stages import five_stages
from etascope.learn.update import Update
from etascope.pipeline.prepare import prepare
from etascope.pipeline.split import divide

NAMES = ["input images", "preprocessing", "feature extraction", "model training", "evaluation"]
UPDATE = Update(3, 4, 0.01, -0.02, 0.1, 0.012)
HALF = Evaluation(0.5, 1.25)


@pytest.fixture(scope="module")
def digits():
    return open_images("digits")


def told(dataset, recipe=None, steps=250, evaluation=HALF):
    recipe = recipe or Recipe()
    split = prepare(divide(dataset, folds=0, seed=recipe.seed), recipe)
    return split, five_stages(dataset, split, recipe, UPDATE, steps, evaluation)


def test_five_stages_in_order_with_their_shapes(digits):
    _, stages = told(digits)
    assert [stage.name for stage in stages] == NAMES
    images = (1000, 28, 28, 1)
    assert [(stage.shape_in, stage.shape_out) for stage in stages] == [
        (images, images),
        (images, images),
        (images, (1000, 784)),
        ((800, 784), (800, 10)),
        ((200, 784), (200, 10)),
    ]
    for stage in stages:
        assert stage.action
        assert stage.example
        assert not stage.action.endswith(".")


@pytest.mark.parametrize("pixels", ["unit", "standard"])
@pytest.mark.parametrize("seed", [0, 1])
def test_the_example_pixel_is_that_pixel_all_the_way(pixels, seed, digits):
    split, stages = told(digits, Recipe(pixels=pixels, seed=seed))
    number, label, row, column, value = re.search(
        r"image (\d+) is labelled (\d); its pixel at row (\d+), column (\d+) is (\d+)", stages[0].example
    ).groups()
    image = digits.images[int(number)]
    assert int(label) == digits.labels[int(number)]
    assert image[int(row), int(column), 0] == int(value)
    assert abs(int(value) - 150) == np.abs(image.astype(int) - 150).min()
    prepared, feature = split.x[list(split.rows).index(int(number))], int(row) * 28 + int(column)
    assert stages[1].example == f"that pixel becomes {prepared[feature]:.2f}"
    assert stages[2].example == f"the pixel is now feature {feature} of 784, and still {prepared[feature]:.2f}"
    if pixels == "unit":
        assert prepared[feature] == pytest.approx(int(value) / 255)


def test_a_pixel_of_150_becomes_0_59():
    images = np.zeros((20, 3, 3, 1), np.uint8)
    images[:, 1, 2] = 150
    _, stages = told(Dataset(images, np.arange(20) % 2, ("a", "b"), "made"))
    assert stages[0].example.endswith("its pixel at row 1, column 2 is 150")
    assert stages[1].example == "that pixel becomes 0.59"
    assert stages[2].example == "the pixel is now feature 5 of 9, and still 0.59"


@pytest.mark.parametrize(("channel", "colour"), [(0, "red"), (1, "green"), (2, "blue")])
def test_a_pixel_in_colour_says_which(channel, colour):
    images = np.zeros((20, 3, 3, 3), np.uint8)
    images[:, 2, 1, channel] = 140
    split, stages = told(Dataset(images, np.arange(20) % 2, ("a", "b"), "made"))
    assert stages[0].example.endswith(f"its pixel at row 2, column 1, {colour} is 140")
    feature = int(re.search(r"feature (\d+) of 27", stages[2].example)[1])
    assert split.x[0, feature] == pytest.approx(140 / 255)
    assert stages[2].shape_out == (20, 27)


@pytest.mark.parametrize(
    ("recipe", "steps", "parts"),
    [
        (Recipe(), 250, ("a 784-128-10 network with ReLU", "5 epochs with momentum", "batch of 16, 250 times in all")),
        (Recipe(hidden=(256, 64), optimizer="adam"), 250, ("784-256-64-10", "with adam")),
        (Recipe(hidden=(), epochs=1), 50, ("softmax regression, 784-10", "for 1 epoch with", "50 times in all")),
        (Recipe(batch_size=9999, epochs=1), 1, ("after every batch of 800, once",)),
        (Recipe(batch_size=1, epochs=5), 4000, ("batch of 1, 4,000 times in all",)),
    ],
)
def test_the_training_is_told_as_it_was(recipe, steps, parts, digits):
    _, stages = told(digits, recipe, steps)
    for part in ("800 images train", *parts):
        assert part in stages[3].action
    assert stages[3].example == UPDATE.sentence(recipe.optimizer)


def test_the_pixels_are_told_as_they_were_prepared(digits):
    split, stages = told(digits, Recipe(pixels="standard"))
    assert (stages[1].action, stages[2].action) == split.stages


@pytest.mark.parametrize(
    ("evaluation", "example"),
    [
        (Evaluation(0.855, 0.4321), "171 of 200 are right, accuracy 0.855; the loss is 0.432 nats"),
        (Evaluation(0.1, 2148898.3), "20 of 200 are right, accuracy 0.100; the loss is 2.15e+06 nats"),
        (None, "none: the training diverged, so there is no model to test"),
    ],
)
def test_the_evaluation_is_told_in_images_and_nats(evaluation, example, digits):
    _, stages = told(digits, evaluation=evaluation)
    assert stages[4].example == example


def test_the_data_s_own_test_part_is_counted(digits):
    _, stages = told(replace(digits, test_rows=np.arange(50)))
    assert stages[4].shape_in == (50, 784)
    assert "the 50 test images" in stages[4].action


def test_a_model_for_images_is_told_with_the_pixel_where_it_is_now():
    rng = np.random.default_rng(0)
    data = Dataset(rng.integers(0, 256, (40, 6, 5, 3), np.uint8), np.arange(40) % 2, ("even", "odd"), "noise")
    split, stages = told(data, Recipe(model="cnn"))
    assert stages[2].shape_out == (40, 3, 6, 5)
    assert stages[3].shape_in == (len(split.y), 3, 6, 5)
    assert "the model cnn" in stages[3].action
    channel, row, column, value = re.search(
        r"at channel (\d), row (\d), column (\d), and still ([\d.]+)", stages[2].example
    ).groups()
    assert float(value) == pytest.approx(split.x[0][int(channel), int(row), int(column)], abs=0.005)
    assert f"row {row}, column {column}, {('red', 'green', 'blue')[int(channel)]}" in stages[0].example
