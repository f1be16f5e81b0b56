import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path

import pytest

from etascope.core.errors import InputError
from etascope.core.recording import BestEffort, StoreRecorder
from etascope.store.failures import StoreTrouble
from etascope.store.open import open_forgiving, open_store
from tests.core.failing import FailingStore, each_error
from tests.store.made import history, job, run, same

#: Opens a store as the user nobody, because no permission binds root. Everything that nobody may not read is loaded
#: before.
NOBODY = """
import os, sys
from etascope.core.errors import InputError
from etascope.core.recording import BestEffort, StoreRecorder
from etascope.store.open import open_forgiving
from etascope.store.open import open_store
from tests.store.made import history, job, run
kept = open_store("sqlite://")
kept.finish(kept.begin(job()), run(job(), [history()]))
kept.get("last")
StoreRecorder(kept).begin(job().data, job().task)
if os.getuid() == 0:
    os.setgroups([])
    os.setuid(65534)
url = sys.argv[1] if sys.argv[1:] else None
told = []
store = open_forgiving(url, lambda said: told.append(str(said)))
kept = None if store is None else StoreRecorder(store)
recorder = BestEffort(kept, lambda said: told.append(str(said)))
recorder.begin(job().data, job().task)
recorder.append(history())
recorder.finish(run(job(), [history()]))
print(repr("" if kept is None else kept.run_id or ""), recorder.keeps)
print("\\n".join(told))
"""


def as_nobody(*arguments, **variables):
    return subprocess.run(
        [sys.executable, "-c", NOBODY, *arguments],
        capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2], env={**os.environ, **variables},
    )  # fmt: skip


@pytest.fixture
def folder():
    with tempfile.TemporaryDirectory() as name:
        path = Path(name)
        path.chmod(0o755)
        yield path
        path.chmod(0o755)


def a_new_file(folder):
    folder.chmod(0o555)
    return (str(folder / "runs.sqlite"),), {}, "cannot be opened: its folder is missing or may not be written"


def an_old_file(folder):
    open_store(str(folder / "runs.sqlite")).begin(job())
    folder.chmod(0o555)
    (folder / "runs.sqlite").chmod(0o444)
    return (str(folder / "runs.sqlite"),), {}, "may only be read|may not be written"


def an_old_file_in_a_folder_to_write_in(folder):
    open_store(str(folder / "runs.sqlite")).begin(job())
    folder.chmod(0o777)
    (folder / "runs.sqlite").chmod(0o444)
    return (str(folder / "runs.sqlite"),), {}, "may only be read"


def the_usual_place(folder):
    folder.chmod(0o555)
    return (), {"XDG_DATA_HOME": str(folder), "ETASCOPE_STORE": ""}, "its folder is missing or may not be written"


@pytest.mark.parametrize("case", [a_new_file, an_old_file, an_old_file_in_a_folder_to_write_in, the_usual_place])
def test_a_place_that_may_not_be_written_is_told_once_and_the_search_goes_on(folder, case):
    arguments, variables, part = case(folder)
    ended = as_nobody(*arguments, **variables)
    assert (ended.returncode, ended.stderr) == (0, "")
    [result, error] = ended.stdout.splitlines()
    assert result == "'' False"
    assert str(folder) in error
    assert any(one in error for one in part.split("|")), error
    assert error.endswith("This run is not kept; the search goes on.")


def test_a_folder_is_no_store(tmp_path):
    with pytest.raises(InputError, match=rf"is a folder. Try {tmp_path}/runs.sqlite\."):
        open_store(str(tmp_path))


def test_a_missing_folder_is_told(tmp_path):
    with pytest.raises(InputError, match="its folder is missing"):
        open_store(f"{tmp_path}/no/such/runs.sqlite")
    assert list(tmp_path.iterdir()) == []


def test_a_store_of_the_variable_is_opened_again(tmp_path, monkeypatch):
    monkeypatch.setenv("ETASCOPE_STORE", f"sqlite:///{tmp_path}/mine.db")
    run_id = open_store().begin(job())
    assert [line.id for line in open_store().find()] == [run_id]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine.db"]


def test_a_database_of_another_program_is_left_as_it_was(tmp_path):
    path = tmp_path / "theirs.db"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE customers (name TEXT)")
    before = path.read_bytes()
    with pytest.raises(InputError, match=r"another program: it has the table 'customers'.*; give the path of a new"):
        open_store(str(path))
    assert path.read_bytes() == before


def test_a_table_of_others_in_a_store_does_not_hide_its_runs(tmp_path):
    path = tmp_path / "runs.db"
    run_id = open_store(str(path)).begin(job())
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE notes (run TEXT)")
    assert open_store(str(path)).find()[0].id == run_id


