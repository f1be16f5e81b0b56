"""The commands on runs that were kept, as a user meets them."""

import json
import os
import sqlite3
from contextlib import closing
from dataclasses import replace

import jsonschema
import pytest

from etascope.report.files.document import pick_document
from tests.cli.kept import ids, keep, searched, untold
from tests.cli.running import Terminal, refused, run, start
from tests.test_documents import SCHEMAS, strict, without_seconds


@pytest.fixture
def store(tmp_path, monkeypatch):
    """Where runs are kept in these tests, empty; the working directory is beside it."""
    (tmp_path / "desk").mkdir()
    monkeypatch.chdir(tmp_path / "desk")
    return tmp_path / "runs.sqlite"


@pytest.fixture
def on_store(store):
    """Run a command on the store."""

    def call(*arguments, **variables):
        return run(*arguments, ETASCOPE_STORE=store, **variables)

    return call


def words(text):
    return " ".join(text.split())


def test_runs_are_listed_the_latest_first(store, on_store):
    first, second = keep(store, searched()), keep(store, searched(optimizer="adam"))
    ended = on_store("runs")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.index(second) < ended.out.index(first)
    assert "just now" in ended.out
    assert "adam, no hidden layer" in ended.out


def test_an_empty_store_is_a_sentence(on_store):
    assert on_store("runs").out == "There are no runs yet. Make one: etascope pick keeps every search here.\n"


def test_a_limit_is_kept_and_told(store, on_store):
    kept = [keep(store, searched()) for _ in range(3)]
    ended = on_store("runs", "--limit", 2)
    assert [run_id in ended.out for run_id in kept] == [False, True, True]
    assert "There are more" in ended.out
    assert "There are more" not in on_store("runs", "--limit", 3).out
    assert "0" in refused(on_store("runs", "--limit", 0))


