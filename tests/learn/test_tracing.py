import math
import re
from dataclasses import replace

import numpy as np
import pytest

from etascope.core.data import NO_FOLD, Dataset
from etascope.core.errors import InputError
from etascope.core.recipe import Recipe
from etascope.core.trace import Evaluation
from etascope.images.open import open_images
from etascope.learn import tracing
from etascope.learn.tracing import Validation, five_stages, lay_open
from etascope.learn.update import Update
from etascope.pipeline.prepare import prepare
from etascope.pipeline.split import divide
from etascope.training.dense.engine import DenseEngine
from tests.training import reference

NAMES = ["input images", "preprocessing", "feature extraction", "model training", "evaluation"]
UPDATE = Update(3, 4, 0.01, -0.02, 0.1, 0.012)
HALF = Evaluation(0.5, 1.25)


@pytest.fixture(scope="module")
def digits():
    return open_images("digits")


def divided_and_told(dataset, recipe=None, steps=250, evaluation=HALF):
    recipe = recipe or Recipe()
    split = prepare(divide(dataset, folds=0, seed=recipe.seed), recipe)
    return split, five_stages(dataset, split, recipe, UPDATE, steps, evaluation)


def test_five_stages_in_order_with_their_shapes(digits):
    _, stages = divided_and_told(digits)
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
    split, stages = divided_and_told(digits, Recipe(pixels=pixels, seed=seed))
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
    _, stages = divided_and_told(Dataset(images, np.arange(20) % 2, ("a", "b"), "made"))
    assert stages[0].example.endswith("its pixel at row 1, column 2 is 150")
    assert stages[1].example == "that pixel becomes 0.59"
    assert stages[2].example == "the pixel is now feature 5 of 9, and still 0.59"


@pytest.mark.parametrize(("channel", "colour"), [(0, "red"), (1, "green"), (2, "blue")])
def test_a_pixel_in_colour_says_which(channel, colour):
    images = np.zeros((20, 3, 3, 3), np.uint8)
    images[:, 2, 1, channel] = 140
    split, stages = divided_and_told(Dataset(images, np.arange(20) % 2, ("a", "b"), "made"))
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
    _, stages = divided_and_told(digits, recipe, steps)
    for part in ("800 images train", *parts):
        assert part in stages[3].action
    assert stages[3].example == UPDATE.sentence(recipe.optimizer)


def test_the_pixels_are_told_as_they_were_prepared(digits):
    split, stages = divided_and_told(digits, Recipe(pixels="standard"))
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
    _, stages = divided_and_told(digits, evaluation=evaluation)
    assert stages[4].example == example


def test_the_data_s_own_test_part_is_counted(digits):
    _, stages = divided_and_told(replace(digits, test_rows=np.arange(50)))
    assert stages[4].shape_in == (50, 784)
    assert "the 50 test images" in stages[4].action


def test_a_model_for_images_is_told_with_the_pixel_where_it_is_now():
    rng = np.random.default_rng(0)
    data = Dataset(rng.integers(0, 256, (40, 6, 5, 3), np.uint8), np.arange(40) % 2, ("even", "odd"), "noise")
    split, stages = divided_and_told(data, Recipe(model="cnn"))
    assert stages[2].shape_out == (40, 3, 6, 5)
    assert stages[3].shape_in == (len(split.y), 3, 6, 5)
    assert "the model cnn" in stages[3].action
    channel, row, column, value = re.search(
        r"at channel (\d), row (\d), column (\d), and still ([\d.]+)", stages[2].example
    ).groups()
    assert float(value) == pytest.approx(split.x[0][int(channel), int(row), int(column)], abs=0.005)
    assert f"row {row}, column {column}, {('red', 'green', 'blue')[int(channel)]}" in stages[0].example


RECIPE = Recipe(hidden=(16,), epochs=2)
RATE = 0.02


@pytest.fixture(scope="module")
def split(digits):
    return prepared(digits, RECIPE)


def prepared(dataset, recipe):
    return prepare(divide(dataset, folds=0, seed=recipe.seed), recipe)


@pytest.fixture(scope="module")
def trace(digits, split):
    return lay_open(DenseEngine(1), digits, split, RECIPE, RATE, image=7)


