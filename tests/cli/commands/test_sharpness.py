import json

import pytest
from click.testing import CliRunner

from etascope.cli.commands.sharpness import sharpness
from etascope.core.errors import InputError
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


def test_the_help_has_four_examples():
    ended = CliRunner().invoke(sharpness, ["--help"], prog_name="etascope sharpness")
    assert ended.output.count("\n    etascope sharpness") == 4


def test_reports_are_written_beside_the_page(tmp_path):
    paths = [tmp_path / f"told{suffix}" for suffix in (".html", ".png", ".svg", ".pdf", ".md", ".json")]
    ended = run("--no-measure", *(part for path in paths for part in ("--report", str(path))))
    assert ended.return_value == 0
    assert ended.stdout
    assert all(path.stat().st_size > 100 for path in paths)
    assert json.loads(paths[-1].read_text())["schema"] == "etascope/sharpness/1"


def test_a_report_of_another_kind_is_refused_before_anything_is_trained(tmp_path):
    with pytest.raises(InputError, match=r"the suffix of --report must be one of \.html, "):
        run("--report", str(tmp_path / "told.gif"))
