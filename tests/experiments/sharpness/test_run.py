import dataclasses

import pytest

import etascope
from etascope import InputError, Recipe
from etascope.experiments.sharpness.run import sharpness

SMALL = Recipe(hidden=(), epochs=1)


@pytest.fixture(scope="module")
def digits():
    return etascope.open_images("digits")


def test_sharpness_is_followed_along_the_recommended_training(digits):
    wall = sharpness(digits, recipe=Recipe(hidden=(8,), optimizer="sgd", epochs=1))
    assert wall.learning_rate == wall.best is not None
    assert [p.step for p in wall.points] == [0, 1, 3, 12, 25, 50]
    assert all(p.limit == pytest.approx(2 / p.sharpness) for p in wall.points)
    assert wall.measured > wall.best
    assert wall.ratio == pytest.approx(wall.measured / wall.points[0].limit)


def test_sharpness_at_the_start_needs_no_training(digits):
    wall = sharpness(digits, recipe=SMALL, measure=False)
    assert [p.step for p in wall.points] == [0]
    assert (wall.learning_rate, wall.measured, wall.ratio) == (None, None, None)
    assert wall.points[0].limit == pytest.approx(3.8 / wall.points[0].sharpness)


def test_adam_has_a_sharpness_and_no_limit(digits):
    wall = sharpness(digits, recipe=Recipe(hidden=(), epochs=1, optimizer="adam"), learning_rate=0.003, measure=False)
    assert len(wall.points) == 6
    assert all(p.limit is None and p.sharpness > 0 for p in wall.points)
    assert wall.formula == ""
    assert "adam divides" in wall.why


def test_a_training_that_diverges_ends_where_it_had_weights(digits):
    wall = sharpness(digits, recipe=Recipe(hidden=(8,), epochs=1), learning_rate=1e30, measure=False)
    steps = [p.step for p in wall.points]
    assert steps[0] == 0
    assert len(steps) < 6


def test_the_recipes_weight_decay_counts_as_curvature(digits):
    plain, decayed = (
        sharpness(digits, recipe=dataclasses.replace(SMALL, weight_decay=decay), measure=False).points[0]
        for decay in (0.0, 1.0)
    )
    assert 3.8 / decayed.limit == pytest.approx(3.8 / plain.limit + 1)


def test_a_model_is_refused():
    with pytest.raises(InputError, match="sharpness is for the dense networks of etascope; found the model cnn"):
        sharpness("digits", recipe=Recipe(model="cnn", epochs=1, batch_size=64))


def test_a_rate_of_nothing_is_refused():
    with pytest.raises(InputError, match="a learning rate must be a finite number above 0; found 0"):
        sharpness("digits", recipe=SMALL, learning_rate=0.0, measure=False)


def test_the_result_knows_its_images_and_whether_the_training_diverged():
    recipe = Recipe(hidden=(16,), epochs=1)
    lost, kept = (sharpness("digits", recipe=recipe, learning_rate=rate, measure=False) for rate in (1e30, 0.01))
    assert (lost.data.images, lost.diverged, kept.diverged) == (1000, True, False)
