"""The option `--store`, and the store that it names."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

from etascope.cli.dialect import command_line
from etascope.cli.saying import note
from etascope.core.errors import InputError
from etascope.core.visible import in_shell
from etascope.store.address import find_address

if TYPE_CHECKING:
    from etascope.store.sql import SqlStore

Command = TypeVar("Command", bound=Callable[..., Any])

#: Commands on kept runs that sentences name, and the run that they are for.
_ON_RUNS = re.compile(r"\betascope (show|resume|rm|runs|gc|compare|export|code|lock)\b( [0-9a-f]{4,}\b)?( --yes)?")


def store_option(command: Command) -> Command:
    """Add where runs are kept; what an error says to do next is said for the store that was given."""

    @wraps(command)
    def run(*arguments: Any, **options: Any) -> Any:
        try:
            return command(*arguments, **options)
        except InputError as error:
            if not _ON_RUNS.search(str(error)):
                raise
            there = again(options["store_url"])
            written = (part.written(command_line) for part in error.sentences)
            parts = (_ON_RUNS.sub(lambda found: found[0] + there, part) for part in written)
            raise InputError(*parts) from error

    return click.option(
        "--store", "store_url", metavar="URL",
        help="Where runs are kept: a file, sqlite:///PATH or postgresql://HOST/NAME. [default: ETASCOPE_STORE, else "
             "runs.sqlite in your data folder]",
    )(cast("Command", run))  # fmt: skip


def again(store_url: str | None) -> str:
    """Return what to add to a command so that it finds the store that was given; empty where none was."""
    if store_url is None:
        return ""
    # An address of a server may hold a password.
    known = find_address(store_url).kind == "file"
    return f" --store {in_shell(store_url)}" if known else " and the same --store"


def opened(store_url: str | None, *, make: bool = False) -> SqlStore:
    """Return the store at a URL; None takes the default. No file is made by a command that only looks.

    Raises
    ------
    InputError
        If it cannot be opened, or cannot hold anything yet.
    """
    if not make and find_address(store_url).kind == "memory":
        raise InputError(
            "a store in memory ends with the command that made it, so there is nothing in it. Give a file, as --store "
            "runs.sqlite."
        )
    from etascope.store.open import open_store

    return open_store(store_url, make=make, tell=note)
