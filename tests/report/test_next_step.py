import math
from dataclasses import replace

import pytest

from etascope.core.data import SENT
from etascope.core.recipe import OPTIMIZERS, Recipe
from etascope.report.next_step import in_words, optimizer_line, try_longer, try_next, use_it
from tests.learn import made


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_the_line_of_code_runs_and_builds_the_recipe(optimizer):
    import torch

    recipe = Recipe(optimizer=optimizer, weight_decay=0.25)
    made = eval(optimizer_line(recipe, 0.0125), {"torch": torch, "model": torch.nn.Linear(2, 2)})
    (group,) = made.param_groups
    assert group["lr"] == 0.0125
    assert group["weight_decay"] == 0.25
    assert group.get("momentum", 0) == recipe.momentum
    assert group.get("nesterov", False) == (optimizer == "nesterov")
    assert type(made).__name__.lower() == {"momentum": "sgd", "nesterov": "sgd"}.get(optimizer, optimizer)


def test_settings_that_are_nearly_round_are_not_rounded_to_what_cannot_train():
    assert "momentum=0.9999999)" in optimizer_line(Recipe(momentum=0.9999999), 0.01)


def test_a_schedule_makes_it_a_peak():
    assert "as the peak rate" in use_it(Recipe(schedule="cosine"), 0.1)
    assert "as the peak rate" in use_it(Recipe(warmup=0.1), 0.1)
    assert "peak" not in use_it(Recipe(), 0.1)


def test_a_recipe_in_words():
    recipe = Recipe(hidden=(256, 128), optimizer="adamw", schedule="linear", warmup=0.1, batch_size=32)
    assert in_words(recipe) == (
        "256, 128 hidden units, adamw, weight decay 0.01, batches of 32, 5 epochs, linear schedule, "
        "warm-up over 10 % of the steps"
    )
    assert in_words(Recipe(hidden=())).startswith("no hidden layer, momentum 0.9")


def test_the_command_to_train_longer_quotes_the_path():
    assert try_longer(Recipe(epochs=3), "my images").endswith("etascope pick 'my images' --epochs 6")
    assert try_longer(Recipe(), "digits").endswith("etascope pick --epochs 10")
    assert try_longer(Recipe(), SENT).endswith("etascope pick FOLDER_OF_YOUR_IMAGES --epochs 10")


def test_where_an_end_did_best_the_search_is_sent_beyond_it():
    lost = (math.inf, math.nan)
    assert try_next(made.run({50.0: lost, 500.0: lost}, None)) == (
        "allow lower rates, with the same options: etascope pick --low 0.05"
    )
    assert try_next(made.run({1e-5: (2.31, 0.1), 1e-4: (2.30, 0.1)}, None)).endswith("etascope pick --high 0.1")
    assert try_next(made.run({1e-7: (2.3, 0.1), 1e4: (9.0, 0.1)}, None)).endswith("--epochs 10")
    assert try_next(made.run({1e-7: lost, 1e4: lost}, None)).startswith("look at the data first")


def test_the_next_move_is_the_one_of_the_reasons_and_differs_from_what_was_asked():
    low, high = (made.run({end: (2.31, 0.1), 0.5: (2.30, 0.1)}, None) for end in (0.1, 1.0))

    def saying(run, words):
        return try_next(replace(run, choice=replace(run.choice, reason=("Nothing.", words))))

    above = "Search there: limit the rates to those above 2.29, up to 10000."
    assert saying(low, above) == "search above 2.29, with the same options: etascope pick --low 2.29"
    below = "So lower ones may learn: limit the rates to those below 2.86e-06, down to 1e-07. Check that"
    assert saying(high, below).endswith("etascope pick --high 2.86e-06")
    other = saying(low, "Allow other rates. Check that the labels belong to the images.")
    assert other == "allow other rates, with the same options but without --low and --high: etascope pick"
    lost = (math.inf, math.nan)
    assert try_next(made.run({1e15: lost, 1e16: lost}, None)) == (
        "allow lower rates, with the same options but without --low: etascope pick"
    )
    assert try_next(made.run({1e-7: (1e9, 0.1), 1e4: (1e19, 0.1)}, None)).startswith("look at the data and the recipe")


def test_where_no_rate_made_a_difference_nobody_is_sent_to_other_rates():
    same = made.run({0.01: (1.5, 0.4), 0.1: (1.5, 0.4), 1.0: (1.5, 0.4)}, None)
    assert try_next(same) == "look at the data and the model first: no rate that was tried made a difference"


def test_a_model_is_named_in_place_of_hidden_units():
    assert in_words(Recipe(model="cnn", epochs=1)) == "model cnn, momentum 0.9, batches of 16, 1 epoch"
