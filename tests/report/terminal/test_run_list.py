import json
from datetime import UTC, datetime, timedelta

import jsonschema
import pytest

from etascope.core.stored import RunLine
from etascope.report.terminal.run_list import ago, clock, print_runs, runs_document, state
from tests.test_documents import SCHEMAS

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def line(id="3f2a91c0", hours=2.0, rate=0.0178, test=0.885, finished=True, trials=70, source="digits"):
    recipe = "momentum, hidden 128, batch 16, 5 epochs"
    return RunLine(id, NOW - timedelta(hours=hours), source, 1000, recipe, rate, test, finished, trials)


STOPPED = line("77aa0b1c", 0.1, None, None, False, 40)
UNTOLD = line("0c0c0c0c", 30, None, None)


@pytest.mark.parametrize(
    ("age", "told"),
    [
        (timedelta(seconds=-90), "just now"),
        (timedelta(seconds=59), "just now"),
        (timedelta(seconds=60), "1 minute ago"),
        (timedelta(minutes=59, seconds=59), "59 minutes ago"),
        (timedelta(hours=1), "1 hour ago"),
        (timedelta(hours=23, minutes=59), "23 hours ago"),
        (timedelta(days=1), "1 day ago"),
        (timedelta(days=13), "13 days ago"),
        (timedelta(days=14), "2 weeks ago"),
        (timedelta(days=729), "104 weeks ago"),
        (timedelta(days=731), "2 years ago"),
    ],
)
def test_an_age_is_told_in_its_largest_unit(age, told):
    assert ago(NOW - age, NOW) == told


def test_times_are_those_of_this_computer(monkeypatch):
    import time

    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        assert clock(NOW) == "2026-11-24 21:00"
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_run_is_two_lines_what_came_out_and_what_was_asked(written):
    lines = written(print_runs, [line(), UNTOLD], NOW).splitlines()
    assert lines[0].split() == ["run", "when", "rate", "test", "state"]
    assert lines[2].startswith(f"3f2a91c0  {clock(line().created)}, 2 hours ago ")
    assert lines[2].split()[-4:] == ["0.0178", "88.5", "%", "finished"]
    assert lines[3] == "          digits, 1,000 images: momentum, hidden 128, batch 16, 5 epochs"
    assert lines[4].endswith("cannot tell")
    assert lines[-1] == "Look at one again: etascope show 3f2a91c0."


def test_a_run_that_was_stopped_says_how_to_go_on(written):
    text = written(print_runs, [line(), STOPPED], NOW)
    assert "open, 40 trials" in text
    assert text.splitlines()[-1] == "Go on with a run that did not come to its end: etascope resume 77aa0b1c."
    assert state(line(finished=False, trials=1)) == "open, 1 trial"


def test_an_empty_store_says_what_to_do(written):
    assert written(print_runs, [], NOW) == "There are no runs yet. Make one: etascope pick keeps every search here.\n"


def test_a_list_that_was_cut_says_so(written):
    assert "There are more" in written(print_runs, [line()], NOW, more=True)
    assert "There are more" not in written(print_runs, [line()], NOW)


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("ascii", [False, True])
def test_every_line_fits_and_ascii_is_ascii(written, width, ascii):
    told = [line(), STOPPED, UNTOLD, line(source="/home/me/Käfer und Schmetterlinge/" + 12 * "holiday photos/")]
    text = written(print_runs, told, NOW, width=width, ascii=ascii)
    assert max(map(len, text.splitlines())) <= width
    assert not ascii or text.encode("ascii")


def test_the_document_holds_every_field_and_fits_its_schema():
    told = runs_document([line(), STOPPED])
    schema = json.loads((SCHEMAS / "runs-1.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(told)
    assert told["runs"][0]["created"] == "2026-11-24T10:00:00+00:00"
    assert [run["learning_rate"] for run in told["runs"]] == [0.0178, None]
    assert set(told["runs"][0]) == set(vars(line()))


def test_a_run_of_a_script_has_no_images_to_count(written):
    script = RunLine("aa", NOW, "./train {lr}", 0, "10 epochs, seed 0", 0.003, None, True, 7)
    assert "./train {lr}: 10 epochs, seed 0" in written(print_runs, [script], NOW)
