import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import jsonschema
import numpy as np
import pytest

from etascope.core.history import Status
from etascope.core.measure import Measure
from etascope.core.plan import Checkpoint
from etascope.core.stored import Job, RunLine, StoredRun
from etascope.report.terminal.run_list import ago, clock, kept_words, print_runs, print_unfinished, runs_document, state
from tests.learn import made
from tests.report.reported import reported_run
from tests.test_documents import SCHEMAS

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def line(id="3f2a91c0", hours=2.0, rate=0.0178, test=0.885, finished=True, trials=70, source="digits"):
    recipe = "momentum, hidden 128, batch 16, 5 epochs"
    return RunLine(id, NOW - timedelta(hours=hours), source, 1000, recipe, rate, test, finished, trials)


STOPPED = line("77aa0b1c", 0.1, None, None, False, 40)
UNTOLD = line("0c0c0c0c", 30, None, None)


@pytest.mark.parametrize(
    ("age", "expected"),
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
def test_an_age_is_told_in_its_largest_unit(age, expected):
    assert ago(NOW - age, NOW) == expected


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
    assert written(print_runs, [], NOW) == "There are no runs yet. Make one: etascope.pick() keeps every search here.\n"


def test_a_list_that_was_cut_says_so(written):
    assert "There are more" in written(print_runs, [line()], NOW, more=10)
    assert "There are more" not in written(print_runs, [line()], NOW)


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("ascii", [False, True])
def test_every_line_fits_and_ascii_is_ascii(written, width, ascii):
    runs = [line(), STOPPED, UNTOLD, line(source="/home/me/Käfer und Schmetterlinge/" + 12 * "holiday photos/")]
    text = written(print_runs, runs, NOW, width=width, ascii=ascii)
    assert max(map(len, text.splitlines())) <= width
    assert not ascii or text.encode("ascii")


def test_the_document_holds_every_field_and_fits_its_schema():
    document = runs_document([line(), STOPPED])
    schema = json.loads((SCHEMAS / "runs-1.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(document)
    assert document["runs"][0]["created"] == "2026-11-24T10:00:00+00:00"
    assert [run["learning_rate"] for run in document["runs"]] == [0.0178, None]
    assert set(document["runs"][0]) == set(vars(line()))


def test_a_run_of_a_script_has_no_images_to_count(written):
    script = RunLine("aa", NOW, "./train {lr}", 0, "10 epochs, seed 0", 0.003, None, True, 7)
    assert "./train {lr}: 10 epochs, seed 0" in written(print_runs, [script], NOW)


def stopped(*histories):
    run = made.run()
    return StoredRun("77aa0b1c", NOW - timedelta(minutes=3), Job(run.data, run.task), histories)


def test_it_shows_what_there_is_and_how_to_go_on(written):
    text = " ".join(written(print_unfinished, stopped(made.history()), NOW).split())
    assert text.startswith("run 77aa0b1c did not come to its end")
    assert "3 minutes ago" in text
    assert "data digits images 10 classes (0, 1, 2, 3, 4, 5, ...), 1,000 images; each image 28 x 28" in text
    assert "notes nothing was resized" in text
    assert "128 hidden units, momentum 0.9, batches of 16, 5 epochs, seed 0" in text
    assert "kept 1 round; 45 trials in all" in text
    assert "etascope resume 77aa0b1c" in text


def test_pieces_of_a_round_are_no_rounds(written):
    whole = made.history()
    pieces = [whole.take(rows).as_part(whole.plan, rows) for rows in (range(9), range(9, 20), range(20, 21))]
    assert kept_words(pieces) == "21 trials of round 1"
    assert kept_words([whole, *pieces[:1]]) == "1 round and 9 trials of round 2"
    assert kept_words([]) == ""
    text = " ".join(written(print_unfinished, stopped(*pieces), NOW).split())
    assert "kept 21 trials of round 1; 21 trials in all" in text


def test_every_rate_has_a_row(written):
    rows = [line.split() for line in written(print_unfinished, stopped(made.history()), NOW).splitlines()][-9:]
    assert [row[0] for row in rows] == [f"{rate:g}" for rate in sorted(made.MEASURED)]
    assert rows[2][:3] == ["0.01", "5", "0.50"]
    assert rows[2][-5:] == ["5", "trained", "to", "the", "end"]
    assert rows[-1] == ["3", "5", "5", "diverged"]


def test_trials_that_go_on_are_told_from_those_that_ended(written):
    whole = made.history()
    half = replace(
        whole, plan=replace(whole.plan, rates=whole.plan.rates[:, :20]), step_loss=whole.step_loss[:, :20],
        status=tuple(Status.PAUSED if s is Status.FINISHED else s for s in whole.status),
        **{name: getattr(whole, name)[..., :2] for name in (
            "evaluated_at", "train_loss", "train_accuracy", "valid_loss", "valid_accuracy")},
    )  # fmt: skip
    rows = np.flatnonzero(np.isclose(whole.plan.learning_rates, 0.01))
    at = tuple(Checkpoint(20, (), {}) for _ in rows)
    later = replace(
        whole, plan=replace(whole.plan.take(rows), rates=whole.plan.rates[rows, 20:], start=20, resume=at),
        step_loss=whole.step_loss[rows, 20:], evaluated_at=whole.evaluated_at[2:],
        status=tuple(Status.FINISHED for _ in rows), diverged_at=whole.diverged_at[rows], examples=whole.examples[rows],
        **{name: getattr(whole, name)[rows, 2:] for name in (
            "train_loss", "train_accuracy", "valid_loss", "valid_accuracy")},
    )  # fmt: skip
    text = written(print_unfinished, stopped(half, later), NOW)
    endings = {line.split()[0]: line.split(maxsplit=5)[-1] for line in text.splitlines()[-9:]}
    assert endings["0.01"] == "5 trained to the end"
    assert endings["0.018"] == "5 paused"
    assert "kept 2 rounds; 45 trials in all" in " ".join(text.split())


def test_a_run_that_kept_nothing_has_no_table(written):
    text = written(print_unfinished, stopped(), NOW)
    assert "nothing yet; 0 trials in all" in text
    assert "accuracy" not in text


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("ascii", [False, True])
def test_an_unfinished_run_fits_the_terminal(written, width, ascii):
    text = written(print_unfinished, stopped(made.history()), NOW, width=width, ascii=ascii)
    assert max(map(len, text.splitlines())) <= width
    assert not ascii or text.encode("ascii")


def test_of_a_script_it_shows_what_was_reported(written):
    run = reported_run(Measure("acc", maximize=True))
    text = written(
        print_unfinished,
        StoredRun("77aa", NOW, Job(run.data, run.task), run.histories[:1]),
        NOW,
        width=120,
    )
    assert run.data.source in text
    assert "10 epochs, compared by acc, seed 0" in " ".join(text.split())
    rows = [line.split() for line in text.splitlines()]
    value = 1 - float(run.trials[0].valid_loss[0])
    assert [f"{run.trials[0].learning_rate:g}", "1", f"{value:.4g}"] in [row[:3] for row in rows]
    assert "nan" not in text
    assert "diverged" in text
