"""The option `--store`, and the store that it names."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from etascope.store.sql import SqlStore

Command = TypeVar("Command", bound=Callable[..., Any])


def store_option(command: Command) -> Command:
    """Add where runs are kept."""
    return click.option(
        "--store", "store_url", metavar="URL",
        help="Where runs are kept: a file, sqlite:///PATH or postgresql://HOST/NAME. [default: ETASCOPE_STORE, else "
             "runs.sqlite in your data folder]",
    )(command)  # fmt: skip


def opened(store_url: str | None, *, make: bool = False) -> SqlStore:
    """Return the store at a URL; None takes the default. No file is made by a command that only looks.

    Raises
    ------
    InputError
        If it cannot be opened.
    """
    from etascope.store.open import open_store

    return open_store(store_url, make=make)
