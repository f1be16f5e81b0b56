"""Going on with a search that was stopped."""

import os
import signal
import textwrap
import time
from dataclasses import replace

import numpy as np
import pytest

from etascope import Recipe
from etascope.core.stored import Job
from etascope.store.open import open_store
from tests.cli.kept import OPTIONS, ids, keep, searched, untold, write_photos
from tests.cli.running import SMALL, refused, run, start
from tests.test_documents import strict, without_seconds


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path / "runs.sqlite"


@pytest.fixture
def on_store(store):
    """Run a command on the store."""

    def call(*arguments):
        return run(*arguments, ETASCOPE_STORE=store)

    return call


def same_bits(one, two):
    """Check that two runs are the same but for the time that they took."""
    assert one.choice.learning_rate == two.choice.learning_rate
    assert one.choice.basin == two.choice.basin
    assert one.choice.verdicts == two.choice.verdicts
    for first, second in zip(one.histories, two.histories, strict=True):
        for name in ("step_loss", "valid_loss", "valid_accuracy", "train_loss"):
            np.testing.assert_array_equal(getattr(first, name), getattr(second, name))
    np.testing.assert_array_equal(one.trace.step_loss, two.trace.step_loss)
    assert one.trace.evaluation == two.trace.evaluation


@pytest.mark.parametrize("rounds", [0, 1, 2])
def test_a_resumed_search_ends_with_the_same_bits(store, on_store, rounds):
    run_id = keep(store, searched(), rounds=rounds)
    ended = on_store("resume")
    assert (ended.code, ended.err) == (0, "")
    stored = open_store(str(store)).get(run_id)
    assert stored.finished
    same_bits(stored.run, searched())
    assert ids(store) == [run_id]


def test_it_ends_with_the_page_of_pick_and_its_document(store, on_store):
    keep(store, searched(), rounds=1)
    ended = on_store("resume", "--json", "a.json")
    assert "learning rate   " in ended.out
    assert "Answers to the quiz" in ended.out
    shown = strict(on_store("show", "--json", "-").out)
    assert without_seconds(strict((store.parent / "a.json").read_text())) == without_seconds(shown)


def test_a_search_that_was_killed_goes_on(store, on_store):
    process = start("pick", *SMALL, "--epochs", "20", "--workers", "1", variables={"ETASCOPE_STORE": store})
    deadline = time.monotonic() + 30
    while not (store.exists() and (lines := open_store(str(store)).find()) and lines[0].trials):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    (run_id,) = ids(store)
    assert f"etascope resume {run_id}" in on_store("runs").out
    kept = len(open_store(str(store)).get(run_id).histories)
    assert on_store("resume").code == 0
    assert open_store(str(store)).get(run_id).finished
    assert kept >= 1


NET = """
    from torch import nn

    def make(n_classes, shape):
        size = shape[0] * shape[1] * shape[2]
        return nn.Sequential(nn.Flatten(), nn.Linear(size, 8), nn.ReLU(), nn.Dropout(0.2), nn.Linear(8, n_classes))
"""


def test_a_search_with_a_model_of_ones_own_that_was_killed_ends_with_the_same_bits(store, on_store, tmp_path):
    (tmp_path / "net.py").write_text(textwrap.dedent(NET))
    arguments = ("pick", "digits", "--model", "net.py:make", "--epochs", 2, "--batch-size", 40, "--budget", 4)
    whole = tmp_path / "whole.sqlite"
    assert run(*arguments, ETASCOPE_STORE=whole).code == 0
    expected = open_store(str(whole)).get(ids(whole)[0]).run
    process = start(*arguments, variables={"ETASCOPE_STORE": store})
    deadline = time.monotonic() + 60
    while not (store.exists() and (lines := open_store(str(store)).find()) and lines[0].trials):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    (run_id,) = ids(store)
    kept = open_store(str(store)).get(run_id)
    assert not kept.finished
    assert 1 <= len(kept.histories) <= len(expected.histories)
    assert on_store("resume").code == 0
    stored = open_store(str(store)).get(run_id)
    assert stored.finished
    same_bits(stored.run, expected)


