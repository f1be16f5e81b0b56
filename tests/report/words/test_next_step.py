import io
import math
import os
import subprocess
from dataclasses import replace

import pytest

from etascope.cli.commands.pick import pick
from etascope.cli.options.recipe import recipe_of
from etascope.core.data import KNOWN_SETS, SENT, called
from etascope.core.recipe import OPTIMIZERS, Recipe
from etascope.core.sentences import Setting, say
from etascope.report.terminal.page import Page, open_console
from etascope.report.words.next_step import in_words, optimizer_line, pick_command, script_command, try_next, use_it
from tests.learn import made
from tests.report.reported import reported_run


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


def asked(source, *words):
    """What click makes of a command's words, as a run keeps it."""
    context = pick.make_context("pick", [source, *words])
    return {name: value for name, value in context.params.items() if name not in ("json_path", "reports", "ascii")}


def again(command):
    """What a shell and click make of a command that was printed."""
    words = subprocess.run(["bash", "-c", f"printf '%s\\0' {command}"], capture_output=True, check=True).stdout
    _, _, *given = map(os.fsdecode, words.split(b"\0")[:-1])
    return pick.make_context("pick", given).params


PATHS = [
    "my photos", "-dash", "--help", "./digits", "./mnist", "./~", "new\nline", "tab\tx", "a  b ", "it's $HOME; `x`",
    "a -> b", "a+-b", "a +- b", "back\\slash", "caf\u00e9", "\u202ertl", "\udcff", "*", "#h", "!x", "digits",
    "./your images",
]  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_the_command_runs_as_it_is_printed_and_means_the_same_path(path):
    source = path if path == "digits" else called(os.path.normpath(path))
    for shown in (pick_command(source, Recipe()), pick_command(source, Recipe(), {"data": path})):
        page = io.StringIO()
        Page(open_console(page)).line(shown)
        found = again(page.getvalue().rstrip("\n"))["data"]
        assert os.path.abspath(found) == os.path.abspath(path)
        assert (found in KNOWN_SETS) == (path in KNOWN_SETS)


OPTIONS = [
    "--hidden 0 --epochs 2 --pixels standard", "--hidden 32,16 --optimizer adamw --weight-decay 0 --seed 3",
    "--momentum 0.123456789012345 --schedule cosine --warmup 0.1", "--labels -y.npy --test ./0.3 --image 2",
    "--test 0.3 --image-size 8x9 --grayscale --skip-bad",
    "--folds 2 --budget 23.9 --target loss --tolerance 2.5 --low 1e-3 --high 2",
    "--model cnn --device cpu --accumulate 2 --clip-norm 1 --trials-in-memory 4 --workers 1", "--test ./mnist",
]  # fmt: skip


@pytest.mark.parametrize("words", OPTIONS)
def test_every_option_that_was_asked_for_is_in_the_command(words):
    options = asked("my photos", *words.split())
    recipe = recipe_of(options)
    found = again(pick_command("my photos", recipe, options))
    assert recipe_of(found) == recipe
    for name, value in options.items():
        if name not in ("hidden", "momentum", "weight_decay"):
            assert found[name] == value, name
    longer = again(pick_command("my photos", recipe, options, epochs="77"))
    assert (longer["epochs"], longer["folds"]) == (77, options["folds"])


def test_what_was_kept_from_the_root_is_told_as_seen_from_here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    kept = {"data": str(tmp_path / "digits"), "test": str(tmp_path / "0.3"), "labels": "/elsewhere/y.npy"}
    assert pick_command("./digits", Recipe(), kept) == ("etascope pick ./digits --labels /elsewhere/y.npy --test ./0.3")


def test_a_script_is_searched_with_its_own_options(tmp_path):
    options = {
        "command": "python t.py {lr} 'a b'", "metric": r"loss ([0-9.]+)", "maximize": True, "best": 1.0, "low": 1e-3,
        "middle_of": "adam", "folder": str(tmp_path),
    }  # fmt: skip
    flat = replace(reported_run(loss=lambda rate, epoch: 0.7 + 1e-9 * rate, diverges=9), options=options)
    command = script_command(flat, high="284")
    there, _, run = command.partition(" && ")
    assert there == f"cd {tmp_path}"
    found = again(run)
    assert (found["command"], found["metric"], found["maximize"]) == (options["command"], options["metric"], True)
    assert (found["epochs"], found["low"], found["high"], found["optimizer"]) == (flat.recipe.epochs, 1e-3, 284, "adam")
    assert ": cd " in try_next(flat)


def test_what_came_from_python_is_searched_again_there():
    flat = {1e-7: (2.3, 0.1), 1e4: (9.0, 0.1)}
    assert try_next(made.run(flat, None)).endswith("with the same options and recipe=Recipe(epochs=10)")
    sent = made.run(flat, None)
    sent = replace(sent, data=replace(sent.data, source=SENT))
    assert try_next(sent).endswith("with the same options: etascope pick FOLDER_OF_YOUR_IMAGES --epochs 10")


def test_where_an_end_did_best_the_search_is_sent_beyond_it():
    lost = (math.inf, math.nan)
    assert try_next(made.run({50.0: lost, 500.0: lost}, None)) == (
        "allow lower rates, with the same options and method=Automatic(low=0.05)"
    )
    higher = replace(made.run({1e-5: (2.31, 0.1), 1e-4: (2.30, 0.1)}, None), options={"data": "digits", "folds": 3})
    assert try_next(higher).endswith("with the same options: etascope pick --folds 3 --high 0.1")
    longer = replace(made.run({1e-7: (2.3, 0.1), 1e4: (9.0, 0.1)}, None), options={"data": "digits"})
    assert try_next(longer).endswith("etascope pick --epochs 10")
    assert try_next(made.run({1e-7: lost, 1e4: lost}, None)).startswith("look at the data first")


def test_the_next_move_is_the_one_of_the_reasons_and_differs_from_what_was_asked():
    low, high = (made.run({end: (2.31, 0.1), 0.5: (2.30, 0.1)}, None) for end in (0.1, 1.0))

    def saying(run, words):
        asked = {"data": "digits"}
        return try_next(replace(run, options=asked, choice=replace(run.choice, reasons=(say("Nothing."), words))))

    above = say("Search there: limit the rates to those above {low:rate}, up to 10000.", Setting("low", 2.29))
    assert saying(low, above) == "search above 2.29, with the same options: etascope pick --low 2.29"
    below = say("So lower ones may learn: limit the rates to those below {high:rate}.", Setting("high", 2.86e-6))
    assert saying(high, below).endswith("etascope pick --high 2.86e-06")
    other = saying(low, say("Allow other rates. Check the labels.", Setting("low"), Setting("high")))
    assert other == "allow other rates, with the same options but without --low and --high: etascope pick"
    lost = (math.inf, math.nan)
    assert try_next(made.run({1e15: lost, 1e16: lost}, None)) == (
        "allow lower rates, with the same options but without low"
    )
    assert try_next(made.run({1e-7: (1e9, 0.1), 1e4: (1e19, 0.1)}, None)).startswith("look at the data and the recipe")


def test_where_no_rate_made_a_difference_nobody_is_sent_to_other_rates():
    same = made.run({0.01: (1.5, 0.4), 0.1: (1.5, 0.4), 1.0: (1.5, 0.4)}, None)
    assert try_next(same) == "look at the data and the model first: no rate that was tried made a difference"


def test_a_model_is_named_in_place_of_hidden_units():
    assert in_words(Recipe(model="cnn", epochs=1)) == "model cnn, momentum 0.9, batches of 16, 1 epoch"
