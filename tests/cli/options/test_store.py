import re

import click
import pytest
from click.testing import CliRunner

from etascope.cli.options.store import in_store, opened, recording, store_option
from etascope.core.errors import InputError
from etascope.core.recording import StoreRecorder
from etascope.core.sentences import Command, Setting
from etascope.store.open import open_store
from etascope.workbench import pick
from tests.cli.kept import keep, searched
from tests.cli.running import SMALL, answer, run


@click.command()
@store_option
def where(store_url):
    click.echo(repr(store_url))


def test_the_option_hands_the_url_on():
    assert CliRunner().invoke(where, ["--store", "runs.sqlite"]).output == "'runs.sqlite'\n"
    assert CliRunner().invoke(where, []).output == "None\n"


def test_the_help_says_where_runs_are_without_it():
    text = " ".join(CliRunner().invoke(where, ["--help"]).output.split())
    assert "[default: ETASCOPE_STORE, else runs.sqlite in your data folder]" in text


def test_the_store_is_the_one_of_the_url_or_of_the_variable(tmp_path, monkeypatch):
    assert opened(str(tmp_path / "a.sqlite"), make=True).find() == []
    monkeypatch.setenv("ETASCOPE_STORE", str(tmp_path / "b.sqlite"))
    assert opened(None, make=True).find() == []
    assert {path.name.partition(".")[0] for path in tmp_path.iterdir()} == {"a", "b"}


def test_a_search_is_kept_as_it_happens(tmp_path):
    from etascope.core.recipe import Recipe

    store = open_store(str(tmp_path / "runs.sqlite"))
    kept = StoreRecorder(store, {"low": 0.01})
    made = pick("digits", recipe=Recipe(hidden=(), epochs=1), recorder=kept)
    stored = store.get("last")
    assert stored.id == kept.run_id
    assert stored.job.options == {"low": 0.01}
    assert stored.run.choice.learning_rate == made.choice.learning_rate
    assert len(stored.histories) == len(made.histories)


def test_one_that_goes_on_begins_no_new_run(tmp_path):
    from etascope.core.recipe import Recipe

    store = open_store(str(tmp_path / "runs.sqlite"))
    whole = pick("digits", recipe=Recipe(hidden=(), epochs=1))
    begun = StoreRecorder(store)
    begun.begin(whole.data, whole.task)
    begun.append(whole.histories[0])
    again = StoreRecorder(store, {}, begun.run_id)
    pick("digits", recipe=Recipe(hidden=(), epochs=1), histories=store.get("last").histories, recorder=again)
    assert [line.id for line in store.find()] == [begun.run_id]
    assert store.get("last").run.choice.learning_rate == whole.choice.learning_rate


def test_pick_keeps_its_search_unless_told_not_to(tmp_path):
    place = str(tmp_path / "runs.sqlite")
    assert run("pick", *SMALL, "--no-store", "--store", place).code == 0
    assert open_store(place).find() == []
    ended = run("pick", *SMALL, "--store", place)
    line = open_store(place).find()[0]
    assert line.finished
    assert f"learning rate   {line.learning_rate:.3g}" in ended.out


def test_a_wrong_address_is_refused_before_anything_is_trained():
    with pytest.raises(InputError, match="mysql"):
        recording("mysql://somewhere/runs", {})
    assert run("pick", *SMALL, "--store", "mysql://somewhere/runs").code == 2


def test_a_place_that_cannot_be_used_is_told_and_the_answer_comes_all_the_same(tmp_path):
    (tmp_path / "file").write_text("no folder")
    ended = run("pick", *SMALL, "--store", str(tmp_path / "file" / "runs.sqlite"))
    assert ended.code == 0
    assert "learning rate" in ended.out
    assert ended.err.startswith("note: ")
    assert "not kept" in ended.err


def without_seconds(text):
    return re.sub(r"\d+\.\d+ s\b", "", text)


@pytest.mark.parametrize(
    ("broken", "lost"),
    [("to_json", "This run is not kept"), ("pack_history", "The rest of run"), ("pack", "The answer of run")],
)
@pytest.mark.parametrize("error", [TypeError("no such type"), MemoryError(), OSError(5, "Input/output error")])
def test_the_answer_comes_whatever_goes_wrong_in_keeping_it(tmp_path, monkeypatch, broken, lost, error):
    def fail(*_):
        raise error

    monkeypatch.setattr(f"etascope.store.sql.{broken}", fail)
    ended = run("pick", *SMALL, "--store", tmp_path / "runs.sqlite")
    alone = run("pick", *SMALL, "--no-store")
    assert ended.code == alone.code == 0
    assert without_seconds(ended.out) == without_seconds(alone.out)
    [note] = ended.err.splitlines()
    assert note.startswith(f"note: keeping the search failed with {type(error).__name__}")
    assert lost in note


def test_a_search_that_goes_on_has_its_answer_too(tmp_path, monkeypatch):
    place = tmp_path / "runs.sqlite"
    run_id = keep(place, searched(), rounds=1)

    def fail(*_):
        raise TypeError("no such type")

    monkeypatch.setattr("etascope.store.sql.pack_history", fail)
    ended = run("resume", "--store", place)
    assert (ended.code, answer(ended.out)[:13]) == (0, "learning rate")
    assert f"TypeError: no such type. The rest of run {run_id} is not kept" in ended.err


def test_ctrl_c_while_a_round_is_kept_is_ctrl_c(tmp_path, monkeypatch):
    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("etascope.store.sql.pack_history", stop)
    assert run("pick", *SMALL, "--store", tmp_path / "runs.sqlite").code == 130


@pytest.mark.parametrize("meanwhile", ["nothing", "removed", "no file", "another file"])
def test_nothing_is_said_to_be_kept_that_was_removed_meanwhile(tmp_path, meanwhile):
    from etascope.core.recipe import Recipe

    place = tmp_path / "runs.sqlite"
    kept, made = recording(str(place), {}), pick("digits", recipe=Recipe(hidden=(), epochs=1))
    kept.recorder.begin(made.data, made.task)
    kept.recorder.append(made.histories[0])
    if meanwhile == "removed":
        open_store(str(place)).remove(kept.run.run_id)
    elif meanwhile != "nothing":
        place.unlink()
    if meanwhile == "another file":
        place.write_text("something else")
    said = kept.after_a_stop()
    assert ("kept; go on with: etascope resume" in said) == (meanwhile == "nothing")
    assert ("was removed meanwhile" in said) == (meanwhile != "nothing")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        (None, "etascope show 3f2a"),
        ("a store.sqlite", "etascope show 3f2a --store 'a store.sqlite'"),
        ("postgresql://me:secret@host/runs", "etascope show 3f2a and the same --store"),
    ],
)
def test_a_command_that_is_named_finds_the_store_that_was_given(url, words):
    assert in_store(url, Command("show", ("3f2a",))) == words
    assert in_store(url, Setting("folds", 5)) == "--folds 5"
