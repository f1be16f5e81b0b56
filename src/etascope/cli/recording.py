"""A search kept in a store while it happens: `Kept`."""

from __future__ import annotations

import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from etascope.cli.options.store import again, opened
from etascope.cli.saying import note
from etascope.core.errors import InputError
from etascope.core.recording import BestEffort, StoreRecorder
from etascope.store.address import find_address


@dataclass(frozen=True)
class Kept:
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

    def tell(self) -> None:
        """Say at a terminal where the answer can be seen again."""
        kept = self._id and self.recorder.keeps and find_address(self.url).kind != "memory"
        if kept and sys.stderr.isatty():
            note(f"kept as run {self._id}; see it again with etascope show {self._id}{again(self.url)}.")

    def after_a_stop(self) -> str:
        """Return what is kept of a search that was stopped, and how to go on; empty where nothing is."""
        if self.run is None or self._id is None or find_address(self.url).kind == "memory":
            return ""
        if self.run.finished:
            return f"the answer is kept: etascope show {self._id}{again(self.url)}"
        from etascope.report.terminal.unfinished import kept_words

        kept = kept_words(self.run.histories)
        if not kept:
            return "no trial was done yet, so none is kept"
        if not self._is_there():
            return f"what was kept of it is not in the store any more: run {self._id} was removed meanwhile"
        verb = "is" if kept.startswith("1 ") and " and " not in kept else "are"
        return f"{kept} {verb} kept; go on with: etascope resume {self._id}{again(self.url)}"

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


def recorder(url: str | None, options: Mapping[str, Any]) -> Kept:
    """Return what keeps a new search in the store at `url`; trouble with the place is said, and no reason to stop.

    Raises
    ------
    InputError
        If the address is wrong.
    """
    from etascope.store.open import open_forgiving

    if find_address(url).kind == "memory":
        note(
            "a store in memory ends with this command, so the search is not kept. Give a file, as --store runs.sqlite."
        )
    store = open_forgiving(url, note)
    return Kept(None if store is None else StoreRecorder(store, options), url)


@contextmanager
def told_when_stopped(kept: Kept | None) -> Generator[None]:
    """Note on a Ctrl-C that goes through the block what is kept of the search; None keeps nothing."""
    try:
        yield
    except KeyboardInterrupt as stop:
        if kept is not None and (left := kept.after_a_stop()):
            stop.add_note(left)
        raise
