import itertools
from dataclasses import replace

import pytest

from etascope import Recipe
from etascope.core.recipe import OPTIMIZERS
from etascope.report.code.from_document import FRAMEWORKS
from etascope.report.code.pytorch import model, optimizer
from tests.report.code.running import DATA, RATE, TINY, accuracy, known

script, lightning = FRAMEWORKS["pytorch"], FRAMEWORKS["lightning"]


@pytest.mark.parametrize(
    "recipe",
    [TINY, Recipe(hidden=(), epochs=4, optimizer="adam", schedule="one-cycle", warmup=0.1, pixels="standard")],
    ids=["momentum", "one-cycle"],
)
def test_the_script_runs_and_learns_as_much(tmp_path, recipe):
    rate = RATE if recipe is TINY else 0.005
    assert accuracy(script(recipe, DATA, rate), tmp_path) == pytest.approx(known(recipe, rate), abs=0.06)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_optimizer_is_the_recipes(name):
    import torch

    recipe = Recipe(optimizer=name, weight_decay=0.25)
    made = eval(optimizer(recipe), {"torch": torch, "model": torch.nn.Linear(2, 2), "LEARNING_RATE": 0.01})
    (group,) = made.param_groups
    assert (group["lr"], group["weight_decay"]) == (0.01, 0.25)
    assert (group.get("momentum", 0), group.get("nesterov", False)) == (recipe.momentum, name == "nesterov")


@pytest.mark.parametrize("hidden", [(), (5,), (7, 3)])
def test_the_model_has_the_recipes_layers(hidden):
    import torch

    named = {"nn": torch.nn, "x": torch.zeros(2, 6), "y": torch.tensor([0, 3])}
    exec(model(Recipe(hidden=hidden)), named)
    shapes = [tuple(p.shape) for p in named["model"].parameters() if p.ndim == 2]
    sizes = [6, *hidden, 4]
    assert shapes == [(b, a) for a, b in itertools.pairwise(sizes)]


def test_the_script_of_lightning_runs_and_learns_as_much(tmp_path):
    # Its own warnings are its own.
    assert accuracy(lightning(TINY, DATA, RATE), tmp_path, warnings="ignore") == pytest.approx(known(), abs=0.06)


def test_a_rate_that_moves_is_moved_every_step():
    assert '"interval": "step"' in lightning(Recipe(schedule="cosine"), DATA, 0.1)
    assert "scheduler" not in lightning(Recipe(), DATA, 0.1)


def test_batches_that_are_not_filled_are_left_out_where_that_is_meant(tmp_path):
    recipe = replace(TINY, batch_size=300, drop_last=True, epochs=8, schedule="cosine")
    for write in (script, lightning):
        assert "EPOCHS * max(len(train) // BATCH_SIZE, 1)" in script(recipe, DATA, RATE)
        right = accuracy(write(recipe, DATA, 0.1), tmp_path, warnings="ignore")
        assert right == pytest.approx(known(recipe, 0.1), abs=0.08)
    assert "drop_last=len(rows) >= BATCH_SIZE" in lightning(recipe, DATA, RATE)
    assert "drop_last" not in lightning(TINY, DATA, RATE)
