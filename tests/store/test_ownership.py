"""What is no store of ours is refused in a sentence, and stays as it was to the byte, with nothing beside it."""

import os
import shutil
import socket
import sqlite3
from contextlib import closing

import pytest

from etascope.core.errors import InputError
from etascope.store.failures import StoreTrouble
from etascope.store.open import open_store
from etascope.store.schema import tables
from tests.store.made import job
from tests.store.postgres import postgres_url

#: What other programs leave: what they did, and a part of the sentence about it.
OTHERS = {
    "CREATE TABLE customers (name TEXT)": "the table 'customers'",
    "CREATE VIEW all_of_it AS SELECT 1": "the view 'all_of_it'",
    "PRAGMA application_id = 252006673; CREATE VIEW v AS SELECT 1": "the view 'v'",
    "PRAGMA application_id = 1196444487": "application_id 1196444487",
    "PRAGMA application_id = -7": "application_id -7",
    "PRAGMA user_version = 3": "user_version 3",
    "CREATE TABLE t (x); CREATE TRIGGER tr AFTER INSERT ON t BEGIN SELECT 1; END; CREATE INDEX i ON t (x)": "table 't'",
    "CREATE TABLE etascope_runs (name TEXT)": "table etascope_runs, and no version",
    "CREATE TABLE etascope_histories (x); CREATE TABLE etascope_checkpoints (x)": "and no version",
    "CREATE VIEW etascope_runs AS SELECT 1": "table etascope_runs, and no version",
    "CREATE TABLE etascope_schema (version TEXT)": "has no column 'applied'",
    "CREATE TABLE etascope_schema (something TEXT)": "has no column 'version'",
    "CREATE TABLE etascope_schema (version, applied); INSERT INTO etascope_schema SELECT 'two', ''": "version is 'two'",
    "CREATE TABLE etascope_schema (version, applied); INSERT INTO etascope_schema SELECT 1.5, ''": "version is 1.5",
    "CREATE TABLE etascope_schema (version, applied); INSERT INTO etascope_schema SELECT -1, ''": "version is -1",
    "CREATE TABLE etascope_schema (version, applied); INSERT INTO etascope_schema SELECT 2, ''": "no table etascope_",
    "CREATE TABLE etascope_schema (version, applied); INSERT INTO etascope_schema SELECT 99, ''": "a newer etascope",
    "CREATE VIEW etascope_schema AS SELECT 2 AS version": "has no column 'applied'",
    'CREATE TABLE "etascopeless" (x)': "table 'etascopeless'",
    'CREATE TABLE "\x1b[31mred" (x)': "table '\\x1b[31mred'",
    'CREATE TABLE "" (x)': "the table ''",
    "CREATE VIRTUAL TABLE words USING fts5 (text)": "the table 'words'",
}


