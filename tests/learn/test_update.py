"""The first update, checked against PyTorch: the same weights, the same batch, its own gradient and its own step."""

import math
import re

import numpy as np
import pytest

from etascope.core.data import NO_FOLD
from etascope.core.plan import sweep
from etascope.core.recipe import OPTIMIZERS, Recipe, steps_per_epoch
from etascope.images.open import open_images
from etascope.learn.update import Update, first_update
from etascope.pipeline.prepare import prepare
from etascope.pipeline.split import divide
from etascope.training.dense.engine import DenseEngine
from etascope.training.random_streams import epoch_order, initial_parameters
from tests.training.reference import network, optimizer_of

RATE = 0.05
RECIPES = {
    **{name: Recipe(hidden=(16,), optimizer=name, epochs=1) for name in OPTIMIZERS},
    "momentum with decay": Recipe(hidden=(16,), weight_decay=0.1, epochs=1),
    "nesterov with decay": Recipe(hidden=(16,), optimizer="nesterov", weight_decay=0.1, epochs=1),
    "adam with decay": Recipe(hidden=(16,), optimizer="adam", weight_decay=0.1, epochs=1),
    "huge decay": Recipe(hidden=(16,), optimizer="sgd", weight_decay=1000.0, epochs=1),
    "softmax regression": Recipe(hidden=(), epochs=1),
    "two layers": Recipe(hidden=(16, 8), epochs=1),
    "standard pixels": Recipe(hidden=(16,), pixels="standard", epochs=1),
    "warm-up": Recipe(hidden=(16,), warmup=0.2, epochs=1),
    "one-cycle": Recipe(hidden=(16,), schedule="one-cycle", epochs=1),
    "odd batch, another seed": Recipe(hidden=(16,), batch_size=37, seed=5, epochs=1),
}


def prepared(recipe):
    return prepare(divide(open_images("digits"), folds=0, seed=recipe.seed), recipe)


def plan_of(split, recipe, rate=RATE):
    return sweep(recipe, steps_per_epoch(split, recipe, NO_FOLD) * recipe.epochs, [rate], [NO_FOLD])


def update_of(recipe, rate=RATE):
    split = prepared(recipe)
    return first_update(DenseEngine(1), split, recipe, plan_of(split, recipe, rate))


def torch_update(recipe):
    """Return the first layer's weights, their gradient and the weights after one step, all by PyTorch."""
    import torch

    split = prepared(recipe)
    model = network(initial_parameters((split.x.shape[1], *recipe.hidden, split.n_classes), recipe.seed))
    rate = float(plan_of(split, recipe).rates[0, 0])
    optimizer = optimizer_of(model, recipe, rate)
    order = epoch_order(split.train_rows(NO_FOLD), split.train_size(NO_FOLD), recipe.seed, NO_FOLD, 0)
    rows = order[: recipe.batch_size]
    loss = torch.nn.functional.cross_entropy(model(torch.from_numpy(split.x[rows])), torch.from_numpy(split.y[rows]))
    loss.backward()
    first = model[0].weight
    before, gradient = first.detach().numpy().T.copy(), first.grad.numpy().T.copy()
    optimizer.step()
    return before, gradient, rate, first.detach().numpy().T.copy()


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_weight_gradient_and_step_are_those_of_pytorch(recipe):
    update = update_of(recipe)
    before, gradient, rate, after = torch_update(recipe)
    place = update.feature, update.unit
    assert update.before == before[place]
    assert update.gradient == pytest.approx(gradient[place], rel=1e-4, abs=1e-7)
    assert update.rate == rate
    assert update.after == pytest.approx(after[place], rel=1e-5, abs=2e-6)
    assert abs(update.after - update.before) > 1e-7


