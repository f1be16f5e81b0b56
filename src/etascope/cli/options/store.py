"""The option `--store`, the store that it names, and a search kept there while it happens (`StoreRecorder`)."""

from __future__ import annotations

import re
import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from etascope.cli.messages import note
from etascope.cli.options.output import Command
from etascope.core.errors import InputError
from etascope.core.history import History
from etascope.core.interrupting import held_back
from etascope.core.protocols import Shelf
from etascope.core.recipe import Task
from etascope.core.run import DataSummary, Run
from etascope.core.stored import Job
from etascope.core.visible import in_shell
from etascope.store.address import find_address

if TYPE_CHECKING:
    from etascope.store.sql import SqlStore

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
            parts = (_ON_RUNS.sub(lambda command: command[0] + there, part) for part in (error.said, error.advice))
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


@dataclass
class StoreRecorder:
    """Writes one search down in a store.

    Attributes
    ----------
    store
        Where to.
    options
        The command's options, so that `etascope resume` can ask for the same again.
    run_id
        Of a run to go on with; None begins a new one.
    url
        The store's address, where it was given; so that it can be said how to go on.
    histories
        What is kept of it.
    """

    store: Shelf
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])
    run_id: str | None = None
    url: str | None = None
    histories: Sequence[History] = ()
    _finished: bool = field(default=False, init=False)

    def begin(self, data: DataSummary, task: Task) -> None:
        """Begin a run, unless this goes on with one."""
        if self.run_id is None:
            with held_back():
                self.run_id = self.store.begin(Job(data, task, dict(self.options)))

    def append(self, history: History) -> None:
        """Keep what a plan, or some of its trials, came to."""
        if self.run_id is not None:
            with held_back():
                self.store.append(self.run_id, history)
                if self._keeps:
                    self.histories = [*self.histories, history]

    def finish(self, run: Run) -> None:
        """Keep the answer."""
        if self.run_id is not None:
            with held_back():
                self.store.finish(self.run_id, run)
                self._finished = self._keeps

    def say_where(self) -> None:
        """Say at a terminal where the answer can be seen again."""
        if sys.stderr.isatty() and self.run_id and self._keeps and find_address(self.url).kind != "memory":
            note(f"kept as run {self.run_id}; see it again with etascope show {self.run_id}{again(self.url)}.")

    def after_a_stop(self) -> str:
        """Return what is kept of a search that was stopped, and how to go on; empty where nothing is."""
        if not self.run_id or find_address(self.url).kind == "memory":
            return ""
        if self._finished:
            return f"the answer is kept: etascope show {self.run_id}{again(self.url)}"
        from etascope.report.terminal.unfinished import kept_words

        kept = kept_words(self.histories)
        if not kept:
            return "no trial was done yet, so none is kept"
        if not self._is_there():
            return f"what was kept of it is not in the store any more: run {self.run_id} was removed meanwhile"
        verb = "is" if kept.startswith("1 ") and " and " not in kept else "are"
        return f"{kept} {verb} kept; go on with: etascope resume {self.run_id}{again(self.url)}"

    def _is_there(self) -> bool:
        address = find_address(self.url)
        if address.kind == "file":
            with suppress(OSError), open(address.target, "rb") as file:
                if not file.read(16).startswith(b"SQLite format 3"):
                    return False
            if not Path(address.target).exists():
                return False
        with suppress(InputError):
            return any(line.id == self.run_id for line in opened(self.url).find(tell=lambda _: None))
        # Another process holds it.
        return True

    @property
    def _keeps(self) -> bool:
        return getattr(self.store, "keeps", True)


def new_recorder(url: str | None, options: Mapping[str, Any]) -> StoreRecorder:
    """Return what keeps a new search in the store at `url`; trouble with the place is said, and no reason to stop.

    Raises
    ------
    InputError
        If the address is wrong.
    """
    from etascope.store.forgiving import open_forgiving

    if find_address(url).kind == "memory":
        note(
            "a store in memory ends with this command, so the search is not kept. Give a file, as --store runs.sqlite."
        )
    return StoreRecorder(open_forgiving(url, note), options, url=url)


@contextmanager
def noting_what_is_kept(recorder: StoreRecorder | None) -> Generator[None]:
    """Note on a Ctrl-C that goes through the block what is kept of the search; None keeps nothing."""
    try:
        yield
    except KeyboardInterrupt as stop:
        if recorder is not None and (left := recorder.after_a_stop()):
            stop.add_note(left)
        raise
