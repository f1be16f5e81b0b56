"""Open the store that an address says: `open_store`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from etascope.core.errors import InputError
from etascope.store.address import Address, find_address
from etascope.store.sql import SqlStore

if TYPE_CHECKING:
    from sqlalchemy import Connection


def open_store(url: str | None = None) -> SqlStore:
    """Open a store, and make it where there is none.

    Parameters
    ----------
    url
        `sqlite:///path`, a bare path, `sqlite://` (in memory, gone with the store) or `postgresql://...`. None takes
        the environment variable `ETASCOPE_STORE`, else `runs.sqlite` in the user's data folder.

    Raises
    ------
    InputError
        If the address is none, its driver is missing, the file is no database or one of another program, or a newer
        etascope wrote it.
    StoreTrouble
        If it is an address, but cannot be used just now: read-only, full, out of reach.

    Examples
    --------
    >>> open_store("sqlite://").find()
    []
    """
    address = find_address(url)
    _check(address)
    from etascope.store.connect import WRITING, connect, use_wal
    from etascope.store.migrations import MIGRATIONS, migrate, version_of
    from etascope.store.trouble import told

    engine = connect(address)
    with told(address.shown):
        with engine.connect() as connection:
            version = version_of(connection, address.shown)
            if version is None and address.kind == "file":
                _require_own(connection, address.shown)
        if address.kind == "file":
            use_wal(engine)
        if version != len(MIGRATIONS):
            with engine.connect().execution_options(**WRITING) as connection, connection.begin():
                migrate(connection, address.shown)
    return SqlStore(engine, address.shown)


def _check(address: Address) -> None:
    # `os.path` answers no where it may not look, `pathlib` fails.
    if address.kind == "file" and os.path.isdir(address.target):
        raise InputError(f"a store must be a file; {address.shown} is a folder. Try {address.shown}/runs.sqlite.")


def _require_own(connection: Connection, place: str) -> None:
    """Refuse a file without our tables that has others: a server's database may be shared, a file is somebody's."""
    from sqlalchemy import inspect

    others = [name for name in inspect(connection).get_table_names() if not name.startswith("etascope_")]
    if others:
        raise InputError(
            f"the store {place} is a database of another program: it has the table {others[0]!r}. It is left as it "
            "was; give the path of a new file."
        )
