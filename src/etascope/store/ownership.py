"""Whether what is there is a store of ours; looked at before anything is written, so that others' files stay so."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import stat
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from etascope.core.errors import InputError
from etascope.store.address import Address
from etascope.store.failures import damaged

if TYPE_CHECKING:
    from sqlalchemy import Connection

_KINDS = {stat.S_ISFIFO: "a pipe", stat.S_ISCHR: "a device", stat.S_ISBLK: "a device", stat.S_ISSOCK: "a socket"}
#: How every database of SQLite begins.
_BEGINS = b"SQLite format 3\0"
_OBJECTS = "SELECT type, name FROM sqlite_master WHERE name NOT LIKE 'etascope\\_%' ESCAPE '\\' " \
    "AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY type = 'index', rowid"  # fmt: skip
_LEFT = "It is left as it was; give the path of a new file."


def check_file(address: Address) -> None:
    """Refuse a path that is no file, and a file that is no database or one of another program.

    The file is read as if nobody wrote to it: opening it as a database would take in what a killed program had left
    beside it.

    Raises `InputError` if it is none that may become a store.
    """
    path = address.target
    # `os.path` answers no where it may not look, `pathlib` fails.
    if os.path.isdir(path):
        raise InputError(f"a store must be a file; {address.shown} is a folder. Try {address.shown}/runs.sqlite.")
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return
    for is_kind, name in _KINDS.items():
        if is_kind(status.st_mode):
            raise InputError(f"a store must be a file; {address.shown} is {name}. Give the path of a new file.")
    if not status.st_size or not os.access(path, os.R_OK):
        return
    with open(path, "rb") as file:
        # SQLite itself takes a file of one byte for an empty one.
        if file.read(len(_BEGINS)) != _BEGINS:
            raise InputError(f"the store {address.shown} is no database. Give another path, or a new one.")
    # Another process may be writing meanwhile, so what cannot be read proves nothing here: opening it will tell.
    with contextlib.suppress(sqlite3.Error, UnicodeDecodeError, OSError):
        if _require_no_other(Path(path), address.shown) or not waits(path):
            return
        # What is not yet in the file itself is looked at in a copy.
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(shutil.copy(path, folder))
            shutil.copy(f"{path}-wal", f"{copy}-wal")
            _require_no_other(copy, address.shown, immutable=False)


def require_own(connection: Connection, address: Address) -> None:
    """Refuse what has no version and yet tables of our names, and a file with other tables than ours.

    A server's database may be shared, a file is somebody's.

    Raises `InputError` if it has any.
    """
    from sqlalchemy import inspect

    from etascope.store.schema import tables, version_of

    inspector, schema = inspect(connection), tables().schema.name
    ours = [
        table.name for table in tables().meta.sorted_tables if table.name != schema and inspector.has_table(table.name)
    ]
    # Of several processes at once another may have made them since the version was looked for.
    if ours and not version_of(connection, address.shown):
        raise damaged(address.shown, f"it has the table {ours[0]}, and no version")
    if address.kind == "file" and (other := connection.exec_driver_sql(_OBJECTS).first()) is not None:
        raise _other(address.shown, *other)


def require_columns(connection: Connection, place: str) -> None:
    """Refuse tables that have our names and not our columns.

    Raises `InputError` if there is a table or a column less than there should be.
    """
    from sqlalchemy import inspect

    from etascope.store.schema import tables

    inspector = inspect(connection)
    for table in tables().meta.sorted_tables:
        there = inspector.get_columns(table.name) if inspector.has_table(table.name) else []
        known = {column["name"] for column in there}
        missing = [column.name for column in table.columns if column.name not in known]
        if missing:
            lacks = f"column {missing[0]!r} in its table {table.name}" if known else f"table {table.name}"
            raise damaged(place, f"it has no {lacks}")


def _require_no_other(path: Path, place: str, *, immutable: bool = True) -> bool:
    """Refuse a file of another program; return whether it is known to be ours."""
    mode = "mode=ro&immutable=1" if immutable else "mode=rw"
    with contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?{mode}", uri=True)) as database:
        application = database.execute("PRAGMA application_id").fetchone()[0]
        version = database.execute("PRAGMA user_version").fetchone()[0]
        ours = database.execute("SELECT count(*) FROM sqlite_master WHERE name = 'etascope_schema'").fetchone()[0]
        others = database.execute(_OBJECTS).fetchall()
    if others and not ours:
        raise _other(place, *others[0])
    if application or (version and not ours):
        mark = f"application_id {application}" if application else f"user_version {version}"
        raise InputError(f"the store {place} is a database of another program: it says so with {mark}. {_LEFT}")
    return bool(ours)


def waits(path: str) -> bool:
    """Return whether something stands beside the file that belongs into it."""
    try:
        return os.path.getsize(f"{path}-wal") > 0
    except OSError:
        return False


def _other(place: str, kind: str, name: str) -> InputError:
    return InputError(f"the store {place} is a database of another program: it has the {kind} {name!r}. {_LEFT}")