def test_the_home_of_an_unknown_user_is_a_folder_that_is_missing():
    with pytest.raises(InputError, match=r"~no-such-user/runs\.sqlite cannot be opened: its folder is missing"):
        open_store("~no-such-user/runs.sqlite")


@pytest.fixture
def read_only(tmp_path):
    """Return a function that puts a file into a file system that may only be read, and gives its new path."""
    place = tmp_path / "read only"
    place.mkdir()
    before = place.stat().st_mode

    def put(*files):
        for file in files:
            shutil.copy(file, place)
        place.chmod(0o555)
        return place / files[0].name

    yield put
    place.chmod(before)


def test_a_store_that_may_only_be_read_can_be_looked_at(tmp_path, read_only, monkeypatch):
    path = tmp_path / "100% mine?.sqlite"
    stored = open_store(str(path)).begin(job())
    placed = read_only(path)
    # Whoever runs the tests may write everywhere.
    monkeypatch.setattr("os.access", lambda path, mode: mode != os.W_OK)
    store = open_store(str(placed), make=False)
    assert [line.id for line in store.find()] == [stored]
    assert store.get(stored).job.data == job().data
    assert [one.name for one in placed.parent.iterdir()] == [path.name]
    with pytest.raises(StoreTrouble, match="may only be read"):
        store.remove(stored)


def test_what_waits_beside_a_store_that_may_only_be_read_is_told(tmp_path, read_only, monkeypatch):
    path = tmp_path / "runs.sqlite"
    open_store(str(path))
    with closing(sqlite3.connect(path)) as database:
        database.execute("UPDATE etascope_schema SET applied = 'now'")
        database.commit()
        placed = read_only(path, tmp_path / "runs.sqlite-wal")
    monkeypatch.setattr("os.access", lambda path, mode: mode != os.W_OK)
    with pytest.raises(StoreTrouble, match=r"ends with -wal\. Copy both"):
        open_store(str(placed), make=False)


#: Files may not grow beyond a little more than they are, as on a full disk.
FULL = """
import os, resource, sys
import numpy as np
from dataclasses import replace
from etascope.core.recording import BestEffort, StoreRecorder
from etascope.store.open import open_forgiving
from tests.store.made import history, job, run
sentences = []
asked, kept = job(), StoreRecorder(open_forgiving(sys.argv[1], lambda said: sentences.append(str(said))))
recorder = BestEffort(kept, lambda said: sentences.append(str(said)), name=lambda: f"run {kept.run_id}")
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
    return kept, BestEffort(kept, lambda said: sentences.append(str(said)), name=lambda: f"run {kept.run_id}")


def begun(recorder):
    request = job()
    recorder.begin(request.data, request.task)
    return request


def test_a_full_disk_is_told_once_and_what_was_kept_stays(tmp_path):
    path = str(tmp_path / "runs.sqlite")
    ended = subprocess.run(
        [sys.executable, "-c", FULL, path], capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2]
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    [result, error] = ended.stdout.splitlines()
    run_id = result.removesuffix(" False")
    assert f"the store {path} cannot be written: the disk is full" in error
    assert error.endswith(f"The rest of run {run_id} is not kept; the search goes on.")
    stored = open_store(path).get("last")
    assert not stored.finished
    assert same(stored.histories, (history((0.1,)),))
    open_store(path).append(run_id, history((0.2,)))


def test_where_nothing_fails_it_is_the_store(tmp_path):
    sentences, store = [], open_store(f"{tmp_path}/runs.sqlite")
    kept, recorder = recording(store, sentences)
    request = begun(recorder)
    recorder.append(history())
    assert same(store.get(kept.run_id).histories, (history(),))
    assert same(kept.histories, (history(),))
    assert not kept.finished
    recorder.finish(run(request, [history()]))
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
    request = begun(recorder)
    recorder.append(history())
    recorder.append(history())
    recorder.finish(run(request, [history(), history()]))
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

    monkeypatch.setattr("etascope.store.open.open_store", broken)
    sentences = []
    assert open_forgiving("sqlite://", lambda said: sentences.append(str(said))) is None
    assert sentences[0].startswith(f"keeping the search failed with {type(error).__name__}")
    assert len(sentences) == 1


def test_trouble_with_the_place_is_told_and_a_wrong_address_refused(tmp_path):
    sentences = []
    assert open_forgiving(f"{tmp_path}/no/such/folder/runs.sqlite", lambda said: sentences.append(str(said))) is None
    assert len(sentences) == 1
    with pytest.raises(InputError, match="mysql"):
        open_forgiving("mysql://host/db", lambda said: sentences.append(str(said)))
