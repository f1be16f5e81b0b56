import sqlite3
import sys
import threading

import pytest

from etascope.core.errors import InputError
from etascope.store import connect as module
from etascope.store.address import find_address
from etascope.store.connect import BEGIN, WRITING, connect, use_wal
from etascope.store.open import open_store
from etascope.store.trouble import StoreTrouble
from tests.store.made import job


@pytest.fixture
def path(tmp_path):
    return f"{tmp_path}/runs.sqlite"


def test_an_sqlite_file_is_durable_and_holds_its_keys(path):
    open_store(path)
    with connect(find_address(path)).connect() as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert found == {
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


def test_a_new_file_waits_for_those_that_open_it_too(path, monkeypatch):
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN EXCLUSIVE")
    release = threading.Timer(0.3, lambda: other.execute("COMMIT"))
    release.start()
    engine = connect(find_address(path))
    use_wal(engine)
    release.join()
    other.close()
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"


def test_a_missing_driver_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(InputError, match=r"pip install 'etascope\[postgres\]'"):
        open_store("postgresql://me:secret@127.0.0.1/db")
