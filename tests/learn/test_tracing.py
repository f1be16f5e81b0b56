"""A trace laid open by the real engine on the real digits, every number of it recomputed by other means."""

import math

import numpy as np
import pytest

from etascope.core.data import NO_FOLD, Dataset
from etascope.core.errors import InputError
from etascope.core.recipe import Recipe
from etascope.images.open import open_images
from etascope.learn import tracing
from etascope.learn.tracing import Validation, lay_open
from etascope.pipeline.prepare import prepare
from etascope.pipeline.split import divide
from etascope.training.dense.engine import DenseEngine
from tests.training import reference

RECIPE = Recipe(hidden=(16,), epochs=2)
RATE = 0.02


@pytest.fixture(scope="module")
def digits():
    return open_images("digits")


@pytest.fixture(scope="module")
def split(digits):
    return prepared(digits, RECIPE)


def prepared(dataset, recipe):
    return prepare(divide(dataset, folds=0, seed=recipe.seed), recipe)


@pytest.fixture(scope="module")
def told(digits, split):
    return lay_open(DenseEngine(1), digits, split, RECIPE, RATE, image=7)


@pytest.fixture(scope="module")
def model(split):
    """The same training by PyTorch: losses a step, and the trained network."""
    losses, _, network = reference.train(split, RECIPE, RATE, 100)
    return losses, network


def test_the_loss_of_every_step_is_pytorch_s(told, model):
    np.testing.assert_allclose(told.step_loss, model[0], atol=1e-4)


def test_an_epoch_is_the_mean_of_its_steps(told):
    for i, epoch in enumerate(told.epochs):
        steps = told.step_loss[50 * i : 50 * (i + 1)].astype(float)
        assert epoch.epoch == i + 1
        assert epoch.train_loss == pytest.approx(steps.mean(), abs=1e-5)
        assert 0 < epoch.train_accuracy < 1
        assert f"{epoch.train_loss:.2f}" in epoch.observation


def test_the_evaluation_is_pytorch_s_on_the_test_images(told, model, digits):
    import torch

    rows = divide(digits, folds=0).test_rows
    assert len(rows) == 200
    with torch.no_grad():
        logits = model[1](torch.from_numpy(digits.images[rows].reshape(200, -1).astype(np.float32) / 255))
    labels = torch.from_numpy(digits.labels[rows])
    assert told.evaluation.loss == pytest.approx(torch.nn.functional.cross_entropy(logits, labels).item(), abs=1e-4)
    assert told.evaluation.accuracy == (logits.argmax(1) == labels).sum().item() / 200


def test_the_prediction_is_pytorch_s_layer_by_layer(told, model, digits, split):
    import torch

    row, seen = int(split.test_rows[7]), told.prediction
    np.testing.assert_array_equal(seen.image, digits.images[row])
    assert (seen.number, seen.label) == (7, digits.labels[row])
    x = torch.from_numpy(seen.image.reshape(1, -1).astype(np.float32) / 255)
    with torch.no_grad():
        hidden = model[1][:2](x)
        logits = model[1][2:](hidden)
    values = [layer.values for layer in seen.layers]
    for ours, theirs in zip(values, (x, hidden, logits), strict=True):
        np.testing.assert_allclose(ours, theirs.numpy(), atol=1e-4)
    np.testing.assert_allclose(seen.probabilities, torch.softmax(logits, 1)[0].numpy(), atol=1e-5)
    assert [layer.kind for layer in seen.layers] == ["input", "relu", "logits"]
    assert seen.probabilities.sum() == pytest.approx(1, abs=1e-12)
    assert seen.predicted == int(logits.argmax())
    assert seen.correct == (seen.predicted == seen.label)
    assert seen.confidence == seen.probabilities.max()


def test_what_was_asked_is_written_down(told, digits, split):
    assert (told.learning_rate, told.recipe, told.source) == (RATE, RECIPE, "digits")
    np.testing.assert_array_equal(told.sample, digits.images[split.rows[0]])
    assert told.sample_label == digits.labels[split.rows[0]]
    assert [stage.name for stage in told.stages][3:] == ["model training", "evaluation"]
    assert f"{told.evaluation.accuracy:.3f}" in told.stages[4].example
    assert 2 <= len(told.insight) <= 3
    assert told.validation == ""


@pytest.mark.parametrize("number", [0, 199])
def test_any_test_image_can_be_followed(number, digits, split):
    seen = lay_open(DenseEngine(1), digits, split, Recipe(hidden=(), epochs=1), RATE, image=number).prediction
    np.testing.assert_array_equal(seen.image, digits.images[split.test_rows[number]])
    assert seen.label == split.y_test[number]


