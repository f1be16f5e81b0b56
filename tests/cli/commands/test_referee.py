import json
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner

from etascope.cli.commands.referee import referee
from etascope.core.errors import InputError

SMALL = ("--hidden", "0", "--epochs", "1", "--seeds", "2", "--replicates", "1", "--workers", "1")
SCHEMA = Path(__file__).parents[3] / "docs" / "schema" / "referee-1.schema.json"


def run(*arguments, code=0):
    ended = CliRunner().invoke(referee, arguments, standalone_mode=False, catch_exceptions=False)
    assert ended.return_value == code
    return ended.stdout


def test_the_table_of_every_adviser_as_a_page_and_as_a_document(tmp_path):
    reports = [tmp_path / f"told{suffix}" for suffix in (".html", ".svg", ".md")]
    asked = [part for path in reports for part in ("--report", str(path))]
    page = run(*SMALL, "--ascii", "--json", str(tmp_path / "told.json"), *asked)
    told = json.loads((tmp_path / "told.json").read_text())
    jsonschema.Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8"))).validate(told)
    assert len(told["advisers"]) == 14
    assert {"customary default", "fastai valley", "Optuna TPE-20", "Prodigy at rate 1", "etascope pick"} <= {
        adviser["name"] for adviser in told["advisers"]
    }
    for path, begins in zip(reports, ("<!doctype html>", "<svg", "# digits"), strict=True):
        written = path.read_text(encoding="utf-8")
        assert written.startswith(begins)
        assert all(adviser["name"] in written.replace("\\_", "_") for adviser in told["advisers"])
    assert page.isascii()
    assert all(adviser["name"] in page for adviser in told["advisers"])
    assert all(" ".join(sentence.split()) in " ".join(page.split()) for sentence in told["conclusion"])


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--seeds", "1"), "seeds must be 2 to 100; found 1"),
        (("--replicates", "99"), "replicates must be 1 to 50; found 99"),
        (("--folds", "0"), "Try --folds 5"),
        (("--report", "told.gif"), "the suffix of --report must be one of"),
        (("--json", "/no/such/folder/x.json"), "--json needs a file"),
    ],
)
def test_bad_input_is_a_sentence_before_anything_is_trained(arguments, sentence):
    with pytest.raises(InputError, match=sentence):
        run(*arguments)


def test_the_help_teaches_with_examples():
    text = CliRunner().invoke(referee, ["--help"]).output
    assert "What to look for" in text
    assert "etascope referee photos/ --optimizer adam" in text
    assert "pip install 'etascope[referee]'" in text
