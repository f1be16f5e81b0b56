import subprocess
import sys
from pathlib import Path

import pytest

from etascope.core.errors import InputError
from etascope.core.recording import BestEffort, StoreRecorder
from etascope.store.forgiving import open_forgiving
from etascope.store.open import open_store
from tests.core.failing import FailingStore, each_error
from tests.store.made import history, job, run, same

#: Files may not grow beyond a little more than they are, as on a full disk.
FULL = """
import os, resource, sys
import numpy as np
from dataclasses import replace
from etascope.core.recording import BestEffort, StoreRecorder
from etascope.store.forgiving import open_forgiving
from tests.store.made import history, job, run
sentences = []
asked, kept = job(), StoreRecorder(open_forgiving(sys.argv[1], sentences.append))
recorder = BestEffort(kept, sentences.append, name=lambda: f"run {kept.run_id}")
recorder.begin(asked.data, asked.task)
recorder.append(history((0.1,)))
room = os.path.getsize(sys.argv[1]) + 100_000
resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
large = replace(history((0.2,)), example_losses=np.random.default_rng(0).standard_normal((1, 1, 6, 99_999)))
recorder.append(large)
recorder.append(history((0.3,)))
recorder.finish(run(asked, [history((0.1,)), large, history((0.3,))]))
print(kept.run_id, recorder.keeps)
print("\\n".join(sentences))
"""


def recording(store, sentences):
    """Return what writes a search down in a store, and says its trouble."""
    kept = StoreRecorder(store)
    return kept, BestEffort(kept, sentences.append, name=lambda: f"run {kept.run_id}")


def begun(recorder):
    asked = job()
    recorder.begin(asked.data, asked.task)
    return asked


def test_a_full_disk_is_told_once_and_what_was_kept_stays(tmp_path):
    path = str(tmp_path / "runs.sqlite")
    ended = subprocess.run(
        [sys.executable, "-c", FULL, path], capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2]
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    [result, told] = ended.stdout.splitlines()
    run_id = result.removesuffix(" False")
    assert f"the store {path} cannot be written: the disk is full" in told
    assert told.endswith(f"The rest of run {run_id} is not kept; the search goes on.")
    found = open_store(path).get("last")
    assert not found.finished
    assert same(found.histories, (history((0.1,)),))
    open_store(path).append(run_id, history((0.2,)))


def test_where_nothing_fails_it_is_the_store(tmp_path):
    sentences, store = [], open_store(f"{tmp_path}/runs.sqlite")
    kept, recorder = recording(store, sentences)
    asked = begun(recorder)
    recorder.append(history())
    assert same(store.get(kept.run_id).histories, (history(),))
    assert same(kept.histories, (history(),))
    assert not kept.finished
    recorder.finish(run(asked, [history()]))
    assert store.get(kept.run_id).finished
    assert kept.finished
    assert recorder.keeps
    assert sentences == []


def test_a_run_that_was_removed_meanwhile_is_told_once():
    sentences, store = [], open_store("sqlite://")
    kept, recorder = recording(store, sentences)
    begun(recorder)
    store.remove(kept.run_id)
    recorder.append(history())
    recorder.finish(run(job(), [history()]))
    [sentence] = sentences
    assert sentence.startswith("there is no run")
    assert not recorder.keeps
    assert kept.histories == ()


def test_an_answer_that_cannot_be_kept_is_told():
    sentences, store = [], open_store("sqlite://")
    kept, recorder = recording(store, sentences)
    begun(recorder)
    store.finish(kept.run_id, run(job(), [history()]))
    recorder.finish(run(job(), [history()]))
    assert sentences[0].endswith(f"The answer of run {kept.run_id} is not kept; the search goes on.")
    assert not kept.finished


@each_error
@pytest.mark.parametrize(
    ("fails", "lost"),
    [("begin", "This run is not kept"), ("append", "The rest of run ID is not kept"),
     ("finish", "The answer of run ID is not kept")],
)  # fmt: skip
def test_whatever_a_store_raises_is_told_once_and_raised_never(fails, lost, error):
    sentences, store = [], open_store("sqlite://")
    kept, recorder = recording(FailingStore(store, fails, error), sentences)
    asked = begun(recorder)
    recorder.append(history())
    recorder.append(history())
    recorder.finish(run(asked, [history(), history()]))
    [sentence] = sentences
    assert sentence.startswith(f"keeping the search failed with {type(error).__name__}")
    assert sentence.endswith(f". {lost.replace('ID', str(kept.run_id))}; the search goes on.")
    assert not recorder.keeps
    assert [line.finished for line in store.find()] == ([] if fails == "begin" else [False])


def test_ctrl_c_in_a_store_is_no_trouble_of_the_store():
    _, recorder = recording(FailingStore(open_store("sqlite://"), "begin", KeyboardInterrupt()), [])
    with pytest.raises(KeyboardInterrupt):
        begun(recorder)


@each_error
def test_whatever_opening_a_store_raises_is_told(error, monkeypatch):
    def broken(url, tell):
        raise error

    monkeypatch.setattr("etascope.store.forgiving.open_store", broken)
    sentences = []
    assert open_forgiving("sqlite://", sentences.append) is None
    assert sentences[0].startswith(f"keeping the search failed with {type(error).__name__}")
    assert len(sentences) == 1


def test_trouble_with_the_place_is_told_and_a_wrong_address_refused(tmp_path):
    sentences = []
    assert open_forgiving(f"{tmp_path}/no/such/folder/runs.sqlite", sentences.append) is None
    assert len(sentences) == 1
    with pytest.raises(InputError, match="mysql"):
        open_forgiving("mysql://host/db", sentences.append)
