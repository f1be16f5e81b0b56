"""All that a search knows at its end: `Run`, what is shown and stored."""

from __future__ import annotations

import platform
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from etascope.core.choice import Choice
from etascope.core.data import DataSummary as DataSummary
from etascope.core.history import History
from etascope.core.recipe import Recipe, Task
from etascope.core.trace import Trace
from etascope.core.trials import Trial, one_history, trials
from etascope.core.views import Shown


def versions() -> dict[str, str]:
    """Return the versions that decide the bits: etascope, Python, NumPy and the machine's architecture."""
    from importlib import metadata  # Takes as long as all of our own records together.

    return {
        "etascope": metadata.version("etascope"),
        "python": platform.python_version(),
        "numpy": metadata.version("numpy"),
        "machine": platform.machine(),
    }


@dataclass(frozen=True, eq=False)
class Run(Shown):
    """A finished search.

    Attributes
    ----------
    data, task, recipe
        What was asked.
    histories
        What the method trained, a `History` a plan.
    choice
        The answer.
    trace
        The final training on all development rows at the recommended rate; None when there is none.
    seconds
        Wall time from opened images to answer; of a search that was stopped and went on, with what was trained before.
    versions
        Of the software.
    options
        What was asked on the command line, by its names, as a `Job` has it; empty where the search was asked in Python.
    """

    data: DataSummary
    task: Task
    histories: tuple[History, ...]
    choice: Choice
    trace: Trace | None
    seconds: float
    versions: dict[str, str] = field(default_factory=versions)
    options: dict[str, Any] = field(default_factory=dict[str, Any])

    @property
    def recipe(self) -> Recipe:
        """Everything about the trainings except their learning rate."""
        return self.task.recipe

    @cached_property
    def trials(self) -> tuple[Trial, ...]:
        """Every trial of the search, in the order of the choice's verdicts."""
        return trials(self.task, self.histories)

    @cached_property
    def history(self) -> History:
        """All trials in one history over the whole training."""
        return one_history(self.task, self.trials, sum(history.seconds for history in self.histories))
