"""A run as a store keeps it: `Job` (what was asked), `StoredRun` (and what is known of it), `RunLine` (in a list)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from etascope.core.choice import Choice
from etascope.core.errors import InputError
from etascope.core.history import History
from etascope.core.recipe import Task
from etascope.core.run import DataSummary, Run, versions
from etascope.core.sentences import Command, say
from etascope.core.trace import Trace


@dataclass(frozen=True)
class Job:
    """What was asked of a search: enough to go on with it after its process was killed.

    Attributes
    ----------
    data, task
        As in `Run`.
    options
        How to open the data again and what method to use: values that JSON can hold, by the command line's names.
    versions
        Of the software.
    """

    data: DataSummary
    task: Task
    options: dict[str, Any] = field(default_factory=dict[str, Any])
    versions: dict[str, str] = field(default_factory=versions)


@dataclass(frozen=True, eq=False)
class StoredRun:
    """A run in a store, finished or not.

    Attributes
    ----------
    id
        Short, unique in its store.
    created
        When it began, with its time zone (UTC).
    job
        What was asked.
    histories
        What was trained so far, a `History` a plan, in order. Those of a finished run have no `example_losses` and no
        arrays in their checkpoints: only the choice reads them.
    choice, trace, seconds
        As in `Run`; None where the run did not get so far.
    """

    id: str
    created: datetime
    job: Job
    histories: tuple[History, ...]
    choice: Choice | None = None
    trace: Trace | None = None
    seconds: float | None = None

    @property
    def finished(self) -> bool:
        """Whether the search came to its end."""
        return self.choice is not None

    @property
    def run(self) -> Run:
        """The finished run.

        Raises
        ------
        InputError
            If it did not come to its end.
        """
        if self.choice is None or self.seconds is None:
            advice = say("Go on with it: {resume}.", Command("resume", (self.id,)))
            raise InputError(f"run {self.id} did not come to its end.", advice)
        job = self.job
        return Run(
            job.data, job.task, self.histories, self.choice, self.trace, self.seconds, job.versions, job.options
        )  # fmt: skip


@dataclass(frozen=True)
class RunLine:
    """A run in a list.

    Attributes
    ----------
    id, created
        As in `StoredRun`.
    source, images
        What the data was, and how many images.
    recipe
        In a line of words.
    learning_rate, test_accuracy
        The answer; None where there is none.
    finished
        Whether the search came to its end.
    trials
        How many were trained so far.
    """

    id: str
    created: datetime
    source: str
    images: int
    recipe: str
    learning_rate: float | None
    test_accuracy: float | None
    finished: bool
    trials: int