@pytest.fixture(scope="module")
def model(split):
    """The same training by PyTorch: losses a step, and the trained network."""
    losses, _, network = reference.train(split, RECIPE, RATE, 100)
    return losses, network


def test_the_loss_of_every_step_is_pytorch_s(trace, model):
    np.testing.assert_allclose(trace.step_loss, model[0], atol=1e-4)


def test_an_epoch_is_the_mean_of_its_steps(trace):
    for i, epoch in enumerate(trace.epochs):
        steps = trace.step_loss[50 * i : 50 * (i + 1)].astype(float)
        assert epoch.epoch == i + 1
        assert epoch.train_loss == pytest.approx(steps.mean(), abs=1e-5)
        assert 0 < epoch.train_accuracy < 1
        assert f"{epoch.train_loss:.2f}" in epoch.observation


def test_the_evaluation_is_pytorch_s_on_the_test_images(trace, model, digits):
    import torch

    rows = divide(digits, folds=0).test_rows
    assert len(rows) == 200
    with torch.no_grad():
        logits = model[1](torch.from_numpy(digits.images[rows].reshape(200, -1).astype(np.float32) / 255))
    labels = torch.from_numpy(digits.labels[rows])
    assert trace.evaluation.loss == pytest.approx(torch.nn.functional.cross_entropy(logits, labels).item(), abs=1e-4)
    assert trace.evaluation.accuracy == (logits.argmax(1) == labels).sum().item() / 200


def test_the_prediction_is_pytorch_s_layer_by_layer(trace, model, digits, split):
    import torch

    row, prediction = int(split.test_rows[7]), trace.prediction
    np.testing.assert_array_equal(prediction.image, digits.images[row])
    assert (prediction.number, prediction.label) == (7, digits.labels[row])
    x = torch.from_numpy(prediction.image.reshape(1, -1).astype(np.float32) / 255)
    with torch.no_grad():
        hidden = model[1][:2](x)
        logits = model[1][2:](hidden)
    values = [layer.values for layer in prediction.layers]
    for ours, theirs in zip(values, (x, hidden, logits), strict=True):
        np.testing.assert_allclose(ours, theirs.numpy(), atol=1e-4)
    np.testing.assert_allclose(prediction.probabilities, torch.softmax(logits, 1)[0].numpy(), atol=1e-5)
    assert [layer.kind for layer in prediction.layers] == ["input", "relu", "logits"]
    assert prediction.probabilities.sum() == pytest.approx(1, abs=1e-12)
    assert prediction.predicted == int(logits.argmax())
    assert prediction.correct == (prediction.predicted == prediction.label)
    assert prediction.confidence == prediction.probabilities.max()


def test_what_was_asked_is_written_down(trace, digits, split):
    assert (trace.learning_rate, trace.recipe, trace.source) == (RATE, RECIPE, "digits")
    np.testing.assert_array_equal(trace.sample, digits.images[split.rows[0]])
    assert trace.sample_label == digits.labels[split.rows[0]]
    assert [stage.name for stage in trace.stages][3:] == ["model training", "evaluation"]
    assert f"{trace.evaluation.accuracy:.3f}" in trace.stages[4].example
    assert 2 <= len(trace.insight) <= 3
    assert trace.validation == ""


@pytest.mark.parametrize("number", [0, 199])
def test_any_test_image_can_be_followed(number, digits, split):
    prediction = lay_open(DenseEngine(1), digits, split, Recipe(hidden=(), epochs=1), RATE, image=number).prediction
    np.testing.assert_array_equal(prediction.image, digits.images[split.test_rows[number]])
    assert prediction.label == split.y_test[number]


@pytest.mark.parametrize("number", [-1, 200, 10**9])
def test_an_image_that_is_not_there_is_refused(number, digits, split):
    with pytest.raises(InputError, match=f"image must be a test image, 0 to 199; found {number}"):
        lay_open(DenseEngine(1), digits, split, RECIPE, RATE, image=number)


@pytest.mark.parametrize("rate", [0.0, -1.0, math.nan, math.inf])
def test_a_rate_that_is_none_is_refused(rate, digits, split):
    with pytest.raises(InputError, match="a learning rate must be a finite number above 0"):
        lay_open(DenseEngine(1), digits, split, RECIPE, rate)


