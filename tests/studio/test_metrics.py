import dataclasses

import numpy as np
import pytest

from etascope import Recipe
from etascope.studio.metrics import metrics
from etascope.studio.worker import Asked, train
from tests.studio.answers import DIGITS

SMALL = Recipe(hidden=(16,), epochs=2, seed=3)


def test_metrics_are_those_of_the_final_model():
    found = metrics(DIGITS, SMALL, 0.05)
    assert all(len(found[f"{part}_loss"]) == 2 for part in ("train", "valid", "test"))
    confusion = np.array(found["confusion"])
    assert confusion.sum() == 200
    assert found["test_accuracy"][-1] == pytest.approx(np.trace(confusion) / 200)
    whole = train(Asked(DIGITS, SMALL, (0.05,)))
    # Epoch by epoch, from checkpoints, is the training in one go, up to rounding.
    assert found["valid_loss"] == pytest.approx(whole.valid_loss[0].tolist(), rel=1e-4)
    shares = [mistake["confidence"] for mistake in found["mistakes"]]
    assert shares == sorted(shares, reverse=True)
    assert all(mistake["label"] != mistake["said"] for mistake in found["mistakes"])


def test_a_training_that_diverged_has_no_confusion():
    found = metrics(DIGITS, dataclasses.replace(SMALL, optimizer="sgd", momentum=None), 1e20)
    assert found["diverged"]
    assert found["confusion"] is None
    assert found["mistakes"] == []
