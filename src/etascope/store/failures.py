"""What a database says when it cannot go on, as a sentence for people: `told`."""

from __future__ import annotations

import re
from collections.abc import Generator
from contextlib import contextmanager

from etascope.core.errors import InputError
from etascope.core.sentences import Sentence, Setting, say
from etascope.core.visible import in_shell


class StoreTrouble(InputError):
    """The place where runs are kept cannot be used just now: a full disk, a read-only folder, a server gone."""


_ELSEWHERE = say("Keep runs elsewhere with {url} or ETASCOPE_STORE.", Setting("url", "PATH"))
_FULL = say("Make room, or keep runs elsewhere with {url}.", Setting("url", "PATH"))
_HELD = ("is held by another process and did not become free.", "Wait for that process, or end it.")
#: What is wrong and what to do, by the beginning of SQLite's name for it, the longer before the shorter.
_SQLITE = {
    "SQLITE_READONLY": ("may only be read.", _ELSEWHERE),
    "SQLITE_PERM": ("may not be opened.", _ELSEWHERE),
    "SQLITE_CANTOPEN": ("cannot be opened: its folder is missing or may not be written.", _ELSEWHERE),
    "SQLITE_FULL": ("cannot be written: the disk is full.", _FULL),
    "SQLITE_IOERR": ("cannot be written: the disk is full or failing.", _ELSEWHERE),
    "SQLITE_BUSY": _HELD,
    "SQLITE_LOCKED": _HELD,
    "SQLITE_TOOBIG": ("cannot hold so large a record (1 GB at most).", "Use PostgreSQL, or fewer trials in a plan."),
}
#: How Python's driver of SQLite says that a text holds bytes that are none.
_NO_TEXT = "Could not decode to UTF-8"
_DAMAGE = {
    "SQLITE_NOTADB": ("is no database.", "Give another path, or a new one."),
    "SQLITE_CORRUPT": ("is damaged.", "Give another path, or put back a copy of it."),
}
#: By SQLSTATE, its first two characters or all five.
_POSTGRESQL = {
    "53100": ("has no disk space left.", "Make room there."),
    "25006": ("may only be read now.", "Use the primary server."),
    "42501": (
        "does not let this user create or change its tables.", "Ask for the right: GRANT CREATE ON SCHEMA public.",
    ),
    "53300": ("has too many connections.", "Try again later."),
    "55P03": _HELD,
}  # fmt: skip
#: What to do, by what a server says when it lets nobody in.
_SERVER = {
    r'database "(.+)" does not exist': "Create it: createdb {}.",
    r'role "(.+)" does not exist': "Check the user: the server knows none of that name.",
    r"password|authentication|pg_hba": "Check user and password.",
}


def damaged(place: str, why: str) -> InputError:
    """Return what to say of tables that are not as ours."""
    return InputError(
        f"the store {place} is damaged or of another program: {why}.",
        "It is left as it was; give another path, or put back a copy of it.",
    )


@contextmanager
def in_sentences(place: str) -> Generator[None]:
    """Turn what a database raises into one sentence about the store at `place`.

    Raises
    ------
    StoreTrouble
        If the place cannot be used just now.
    InputError
        If it is no store.
    """
    from sqlalchemy import exc

    try:
        yield
    except exc.DBAPIError as error:
        raise _sentence(place, error.orig) from error
    except exc.TimeoutError as error:
        raise _unusable(place, _HELD) from error
    except (UnicodeDecodeError, exc.SQLAlchemyError) as error:
        # What SQLite says of a damaged schema repeats it, and so may be no text; SQLAlchemy misses what must be there.
        raise is_damaged(place) from error


def is_damaged(place: str) -> InputError:
    """Return what to say of a database that is damaged."""
    said, advice = _DAMAGE["SQLITE_CORRUPT"]
    return InputError(f"the store {place} {said}", advice)


def _unusable(place: str, sentences: tuple[str, str | Sentence]) -> StoreTrouble:
    return StoreTrouble(f"the store {place} {sentences[0]}", sentences[1])


def _sentence(place: str, error: BaseException | None) -> InputError:
    name: str = getattr(error, "sqlite_errorname", None) or ""
    for known, (said, advice) in _DAMAGE.items():
        if name.startswith(known):
            return InputError(f"the store {place} {said}", advice)
    for known, sentences in _SQLITE.items():
        if name.startswith(known):
            return _unusable(place, sentences)
    if _NO_TEXT in str(error):
        return is_damaged(place)
    state: str | None = getattr(error, "sqlstate", None)
    if state in _POSTGRESQL:
        return _unusable(place, _POSTGRESQL[state])
    # What a database says may name its user and its machine, so it stands with the advice, which no page shows.
    said = f"The database says: {_words(error)}."
    return _unusable(place, ("cannot be used.", said if name else f"{said} {_server_hint(str(error))}"))


def _words(error: BaseException | None) -> str:
    """Return the first line of what the database said, which names no password."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    line = lines[0] if lines else type(error).__name__
    # psycopg repeats what it tried; the server's own words come last.
    return line.rpartition("FATAL: ")[2].rpartition(" failed: ")[2].strip().removesuffix(".")


def _server_hint(text: str) -> str:
    for pattern, hint in _SERVER.items():
        if match := re.search(pattern, text):
            return hint.format(*map(in_shell, match.groups()))
    return "Check that the server runs and can be reached from here."
