"""A search kept in a store while it happens: `Kept`."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from etascope.cli.saying import note
from etascope.core.history import History
from etascope.core.protocols import Store
from etascope.core.recipe import Task
from etascope.core.run import DataSummary, Run
from etascope.core.stored import Job


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
    """

    store: Store
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])
    run_id: str | None = None

    def begin(self, data: DataSummary, task: Task) -> None:
        """Begin a run, unless this goes on with one."""
        if self.run_id is None:
            self.run_id = self.store.begin(Job(data, task, dict(self.options)))

    def append(self, history: History) -> None:
        """Keep what a plan came to."""
        if self.run_id is not None:
            self.store.append(self.run_id, history)

    def finish(self, run: Run) -> None:
        """Keep the answer."""
        if self.run_id is not None:
            self.store.finish(self.run_id, run)

    def tell(self) -> None:
        """Say at a terminal where the answer can be seen again."""
        if sys.stderr.isatty() and self.run_id and getattr(self.store, "keeps", True):
            note(f"kept as run {self.run_id}; see it again with etascope show {self.run_id}.")


def keeper(url: str | None, options: Mapping[str, Any]) -> Kept:
    """Return what keeps a new search in the store at `url`; trouble with the place is said, and no reason to stop.

    Raises
    ------
    InputError
        If the address is wrong.
    """
    from etascope.store.forgiving import open_forgiving

    return Kept(open_forgiving(url, note), options)
