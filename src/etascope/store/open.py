"""Open the store that an address says: `open_store`, and `open_forgiving` for a search that goes on without one."""

from __future__ import annotations

import os
from collections.abc import Callable

from etascope.core.checks import checked
from etascope.core.errors import InputError
from etascope.core.protocols import Store
from etascope.core.recording import not_kept
from etascope.core.sentences import Sentence, Setting, say
from etascope.store.address import Address, find_address
from etascope.store.failures import StoreTrouble
from etascope.store.ownership import check_file, require_columns, require_own, waits
from etascope.store.sql import SqlStore


@checked
def open_store(
    url: str | os.PathLike[str] | None = None, *, make: bool = True, tell: Callable[[str], None] | None = None
) -> SqlStore:
    """Open a store, and make it where there is none.

    Parameters
    ----------
    url
        `sqlite:///path`, a bare path, `sqlite://` (in memory, gone with the store) or `postgresql://...`. None takes
        the environment variable `ETASCOPE_STORE`, else `runs.sqlite` in the user's data folder.
    make
        Whether to make a file where there is none. Without, the store is empty, and no file is left by a look at it.
    tell
        Receives a sentence when another process that writes lets this one wait. Default: it is told to nobody.

    Raises
    ------
    InputError
        If the address is none, its driver is missing, the file is no database or one of another program, or a newer
        etascope wrote it.
    StoreTrouble
        If it is an address, but cannot be used just now: read-only, full, out of reach. Without `make`, what may only
        be read can be looked at.

    Examples
    --------
    >>> open_store("sqlite://").find()
    []
    """
    address = find_address(None if url is None else os.fspath(url))
    if address.kind == "file":
        check_file(address)
        if not make and not _is_begun(address.target):
            address = Address("memory", "", address.shown)
    from etascope.store.connect import WRITING, connect, unheard, use_wal
    from etascope.store.failures import in_sentences
    from etascope.store.schema import MIGRATIONS, migrate, version_of

    still = not make and address.kind == "file" and _may_only_be_read(address)
    engine = connect(address, tell or unheard, still=still)
    with in_sentences(address.shown):
        with engine.connect() as connection:
            version = version_of(connection, address.shown)
            if not version:
                require_own(connection, address)
            if version == len(MIGRATIONS):
                require_columns(connection, address.shown)
        if version != len(MIGRATIONS):
            if address.kind == "file":
                use_wal(engine, address, tell or unheard)
            with engine.connect().execution_options(**WRITING) as connection, connection.begin():
                migrate(connection, address.shown)
                require_columns(connection, address.shown)
    return SqlStore(engine, address.shown)


def _may_only_be_read(address: Address) -> bool:
    """Return whether nothing can be made beside a file, which a look at it would do."""
    path = address.target
    if os.access(os.path.dirname(path) or ".", os.W_OK):
        return False
    if waits(path):
        raise StoreTrouble(
            f"the store {address.shown} stands where nothing may be written, and what was kept last is still beside "
            "it, in the file that ends with -wal.",
            say("Copy both to a folder of yours, and look there with {url}.", Setting("url")),
        )
    return True


def _is_begun(path: str) -> bool:
    """Return whether a file has anything in it; where its folder is missing too, opening it says so."""
    if os.path.lexists(path):
        return not os.path.isfile(path) or os.path.getsize(path) > 0
    return not os.path.isdir(os.path.dirname(path) or ".")


def open_forgiving(url: str | None, tell: Callable[[str | Sentence], None]) -> Store | None:
    """Open a store for a search: any trouble but a wrong address is told in a sentence, and there is none.

    Parameters
    ----------
    url
        As to `open_store`.
    tell
        Receives the sentence, at most once; before it, maybe, that another process lets this one wait.

    Raises
    ------
    InputError
        If the address is wrong, so that it can be set right before anything was trained.
    """
    try:
        return open_store(url, tell=tell)
    except Exception as error:
        if isinstance(error, InputError) and not isinstance(error, StoreTrouble):
            raise
        tell(not_kept(error, "This run is not kept"))
        return None
