import json
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner

from etascope.cli.commands.scaling import ladder
from etascope.core.errors import InputError

SMALL = ("--hidden", "0", "--epochs", "1", "--workers", "1")
SCHEMA = Path(__file__).parents[3] / "docs" / "schema" / "ladder-1.schema.json"


def run(*arguments, code=0):
    ended = CliRunner().invoke(ladder, arguments, standalone_mode=False, catch_exceptions=False)
    assert ended.return_value == code
    return ended.stdout


def test_a_ladder_is_a_document_alone_on_standard_output():
    told = json.loads(run(*SMALL, "--times", "1,2", "--json", "-"))
    jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8"))).validate(told)
    (axis,) = told["axes"]
    assert (axis["name"], [s["value"] for s in axis["settings"]]) == ("epochs", [1, 2])
    assert [s["recipe"]["epochs"] for s in axis["settings"]] == [1, 2]
    assert axis["law"]["low"] < axis["law"]["exponent"] < axis["law"]["high"]


def test_reports_are_written_beside_the_page(tmp_path):
    paths = [str(tmp_path / f"told{suffix}") for suffix in (".html", ".svg", ".md")]
    page = run(*SMALL, "--times", "1,2", *(part for path in paths for part in ("--report", path)))
    assert "By epochs" in page
    html, svg, text = (Path(path).read_text(encoding="utf-8") for path in paths)
    assert html.startswith("<!doctype html>")
    assert svg.startswith("<svg")
    assert "| epochs | rate | basin |" in text


def test_only_the_axes_that_were_asked_for_are_walked():
    page = run("--hidden", "8", "--epochs", "1", "--widths", "4,8", "--ascii")
    assert page.isascii()
    assert "By width" in page
    assert "By epochs" not in page


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--times", "1;2"), "--times must be whole numbers with commas between; found '1;2'. Try 1,2,4."),
        (("--times", "0,1"), "at least 1; found 0"),
        (("--batch-sizes", "8,,16"), "--batch-sizes must be whole numbers"),
        (("--hidden", "0", "--widths", "8"), "has no width"),
        (("--folds", "0"), "found 0 folds. Try --folds 5."),
        (("--report", "told.gif"), "the suffix of --report must be one of"),
    ],
)
def test_bad_input_is_a_sentence(arguments, sentence):
    with pytest.raises(InputError, match=sentence):
        run(*arguments)


def test_the_help_teaches_with_examples():
    text = CliRunner().invoke(ladder, ["--help"]).output
    assert "What to look for" in text
    assert "etascope ladder --batch-sizes 8,16,32,64" in text
