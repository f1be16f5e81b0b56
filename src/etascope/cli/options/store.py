"""The option `--store`, the store that it names, and a search kept there while it happens (`Recording`)."""

from __future__ import annotations

import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property, partial, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from etascope.cli.dialect import command_line
from etascope.cli.messages import note
from etascope.cli.options.output import Command
from etascope.core import sentences
from etascope.core.errors import InputError
from etascope.core.recording import BestEffort, StoreRecorder
from etascope.core.visible import in_shell
from etascope.store.address import find_address

if TYPE_CHECKING:
    from etascope.store.sql import SqlStore


def store_option(command: Command) -> Command:
    """Add where runs are kept; what an error says to do next is said for the store that was given."""

    @wraps(command)
    def run(*arguments: Any, **options: Any) -> Any:
        try:
            return command(*arguments, **options)
        except InputError as error:
            there = partial(in_store, options["store_url"])
            raise InputError(*(part.written(there) for part in error.sentences)) from error

    return click.option(
        "--store", "store_url", metavar="URL",
        help="Where runs are kept: a file, sqlite:///PATH or postgresql://HOST/NAME. [default: ETASCOPE_STORE, else "
             "runs.sqlite in your data folder]",
    )(cast("Command", run))  # fmt: skip


def in_store(store_url: str | None, setting: sentences.Setting) -> str:
    """Write a setting as `command_line` does, a command so that it finds the store that was given."""
    words = command_line(setting)
    if store_url is None or not isinstance(setting, sentences.Call):
        return words
    # An address of a server may hold a password.
    known = find_address(store_url).kind == "file"
    return f"{words} --store {in_shell(store_url)}" if known else f"{words} and the same --store"


def opened(store_url: str | None, *, make: bool = False) -> SqlStore:
    """Return the store at a URL; None takes the default. No file is made by a command that only looks.

    Raises `InputError` if it cannot be opened, or cannot hold anything yet.
    """
    if not make and find_address(store_url).kind == "memory":
        raise InputError(
            "a store in memory ends with the command that made it, so there is nothing in it. Give a file, as --store "
            "runs.sqlite."
        )
    from etascope.store.open import open_store

    return open_store(store_url, make=make, tell=note)


@dataclass(frozen=True)
class Recording:
    """One search as the command line keeps it: trouble is noted, and ends nothing.

    Attributes
    ----------
    run
        Writes it down in a store; None where there is no store to write to.
    url
        The store's address, where it was given; so that it can be said how to go on.
    """

    run: StoreRecorder | None
    url: str | None = None

    @cached_property
    def recorder(self) -> BestEffort:
        """What the search takes."""
        return BestEffort(self.run, note, name=lambda: f"run {self._id}")

    @property
    def _id(self) -> str | None:
        return None if self.run is None else self.run.run_id

    def say_where(self) -> None:
        """Say at a terminal where the answer can be seen again."""
        kept = self._id and self.recorder.keeps and find_address(self.url).kind != "memory"
        if kept and sys.stderr.isatty():
            note(f"kept as run {self._id}; see it again with {self._command('show')}.")

    def after_a_stop(self) -> str:
        """Return what is kept of a search that was stopped, and how to go on; empty where nothing is."""
        if self.run is None or self._id is None or find_address(self.url).kind == "memory":
            return ""
        if self.run.finished:
            return f"the answer is kept: {self._command('show')}"
        from etascope.report.terminal.run_list import kept_words

        kept = kept_words(self.run.histories)
        if not kept:
            return "no trial was done yet, so none is kept"
        if not self._is_there():
            return f"what was kept of it is not in the store any more: run {self._id} was removed meanwhile"
        verb = "is" if kept.startswith("1 ") and " and " not in kept else "are"
        return f"{kept} {verb} kept; go on with: {self._command('resume')}"

    def _command(self, name: str) -> str:
        return in_store(self.url, sentences.Command(name, (self._id,)))

    def _is_there(self) -> bool:
        address = find_address(self.url)
        if address.kind == "file":
            with suppress(OSError), open(address.target, "rb") as file:
                if not file.read(16).startswith(b"SQLite format 3"):
                    return False
            if not Path(address.target).exists():
                return False
        with suppress(InputError):
            return any(line.id == self._id for line in opened(self.url).find(tell=lambda _: None))
        # Another process holds it.
        return True


def recording(url: str | None, options: Mapping[str, Any]) -> Recording:
    """Return what keeps a new search in the store at `url`; trouble with the place is said, and no reason to stop.

    Raises `InputError` if the address is wrong.
    """
    from etascope.store.open import open_forgiving

    if find_address(url).kind == "memory":
        note(
            "a store in memory ends with this command, so the search is not kept. Give a file, as --store runs.sqlite."
        )
    store = open_forgiving(url, note)
    return Recording(None if store is None else StoreRecorder(store, options), url)


@contextmanager
def noting_what_is_kept(recording: Recording | None) -> Generator[None]:
    """Note on a Ctrl-C that goes through the block what is kept of the search; None keeps nothing."""
    try:
        yield
    except KeyboardInterrupt as stop:
        if recording is not None and (left := recording.after_a_stop()):
            stop.add_note(left)
        raise
