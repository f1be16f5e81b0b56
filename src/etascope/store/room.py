"""The room that a database takes on its disk: `size`, `require_sound`, `vacuum`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etascope.store.connect import BEGIN
from etascope.store.failures import is_damaged
from etascope.store.tables import tables

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine


def size(connection: Connection) -> int:
    """Return the bytes of an SQLite file, or of our tables on a server."""
    if connection.dialect.name == "sqlite":
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        return pages * connection.exec_driver_sql("PRAGMA page_size").scalar_one()
    names = [table.name for table in tables().meta.sorted_tables]
    return sum(connection.exec_driver_sql(f"SELECT pg_total_relation_size('{name}')").scalar_one() for name in names)


def require_sound(connection: Connection, place: str) -> None:
    """Look at every page before rows are dropped: `vacuum` copies all of them, and would fail half way.

    Raises
    ------
    InputError
        If an SQLite file is damaged.
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
