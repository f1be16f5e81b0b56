"""Connections to a store's database, durable and waiting for each other, and the room that it takes on its disk."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from etascope.core.extras import load_library
from etascope.store.address import Address
from etascope.store.failures import is_damaged
from etascope.store.schema import tables

if TYPE_CHECKING:
    import sqlite3

    import psycopg
    from sqlalchemy import Connection, Engine


#: How long to wait for another process that writes to the same store, and after how long it is told.
BUSY_SECONDS, TELL_SECONDS = 10.0, 2.0
#: How long to wait for a server to answer.
CONNECT_SECONDS = 10
#: Execution option: the statement that begins the transaction on SQLite; empty for none.
BEGIN = "etascope_begin"
WRITING = {BEGIN: "BEGIN IMMEDIATE"}
Tell = Callable[[str], None]


def unheard(sentence: str) -> None:
    """Tell nobody."""


def connect(address: Address, tell: Tell = unheard, *, still: bool = False) -> Engine:
    """Return the engine of a database, without a connection yet.

    `tell` receives a sentence when another process lets this one wait. `still` says that a file cannot change, nor
    anything be made beside it, as in a file system that may only be read.

    Raises `InputError` if the driver is missing or cannot be loaded.
    """
    # A search trains for minutes between two calls: a server may have closed an idle connection meanwhile, and one
    # that a fork inherits breaks both processes. So every call connects anew.
    if address.kind == "postgresql":
        load_library("psycopg", "a store in PostgreSQL")
        return _postgresql(address)
    return _sqlite(address, tell, still)


def use_wal(engine: Engine, address: Address, tell: Tell = unheard) -> None:
    """Let readers and a writer of an SQLite file not wait for each other, from now on."""

    def change() -> None:
        with engine.connect().execution_options(**{BEGIN: ""}) as connection:
            # Asked first, because changing the mode needs the file alone, even where it is the same.
            if connection.exec_driver_sql("PRAGMA journal_mode").scalar() not in ("wal", "memory"):
                connection.exec_driver_sql("PRAGMA journal_mode = WAL")

    # SQLite does not wait for others that open the new file at the same time.
    _patiently(change, address, tell)


def _patiently(do: Callable[[], object], address: Address, tell: Tell) -> None:
    """Do something again and again while another process holds the store: SQLite's own waiting tells nobody."""
    began, said = time.monotonic(), False
    while True:
        try:
            do()
            return
        except Exception as error:
            busy = getattr(getattr(error, "orig", None), "sqlite_errorname", "").startswith("SQLITE_BUSY")
            waited = time.monotonic() - began
            if not busy or waited > BUSY_SECONDS:
                raise
        if waited > TELL_SECONDS and not said:
            said = True
            tell(f"waiting for the store {address.shown}, which another process is writing to.")
        time.sleep(0.01)


def _postgresql(address: Address) -> Engine:
    from sqlalchemy import NullPool, create_engine, event

    engine = create_engine(address.target, poolclass=NullPool, connect_args={"connect_timeout": CONNECT_SECONDS})

    def on_connect(connection: psycopg.Connection, _record: object) -> None:
        # Within a transaction it would be taken back with it.
        connection.autocommit = True
        connection.execute("SELECT set_config('lock_timeout', %s, false)", [f"{BUSY_SECONDS}s"])
        connection.autocommit = False

    event.listen(engine, "connect", on_connect)
    return engine


def _sqlite(address: Address, tell: Tell, still: bool) -> Engine:
    from sqlalchemy import URL, NullPool, QueuePool, create_engine, event

    place, query = address.target or None, dict[str, str]()
    if still:
        place, query = Path(address.target).absolute().as_uri(), {"mode": "ro", "immutable": "1", "uri": "true"}
    url = URL.create("sqlite", database=place, query=query)
    arguments = {"timeout": BUSY_SECONDS, "check_same_thread": False}
    if address.kind == "memory":
        # One connection is the database; threads wait for it.
        engine = create_engine(url, poolclass=QueuePool, pool_size=1, max_overflow=0, connect_args=arguments)
    else:
        engine = create_engine(url, poolclass=NullPool, connect_args=arguments)

    def on_connect(connection: sqlite3.Connection, _record: object) -> None:
        # Python's driver would begin transactions by itself, and not the kind that we need.
        connection.isolation_level = None
        connection.execute("PRAGMA foreign_keys = ON")
        # NORMAL would lose what was committed last when the power fails; a commit a plan can afford the wait.
        connection.execute("PRAGMA synchronous = FULL")

    def on_begin(connection: Connection) -> None:
        # A writer that began as a reader fails, without waiting, when another one wrote in between.
        begin = connection.get_execution_options().get(BEGIN, "BEGIN")
        if begin == WRITING[BEGIN]:
            connection.exec_driver_sql("PRAGMA busy_timeout = 0")
            _patiently(lambda: connection.exec_driver_sql(begin), address, tell)
            connection.exec_driver_sql(f"PRAGMA busy_timeout = {round(BUSY_SECONDS * 1000)}")
        elif begin:
            connection.exec_driver_sql(begin)

    event.listen(engine, "connect", on_connect)
    event.listen(engine, "begin", on_begin)
    return engine


def size(connection: Connection) -> int:
    """Return the bytes of an SQLite file, or of our tables on a server."""
    if connection.dialect.name == "sqlite":
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        return pages * connection.exec_driver_sql("PRAGMA page_size").scalar_one()
    names = [table.name for table in tables().meta.sorted_tables]
    return sum(connection.exec_driver_sql(f"SELECT pg_total_relation_size('{name}')").scalar_one() for name in names)


def require_sound(connection: Connection, place: str) -> None:
    """Look at every page before rows are dropped: `vacuum` copies all of them, and would fail half way.

    Raises `InputError` if an SQLite file is damaged.
    """
    sqlite = connection.dialect.name == "sqlite"
    if sqlite and connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one() != "ok":
        raise is_damaged(place)


def vacuum(engine: Engine) -> None:
    """Give the room of dropped rows back to the disk; others that write wait meanwhile."""
    if engine.dialect.name == "sqlite":
        options, statements = {BEGIN: ""}, ["VACUUM"]
    else:
        options = {"isolation_level": "AUTOCOMMIT"}
        statements = [f"VACUUM FULL {table.name}" for table in tables().meta.sorted_tables]
    with engine.connect().execution_options(**options) as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
