import dataclasses

import numpy as np
import pytest

from etascope import InputError, Recipe
from etascope.studio.predictions import metrics, predictions
from etascope.studio.worker import lay_open, prepared, train
from tests.studio.answers import DIGITS

SMALL = Recipe(hidden=(16,), epochs=2, seed=3)


def test_metrics_are_those_of_the_final_model():
    values = metrics(DIGITS, SMALL, 0.05)
    assert all(len(values[f"{part}_loss"]) == 2 for part in ("train", "valid", "test"))
    confusion = np.array(values["confusion"])
    assert confusion.sum() == 200
    assert values["test_accuracy"][-1] == pytest.approx(np.trace(confusion) / 200)
    whole = train(DIGITS, SMALL, (0.05,))
    # Epoch by epoch, from checkpoints, is the training in one go, up to rounding.
    assert values["valid_loss"] == pytest.approx(whole.valid_loss[0].tolist(), rel=1e-4)
    shares = [mistake["confidence"] for mistake in values["mistakes"]]
    assert shares == sorted(shares, reverse=True)
    assert all(mistake["label"] != mistake["said"] for mistake in values["mistakes"])


def test_a_training_that_diverged_has_no_confusion():
    values = metrics(DIGITS, dataclasses.replace(SMALL, optimizer="sgd", momentum=None), 1e20)
    assert values["diverged"]
    assert values["confusion"] is None
    assert values["mistakes"] == []


def test_an_image_is_seen_by_models_of_many_rates():
    dataset, split = prepared(DIGITS, SMALL)
    pixels = dataset.images[split.test_rows[0], :, :, 0].tolist()
    predicted = predictions(DIGITS, SMALL, (1e-5, 0.05), pixels)
    blind, learned = (np.array(model["probabilities"]) for model in predicted["models"])
    assert blind.max() < 0.3 < learned.max()
    assert learned.sum() == pytest.approx(1)
    assert len(predicted["layers"][0]["values"]) == 16
    trace = lay_open(DIGITS, SMALL, 0.05, 0)
    assert learned == pytest.approx(trace.prediction.probabilities, abs=1e-4)
    with pytest.raises(InputError, match="28 x 28"):
        predictions(DIGITS, SMALL, (0.05,), [[0, 0], [0, 0]])


def test_the_layers_are_those_of_the_last_model_or_of_none():
    dataset, split = prepared(DIGITS, SMALL)
    pixels = dataset.images[split.test_rows[0], :, :, 0].tolist()
    predicted = predictions(DIGITS, Recipe(hidden=(), epochs=1, optimizer="sgd"), (0.05,), pixels)
    assert predicted["layers"] == []
    fell = Recipe(hidden=(16, 16), epochs=2)
    predicted = predictions(DIGITS, fell, (0.05, 1e30), pixels)
    assert [model["diverged"] for model in predicted["models"]] == [False, True]
    assert predicted["layers"] == []
