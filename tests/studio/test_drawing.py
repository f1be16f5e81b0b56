import numpy as np
import pytest

from etascope import InputError, Recipe
from etascope.studio.drawing import predictions
from etascope.studio.worker import lay_open, prepared
from tests.studio.answers import DIGITS

SMALL = Recipe(hidden=(16,), epochs=2, seed=3)


def test_an_image_is_seen_by_models_of_many_rates():
    dataset, split = prepared(DIGITS, SMALL)
    pixels = dataset.images[split.test_rows[0], :, :, 0].tolist()
    found = predictions(DIGITS, SMALL, (1e-5, 0.05), pixels)
    blind, learned = (np.array(model["probabilities"]) for model in found["models"])
    assert blind.max() < 0.3 < learned.max()
    assert learned.sum() == pytest.approx(1)
    assert len(found["layers"][0]["values"]) == 16
    trace = lay_open(DIGITS, SMALL, 0.05, 0)
    assert learned == pytest.approx(trace.prediction.probabilities, abs=1e-4)
    with pytest.raises(InputError, match="28 x 28"):
        predictions(DIGITS, SMALL, (0.05,), [[0, 0], [0, 0]])


def test_the_layers_are_those_of_the_last_model_or_of_none():
    dataset, split = prepared(DIGITS, SMALL)
    pixels = dataset.images[split.test_rows[0], :, :, 0].tolist()
    found = predictions(DIGITS, Recipe(hidden=(), epochs=1, optimizer="sgd"), (0.05,), pixels)
    assert found["layers"] == []
    fell = Recipe(hidden=(16, 16), epochs=2)
    found = predictions(DIGITS, fell, (0.05, 1e30), pixels)
    assert [model["diverged"] for model in found["models"]] == [False, True]
    assert found["layers"] == []
