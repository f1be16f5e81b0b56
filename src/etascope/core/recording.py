"""What goes wrong in keeping a search costs a note, never the answer: `Attempts`, `Forgiving`, `patient`."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TypeVar

from etascope.core.errors import InputError, one_line
from etascope.core.history import History
from etascope.core.protocols import Recorder, Shelf
from etascope.core.recipe import Task
from etascope.core.run import DataSummary, Run
from etascope.core.stored import Job

T = TypeVar("T")


class Attempts:
    """Does one thing after another until one fails; that is told in a sentence, and nothing more is done.

    Parameters
    ----------
    tell
        Receives the sentence.

    Attributes
    ----------
    well
        Whether nothing failed yet.

    Examples
    --------
    >>> attempts = Attempts(print)
    >>> attempts.do(lambda: 1 / 0, "This run is not kept", None)
    keeping the search failed with ZeroDivisionError: division by zero. This run is not kept; the search goes on.
    >>> attempts.do(lambda: print("again"), "This run is not kept", None)
    """

    def __init__(self, tell: Callable[[str], None]) -> None:
        self.well = True
        self._tell = tell

    def do(self, what: Callable[[], T], lost: str, otherwise: T) -> T:
        """Return what `what` returns, or `otherwise` if it fails, whatever it raises, or if something failed before."""
        if self.well:
            try:
                return what()
            except Exception as error:
                self.fail(error, lost)
        return otherwise

    def fail(self, error: Exception, lost: str) -> None:
        """Tell what went wrong, and what is lost by it."""
        self.well = False
        known = isinstance(error, InputError)
        reason = str(error) if known else f"keeping the search failed with {one_line(error)}."
        self._tell(f"{reason} {lost}; the search goes on.")


class Forgiving:
    """Keeps a search in a store and says its first failure, whatever it is, in a sentence; after that it keeps nothing.

    What was kept before stays, without gaps, so a run can be resumed from there.

    Parameters
    ----------
    store
        Where runs are kept; None where there is none any more.
    tell
        Receives the sentence.
    """

    def __init__(self, store: Shelf | None, tell: Callable[[str], None]) -> None:
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


class Patient:
    """A recorder that ends no search: its first trouble is told in a `RuntimeWarning`, and it keeps nothing after that.

    Parameters
    ----------
    recorder
        Who keeps.
    late
        Whether trainings are lost if it is refused.
    """

    def __init__(self, recorder: Recorder, late: bool) -> None:
        self._recorder, self._late = recorder, late
        self._attempts = Attempts(lambda sentence: warnings.warn(sentence, RuntimeWarning, stacklevel=5))

    def begin(self, data: DataSummary, task: Task) -> None:
        """Note what is searched on.

        Raises
        ------
        InputError
            If the recorder refuses and it is not late, so that it can be set right before anything was trained.
        """
        try:
            self._recorder.begin(data, task)
        except Exception as error:
            if isinstance(error, InputError) and not self._late:
                raise
            self._attempts.fail(error, "It is not kept")

    def append(self, history: History) -> None:
        """Note what a plan came to."""
        self._attempts.do(lambda: self._recorder.append(history), "The rest of it is not kept", None)

    def finish(self, run: Run) -> None:
        """Note the answer."""
        self._attempts.do(lambda: self._recorder.finish(run), "Its answer is not kept", None)


def patient(recorder: Recorder | None, *, late: bool = False) -> Recorder | None:
    """Return a recorder that ends no search; `late` is one that hears of it only when something was trained."""
    return recorder if recorder is None or isinstance(recorder, Patient) else Patient(recorder, late)
