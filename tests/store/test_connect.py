import sqlite3
import sys
import threading
import time
from contextlib import closing

import pytest

from etascope.core.errors import InputError
from etascope.core.recording import BestEffort, StoreRecorder
from etascope.store import connect as module
from etascope.store.address import find_address
from etascope.store.connect import BEGIN, WRITING, connect, use_wal
from etascope.store.failures import StoreTrouble
from etascope.store.open import open_forgiving, open_store
from tests.store.made import history, job, run
from tests.store.postgres import postgres_url


@pytest.fixture
def path(tmp_path):
    return f"{tmp_path}/runs.sqlite"


def test_an_sqlite_file_is_durable_and_holds_its_keys(path):
    open_store(path)
    with connect(find_address(path)).connect() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert pragmas == {
        "journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": module.BUSY_SECONDS * 1000
    }  # fmt: skip


def test_a_writer_takes_its_turn_at_once_and_a_reader_none(path):
    open_store(path)
    other = sqlite3.connect(path, timeout=0, isolation_level=None)
    for options, free in (({}, True), ({BEGIN: ""}, True), (WRITING, False)):
        with connect(find_address(path)).connect().execution_options(**options) as connection:
            connection.exec_driver_sql("SELECT 1")
            if free:
                other.execute("BEGIN IMMEDIATE")
                other.execute("ROLLBACK")
            else:
                with pytest.raises(sqlite3.OperationalError, match="locked"):
                    other.execute("BEGIN IMMEDIATE")
    other.close()


def test_a_writer_waits_for_another_one(path):
    store = open_store(path)
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    release = threading.Timer(0.3, lambda: other.execute("COMMIT"))
    release.start()
    store.begin(job())
    release.join()
    other.close()
    assert len(store.find()) == 1


def test_a_writer_that_waited_too_long_says_so(path, monkeypatch):
    monkeypatch.setattr(module, "BUSY_SECONDS", 0.05)
    store = open_store(path)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreTrouble, match="is held by another process"):
        store.begin(job())
    assert store.find() == []
    other.close()


def test_who_waits_for_a_writer_hears_of_it_and_no_longer_than_some_seconds(path, monkeypatch):
    assert module.BUSY_SECONDS <= 10
    monkeypatch.setattr(module, "BUSY_SECONDS", 1.0)
    monkeypatch.setattr(module, "TELL_SECONDS", 0.1)
    sentences = []
    store = open_store(path, tell=sentences.append)
    run_id = store.begin(job())
    assert sentences == []
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    for change in (lambda: store.begin(job()), lambda: store.remove(run_id), store.collect):
        sentences.clear()
        began = time.monotonic()
        with pytest.raises(StoreTrouble, match=r"is held by another process and did not become free\. Wait for"):
            change()
        assert time.monotonic() - began < 5
        assert sentences == [f"waiting for the store {path}, which another process is writing to."]
    other.close()
    kept = []
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    BestEffort(StoreRecorder(open_forgiving(path, kept.append)), kept.append).begin(job().data, job().task)
    assert [str(sentence).partition(" ")[0] for sentence in kept] == ["waiting", "the"]
    assert str(kept[1]).endswith("or end it. This run is not kept; the search goes on.")
    other.close()


def test_who_waits_for_a_new_file_hears_of_it_too(path, monkeypatch):
    monkeypatch.setattr(module, "BUSY_SECONDS", 0.5)
    monkeypatch.setattr(module, "TELL_SECONDS", 0.1)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    sentences = []
    with pytest.raises(StoreTrouble, match="is held by another process"):
        open_store(path, tell=sentences.append)
    assert len(sentences) == 1
    other.close()


def test_a_server_that_is_held_is_told_too(monkeypatch):
    import psycopg

    monkeypatch.setattr(module, "BUSY_SECONDS", 0.3)
    url = postgres_url()
    store = open_store(url)
    run_id = store.begin(job())
    with psycopg.connect(url) as other:
        other.execute("LOCK TABLE etascope_runs IN ACCESS EXCLUSIVE MODE")
        for call in (lambda: store.begin(job()), lambda: store.remove(run_id), store.find, store.collect):
            with pytest.raises(StoreTrouble, match="is held by another process and did not become free"):
                call()
    assert len(store.find()) == 1


def test_a_new_file_waits_for_those_that_open_it_too(path, monkeypatch):
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN EXCLUSIVE")
    release = threading.Timer(0.3, lambda: other.execute("COMMIT"))
    release.start()
    engine = connect(find_address(path))
    use_wal(engine, find_address(path))
    release.join()
    other.close()
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"


def test_a_missing_driver_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(InputError, match=r"pip install 'etascope\[postgres\]'"):
        open_store("postgresql://me:secret@127.0.0.1/db")


def test_a_damaged_file_keeps_every_row_when_room_is_asked_for(tmp_path):
    path = tmp_path / "runs.sqlite"
    store = open_store(str(path))
    for _ in range(40):
        store.finish(store.begin(job()), run(job(), [history()]))
    with closing(sqlite3.connect(path)) as database:
        root = database.execute("SELECT rootpage FROM sqlite_master WHERE name = 'etascope_histories'").fetchone()[0]
        page = database.execute("PRAGMA page_size").fetchone()[0]
    content = bytearray(path.read_bytes())
    content[(root - 1) * page : root * page] = b"\x05" * page
    path.write_bytes(content)
    with pytest.raises(InputError, match="is damaged"):
        open_store(str(path)).collect()
    assert path.read_bytes() == content
    assert [file.name for file in tmp_path.iterdir()] == ["runs.sqlite"]