def content(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def refused(path, part):
    """Check that a path is refused, twice, with a sentence that holds `part`, and stays as it was."""
    before = content(path.parent)
    for make in (True, False):
        with pytest.raises(InputError) as error:
            open_store(str(path), make=make)
        text = str(error.value)
        assert part in text
        assert text.endswith(".")
        assert "\n" not in text
        assert not isinstance(error.value, StoreTrouble)
        assert content(path.parent) == before


@pytest.mark.parametrize("journal", ["delete", "wal"])
@pytest.mark.parametrize(("script", "part"), OTHERS.items())
def test_a_database_of_another_program_is_refused(tmp_path, script, part, journal):
    if "etascope_schema AS SELECT 2" in script:
        script += "; CREATE TABLE kept (x)"
    with closing(sqlite3.connect(tmp_path / "theirs.db")) as database:
        database.execute(f"PRAGMA journal_mode = {journal}")
        database.executescript(script)
    refused(tmp_path / "theirs.db", part)


@pytest.mark.parametrize(("script", "part"), OTHERS.items())
def test_so_is_one_whose_program_was_killed_and_left_all_of_it_beside_the_file(tmp_path, script, part):
    if "etascope" in script:
        return
    (tmp_path / "living").mkdir()
    (tmp_path / "left").mkdir()
    with closing(sqlite3.connect(tmp_path / "living" / "theirs.db", isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode = wal")
        database.executescript(script)
        for path in (tmp_path / "living").iterdir():
            if not path.name.endswith("-shm"):
                shutil.copy(path, tmp_path / "left")
    refused(tmp_path / "left" / "theirs.db", part)


def test_a_store_that_another_program_marked_as_its_own_is_refused(tmp_path):
    open_store(str(tmp_path / "runs.sqlite"))
    with closing(sqlite3.connect(tmp_path / "runs.sqlite")) as database:
        database.execute("PRAGMA application_id = 252006673")
    refused(tmp_path / "runs.sqlite", "application_id 252006673")


@pytest.mark.parametrize("table", ["etascope_runs", "etascope_histories", "etascope_checkpoints"])
def test_a_table_without_one_of_its_columns_is_refused(tmp_path, table):
    path = tmp_path / "runs.sqlite"
    for column in [column.name for column in tables().meta.tables[table].columns]:
        path.unlink(missing_ok=True)
        open_store(str(path)).begin(job())
        with closing(sqlite3.connect(path)) as database:
            database.execute(f"ALTER TABLE {table} RENAME COLUMN {column} TO other")
        refused(path, f"it has no column {column!r} in its table {table}")


def test_a_missing_table_is_refused(tmp_path):
    path = tmp_path / "runs.sqlite"
    open_store(str(path)).begin(job())
    with closing(sqlite3.connect(path)) as database:
        database.execute("DROP TABLE etascope_checkpoints")
    refused(path, "it has no table etascope_checkpoints")


@pytest.mark.parametrize("content", [b"x", b"SQLite format 3\0", b"\x89PNG\r\n\x1a\n" * 99, b"PK\x03\x04" * 400])
def test_a_file_that_is_no_database_is_refused(tmp_path, content):
    (tmp_path / "file").write_bytes(content)
    refused(tmp_path / "file", "is no database")


def test_what_is_no_file_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket"))
    (tmp_path / "link").symlink_to("/dev/zero")
    for path, what in (
        (tmp_path / "pipe", "a pipe"), (tmp_path / "socket", "a socket"), (tmp_path / "link", "a device"),
        ("/dev/null", "a device"), ("/dev/full", "a device"),
    ):  # fmt: skip
        with pytest.raises(InputError, match=f"is {what}. Give the path of a new file"):
            open_store(str(path))


def test_an_empty_file_becomes_a_store(tmp_path):
    (tmp_path / "new").touch()
    assert open_store(str(tmp_path / "new"), make=False).find() == []
    assert (tmp_path / "new").read_bytes() == b""
    open_store(str(tmp_path / "new")).begin(job())
    assert len(open_store(str(tmp_path / "new"), make=False).find()) == 1


def test_what_a_killed_process_left_beside_a_store_is_taken_in(tmp_path):
    (tmp_path / "left").mkdir()
    store = open_store(str(tmp_path / "runs.sqlite"))
    with closing(sqlite3.connect(tmp_path / "runs.sqlite")) as holding:
        holding.execute("SELECT * FROM etascope_runs").fetchall()
        run_id = store.begin(job())
        for path in tmp_path.glob("runs.sqlite*"):
            shutil.copy(path, tmp_path / "left")
    assert [line.id for line in open_store(str(tmp_path / "left" / "runs.sqlite")).find()] == [run_id]


def test_garbage_beside_a_store_harms_nothing(tmp_path):
    path = tmp_path / "runs.sqlite"
    run_id = open_store(str(path)).begin(job())
    for name in ("-wal", "-shm"):
        (tmp_path / f"runs.sqlite{name}").write_bytes(b"garbage" * 9_999)
    assert [line.id for line in open_store(str(path)).find()] == [run_id]


@pytest.mark.parametrize("script", [
    "CREATE TABLE etascope_runs (name TEXT)", "CREATE TABLE etascope_schema (something TEXT)",
    "CREATE TABLE etascope_schema (version TEXT); INSERT INTO etascope_schema VALUES ('two')",
    "CREATE TABLE etascope_schema (version INTEGER); INSERT INTO etascope_schema VALUES (2)",
])  # fmt: skip
def test_tables_of_our_names_on_a_server_are_refused(script):
    from sqlalchemy import create_engine

    url = postgres_url()
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        for statement in script.split(";"):
            connection.exec_driver_sql(statement)
    with pytest.raises(InputError, match="is damaged or of another program"):
        open_store(url)
    with engine.connect() as connection:
        names = connection.exec_driver_sql("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").scalars()
        assert len(names.all()) == 1
    engine.dispose()
