import dataclasses

import numpy as np
import pytest

from etascope import InputError, Recipe
from etascope.core.plan import sweep
from etascope.studio.descent import descent
from etascope.studio.drawing import predictions
from etascope.studio.metrics import metrics
from etascope.studio.work import FOLDS, Asked, describe, groups, lay_open, prepared, sharpness_along, train, train_plan
from etascope.training.dense import DenseEngine

SMALL = Recipe(hidden=(16,), epochs=2, seed=3)


def test_parts_of_a_landscape_are_the_trials_of_the_engine():
    task, data = describe("digits", SMALL)
    assert (task.n_folds, task.steps_per_epoch, data.images) == (FOLDS, 40, 1000)
    found = train(Asked("digits", SMALL, (0.01, 0.1), (0, 1)))
    _, split = prepared("digits", SMALL)
    whole = DenseEngine(workers=1).train(split, SMALL, sweep(SMALL, task.steps, [0.01, 0.1], [0, 1]))
    assert found.valid_loss.tobytes() == whole.valid_loss.tobytes()


def test_a_plan_in_groups_is_the_plan():
    task, _ = describe("digits", SMALL)
    plan = sweep(SMALL, task.steps, np.geomspace(1e-3, 1, 9).tolist(), [0])
    parts = groups("digits", SMALL, plan)
    assert sorted(np.concatenate(parts).tolist()) == list(range(9))
    _, split = prepared("digits", SMALL)
    whole = DenseEngine(workers=2).train(split, SMALL, plan)
    for part in parts:
        assert train_plan("digits", SMALL, plan.take(part)).step_loss.tobytes() == whole.step_loss[part].tobytes()


def test_the_loss_along_the_gradient_is_that_of_the_batch():
    found = descent("digits", SMALL)
    rates, losses = np.array(found["rates"]), np.array(found["losses"], float)
    _, split = prepared("digits", SMALL)
    plain = dataclasses.replace(SMALL, optimizer="sgd", momentum=None)
    first = DenseEngine(workers=1).train(split, plain, sweep(plain, 1, [0.01], [0]))
    # The batch of the curve is the first one that training sees, and its loss before any step the same.
    assert losses[0] == pytest.approx(first.step_loss[0, 0], rel=1e-5)
    assert rates[0] == 0
    assert losses.min() < losses[0] < losses[-1]
    assert np.array(found["image"]).shape == (28, 28, 1)
    assert found["weights"] == 784 * 16 + 16 + 16 * 10 + 10


def test_for_small_steps_the_loss_falls_by_the_squared_length_of_the_gradient():
    # Without hidden units the loss is smooth.
    found = descent("digits", Recipe(hidden=(), epochs=2, seed=3))
    assert (found["losses"][1] - found["losses"][0]) / found["rates"][1] == pytest.approx(found["slope"], rel=0.02)


def test_metrics_are_those_of_the_final_model():
    found = metrics("digits", SMALL, 0.05)
    assert all(len(found[f"{part}_loss"]) == 2 for part in ("train", "valid", "test"))
    confusion = np.array(found["confusion"])
    assert confusion.sum() == 200
    assert found["test_accuracy"][-1] == pytest.approx(np.trace(confusion) / 200)
    whole = train(Asked("digits", SMALL, (0.05,)))
    # Epoch by epoch, from checkpoints, is the training in one go, up to rounding.
    assert found["valid_loss"] == pytest.approx(whole.valid_loss[0].tolist(), rel=1e-4)
    shares = [mistake["confidence"] for mistake in found["mistakes"]]
    assert shares == sorted(shares, reverse=True)
    assert all(mistake["label"] != mistake["said"] for mistake in found["mistakes"])


def test_a_training_that_diverged_has_no_confusion():
    found = metrics("digits", dataclasses.replace(SMALL, optimizer="sgd", momentum=None), 1e20)
    assert found["diverged"]
    assert found["confusion"] is None
    assert found["mistakes"] == []


def test_an_image_is_seen_by_models_of_many_rates():
    dataset, split = prepared("digits", SMALL)
    pixels = dataset.images[split.test_rows[0], :, :, 0].tolist()
    found = predictions("digits", SMALL, (1e-5, 0.05), pixels)
    blind, learned = (np.array(model["probabilities"]) for model in found["models"])
    assert blind.max() < 0.3 < learned.max()
    assert learned.sum() == pytest.approx(1)
    assert len(found["layers"][0]["values"]) == 16
    trace = lay_open("digits", SMALL, 0.05, 0)
    assert learned == pytest.approx(trace.prediction.probabilities, abs=1e-4)
    with pytest.raises(InputError, match="28 x 28"):
        predictions("digits", SMALL, (0.05,), [[0, 0], [0, 0]])


def test_sharpness_is_measured_along_the_training():
    found = sharpness_along("digits", SMALL, 0.02)
    assert found["learning_rate"] == 0.02
    assert len(found["points"]) > 1
    assert all(float(point["sharpness"]) > 0 for point in found["points"])


def test_the_trace_trains_on_all_development_rows():
    assert lay_open("digits", SMALL, 0.05, 7).stages[3].shape_in[0] == 800
