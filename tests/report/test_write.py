import json
import re

import pytest

from etascope.core.errors import InputError
from etascope.report.document import pick_document
from etascope.report.write import REPORTS, write_report


@pytest.mark.parametrize(
    ("suffix", "begins"),
    [
        (".html", b"<!doctype html>"),
        (".md", b"#"),
        (".json", b'{\n"schema": "etascope/pick/1"'),
        (".png", b"\x89PNG"),
        (".svg", b"<svg"),
        (".pdf", b"%PDF"),
        (".HTML", b"<!doctype html>"),
    ],
)
def test_the_suffix_says_what_is_written(run, tmp_path, suffix, begins):
    write_report(run, tmp_path / f"run{suffix}")
    assert (tmp_path / f"run{suffix}").read_bytes().startswith(begins)
    assert [p.name for p in tmp_path.iterdir()] == [f"run{suffix}"]


def test_the_document_is_the_one_of_the_command_line(run, tmp_path):
    write_report(run, str(tmp_path / "run.json"))
    assert json.loads((tmp_path / "run.json").read_text()) == json.loads(json.dumps(pick_document(run)))


@pytest.mark.parametrize(
    ("name", "found"), [("run.gif", "found '.gif' in 'run.gif'"), ("run", "found 'run', which has none")]
)
def test_an_unknown_suffix_is_refused_with_the_list(run, name, found):
    with pytest.raises(InputError, match=re.escape(f"one of {', '.join(REPORTS)}; {found}.")):
        write_report(run, name)


def test_a_run_without_an_answer_can_be_written_in_every_way(undecided, tmp_path):
    for suffix in REPORTS:
        write_report(undecided, tmp_path / f"run{suffix}")
    assert len(list(tmp_path.iterdir())) == len(REPORTS)
