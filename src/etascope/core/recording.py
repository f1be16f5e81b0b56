"""A search written down while it happens: `StoreRecorder`, in a store; `BestEffort`, so that no failure ends it."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from etascope.core.errors import InputError, one_line
from etascope.core.history import History
from etascope.core.interrupting import held_back
from etascope.core.protocols import Recorder, Shelf
from etascope.core.recipe import Task
from etascope.core.run import DataSummary, Run
from etascope.core.sentences import Sentence
from etascope.core.stored import Job


@dataclass(eq=False)
class StoreRecorder:
    """Writes one search down in a store, each piece whole whatever signal comes.

    Attributes
    ----------
    store
        Where to.
    options
        What was asked, by the command line's names, so that the search can be gone on with.
    run_id
        Of a run to go on with; None begins a new one.
    histories, finished
        What the store has of it, and whether it has the answer.
    """

    store: Shelf
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])
    run_id: str | None = None
    histories: tuple[History, ...] = ()
    finished: bool = False

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
                self.histories = (*self.histories, history)

    def finish(self, run: Run) -> None:
        """Keep the answer."""
        if self.run_id is not None:
            with held_back():
                self.store.finish(self.run_id, run)
                self.finished = True


class BestEffort:
    """A recorder that ends no search: its first failure is said in a sentence, and it writes nothing down after that.

    What was written before stays, without gaps.

    Parameters
    ----------
    recorder
        Who writes down; None is nobody.
    tell
        Receives the sentence. None warns of it, and then a recorder may refuse: an `InputError` of its `begin` is
        raised, so that it can be set right before anything was trained.
    name
        Returns what is recorded, for people.
    ready
        Says of what was appended until now whether it shows that the search can be done at all. Until then nothing is
        written down, and afterwards nothing is refused. None begins at once.

    Examples
    --------
    >>> class Diary:
    ...     def begin(self, data, task):
    ...         raise OSError("no pen")
    >>> recorder = BestEffort(Diary(), print)
    >>> recorder.begin(None, None)
    keeping the search failed with OSError: no pen. This run is not kept; the search goes on.
    >>> recorder.keeps
    False
    """

    def __init__(
        self,
        recorder: Recorder | None,
        tell: Callable[[Sentence], None] | None = None,
        *,
        name: Callable[[], str] = lambda: "this run",
        ready: Callable[[Sequence[History]], bool] | None = None,
    ) -> None:
        self._recorder, self._name, self._ready = recorder, name, ready
        self._refuses, self._tell = tell is None and ready is None, tell or _warn
        self._begin: Callable[[], None] | None = None
        self._waiting = list[History]()

    @property
    def keeps(self) -> bool:
        """Whether somebody writes down, and nothing failed yet."""
        return self._recorder is not None

    def begin(self, data: DataSummary, task: Task) -> None:
        """Note what is searched on.

        Raises
        ------
        InputError
            If the recorder refuses, and may.
        """
        if (recorder := self._recorder) is None:
            return
        self._begin = lambda: recorder.begin(data, task)
        if self._ready is None:
            self._flush()

    def append(self, history: History) -> None:
        """Note what a plan came to."""
        self._waiting.append(history)
        if self._begin is None or self._ready is None or self._ready(self._waiting):
            self._flush()

    def finish(self, run: Run) -> None:
        """Note the answer."""
        self._flush()
        self._try(lambda recorder: recorder.finish(run), "The answer of {} is not kept")

    def _flush(self) -> None:
        begin, self._begin = self._begin, None
        if begin is not None:
            self._try(lambda _: begin(), "This run is not kept", refuses=self._refuses)
        while self._waiting:
            history = self._waiting.pop(0)
            self._try(lambda recorder, history=history: recorder.append(history), "The rest of {} is not kept")

    def _try(self, do: Callable[[Recorder], None], lost: str, *, refuses: bool = False) -> None:
        if self._recorder is None:
            return
        try:
            do(self._recorder)
        except Exception as error:
            known = isinstance(error, InputError)
            if known and refuses:
                raise
            self._recorder = None
            self._tell(not_kept(error, lost.format(self._name())))


def best_effort(recorder: Recorder | None) -> BestEffort:
    """Return a recorder that ends no search; one that is so already stays as it is."""
    return recorder if isinstance(recorder, BestEffort) else BestEffort(recorder)


def not_kept(error: Exception, lost: str) -> Sentence:
    """Say what went wrong in keeping a search, and what is lost by it."""
    failed = f"keeping the search failed with {one_line(error)}."
    reason = error.sentence if isinstance(error, InputError) else Sentence(failed)
    return reason + f" {lost}; the search goes on."


def _warn(sentence: Sentence) -> None:
    warnings.warn(str(sentence), RuntimeWarning, stacklevel=5)
