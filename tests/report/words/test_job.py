import io
import json
import math
import re
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

from etascope.core.measure import Measure
from etascope.core.recipe import OPTIMIZERS, Recipe
from etascope.core.sentences import Setting, say
from etascope.report.charts.render import charts
from etascope.report.files.document import pick_document, write_json
from etascope.report.files.markdown import run_markdown
from etascope.report.html.notebook import short_answer
from etascope.report.html.run import run_html
from etascope.report.terminal.page import open_console
from etascope.report.terminal.run import print_choice
from etascope.report.words.job import (
    again_in_python,
    data_facts,
    division,
    epoch_table,
    how_to_use,
    in_words,
    line_to_use,
    optimizer_line,
    recipe_words,
    try_next,
    use_it,
)
from tests.learn import made
from tests.report.reported import COMMAND, reported_run

ACCURACY = Measure("acc", maximize=True)
SCHEMA = json.loads((Path(__file__).parents[3] / "docs" / "schema" / "pick-1.schema.json").read_text())
#: Words of networks, images and losses in nats, none of which is known of a script.
FOREIGN = ("nats", "hidden", "momentum", "batches", "blind", "images", "classes", "nan", "torch", "0 x 0", "pixels")


@pytest.fixture(scope="module")
def script():
    return reported_run()


def screen(run, **options):
    out = io.StringIO()
    print_choice(open_console(out, width=100), run, **options)
    return out.getvalue()


def test_the_line_to_use_is_the_command_itself(script):
    shown = f"{script.choice.learning_rate:g}"
    assert line_to_use(script, script.choice.learning_rate) == f"python train.py --lr {shown} --epochs 10 --seed 0"
    assert how_to_use(script, script.choice.learning_rate).startswith("run python train.py")
    assert how_to_use(script, script.choice.learning_rate).endswith("it was found for 10 epochs, compared by val_loss")


def test_of_a_loop_it_is_the_rate():
    loop = reported_run(command="")
    assert line_to_use(loop, 0.0123456) == "learning_rate = 0.0123"
    assert how_to_use(loop, 0.01).startswith("train with learning_rate = 0.01;")


def test_of_an_optimizer_of_ones_own_no_line_of_another_is_written(run):
    """The recipe has the nearest names alone: NAdam would read as Adam, ten times the rate as the rate."""
    recipe = Recipe(model="Net", optimizer="adamw", schedule="step", epochs=3)
    own = replace(run, task=replace(run.task, recipe=recipe), data=replace(run.data, source="loaders", folders=()))
    assert line_to_use(own, 0.0123456) == "learning_rate = 0.0123"
    assert recipe_words(own.task, own.data) == "model Net, 3 epochs, with your optimizer, schedule and loaders"
    for shown in (screen(own), run_markdown(own), run_html(own, ())):
        assert "learning_rate = " in shown.replace("\\_", "_")
        assert "torch.optim" not in shown
        assert "adamw" not in shown


def test_data_and_recipe_are_what_is_known_of_them(script):
    assert data_facts(script.data) == []
    assert division(script.data).startswith(COMMAND)
    assert recipe_words(script.task, script.data) == "10 epochs, compared by val_loss"
    assert script.task.measure.words_with_unit == "val_loss"
    assert reported_run(ACCURACY).task.measure.words_with_unit == "1 - acc"


def test_networks_of_ours_read_as_they_did(run):
    facts, notes = data_facts(run.data)
    assert facts == ("images", "10 classes (0, 1, 2, 3, 4, 5, ...), 1,000 images; each image 28 x 28")
    assert notes == ("notes", "nothing was resized")
    assert division(run.data).startswith(
        "digits: 10 classes (0, 1, 2, 3, 4, 5, ...), 1,000 images; each image 28 x 28; 800 to choose"
    )
    assert recipe_words(run.task, run.data).startswith("128 hidden units")
    assert line_to_use(run, 0.1).startswith("torch.optim.SGD(")
    assert run.task.measure.words_with_unit == "validation loss in nats"


