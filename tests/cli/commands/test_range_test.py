import json

import pytest
from click.testing import CliRunner

from etascope.cli.commands.range_test import range_test
from etascope.core.errors import InputError
from tests.cli.running import SMALL


def run(*arguments):
    return CliRunner().invoke(range_test, [*SMALL, *arguments], catch_exceptions=False, standalone_mode=False)


def test_the_page_has_all_rules_and_the_truth():
    ended = run()
    assert ended.return_value == 0
    for told in ("fastai valley", "fastai slide", "torch-lr-finder steepest", "Lightning lr_find", "ignite steepest"):
        assert told in ended.stdout
    assert "would lose" in ended.stdout
    assert "apart, from" in ended.stdout
    assert "etascope pick" in ended.stdout


def test_the_options_reach_the_test():
    told = json.loads(
        run("--no-measure", "--low", "1e-4", "--high", "0.5", "--steps", "30", "--seed", "3", "--json", "-").stdout
    )
    assert told["schema"] == "etascope/range-test/1"
    assert told["measured"] is None
    assert (told["seed"], len(told["losses"])) == (3, 30)
    assert told["learning_rates"][0] == pytest.approx(1e-4)
    assert told["learning_rates"][-1] == pytest.approx(0.5)
    assert told["own_sweeps"] is False


def test_own_sweeps_and_ascii():
    ended = run("--no-measure", "--own-sweeps", "--ascii")
    assert ended.stdout.isascii()
    assert "its own finder makes" in ended.stdout


def test_a_test_that_does_not_climb_is_refused():
    with pytest.raises(InputError, match="climbs from a low"):
        run("--low", "1", "--high", "0.1")


def test_the_help_has_four_examples():
    ended = CliRunner().invoke(range_test, ["--help"], prog_name="etascope range-test")
    assert ended.output.count("\n    etascope range-test") == 4


def test_reports_are_written_beside_the_page(tmp_path):
    paths = [tmp_path / f"told{suffix}" for suffix in (".html", ".png", ".svg", ".pdf", ".md", ".json")]
    ended = run("--no-measure", *(part for path in paths for part in ("--report", str(path))))
    assert ended.return_value == 0
    assert ended.stdout
    assert all(path.stat().st_size > 100 for path in paths)
    assert json.loads(paths[-1].read_text())["schema"] == "etascope/range-test/1"


def test_a_report_of_another_kind_is_refused_before_anything_is_trained(tmp_path):
    with pytest.raises(InputError, match=r"the suffix of --report must be one of \.html, "):
        run("--report", str(tmp_path / "told.gif"))
