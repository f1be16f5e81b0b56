"""Where a command may write a file: `require_place`."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import click

from etascope.core.errors import InputError
from etascope.images.paths import SUFFIXES
from etascope.store.address import find_address

#: Endings of what is read in a folder of images.
READ = (*SUFFIXES, ".csv", ".tsv", ".npz", ".npy", ".gz")
#: Parameters of commands that are files or folders to read, and what people call them.
_READ = {"data": "the data", "labels": "the labels", "test": "the test images", "run": "the document"}


def require_place(name: str, given: str) -> None:
    """Raise `InputError` unless a file can be written, and is none that the command reads or keeps runs in.

    Parameters
    ----------
    name
        What the command calls it, as `--json`.
    given
        The path.
    """
    _refuse_what_is_read(name, given)
    path = Path(given)
    folder, trouble = path.absolute().parent, None
    try:
        os.stat(path)
    except OSError as error:
        trouble = error
    if trouble is not None and trouble.errno not in (errno.ENOENT, errno.ENOTDIR):
        why = (trouble.strerror or str(trouble)).lower()
    elif not given:
        why = "that is no name"
    elif given.endswith(("/", os.sep)) and not path.is_dir():
        why = "that is the name of a directory"
    elif path.is_dir():
        why = "it is a directory"
    elif not folder.is_dir():
        why = f"there is no directory {folder}"
    elif not os.access(path if path.exists() else folder, os.W_OK):
        why = "you may not write there"
    else:
        return
    raise InputError(f"{name} needs a file that can be written; found {given!r}, but {why}. Name another.")


def _refuse_what_is_read(name: str, given: str) -> None:
    place = Path(given)
    if not place.exists():
        return
    for what, path in _read():
        inside = path.is_dir() and place.resolve().is_relative_to(path.resolve()) and place.suffix.lower() in READ
        if inside or place.samefile(path):
            where = f"in {what}, {path}" if inside else what
            raise InputError(f"{name} would replace a file that is read: {given!r} is {where}. Name another file.")


def _read() -> Iterator[tuple[str, Path]]:
    """Yield what the command that runs reads or keeps runs in, as far as that is there."""
    context = click.get_current_context(silent=True)
    given = {} if context is None else context.params
    named = [
        (_READ[name], value) for name, value in given.items() if name in _READ and isinstance(value, str) and value
    ]
    if "store_url" in given:
        with suppress(InputError):
            address = find_address(given["store_url"])
            named += [("the store of runs", address.target)] if address.kind == "file" else []
    for what, value in named:
        with suppress(OSError, TypeError):
            if (path := Path(value)).exists():
                yield what, path
