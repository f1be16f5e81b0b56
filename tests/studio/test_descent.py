import dataclasses

import numpy as np
import pytest

from etascope import Recipe
from etascope.core.plan import sweep
from etascope.studio.descent import descent
from etascope.studio.work import prepared
from etascope.training.dense import DenseEngine
from tests.studio.answers import DIGITS

SMALL = Recipe(hidden=(16,), epochs=2, seed=3)


def test_the_loss_along_the_gradient_is_that_of_the_batch():
    found = descent(DIGITS, SMALL)
    rates, losses = np.array(found["rates"]), np.array(found["losses"], float)
    _, split = prepared(DIGITS, SMALL)
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
    found = descent(DIGITS, Recipe(hidden=(), epochs=2, seed=3))
    assert (found["losses"][1] - found["losses"][0]) / found["rates"][1] == pytest.approx(found["slope"], rel=0.02)
