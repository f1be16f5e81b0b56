import io
import json
import re
from pathlib import Path

import jsonschema
import pytest

from etascope.core.measure import Measure
from etascope.report.charts.render import charts
from etascope.report.files.document import pick_document, write_json
from etascope.report.files.markdown import run_markdown
from etascope.report.html.notebook import short_answer
from etascope.report.html.run import run_html
from etascope.report.terminal.page import open_console
from etascope.report.terminal.run import print_choice
from etascope.report.words.job import data_facts, division, how_to_use, line_to_use, loss_words, recipe_words
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
    found = f"{script.choice.learning_rate:g}"
    assert line_to_use(script, script.choice.learning_rate) == f"python train.py --lr {found} --epochs 10 --seed 0"
    assert how_to_use(script, script.choice.learning_rate).startswith("run python train.py")
    assert how_to_use(script, script.choice.learning_rate).endswith("it was found for 10 epochs, compared by val_loss")


def test_of_a_loop_it_is_the_rate():
    loop = reported_run(command="")
    assert line_to_use(loop, 0.0123456) == "learning_rate = 0.0123"
    assert how_to_use(loop, 0.01).startswith("train with learning_rate = 0.01;")


def test_data_and_recipe_are_what_is_known_of_them(script):
    assert data_facts(script.data) == []
    assert division(script.data).startswith(COMMAND)
    assert recipe_words(script.task) == "10 epochs, compared by val_loss"
    assert loss_words(script) == "val_loss"
    assert loss_words(reported_run(ACCURACY)) == "1 - acc"


def test_networks_of_ours_read_as_they_did(run):
    told, notes = data_facts(run.data)
    assert told == ("images", "10 classes (0, 1, 2, 3, 4, 5, ...), 1,000 images; each image 28 x 28")
    assert notes == ("notes", "nothing was resized")
    assert division(run.data).startswith(
        "digits: 10 classes (0, 1, 2, 3, 4, 5, ...), 1,000 images; each image 28 x 28; 800 to choose"
    )
    assert recipe_words(run.task).startswith("128 hidden units")
    assert line_to_use(run, 0.1).startswith("torch.optim.SGD(")
    assert loss_words(run) == "validation loss in nats"


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


def test_where_it_cannot_be_told_the_next_move_is_an_option():
    flat = reported_run(loss=lambda rate, epoch: 0.7 + 1e-9 * rate, diverges=9)
    assert flat.choice.learning_rate is None
    shown = screen(flat)
    assert "cannot tell yet" in shown
    assert re.search(r"next +search below 6.5e-06, with the same options and --high 6.5e-06", " ".join(shown.split()))
    burnt = screen(reported_run(diverges=0))
    assert "look at what the trainings said first" in " ".join(burnt.split())


def test_where_no_rate_made_a_difference_the_next_move_is_the_script():
    shown = " ".join(screen(reported_run(loss=lambda rate, epoch: 0.7, diverges=9)).split())
    assert "All 7 trials report the same val_loss" in shown
    assert "next look at how the script or the loop uses the learning rate first" in shown
