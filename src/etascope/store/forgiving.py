"""A store whose trouble does not end a search: `Forgiving`."""

from __future__ import annotations

from collections.abc import Callable

from etascope.core.errors import InputError
from etascope.core.history import History
from etascope.core.keeping import Attempts
from etascope.core.protocols import Store
from etascope.core.run import Run
from etascope.core.stored import Job, RunLine, StoredRun
from etascope.store.open import open_store
from etascope.store.trouble import StoreTrouble

Tell = Callable[[str], None]


class Forgiving:
    """A store that says its first failure to write, whatever it is, in a sentence, and keeps nothing from then on.

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
        self._attempts = Attempts(tell)

    @property
    def keeps(self) -> bool:
        """Whether nothing failed yet, so that the run is whole in the store."""
        return self._store is not None and self._attempts.well

    def begin(self, job: Job) -> str:
        """Keep what is asked and return the id of the new run; empty when it is not kept."""
        if (store := self._store) is None:
            return ""
        return self._attempts.do(lambda: store.begin(job), "This run is not kept", "")

    def append(self, run_id: str, history: History) -> None:
        """Keep one more plan's history, if nothing failed before."""
        if (store := self._store) is not None:
            self._attempts.do(lambda: store.append(run_id, history), f"The rest of run {run_id} is not kept", None)

    def finish(self, run_id: str, run: Run) -> None:
        """Keep the answer and the trace, if nothing failed before."""
        if (store := self._store) is not None:
            self._attempts.do(lambda: store.finish(run_id, run), f"The answer of run {run_id} is not kept", None)

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


def open_forgiving(url: str | None, tell: Tell) -> Forgiving:
    """Open a store for a search: any trouble but a wrong address is told in a sentence, and the search goes on without.

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
    except Exception as error:
        if isinstance(error, InputError) and not isinstance(error, StoreTrouble):
            raise
        Attempts(tell).fail(error, "This run is not kept")
        return Forgiving(None, tell)
