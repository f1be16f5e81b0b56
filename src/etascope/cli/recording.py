"""A search kept in a store while it happens: `Kept`."""

from __future__ import annotations

import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from etascope.cli.options.store import again, opened
from etascope.cli.saying import note
from etascope.core.errors import InputError
from etascope.core.history import History
from etascope.core.interrupting import held_back
from etascope.core.protocols import Shelf
from etascope.core.recipe import Task
from etascope.core.run import DataSummary, Run
from etascope.core.stored import Job
from etascope.store.address import find_address


@dataclass
class Kept:
    """Keeps one search in a store.

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

    def tell(self) -> None:
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


def recorder(url: str | None, options: Mapping[str, Any]) -> Kept:
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
    return Kept(open_forgiving(url, note), options, url=url)


@contextmanager
def told_when_stopped(kept: Kept | None) -> Generator[None]:
    """Note on a Ctrl-C that goes through the block what is kept of the search; None keeps nothing."""
    try:
        yield
    except KeyboardInterrupt as stop:
        if kept is not None and (left := kept.after_a_stop()):
            stop.add_note(left)
        raise