def test_the_latest_that_did_not_end_is_meant(store, on_store):
    old, new = keep(store, searched(), rounds=0), keep(store, searched(), rounds=1)
    keep(store, searched())
    assert on_store("resume", "--json", "-").code == 0
    finished = {line.id: line.finished for line in open_store(str(store)).find()}
    assert (finished[new], finished[old]) == (True, False)


def test_nothing_to_go_on_with_is_a_sentence(store, on_store):
    assert "there are no runs yet" in refused(on_store("resume"))
    keep(store, searched())
    assert "every run here came to its end" in refused(on_store("resume"))


def test_a_run_that_ended_says_so_and_is_shown(store, on_store):
    run_id = keep(store, searched())
    ended = on_store("resume", run_id)
    assert (ended.code, ended.err) == (0, f"note: run {run_id} came to its end; this is its answer.\n")
    assert ended.out == on_store("show", run_id).out
    assert on_store("resume", keep(store, untold())).code == 1


def test_a_search_without_an_answer_ends_with_1(store, on_store):
    keep(store, untold(), rounds=0, options={**OPTIONS, "low": 1e-9, "high": 2e-9})
    ended = on_store("resume")
    assert ended.code == 1
    assert "cannot tell yet" in ended.out


def test_data_that_changed_are_refused(store, on_store, tmp_path):
    write_photos(tmp_path / "photos")
    assert on_store("pick", "photos", *SMALL, "--low", "0.01", "--high", "0.1").code == 0
    (finished,) = ids(store)
    whole = open_store(str(store)).get(finished)
    run_id = keep(store, whole.run, rounds=1, options=whole.job.options)
    write_photos(tmp_path / "photos", 41)
    sentence = refused(on_store("resume", run_id))
    assert f"has changed since run {run_id} began: it had 40 images" in sentence
    assert "now 41" in sentence
    assert f"etascope rm {run_id}" in sentence


def test_data_that_are_gone_are_refused(store, on_store, tmp_path):
    keep(store, searched(), rounds=1, options={**OPTIONS, "data": str(tmp_path / "gone")})
    sentence = refused(on_store("resume"))
    assert "needs its images where they were" in sentence
    assert "gone' is not there. Put them back, or search anew" in sentence


def test_a_run_from_python_is_refused(store, on_store):
    keep(store, searched(), rounds=1, options={})
    assert "they came from Python" in refused(on_store("resume"))


def test_other_software_is_noted(store, on_store):
    search = searched()
    kept = open_store(str(store))
    run_id = kept.begin(Job(search.data, search.task, dict(OPTIONS), {**search.versions, "numpy": "1.0"}))
    kept.append(run_id, search.histories[0])
    ended = on_store("resume")
    assert ended.code == 0
    assert ended.err.startswith(f"note: run {run_id} began with numpy 1.0, now ")
    assert ended.err.count("\n") == 1


def test_workers_change_nothing_but_the_time(store, on_store):
    run_id = keep(store, searched(), rounds=1)
    assert on_store("resume", "--workers", 2).code == 0
    same_bits(open_store(str(store)).get(run_id).run, searched())
    keep(store, searched(), rounds=1)
    assert "0" in refused(on_store("resume", "--workers", 0))


def test_a_model_in_a_file_is_not_looked_for_elsewhere(store, on_store, tmp_path):
    search = searched()
    kept = open_store(str(store))
    task = replace(search.task, recipe=Recipe(model="models.py:net", epochs=1))
    kept.begin(Job(search.data, task, {**OPTIONS, "folder": str(tmp_path / "there")}, search.versions))
    sentence = refused(on_store("resume"))
    assert f"is of the model models.py:net, seen from {tmp_path / 'there'}. Go on with it there." in sentence