def test_many_test_images_go_through_in_pieces_with_the_same_result(trace, digits, split, monkeypatch):
    sizes = []

    class Watched(DenseEngine):
        def explain(self, checkpoint, x):
            sizes.append(len(x))
            return super().explain(checkpoint, x)

    monkeypatch.setattr(tracing, "PIECE", 64)
    again = lay_open(Watched(1), digits, split, RECIPE, RATE, image=7)
    assert sizes == [64, 64, 64, 8, 1]
    assert again.evaluation.accuracy == trace.evaluation.accuracy
    assert again.evaluation.loss == pytest.approx(trace.evaluation.loss, rel=1e-6)


def test_validation_from_elsewhere_is_shown_beside_the_training(digits, split):
    beside = Validation(np.array([1.5, 0.75]), np.array([0.5, 0.875]), "two trainings next door")
    trace = lay_open(DenseEngine(1), digits, split, RECIPE, RATE, validation=beside)
    assert [(epoch.valid_loss, epoch.valid_accuracy) for epoch in trace.epochs] == [(1.5, 0.5), (0.75, 0.875)]
    assert trace.validation == "two trainings next door"


def test_a_training_that_overfits_is_seen_to(digits):
    recipe = Recipe(hidden=(64,), epochs=6)
    falling = Validation(np.array([1.0, 0.8, 0.7, 0.8, 0.95, 1.2]), np.full(6, 0.7), "elsewhere")
    trace = lay_open(DenseEngine(1), digits, prepared(digits, recipe), recipe, 0.03, validation=falling)
    assert any("overfitting" in epoch.observation for epoch in trace.epochs[3:])


def test_a_training_that_diverges_is_told_without_a_model(digits, split):
    trace = lay_open(DenseEngine(1), digits, split, RECIPE, 1e30)
    assert np.isnan(trace.step_loss).any()
    assert (trace.evaluation, trace.prediction) == (None, None)
    assert all(math.isnan(epoch.train_loss) for epoch in trace.epochs)
    assert "diverged" in trace.epochs[0].observation
    assert "diverged" in trace.stages[4].example


@pytest.mark.parametrize("rate", [1e20, 1e37, 1e38, 1e39, 1e300])
def test_a_last_step_that_throws_the_weights_out_leaves_no_model(rate, digits, split):
    recipe = Recipe(hidden=(16,), epochs=1, batch_size=800)
    trace = lay_open(DenseEngine(1), digits, split, recipe, rate)
    assert len(trace.step_loss) == 1
    assert (trace.evaluation is None) == (trace.prediction is None)
    if trace.evaluation is not None:
        assert math.isfinite(trace.evaluation.loss)
        assert np.isfinite(trace.prediction.probabilities).all()


def test_huge_scores_make_no_probability_that_is_none(digits, split):
    trace = lay_open(DenseEngine(1), digits, split, RECIPE, 1e6)
    assert trace.prediction.probabilities.sum() == pytest.approx(1)
    assert np.abs(trace.prediction.layers[-1].values).max() > 1000
    assert 1 < trace.evaluation.loss < math.inf


def test_whoever_watches_hears_of_the_training(digits, split):
    heard = []
    lay_open(DenseEngine(1), digits, split, RECIPE, RATE, progress=heard.append)
    assert heard[-1].done == heard[-1].total == 1


def test_the_smallest_data_set_there_can_be():
    images = np.arange(4 * 4, dtype=np.uint8).reshape(4, 2, 2, 1)
    tiny = Dataset(images, np.array([0, 1, 0, 1]), ("cat", "dog"), "tiny")
    trace = lay_open(DenseEngine(1), tiny, prepared(tiny, RECIPE), RECIPE, RATE)
    assert [stage.shape_out[0] for stage in trace.stages] == [4, 4, 4, 2, 2]
    assert trace.evaluation.accuracy in (0.0, 0.5, 1.0)


def test_the_training_holds_nothing_out(digits, split):
    plans = []

    class Watched(DenseEngine):
        def train(self, split, recipe, plan, progress=lambda _: None):
            plans.append(plan)
            return super().train(split, recipe, plan, progress)

    lay_open(Watched(1), digits, split, RECIPE, RATE)
    assert {int(plan.folds[0]) for plan in plans} == {NO_FOLD}
    assert max(plan.steps for plan in plans) == 100