@pytest.mark.parametrize("ascii", [False, True])
@pytest.mark.parametrize("measure", [None, ACCURACY], ids=["loss", "accuracy"])
def test_a_terminal_shows_the_metric_and_nothing_that_is_not_known(measure, ascii):
    shown = screen(reported_run(measure), ascii=ascii)
    for word in FOREIGN:
        assert word not in shown.replace("val_loss", "")
    assert re.search(r"^ +rate +" + ("acc" if measure else "val_loss") + r" +verdict$", shown, re.MULTILINE)
    assert "diverged" in shown
    assert "next        run python train.py --lr" in shown
    if measure:
        assert "lowest 1 - acc" in " ".join(shown.split())


def test_values_are_those_that_were_reported_not_their_distances():
    run = reported_run(ACCURACY)
    best = max(float(t.valid_accuracy[-1]) for t in run.trials if not t.diverged)
    assert f"{best:.4g}" in screen(run)
    assert f"{best:.4g}" in run_markdown(run)
    assert f"{best:.4g}" in run_html(run)


@pytest.mark.parametrize("write", [run_html, run_markdown])
def test_pages_speak_of_nothing_that_is_not_known(script, write):
    page = re.sub(r"<script.*?</script>|<style.*?</style>|<head>.*?</head>", "", write(script), flags=re.DOTALL)
    for word in ("nats", "hidden unit", "momentum", "batches", "blind", "0 images", "torch", "0 x 0"):
        assert word not in page
    assert "python train.py --lr" in page


def test_charts_are_drawn_of_the_metric_alone(script):
    landscape, curves = charts(script)
    assert (landscape.name, curves.name, len(curves.panels)) == ("landscape", "curves", 1)
    said = json.dumps([landscape.panels, curves.panels, landscape.header, curves.header, curves.title])
    assert "nats" not in said
    assert "val_loss (logarithmic)" in said
    assert "validation loss" not in said
    assert curves.rows[0][2:4] != ("", "")


@pytest.mark.parametrize("size", [1e-7, 1.0, 1e7])
def test_a_chart_has_ticks_for_a_metric_of_any_size(size):
    from tests.report.reported import distance

    (panel, *_), _ = (chart.panels for chart in charts(reported_run(loss=lambda r, e: size * distance(r, e))))
    ticks = re.findall(r'"values": \[([\d.e, -]+)\]', json.dumps(panel))
    assert any(float(tick) > 0 for row in ticks for tick in row.split(","))


@pytest.mark.parametrize("measure", [None, ACCURACY], ids=["loss", "accuracy"])
def test_a_document_fits_the_schema_and_says_what_is_known(measure):
    run = reported_run(measure)
    document = pick_document(run)
    write_json(document, io.StringIO())
    jsonschema.validate(document, SCHEMA)
    assert (document["recipe"], document["dataset"], document["trace"], document["quiz"]) == (None, None, None, [])
    assert document["reports"]["command"] == COMMAND
    assert document["reports"]["metric"] == ("acc" if measure else "val_loss")
    trial = document["trials"][2]
    assert trial["metric"] == pytest.approx([1 - x for x in trial["valid_loss"]] if measure else trial["valid_loss"])
    assert document["valid"]["metric"] == pytest.approx(run.choice.measure.value(run.choice.valid_loss))


def test_an_answer_fits_a_line(script):
    assert short_answer(script).startswith(f"{COMMAND}: learning rate {script.choice.learning_rate:g}; basin")
    assert "val_loss" in short_answer(script)


def test_where_it_cannot_be_told_the_next_move_is_an_argument():
    flat = reported_run(loss=lambda rate, epoch: 0.7 + 1e-9 * rate, diverges=9)
    assert flat.choice.learning_rate is None
    shown = screen(flat)
    assert "cannot tell yet" in shown
    assert re.search(r"next +search below 6.5e-06, with the same options and high=6.5e-06", " ".join(shown.split()))
    burnt = screen(reported_run(diverges=0))
    assert "look at what the trainings said first" in " ".join(burnt.split())