@pytest.mark.parametrize("name", ["sgd", "adam", "two layers"])
def test_the_weight_is_the_one_whose_product_with_its_gradient_is_the_largest(name):
    update = update_of(RECIPES[name])
    before, gradient, _, _ = torch_update(RECIPES[name])
    largest = np.abs(before * gradient).max()
    assert abs(before[update.feature, update.unit] * gradient[update.feature, update.unit]) >= largest * (1 - 1e-4)


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_the_sentence_is_true_arithmetic_or_names_the_optimizer(recipe):
    update = update_of(recipe)
    sentence = update.sentence(recipe.optimizer)
    assert f"from feature {update.feature} to unit {update.unit}" in sentence
    sum_ = re.search(r": (-?[\d.]+) ([+-]) (\S+) x ([\d.]+) = (-?[\d.]+) \(.*gradient of (-?[\d.]+),", sentence)
    if sum_ is None:
        start, end, gradient, step = re.search(
            r"from (-?[\d.]+) to (-?[\d.]+): gradient (-?[\d.]+), .* a step of ([+-][\d.]+)$", sentence
        ).groups()
        assert f"; {recipe.optimizer} made of them" in sentence
        assert float(start) + float(step) == pytest.approx(float(end), abs=1.1e-5)
        assert float(gradient) == pytest.approx(update.gradient, abs=1e-5)
        assert abs(update.before - update.rate * update.gradient - update.after) > 1e-6
    else:
        before, sign, rate, size, after, gradient = sum_.groups()
        change = float(rate) * float(size) * (1 if sign == "+" else -1)
        assert float(before) + change == pytest.approx(float(after), abs=1.6e-5)
        assert float(gradient) == (-1 if sign == "+" else 1) * float(size)


def test_plain_descent_and_the_first_step_of_momentum_are_written_as_arithmetic():
    for name, arithmetic in (("sgd", True), ("momentum", True), ("nesterov", False), ("adam", False)):
        assert (" x " in update_of(RECIPES[name]).sentence(name)) == arithmetic


@pytest.mark.parametrize(
    ("gradient", "after", "expected"),
    [(-0.02, 0.012, "0.01000 + 0.1 x 0.02000 = 0.01200"), (0.02, 0.008, "0.01000 - 0.1 x 0.02000 = 0.00800")],
)
def test_the_sign_is_written_so_that_it_reads_well(gradient, after, expected):
    sentence = Update(3, 4, 0.01, gradient, 0.1, after).sentence("sgd")
    assert expected in sentence
    assert f"gradient of {gradient:.5f}" in sentence


def test_a_step_that_is_not_plain_is_told_by_its_size():
    sentence = Update(3, 4, 0.01, -0.02, 0.1, 0.11).sentence("adam")
    assert sentence == (
        "the first batch moved the weight from feature 3 to unit 4 from 0.01000 to 0.11000: gradient -0.02000, "
        "learning rate 0.1; adam made of them a step of +0.10000"
    )


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
@pytest.mark.parametrize("rate", [1e20, 1e38, 1e60, 1e300])
def test_no_rate_is_too_large_to_be_told(optimizer, rate):
    recipe = Recipe(hidden=(16,), optimizer=optimizer, epochs=1, batch_size=800)
    update = update_of(recipe, rate)
    assert math.isfinite(update.before)
    assert math.isfinite(update.gradient)
    sentence = update.sentence(optimizer)
    assert max(map(len, sentence.split())) < 30
    assert ("out of the finite numbers" in sentence) == (not math.isfinite(update.after))
    assert "nan" not in sentence
    assert "inf" not in sentence.replace("infinite", "").replace("finite", "")


def test_the_first_update_of_any_model_is_that_of_its_first_layer_that_moves():
    from etascope.training.pytorch.engine import TorchEngine

    recipe = Recipe(model="cnn", optimizer="sgd", epochs=1)
    split = prepared(recipe)
    update = first_update(TorchEngine(device="cpu"), split, recipe, plan_of(split, recipe))
    assert len(update.place) == 4
    assert update.after == pytest.approx(update.before - RATE * update.gradient, abs=1e-6)
    assert update.gradient
    assert f"the weight at ({', '.join(map(str, update.place))}) of the model's first layer" in update.sentence("sgd")