@pytest.mark.parametrize("arguments", [("runs",), ("compare",), ("show",)])
def test_a_document_on_standard_output_stands_alone(store, on_store, arguments):
    keep(store, searched())
    keep(store, searched())
    ended = on_store(*arguments, "--json", "-")
    assert (ended.code, ended.err) == (0, "")
    name = {"compare": "comparison", "show": "pick"}.get(*arguments, *arguments)
    schema = json.loads((SCHEMAS / f"{name}-1.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(strict(ended.out))


def test_the_document_of_no_runs_is_an_empty_list(on_store):
    assert strict(on_store("runs", "--json", "-").out)["runs"] == []


def test_the_option_wins_over_the_variable(store, on_store, tmp_path):
    keep(store, searched())
    assert "no runs yet" in on_store("runs", "--store", tmp_path / "other.sqlite").out
    assert "finished" in on_store("runs", "--store", f"sqlite:///{store}").out


@pytest.mark.parametrize("command", ["runs", "show", "compare", "gc", "lock", "resume"])
def test_a_store_that_is_none_is_refused(on_store, command, tmp_path):
    (tmp_path / "notes.txt").write_text("not a database, and longer than a header of SQLite would be" * 20)
    assert "mysql" in refused(on_store(command, "--store", "mysql://host/db"))
    assert "notes.txt" in refused(on_store(command, "--store", tmp_path / "notes.txt"))


def test_show_is_the_page_that_pick_printed(store, on_store):
    run_id = keep(store, searched())
    ended = on_store("show", run_id[:4])
    assert (ended.code, ended.err) == (0, "")
    assert ended.out == on_store("show").out == on_store("show", "last").out
    assert "learning rate   " in ended.out
    assert "1 Data flow, five stages" in ended.out
    assert "Answers to the quiz" in ended.out
    assert strict(on_store("show", "--json", "-").out)["learning_rate"] == searched().choice.learning_rate


def test_show_of_an_answer_that_cannot_be_told_ends_with_1(store, on_store):
    keep(store, untold())
    assert on_store("show").code == 1
    assert "cannot tell yet" in on_store("show").out


def test_show_of_a_stopped_run_shows_what_there_is(store, on_store):
    run_id = keep(store, searched(), rounds=1)
    ended = on_store("show", run_id)
    assert (ended.code, ended.err) == (1, "")
    assert f"run {run_id} did not come to its end" in ended.out
    assert f"etascope resume {run_id}" in ended.out
    assert "did not come to its end" in refused(on_store("show", run_id, "--json", "-"))


def test_a_run_that_is_not_there_is_refused(store, on_store):
    assert "etascope pick" in refused(on_store("show"))
    keep(store, searched())
    for arguments in (("show", "zzzz"), ("export", "zzzz"), ("rm", "zzzz", "--yes"), ("compare", "zzzz"),
                      ("lock", "zzzz"), ("resume", "zzzz")):  # fmt: skip
        assert "zzzz" in refused(on_store(*arguments))


def test_compare_takes_the_latest_two_that_ended(store, on_store):
    first, second = keep(store, searched()), keep(store, searched(optimizer="adam"))
    keep(store, searched(), rounds=1)
    ended = on_store("compare", "--json", "-")
    assert [strict(ended.out)[side]["id"] for side in "ab"] == [first, second]
    assert [strict(on_store("compare", second, "--json", "-").out)[side]["id"] for side in "ab"] == [second, first]
    third = keep(store, searched())
    assert [strict(on_store("compare", first, second, "--json", "-").out)[side]["id"] for side in "ab"] == [
        first,
        second,
    ]
    assert [strict(on_store("compare", first, "--json", "-").out)[side]["id"] for side in "ab"] == [first, third]


def test_compare_writes_the_page_and_the_document(store, on_store, tmp_path):
    keep(store, searched())
    keep(store, searched(optimizer="adam"))
    ended = on_store("compare", "--json", "c.json")
    assert ended.code == 0
    assert "optimizer" in ended.out
    assert "The optimizers differ" in ended.out
    conclusion = strict((tmp_path / "desk" / "c.json").read_text())["conclusion"]
    assert conclusion[1:] in words(ended.out)


def test_compare_needs_two_runs_that_ended(store, on_store):
    assert "needs two runs" in refused(on_store("compare"))
    run_id = keep(store, searched())
    assert "needs two runs" in refused(on_store("compare"))
    assert "needs two runs" in refused(on_store("compare", run_id))
    stopped = keep(store, searched(), rounds=1)
    assert f"etascope resume {stopped}" in refused(on_store("compare", run_id, stopped))


def test_export_writes_the_document_of_pick(store, on_store, tmp_path):
    run_id = keep(store, searched())
    ended = on_store("export", "last")
    assert (ended.code, ended.out) == (0, f"run {run_id} was written to {run_id}.json.\n")
    written = strict((tmp_path / "desk" / f"{run_id}.json").read_text())
    known = json.loads(json.dumps(pick_document(searched())))
    assert {**written, "quiz": []} == {**known, "quiz": []}
    assert written["quiz"]
    assert on_store("export", run_id, "a.json").code == 0
    assert strict((tmp_path / "desk" / "a.json").read_text()) == written
    ended = on_store("export", run_id, "-")
    assert (strict(ended.out), ended.err) == (written, "")


def test_export_refuses_what_cannot_be_written_or_is_not_done(store, on_store):
    keep(store, searched())
    assert "no directory" in refused(on_store("export", "last", "none/a.json"))
    keep(store, searched(), rounds=1)
    assert "etascope resume" in refused(on_store("export", "last"))


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full here")
def test_export_says_that_it_wrote_only_what_it_wrote(store, on_store):
    keep(store, searched())
    ended = on_store("export", "last", "/dev/full")
    assert (ended.code, ended.out) == (2, "")
    assert "no space left" in ended.err


@pytest.mark.parametrize("columns", ["0", "000", "\N{SUPERSCRIPT TWO}", "9" * 5000, "-3", ""])
def test_columns_that_are_none_are_not_heeded(store, on_store, columns):
    keep(store, searched())
    assert on_store("show", COLUMNS=columns, LINES=columns) == on_store("show")


def test_rm_needs_yes_where_nobody_can_be_asked(store, on_store):
    first, second = keep(store, searched()), keep(store, searched())
    assert "--yes" in refused(on_store("rm", first))
    assert ids(store) == [second, first]
    ended = on_store("rm", first, first[:5], "--yes")
    assert (ended.code, ended.out) == (0, "1 run was removed. etascope gc gives its space back.\n")
    assert ids(store) == [second]


def test_what_is_said_to_do_next_is_said_for_the_store_that_was_given(store):
    def with_store_option(*arguments):
        return run(*arguments, "--store", "../runs.sqlite")

    there = " --store ../runs.sqlite"
    assert "Begin one: etascope pick" in refused(with_store_option("show"))
    finished = keep(store, searched())
    assert f"etascope show {finished}{there}." in words(with_store_option("runs").out)
    assert f"All: etascope runs{there}." in refused(with_store_option("show", "zzzz"))
    assert f"See etascope runs{there}" in refused(with_store_option("resume"))
    stopped = keep(store, searched(), rounds=1)
    assert f"etascope resume {stopped}{there}." in words(with_store_option("runs").out)
    assert f"etascope resume {stopped}{there}" in words(with_store_option("show", stopped).out)
    assert f"etascope resume {stopped}{there}." in refused(with_store_option("export", stopped))
    with closing(sqlite3.connect(store)) as database, database:
        database.execute("UPDATE etascope_runs SET state = 'banana' WHERE id = ?", (stopped,))
    assert f"etascope rm {stopped}{there}," in refused(with_store_option("show", stopped))
    assert f"etascope gc{there} gives" in with_store_option("rm", stopped, "--yes").out


@pytest.mark.parametrize("address", ["sqlite:///:memory:", ":memory:", "sqlite://"])
def test_a_store_that_ends_with_the_command_is_not_taken_without_a_word(on_store, address):
    for command in ("runs", "show", "gc", "resume"):
        assert "nothing in it" in refused(on_store(command, "--store", address))
    small = ("--low", "0.01", "--high", "0.1", "--folds", "2", "--hidden", "0", "--epochs", "1")
    assert "the search is not kept" in on_store("pick", *small, "--store", address).err
    assert on_store("pick", *small, "--store", address, "--no-store").err.startswith("note: --no-store was given, too")


def test_rm_removes_all_or_none(store, on_store):
    first, second = keep(store, searched()), keep(store, searched())
    refused(on_store("rm", first, "zzzz", "--yes"))
    assert ids(store) == [second, first]
    assert on_store("rm", first, second, "--yes").out.startswith("2 runs were removed")
    assert ids(store) == []


@pytest.mark.parametrize(("key", "code", "left"), [("y", 0, 0), ("n", 1, 1), ("\n", 1, 1)])
def test_rm_asks_at_a_terminal(store, key, code, left):
    run_id = keep(store, searched())
    with Terminal("rm", "last", ETASCOPE_STORE=store) as terminal:
        terminal.read_until("Forget it for good?")
        assert run_id.encode() in terminal.output
        terminal.type(f"{key}\n")
        ended, text = terminal.end()
    assert ended == code
    assert ("Nothing was removed." in text) is (code == 1)
    assert len(ids(store)) == left


def test_gc_says_how_much_was_freed(store, on_store):
    assert on_store("gc").out == "There was nothing to free.\n"
    for _ in range(5):
        keep(store, searched(hidden=(32,)))
    assert on_store("rm", *ids(store), "--yes").code == 0
    ended = on_store("gc")
    assert ended.code == 0
    freed, unit = ended.out.split()[:2]
    assert float(freed) > 1
    assert unit in ("kB", "MB")
    assert ended.out.endswith("B were freed.\n")


def test_commands_end_the_same_in_a_process_of_their_own(store):
    keep(store, searched())
    for arguments, code in ((("runs",), 0), (("show",), 0), (("compare",), 2), (("rm", "last"), 2)):
        process = start(*arguments, variables={"ETASCOPE_STORE": store})
        out, err = process.communicate(timeout=30)
        assert process.returncode == code
        assert (out == b"", err == b"") == (code == 2, code != 2)


@pytest.mark.parametrize("columns", [80, 120])
def test_pages_at_a_terminal_fit_and_have_colour_unless_told_not_to(store, columns):
    keep(store, searched())
    keep(store, searched(optimizer="adam"))
    for command in ("runs", "compare"):
        pages = []
        for variables in ({}, {"NO_COLOR": "1"}):
            with Terminal(command, columns=columns, ETASCOPE_STORE=store, **variables) as terminal:
                code, text = terminal.end()
            assert code == 0
            pages.append(text)
        assert "\x1b[" in pages[0]
        assert "\x1b[3" not in pages[1]
        assert all(len(line) <= columns for line in pages[1].replace("\x1b[1m", "").replace("\x1b[2m", "").replace(
            "\x1b[0m", "").splitlines())  # fmt: skip


def test_without_seconds_the_shown_document_is_the_kept_one(store, on_store):
    keep(store, searched())
    shown = strict(on_store("show", "--json", "-").out)
    assert without_seconds(shown) == without_seconds(strict(on_store("export", "last", "-").out))


def test_show_says_what_the_images_were_understood_as_and_every_note(store, on_store, tmp_path):
    noted = replace(searched().data, notes=("1 image was left out.", "val joined the training images."))
    run_id = keep(store, replace(searched(), data=noted))
    ended = on_store("show", run_id)
    assert ended.out.startswith("10 classes (0, 1, 2, 3, 4, 5, ...), 1,000 images\n\n")
    assert ended.err == "note: 1 image was left out.\nnote: val joined the training images.\n"
    stopped = keep(store, replace(searched(), data=noted), rounds=1)
    assert "1 image was left out. val joined the training images." in words(on_store("show", stopped).out)
