import dataclasses

import numpy as np
import pytest

from etascope import Recipe
from etascope.core.plan import sweep
from etascope.studio.descent import descent
from etascope.studio.worker import prepared
from etascope.training.dense.engine import DenseEngine
from tests.studio.answers import DIGITS

SMALL = Recipe(hidden=(16,), epochs=2, seed=3)


def test_the_loss_along_the_gradient_is_that_of_the_batch():
    path = descent(DIGITS, SMALL)
    rates, losses = np.array(path["rates"]), np.array(path["losses"], float)
    _, split = prepared(DIGITS, SMALL)
    plain = dataclasses.replace(SMALL, optimizer="sgd", momentum=None)
    first = DenseEngine(workers=1).train(split, plain, sweep(plain, 1, [0.01], [0]))
    # The batch of the curve is the first one that training sees, and its loss before any step the same.
    assert losses[0] == pytest.approx(first.step_loss[0, 0], rel=1e-5)
    assert rates[0] == 0
    assert losses.min() < losses[0] < losses[-1]
    assert np.array(path["image"]).shape == (28, 28, 1)
    assert path["weights"] == 784 * 16 + 16 + 16 * 10 + 10


def test_for_small_steps_the_loss_falls_by_the_squared_length_of_the_gradient():
    # Without hidden units the loss is smooth.
    path = descent(DIGITS, Recipe(hidden=(), epochs=2, seed=3))
    assert (path["losses"][1] - path["losses"][0]) / path["rates"][1] == pytest.approx(path["slope"], rel=0.02)


@pytest.mark.parametrize("hidden", [(), (32,), (64, 32)])
def test_it_is_what_pytorch_finds_and_can_be_read_between_the_steps(hidden):
    torch = pytest.importorskip("torch")
    recipe = Recipe(hidden=hidden, seed=3)
    path = descent(DIGITS, recipe)
    _, split = prepared(DIGITS, recipe)
    plain = dataclasses.replace(recipe, optimizer="sgd", momentum=None)
    none = dataclasses.replace(sweep(plain, 1, [1.0], [0]), keep_checkpoints=True)
    none = dataclasses.replace(none, rates=none.rates[:, :0])
    start = DenseEngine(workers=1).train(split, plain, none).checkpoints[0].parameters
    weights = [torch.tensor(array.astype(float), requires_grad=True) for array in start]
    x, y = torch.tensor(split.x[path["batch"]].astype(float)), torch.tensor(split.y[path["batch"]])

    def loss(weights):
        activations = x
        for i in range(0, len(weights), 2):
            activations = (activations if i == 0 else activations.relu()) @ weights[i] + weights[i + 1]
        return torch.nn.functional.cross_entropy(activations, y)

    gradient = torch.autograd.grad(loss(weights), weights)
    weight = path["weight"]
    assert weight["gradient"] == pytest.approx(gradient[0][weight["feature"], weight["unit"]].item(), rel=1e-4)
    assert path["slope"] == pytest.approx(-sum((g**2).sum().item() for g in gradient), rel=1e-4)
    for rate in (3e-4, 0.05, 0.77, 3.3, 9.7):
        moved = loss([w.detach() - rate * g for w, g in zip(weights, gradient, strict=True)]).item()
        # The page reads between two steps, and writes two decimals.
        assert np.interp(rate, path["rates"], path["losses"]) == pytest.approx(moved, abs=0.01, rel=2e-3)
