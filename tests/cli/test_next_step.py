import io
import os
import subprocess
from dataclasses import replace

import pytest

from etascope.cli.commands.pick import pick
from etascope.cli.next_step import pick_command, search_again
from etascope.cli.options.recipe import recipe_of
from etascope.core.data import KNOWN_SETS, SENT, called
from etascope.core.recipe import Recipe
from etascope.core.sentences import Setting, say
from etascope.report.terminal.page import Page, open_console
from etascope.report.words.job import try_next
from tests.learn import made
from tests.report.reported import reported_run


def options_of(source, *words):
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
        parsed = again(page.getvalue().rstrip("\n"))["data"]
        assert os.path.abspath(parsed) == os.path.abspath(path)
        assert (parsed in KNOWN_SETS) == (path in KNOWN_SETS)


OPTIONS = [
    "--hidden 0 --epochs 2 --pixels standard --drop-last", "--hidden 32,16 --optimizer adamw --weight-decay 0 --seed 3",
    "--momentum 0.123456789012345 --schedule cosine --warmup 0.1", "--labels -y.npy --test ./0.3 --image 2",
    "--test 0.3 --image-size 8x9 --grayscale --skip-bad",
    "--folds 2 --budget 23.9 --target loss --tolerance 2.5 --low 1e-3 --high 2",
    "--model cnn --device cpu --accumulate 2 --clip-norm 1 --trials-in-memory 4 --workers 1", "--test ./mnist",
]  # fmt: skip


@pytest.mark.parametrize("words", OPTIONS)
def test_every_option_that_was_asked_for_is_in_the_command(words):
    options = options_of("my photos", *words.split())
    recipe = recipe_of(options)
    parsed = again(pick_command("my photos", recipe, options))
    assert recipe_of(parsed) == recipe
    for name, value in options.items():
        if name not in ("hidden", "momentum", "weight_decay"):
            assert parsed[name] == value, name
    longer = again(pick_command("my photos", recipe, options, epochs=77))
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
    there, _, run = (
        search_again(flat, (Setting("high", 284.0),)).removeprefix("with the same options: ").partition(" && ")
    )
    assert there == f"cd {tmp_path}"
    parsed = again(run)
    assert (parsed["command"], parsed["metric"], parsed["maximize"]) == (options["command"], options["metric"], True)
    assert (parsed["epochs"], parsed["low"], parsed["high"], parsed["optimizer"]) == (
        flat.recipe.epochs,
        1e-3,
        284,
        "adam",
    )
    assert ": cd " in try_next(flat, search_again)


def test_images_that_were_sent_to_a_page_are_searched_in_a_folder():
    sent = made.run({1e-7: (2.3, 0.1), 1e4: (9.0, 0.1)}, None)
    sent = replace(sent, data=replace(sent.data, source=SENT))
    folder = "with the same options: etascope pick FOLDER_OF_YOUR_IMAGES --epochs 10"
    assert try_next(sent, search_again).endswith(folder)


def test_what_came_from_python_is_searched_again_there():
    longer = (Setting("epochs", 10),)
    assert search_again(reported_run(), longer) == "with the same options and epochs=10"


def test_each_next_move_is_a_command():
    higher = replace(made.run({1e-5: (2.31, 0.1), 1e-4: (2.30, 0.1)}, None), options={"data": "digits", "folds": 3})
    assert try_next(higher, search_again).endswith("with the same options: etascope pick --folds 3 --high 0.1")
    limits = replace(higher.choice, reasons=(say("Allow other rates.", Setting("low"), Setting("high")),))
    assert try_next(replace(higher, choice=limits), search_again) == (
        "allow other rates, with the same options but without --low and --high: etascope pick --folds 3"
    )
    longer = replace(made.run({1e-7: (2.3, 0.1), 1e4: (9.0, 0.1)}, None), options={"data": "digits"})
    assert try_next(longer, search_again).endswith("etascope pick --epochs 10")


def test_numbers_are_written_as_they_are_told():
    run = replace(made.run({0.1: (2.31, 0.1), 0.5: (2.30, 0.1)}, None), options={"data": "digits"})
    above = say("Search there: limit the rates to those above {low:rate}.", Setting("low", 2.2912878))
    run = replace(run, choice=replace(run.choice, reasons=(above,)))
    assert try_next(run, search_again) == "search above 2.29, with the same options: etascope pick --low 2.29"
    below = say("So lower ones may learn: limit the rates to those below {high:rate}.", Setting("high", 2.8612e-6))
    run = replace(run, choice=replace(run.choice, reasons=(below,)))
    assert try_next(run, search_again).endswith("etascope pick --high 2.86e-06")
