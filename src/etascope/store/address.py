"""Where a store is: `Address`, read from what people write."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass, field

from etascope.core.errors import InputError
from etascope.core.sentences import Setting, say

#: Environment variable with the address of the store.
VARIABLE = "ETASCOPE_STORE"
_FORMS = "sqlite:///path/to/runs.sqlite, a path, or postgresql://user@host/database"


@dataclass(frozen=True)
class Address:
    """Where a store is.

    Attributes
    ----------
    kind
        `file` and `memory` are SQLite, `postgresql` a server.
    target
        A path for `file`, an SQLAlchemy URL for `postgresql`, else empty. May hold a password: it is never shown.
    shown
        For people, without user and password.
    """

    kind: str
    target: str = field(repr=False)
    shown: str


def find_address(url: str | None) -> Address:
    """Return the address that `url` says, or `ETASCOPE_STORE`, or the file in the user's data folder.

    Parameters
    ----------
    url
        `sqlite:///path`, a bare path, `sqlite://` (in memory, gone with the process) or `postgresql://...`.

    Raises `InputError` if it is none of these.

    Examples
    --------
    >>> find_address("sqlite:///runs.sqlite").shown, find_address("postgresql://me:secret@host/db").shown
    ('runs.sqlite', 'postgresql://host/db')
    """
    url = os.environ.get(VARIABLE) or None if url is None else url
    if url is None:
        return _default()
    if not url.strip():
        usual = say("Leave {url} out for the usual place.", Setting("url"))
        raise InputError(f"a store must be {_FORMS}; found nothing.", usual)
    scheme, separator, rest = url.partition("://")
    if not separator:
        return _file(url)
    if scheme == "sqlite":
        if rest and not rest.startswith("/"):
            raise InputError(f"a file of SQLite takes three slashes; found {url!r}. Try sqlite:///{rest}.")
        return _file(rest[1:]) if len(rest) > 1 else Address("memory", "", "memory")
    if scheme in ("postgresql", "postgres", "postgresql+psycopg"):
        return _server(rest)
    raise InputError(f"a store must be {_FORMS}; found one that begins with {scheme}://.")


def _default() -> Address:
    import platformdirs  # Not needed where the place is given.

    folder = platformdirs.user_data_path("etascope")
    with contextlib.suppress(OSError):  # Opening the file in it says what is wrong, as for any other place.
        folder.mkdir(parents=True, exist_ok=True)
    return _file(str(folder / "runs.sqlite"))


def _file(path: str) -> Address:
    if path == ":memory:":
        return Address("memory", "", "memory")
    # `pathlib` fails for the home of a user whom nobody knows, `os.path` leaves it.
    whole = os.path.expanduser(path)
    if "\0" in whole:
        raise InputError(f"a path holds no zero character; found {path!r}.")
    return Address("file", whole, whole)


def _server(rest: str) -> Address:
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        url = make_url(f"postgresql+psycopg://{rest}")
    except (ArgumentError, ValueError):
        # What was written may hold a password, so it is not repeated.
        raise InputError(
            "this postgresql:// address cannot be read; it must be postgresql://user:password@host:5432/database, "
            "with special characters of the password as %40 and the like."
        ) from None
    if not url.database:
        raise InputError("a postgresql:// address must name a database; found none. Add /etascope at its end.")
    port = f":{url.port}" if url.port else ""
    shown = f"postgresql://{url.host or ''}{port}/{url.database}"
    return Address("postgresql", url.render_as_string(hide_password=False), shown)
