import subprocess
import sys
from pathlib import Path

import pytest

from etascope.core.errors import InputError
from etascope.core.recording import Forgiving
from etascope.store.forgiving import open_forgiving
from etascope.store.open import open_store
from tests.core.failing import FailingStore, each_error
from tests.store.made import history, job, run, same

#: Files may not grow beyond a little more than they are, as on a full disk.
FULL = """
import os, resource, sys
import numpy as np
from dataclasses import replace
from etascope.store.forgiving import open_forgiving
from tests.store.made import history, job, run
told = []
store = open_forgiving(sys.argv[1], told.append)
asked = job()
run_id = store.begin(asked)
store.append(run_id, history((0.1,)))
room = os.path.getsize(sys.argv[1]) + 100_000
resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
large = replace(history((0.2,)), example_losses=np.random.default_rng(0).standard_normal((1, 1, 6, 99_999)))
store.append(run_id, large)
store.append(run_id, history((0.3,)))
store.finish(run_id, run(asked, [history((0.1,)), large, history((0.3,))]))
print(run_id, store.keeps)
print("\\n".join(told))
"""


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
    told, store = [], open_store(f"{tmp_path}/runs.sqlite")
    forgiving = Forgiving(store, told.append)
    asked = job()
    run_id = forgiving.begin(asked)
    forgiving.append(run_id, history())
    assert same(store.get(run_id).histories, (history(),))
    forgiving.finish(run_id, run(asked, [history()]))
    assert store.get(run_id).finished
    assert forgiving.keeps
    assert told == []


def test_a_run_that_was_removed_meanwhile_is_told_once():
    told, store = [], open_store("sqlite://")
    forgiving = Forgiving(store, told.append)
    run_id = forgiving.begin(job())
    store.remove(run_id)
    forgiving.append(run_id, history())
    forgiving.finish(run_id, run(job(), [history()]))
    [sentence] = told
    assert sentence.startswith("there is no run")
    assert not forgiving.keeps


def test_an_answer_that_cannot_be_kept_is_told():
    told, store = [], open_store("sqlite://")
    forgiving = Forgiving(store, told.append)
    run_id = forgiving.begin(job())
    store.finish(run_id, run(job(), [history()]))
    forgiving.finish(run_id, run(job(), [history()]))
    assert told[0].endswith(f"The answer of run {run_id} is not kept; the search goes on.")


@each_error
@pytest.mark.parametrize(
    ("fails", "lost"),
    [("begin", "This run is not kept"), ("append", "The rest of run ID is not kept"),
     ("finish", "The answer of run ID is not kept")],
)  # fmt: skip
def test_whatever_a_store_raises_is_told_once_and_raised_never(fails, lost, error):
    told, store = [], open_store("sqlite://")
    forgiving = Forgiving(FailingStore(store, fails, error), told.append)
    asked = job()
    run_id = forgiving.begin(asked)
    forgiving.append(run_id, history())
    forgiving.append(run_id, history())
    forgiving.finish(run_id, run(asked, [history(), history()]))
    [sentence] = told
    assert sentence.startswith(f"keeping the search failed with {type(error).__name__}")
    assert sentence.endswith(f". {lost.replace('ID', run_id)}; the search goes on.")
    assert not forgiving.keeps
    assert [line.finished for line in store.find()] == ([] if fails == "begin" else [False])


def test_ctrl_c_in_a_store_is_no_trouble_of_the_store():
    forgiving = Forgiving(FailingStore(open_store("sqlite://"), "begin", KeyboardInterrupt()), print)
    with pytest.raises(KeyboardInterrupt):
        forgiving.begin(job())


@each_error
def test_whatever_opening_a_store_raises_is_told(error, monkeypatch):
    def broken(url, tell):
        raise error

    monkeypatch.setattr("etascope.store.forgiving.open_store", broken)
    told = []
    assert open_forgiving("sqlite://", told.append).begin(job()) == ""
    assert told[0].startswith(f"keeping the search failed with {type(error).__name__}")
    assert len(told) == 1


def test_trouble_with_the_place_is_told_and_a_wrong_address_refused(tmp_path):
    told = []
    store = open_forgiving(f"{tmp_path}/no/such/folder/runs.sqlite", told.append)
    assert store.begin(job()) == ""
    store.append("", history())
    store.finish("", run(job(), [history()]))
    assert len(told) == 1
    with pytest.raises(InputError, match="mysql"):
        open_forgiving("mysql://host/db", told.append)
