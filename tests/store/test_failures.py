import socket
import sqlite3
from urllib.parse import urlsplit

import pytest

from etascope.core.errors import InputError
from etascope.store.failures import StoreTrouble, damaged, in_sentences
from etascope.store.open import open_store
from tests.store.made import job
from tests.store.postgres import postgres_url


def one_sentence(error):
    text = str(error.value)
    assert "\n" not in text
    assert text.endswith(".")
    for part in ("sqlalche", "Error", "Traceback", "psycopg", "secret", "p@ss"):
        assert part not in text
    return text


def refused(words):
    from sqlalchemy.exc import OperationalError

    return OperationalError("", {}, ConnectionError(words))


def test_a_full_disk_is_told(tmp_path):
    from sqlalchemy import create_engine

    with create_engine(f"sqlite:///{tmp_path}/full").connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 2")
        connection.exec_driver_sql("CREATE TABLE large (content BLOB)")
        with (
            pytest.raises(StoreTrouble, match="the store here cannot be written: the disk is full") as error,
            in_sentences("here"),
        ):
            connection.exec_driver_sql("INSERT INTO large VALUES (zeroblob(100000))")
    one_sentence(error)


def test_a_file_that_is_no_database_is_told(tmp_path):
    (tmp_path / "notes.txt").write_text("no database at all\n" * 100)
    with pytest.raises(InputError, match=r"notes.txt is no database\.") as error:
        open_store(f"{tmp_path}/notes.txt")
    assert not isinstance(error.value, StoreTrouble)
    one_sentence(error)
    assert (tmp_path / "notes.txt").read_text().startswith("no database")


def test_a_damaged_database_is_told(tmp_path):
    path = tmp_path / "runs.sqlite"
    store = open_store(str(path))
    for _ in range(30):
        store.begin(job())
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    path.write_bytes(content)
    with pytest.raises(InputError, match="is damaged") as error:
        open_store(str(path)).find()
    one_sentence(error)


def test_tables_of_another_shape_are_told(tmp_path):
    database = sqlite3.connect(tmp_path / "runs.sqlite")
    database.execute("CREATE TABLE etascope_schema (something TEXT)")
    database.close()
    with pytest.raises(InputError, match="table etascope_schema has no column 'version'") as error:
        open_store(f"{tmp_path}/runs.sqlite")
    one_sentence(error)


def test_a_server_that_does_not_answer_is_told():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(StoreTrouble, match=f"the store postgresql://127.0.0.1:{port}/db cannot be used") as error:
        open_store(f"postgresql://me:secret@127.0.0.1:{port}/db")
    assert "Check that the server runs" in one_sentence(error)


def test_a_wrong_password_and_a_missing_database_are_told():
    place = urlsplit(postgres_url()).netloc.rpartition("@")[2]
    with pytest.raises(StoreTrouble, match="password authentication failed") as error:
        open_store(f"postgresql://eta:secret@{place}/postgres")
    assert one_sentence(error).endswith("Check user and password.")
    with pytest.raises(StoreTrouble, match='database "nowhere" does not exist') as error:
        open_store(f"postgresql://eta:p%40ss%2Fw%C3%B6rd@{place}/nowhere")
    assert one_sentence(error).endswith("Create it: createdb nowhere.")
    with pytest.raises(StoreTrouble, match='role "nobody of ours" does not exist') as error, in_sentences("here"):
        raise refused('FATAL:  role "nobody of ours" does not exist')
    assert one_sentence(error).endswith("Check the user: the server knows none of that name.")


def test_what_a_database_says_and_what_to_do_are_apart_from_what_is_wrong():
    # What a page shows of it: no user, no machine, nothing that only whoever started the program can do.
    with pytest.raises(StoreTrouble) as error, in_sentences("here"):
        raise refused('connection to server at "10.0.0.1", port 5 failed: refused')
    assert (error.value.said, error.value.advice.partition(".")[0]) == (
        "the store here cannot be used.", "The database says: refused",
    )  # fmt: skip
    with pytest.raises(InputError) as wrong:
        raise damaged("here", "it has no table")
    assert (wrong.value.said.endswith("no table."), "another path" in wrong.value.advice) == (True, True)


def test_a_server_that_may_only_be_read_is_told():
    url = postgres_url()
    open_store(url)
    store = open_store(f"{url}?options=-cdefault_transaction_read_only%3Don")
    assert store.find() == []
    with pytest.raises(StoreTrouble, match="may only be read now") as error:
        store.begin(job())
    one_sentence(error)


def test_other_errors_are_left_alone():
    with pytest.raises(ZeroDivisionError), in_sentences("here"):
        _ = 1 / 0
    with pytest.raises(InputError, match="as it was"), in_sentences("here"):
        raise InputError("as it was")