def test_where_no_rate_made_a_difference_the_next_move_is_the_script():
    shown = " ".join(screen(reported_run(loss=lambda rate, epoch: 0.7, diverges=9)).split())
    assert "All 7 trials report the same val_loss" in shown
    assert "next look at how the script or the loop uses the learning rate first" in shown


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


def test_a_model_is_named_in_place_of_hidden_units():
    assert in_words(Recipe(model="cnn", epochs=1)) == "model cnn, momentum 0.9, batches of 16, 1 epoch"


FLAT = {1e-7: (2.3, 0.1), 1e4: (9.0, 0.1)}
LOST = (math.inf, math.nan)


def test_what_is_next_is_said_in_the_words_of_python():
    assert try_next(made.run(FLAT, None)).endswith("with the same options and epochs=10 in the recipe")
    assert again_in_python(reported_run(), (Setting("epochs", 20),)) == "with the same options and epochs=20"
    assert try_next(made.run({50.0: LOST, 500.0: LOST}, None)) == (
        "allow lower rates, with the same options and low=0.05"
    )
    assert try_next(made.run({1e15: LOST, 1e16: LOST}, None)) == (
        "allow lower rates, with the same options but without low"
    )
    higher = made.run({1e-5: (2.31, 0.1), 1e-4: (2.30, 0.1)}, None)
    assert try_next(higher) == "allow higher rates, with the same options and high=0.1"


def test_the_door_is_given_facts_and_writes_them():
    given = []

    def door(run, settings):
        given.extend(settings)
        return "in its words"

    assert try_next(made.run({50.0: LOST, 500.0: LOST}, None), door) == "allow lower rates, in its words"
    assert given == [Setting("low", 0.05)]


def test_the_next_move_is_the_one_of_the_reasons():
    low, high = (made.run({end: (2.31, 0.1), 0.5: (2.30, 0.1)}, None) for end in (0.1, 1.0))

    def saying(run, words):
        return try_next(replace(run, choice=replace(run.choice, reasons=(say("Nothing."), words))))

    above = say("Search there: limit the rates to those above {low:rate}, up to 10000.", Setting("low", 2.2912878))
    assert saying(low, above) == "search above 2.29, with the same options and low=2.29"
    below = say("So lower ones may learn: limit the rates to those below {high:rate}.", Setting("high", 2.86e-6))
    assert saying(high, below) == "search below 2.86e-06, with the same options and high=2.86e-06"
    other = saying(low, say("Allow other rates. Check the labels.", Setting("low"), Setting("high")))
    assert other == "allow other rates, with the same options but without low and high"


def test_where_the_data_or_the_model_is_at_fault_nobody_is_sent_to_other_rates():
    same = made.run({0.01: (1.5, 0.4), 0.1: (1.5, 0.4), 1.0: (1.5, 0.4)}, None)
    assert try_next(same) == "look at the data and the model first: no rate that was tried made a difference"
    assert try_next(made.run({1e-7: LOST, 1e4: LOST}, None)).startswith("look at the data first")
    assert try_next(made.run({1e-7: (1e9, 0.1), 1e4: (1e19, 0.1)}, None)).startswith("look at the data and the recipe")


def test_epochs_are_a_table_without_the_columns_of_which_nothing_is_known(trace, diverged):
    header, rows = epoch_table(trace, "abcdef")
    assert header == tuple("abcdef")
    assert [row[0] for row in rows] == [str(epoch.epoch) for epoch in trace.epochs]
    assert rows[0][2].endswith(" %")
    assert epoch_table(trace, "abc")[0] == ("a", "b", "c")
    header, rows = epoch_table(diverged, "abcde")
    assert "d" not in header
    assert rows[-1][1:3] == ("diverged", "")
