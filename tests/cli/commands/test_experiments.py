"""The commands of the experiments."""

import json
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner

from etascope.cli.commands.experiments import range_test, referee, scaling, sharpness
from etascope.cli.dialect import command_line
from etascope.core.errors import InputError
from tests.cli.running import SMALL

SCHEMAS = Path(__file__).parents[3] / "docs" / "schema"
QUICK = {
    range_test: (*SMALL, "--no-measure"),
    sharpness: (*SMALL, "--no-measure"),
    scaling: (*SMALL, "--times", "1,2"),
    referee: (*SMALL, "--seeds", "2", "--replicates", "1"),
}
each_command = pytest.mark.parametrize("command", QUICK, ids=lambda command: command.name)


def run(command, *arguments, code=0):
    ended = CliRunner().invoke(command, arguments, catch_exceptions=False, standalone_mode=False)
    assert ended.return_value == code
    return ended.stdout


def document(command, *arguments):
    values = json.loads(run(command, *arguments, "--json", "-"))
    schema = json.loads((SCHEMAS / f"{command.name}-1.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(values)
    assert values["schema"] == f"etascope/{command.name}/1"
    return values


@each_command
def test_every_form_is_written_beside_the_page(command, tmp_path):
    begins = {".html": b"<!doctype html>", ".md": b"# digits", ".svg": b"<svg", ".png": b"\x89PNG", ".pdf": b"%PDF",
              ".json": b"{"}  # fmt: skip
    paths = [tmp_path / f"report{suffix}" for suffix in begins]
    page = run(command, *QUICK[command], "--ascii", "--json", str(tmp_path / "document.json"),
               *(part for path in paths for part in ("--report", str(path))))  # fmt: skip
    assert page.isascii()
    assert len(page) > 300
    for path in paths:
        assert path.read_bytes().startswith(begins[path.suffix])
        assert path.stat().st_size > 100
    values = json.loads((tmp_path / "document.json").read_text())
    assert json.loads(paths[-1].read_text())["schema"] == values["schema"] == f"etascope/{command.name}/1"


@each_command
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--report", "other.gif"), r"the suffix of --report must be one of \.html, "),
        (("--json", "/no/such/folder/x.json"), "--json needs a file"),
    ],
)
def test_a_place_that_cannot_be_is_refused_before_anything_is_trained(command, arguments, sentence):
    with pytest.raises(InputError, match=sentence):
        run(command, *arguments)


@each_command
def test_the_help_teaches_with_examples(command):
    text = CliRunner().invoke(command, ["--help"], prog_name=f"etascope {command.name}").output
    assert text.count(f"\n    etascope {command.name}") >= 4


def test_a_range_test_has_all_rules_and_the_truth():
    page = run(range_test, *SMALL)
    for rule in ("fastai valley", "fastai slide", "torch-lr-finder steepest", "Lightning lr_find", "ignite steepest"):
        assert rule in page
    assert "would lose" in page
    assert "apart, from" in page
    assert "etascope pick" in page


def test_the_options_reach_the_range_test():
    options = ("--no-measure", "--low", "1e-4", "--high", "0.5", "--steps", "30", "--seed", "3")
    values = document(range_test, *SMALL, *options)
    assert values["measured"] is None
    assert (values["seed"], len(values["losses"])) == (3, 30)
    assert values["learning_rates"][0] == pytest.approx(1e-4)
    assert values["learning_rates"][-1] == pytest.approx(0.5)
    assert values["own_sweeps"] is False


def test_own_sweeps():
    assert "its own finder makes" in run(range_test, *SMALL, "--no-measure", "--own-sweeps")


def test_a_range_test_that_does_not_climb_is_refused():
    with pytest.raises(InputError, match="climbs from a low"):
        run(range_test, *SMALL, "--low", "1", "--high", "0.1")


def test_sharpness_has_limit_wall_and_where_theory_fails():
    page = run(sharpness, *SMALL, "--optimizer", "sgd")
    for part in ("limit 2 / s", "initial weights", "The limit holds for a quadratic loss", "Goh 2017"):
        assert part in page


def test_the_options_reach_the_measurement_of_sharpness():
    values = document(sharpness, *SMALL, "--no-measure", "--lr", "0.02")
    assert (values["learning_rate"], values["measured"], values["best"]) == (0.02, None, None)
    assert values["points"][0]["limit"] == pytest.approx(3.8 / values["points"][0]["sharpness"])
    assert len(values["points"]) == 6


def test_scaling_over_epochs():
    (axis,) = document(scaling, *QUICK[scaling])["axes"]
    assert (axis["name"], [s["value"] for s in axis["settings"]]) == ("epochs", [1, 2])
    assert [s["recipe"]["epochs"] for s in axis["settings"]] == [1, 2]
    assert axis["law"]["low"] < axis["law"]["exponent"] < axis["law"]["high"]


def test_only_the_axes_that_are_given_are_walked():
    page = run(scaling, "--hidden", "8", "--epochs", "1", "--widths", "4,8")
    assert "By width" in page
    assert "By epochs" not in page


@pytest.mark.parametrize(
    ("command", "arguments", "sentence"),
    [
        (scaling, ("--times", "1;2"), "--times must be whole numbers with commas between; found '1;2'. Try 1,2,4."),
        (scaling, ("--times", "0,1"), "at least 1; found 0"),
        (scaling, ("--batch-sizes", "8,,16"), "--batch-sizes must be whole numbers"),
        (scaling, ("--hidden", "0", "--widths", "8"), "first hidden layer; found --hidden 0. Leave --widths out."),
        (scaling, ("--folds", "0"), "found 0 folds. Try --folds 5."),
        (referee, ("--seeds", "1"), "seeds must be 2 to 100; found 1"),
        (referee, ("--replicates", "99"), "replicates must be 1 to 50; found 99"),
        (referee, ("--folds", "0"), "Try --folds 5"),
    ],
)
def test_bad_input_is_a_sentence_before_anything_is_trained(command, arguments, sentence):
    with pytest.raises(InputError) as error:
        run(command, *arguments)
    assert sentence in error.value.written(command_line)


@pytest.mark.parametrize("command", [scaling, referee], ids=lambda command: command.name)
def test_the_help_says_what_to_look_for(command):
    assert "What to look for" in CliRunner().invoke(command, ["--help"]).output


def test_the_table_of_every_adviser_as_a_page_and_as_a_document(tmp_path):
    path = tmp_path / "document.json"
    page = run(referee, *QUICK[referee], "--ascii", "--json", str(path), "--report", str(tmp_path / "page.html"))
    values = json.loads(path.read_text())
    jsonschema.Draft202012Validator(
        json.loads((SCHEMAS / "referee-1.schema.json").read_text(encoding="utf-8"))
    ).validate(values)
    assert len(values["advisers"]) == 14
    assert {"customary default", "fastai valley", "Optuna TPE-20", "Prodigy at rate 1", "etascope pick"} <= {
        adviser["name"] for adviser in values["advisers"]
    }
    html = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert all(adviser["name"] in page and adviser["name"] in html for adviser in values["advisers"])
    assert all(" ".join(sentence.split()) in " ".join(page.split()) for sentence in values["conclusion"])
    assert "pip install 'etascope[referee]'" in CliRunner().invoke(referee, ["--help"]).output
