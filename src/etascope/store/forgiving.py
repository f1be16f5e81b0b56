"""A store whose trouble does not end a search: `Forgiving`."""

from __future__ import annotations

from collections.abc import Callable

from etascope.core.errors import InputError
from etascope.core.history import History
from etascope.core.protocols import Store
from etascope.core.run import Run
from etascope.core.stored import Job, RunLine, StoredRun
from etascope.store.open import open_store
from etascope.store.trouble import StoreTrouble

Tell = Callable[[str], None]


class Forgiving:
    """A store that says its first failure to write in a sentence, and keeps nothing from then on.

    What was kept before stays, without gaps, so a run can be resumed from there. Reading fails as in the store.

    Parameters
    ----------
    store
        Where runs are kept; None where there is none any more.
    tell
        Receives the sentence.
    """

    def __init__(self, store: Store | None, tell: Tell) -> None:
        self._store = store
        self._tell = tell
        self._writing = store is not None

    @property
    def keeps(self) -> bool:
        """Whether nothing failed yet, so that the run is whole in the store."""
        return self._writing

    def begin(self, job: Job) -> str:
        """Keep what is asked and return the id of the new run; empty when it is not kept."""
        if self._store is not None and self._writing:
            try:
                return self._store.begin(job)
            except InputError as error:
                self._give_up(error, "This run is not kept")
        return ""

    def append(self, run_id: str, history: History) -> None:
        """Keep one more plan's history, if nothing failed before."""
        if self._store is not None and self._writing:
            try:
                self._store.append(run_id, history)
            except InputError as error:
                self._give_up(error, f"The rest of run {run_id} is not kept")

    def finish(self, run_id: str, run: Run) -> None:
        """Keep the answer and the trace, if nothing failed before."""
        if self._store is not None and self._writing:
            try:
                self._store.finish(run_id, run)
            except InputError as error:
                self._give_up(error, f"The answer of run {run_id} is not kept")

    def get(self, run_id: str) -> StoredRun:
        """Return a run by its id, a unique beginning of it, or `last`."""
        return self._readable().get(run_id)

    def find(self, limit: int | None = None) -> list[RunLine]:
        """Return runs, the latest first."""
        return self._readable().find(limit)

    def remove(self, run_id: str) -> None:
        """Forget a run."""
        self._readable().remove(run_id)

    def _readable(self) -> Store:
        if self._store is None:
            raise InputError("there is no store to read from. Give another --store.")
        return self._store

    def _give_up(self, error: InputError, lost: str) -> None:
        self._writing = False
        self._tell(f"{error} {lost}; the search goes on.")


def open_forgiving(url: str | None, tell: Tell) -> Forgiving:
    """Open a store for a search: trouble with the place is told in a sentence, and the search goes on without.

    Parameters
    ----------
    url
        As to `open_store`.
    tell
        Receives the sentence, at most once.

    Raises
    ------
    InputError
        If the address is wrong, so that it can be set right before anything was trained.
    """
    try:
        return Forgiving(open_store(url), tell)
    except StoreTrouble as trouble:
        tell(f"{trouble} This run is not kept; the search goes on.")
        return Forgiving(None, tell)