@pytest.mark.parametrize("number", [-1, 200, 10**9])
def test_an_image_that_is_not_there_is_refused(number, digits, split):
    with pytest.raises(InputError, match=f"image must be a test image, 0 to 199; found {number}"):
        lay_open(DenseEngine(1), digits, split, RECIPE, RATE, image=number)


@pytest.mark.parametrize("rate", [0.0, -1.0, math.nan, math.inf])
def test_a_rate_that_is_none_is_refused(rate, digits, split):
    with pytest.raises(InputError, match="a learning rate must be a finite number above 0"):
        lay_open(DenseEngine(1), digits, split, RECIPE, rate)


def test_many_test_images_go_through_in_pieces_with_the_same_result(told, digits, split, monkeypatch):
    sizes = []

    class Watched(DenseEngine):
        def explain(self, checkpoint, x):
            sizes.append(len(x))
            return super().explain(checkpoint, x)

    monkeypatch.setattr(tracing, "PIECE", 64)
    again = lay_open(Watched(1), digits, split, RECIPE, RATE, image=7)
    assert sizes == [64, 64, 64, 8, 1]
    assert again.evaluation.accuracy == told.evaluation.accuracy
    assert again.evaluation.loss == pytest.approx(told.evaluation.loss, rel=1e-6)


def test_validation_from_elsewhere_is_shown_beside_the_training(digits, split):
    beside = Validation(np.array([1.5, 0.75]), np.array([0.5, 0.875]), "two trainings next door")
    told = lay_open(DenseEngine(1), digits, split, RECIPE, RATE, validation=beside)
    assert [(epoch.valid_loss, epoch.valid_accuracy) for epoch in told.epochs] == [(1.5, 0.5), (0.75, 0.875)]
    assert told.validation == "two trainings next door"


def test_a_training_that_overfits_is_seen_to(digits):
    recipe = Recipe(hidden=(64,), epochs=6)
    falling = Validation(np.array([1.0, 0.8, 0.7, 0.8, 0.95, 1.2]), np.full(6, 0.7), "elsewhere")
    told = lay_open(DenseEngine(1), digits, prepared(digits, recipe), recipe, 0.03, validation=falling)
    assert any("overfitting" in epoch.observation for epoch in told.epochs[3:])


def test_a_training_that_diverges_is_told_without_a_model(digits, split):
    told = lay_open(DenseEngine(1), digits, split, RECIPE, 1e30)
    assert np.isnan(told.step_loss).any()
    assert (told.evaluation, told.prediction) == (None, None)
    assert all(math.isnan(epoch.train_loss) for epoch in told.epochs)
    assert "diverged" in told.epochs[0].observation
    assert "diverged" in told.stages[4].example


@pytest.mark.parametrize("rate", [1e20, 1e37, 1e38, 1e39, 1e300])
def test_a_last_step_that_throws_the_weights_out_leaves_no_model(rate, digits, split):
    recipe = Recipe(hidden=(16,), epochs=1, batch_size=800)
    told = lay_open(DenseEngine(1), digits, split, recipe, rate)
    assert len(told.step_loss) == 1
    assert (told.evaluation is None) == (told.prediction is None)
    if told.evaluation is not None:
        assert math.isfinite(told.evaluation.loss)
        assert np.isfinite(told.prediction.probabilities).all()


def test_huge_scores_make_no_probability_that_is_none(digits, split):
    told = lay_open(DenseEngine(1), digits, split, RECIPE, 1e6)
    assert told.prediction.probabilities.sum() == pytest.approx(1)
    assert np.abs(told.prediction.layers[-1].values).max() > 1000
    assert 1 < told.evaluation.loss < math.inf


def test_whoever_watches_hears_of_the_training(digits, split):
    heard = []
    lay_open(DenseEngine(1), digits, split, RECIPE, RATE, progress=heard.append)
    assert heard[-1].done == heard[-1].total == 1


def test_the_smallest_data_set_there_can_be():
    images = np.arange(4 * 4, dtype=np.uint8).reshape(4, 2, 2, 1)
    tiny = Dataset(images, np.array([0, 1, 0, 1]), ("cat", "dog"), "tiny")
    told = lay_open(DenseEngine(1), tiny, prepared(tiny, RECIPE), RECIPE, RATE)
    assert [stage.shape_out[0] for stage in told.stages] == [4, 4, 4, 2, 2]
    assert told.evaluation.accuracy in (0.0, 0.5, 1.0)


def test_the_training_holds_nothing_out(digits, split):
    plans = []

    class Watched(DenseEngine):
        def train(self, split, recipe, plan, progress=lambda _: None):
            plans.append(plan)
            return super().train(split, recipe, plan, progress)

    lay_open(Watched(1), digits, split, RECIPE, RATE)
    assert {int(plan.folds[0]) for plan in plans} == {NO_FOLD}
    assert max(plan.steps for plan in plans) == 100
