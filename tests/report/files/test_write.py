import json
import re

import pytest

from etascope.core.errors import InputError
from etascope.experiments.range_test.report import range_experiment
from etascope.experiments.sharpness.report import sharpness_experiment
from etascope.learn.quiz import run_quiz
from etascope.report.files.document import pick_document
from etascope.report.files.write import REPORTS, Forms, write_form, write_report
from tests.experiments.made import ranged, walled


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
    ("name", "message"), [("run.gif", "found '.gif' in 'run.gif'"), ("run", "found 'run', which has none")]
)
def test_an_unknown_suffix_is_refused_with_the_list(run, name, message):
    with pytest.raises(InputError, match=re.escape(f"one of {', '.join(REPORTS)}; {message}.")):
        write_report(run, name)


def test_a_run_without_an_answer_can_be_written_in_every_way(undecided, tmp_path):
    for suffix in REPORTS:
        write_report(undecided, tmp_path / f"run{suffix}")
    assert len(list(tmp_path.iterdir())) == len(REPORTS)


@pytest.mark.parametrize("expected", [range_experiment(ranged()), sharpness_experiment(walled())])
def test_an_experiment_can_be_written_in_every_way(expected, tmp_path):
    begins = {".html": b"<!doctype html>", ".md": b"# digits", ".json": b"{", ".png": b"\x89PNG", ".svg": b"<svg",
              ".pdf": b"%PDF"}  # fmt: skip
    for suffix in REPORTS:
        write_report(expected, tmp_path / f"told{suffix}")
        assert (tmp_path / f"told{suffix}").read_bytes().startswith(begins[suffix])
    assert json.loads((tmp_path / "told.json").read_text()) == json.loads(json.dumps(expected.document))
    assert expected.charts[0].title[:20] in (tmp_path / "told.svg").read_text(encoding="utf-8")


def test_no_form_is_made_but_the_one_that_is_asked_for(tmp_path):
    forms = Forms(document=pytest.fail, html=pytest.fail, markdown=lambda: "# told", chart=pytest.fail)
    write_form(forms, tmp_path / "told.md")
    assert (tmp_path / "told.md").read_text() == "# told"


def test_the_document_holds_the_questions_that_it_is_given(run, tmp_path):
    questions = run_quiz(run)
    write_report(run, tmp_path / "run.json", questions)
    document = json.loads((tmp_path / "run.json").read_text())
    assert len(document["quiz"]) == 3
    assert document == json.loads(json.dumps(pick_document(run, questions)))
