import json

import pytest
from click.testing import CliRunner

from etascope.cli.sharpness import sharpness
from tests.cli.running import SMALL


def run(*arguments):
    return CliRunner().invoke(sharpness, [*SMALL, *arguments], catch_exceptions=False, standalone_mode=False)


def test_the_page_has_limit_wall_and_where_theory_fails():
    ended = run("--optimizer", "sgd")
    assert ended.return_value == 0
    for told in ("limit 2 / s", "initial weights", "The limit holds for a quadratic loss", "Goh 2017"):
        assert told in ended.stdout


def test_the_options_reach_the_measurement():
    told = json.loads(run("--no-measure", "--lr", "0.02", "--json", "-").stdout)
    assert told["schema"] == "etascope/sharpness/1"
    assert (told["learning_rate"], told["measured"], told["best"]) == (0.02, None, None)
    assert told["points"][0]["limit"] == pytest.approx(3.8 / told["points"][0]["sharpness"])
    assert len(told["points"]) == 6


def test_ascii_is_ascii():
    assert run("--no-measure", "--ascii").stdout.isascii()


def test_the_help_has_three_examples():
    ended = CliRunner().invoke(sharpness, ["--help"], prog_name="etascope sharpness")
    assert ended.output.count("\n    etascope sharpness") == 3
