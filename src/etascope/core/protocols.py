"""The seams: what a stage, an engine and a method must do. Values cross them, not managers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from etascope.core.choice import Choice
from etascope.core.data import Split
from etascope.core.errors import InputError
from etascope.core.history import History
from etascope.core.plan import Checkpoint, Plan
from etascope.core.recipe import Recipe, Task
from etascope.core.renamed import in_new_module
from etascope.core.run import DataSummary, Run
from etascope.core.stored import Job, RunLine, StoredRun
from etascope.core.trace import Layer
from etascope.core.trials import Trial

__getattr__ = in_new_module(__name__, Keeper="Recorder", Watch="OnProgress")


@dataclass(frozen=True)
class Progress:
    """How far something is: `done` of `total` in `unit`, while doing `stage`.

    At the end of each round of a search, `trials` are all trials so far. From an engine, `part` is what some trials
    came to that are done while others of their plan train: a history that says which (`History.part`).
    """

    stage: str
    done: float
    total: float
    unit: str
    trials: tuple[Trial, ...] = ()
    part: History | None = None


OnProgress = Callable[[Progress], None]


def ignore(event: Progress) -> None:
    """Watch nothing: the default where nobody looks on."""


class PipelineStage(Protocol):
    """One step from images to features."""

    def fit(self, train: NDArray[Any]) -> Callable[[NDArray[Any]], NDArray[Any]]:
        """Learn from training rows only and return the function that prepares any rows."""
        ...

    def describe(self, train: NDArray[Any]) -> str:
        """Say what the fitted stage does, in one sentence."""
        ...


class Engine(Protocol):
    """Trains plans; never knows which method asks.

    It hands out trials that are done before others of their plan (`Progress.part`), in the thread that called it, so
    that they can be kept. What is left of the plan, trained alone, must come to the same bits.
    """

    def train(self, split: Split, recipe: Recipe, plan: Plan, progress: OnProgress = ignore) -> History:
        """Train every trial of the plan; a trial that diverges is a `Status`, never an exception."""
        ...

    def explain(self, checkpoint: Checkpoint, x: NDArray[Any]) -> tuple[Layer, ...]:
        """Return what each layer makes of the inputs `(n, ...)`; the last layer holds the logits."""
        ...


@runtime_checkable
class GroupingEngine(Engine, Protocol):
    """An engine that says which trials it trains together, so that others can train them for it elsewhere.

    A plan of whole groups alone must be grouped in the same way, and give each trial the same bits.
    """

    def groups(self, split: Split, recipe: Recipe, plan: Plan) -> list[NDArray[np.int64]]:
        """Return the rows of the plan that belong together, every row once; refuse a bad plan as `train` does."""
        ...


class Method(Protocol):
    """Writes plans and reads histories; never knows which engine ran them."""

    def propose(self, task: Task, histories: Sequence[History]) -> Plan | None:
        """Return the next plan, or None when enough is known."""
        ...

    def choose(self, task: Task, histories: Sequence[History]) -> Choice:
        """Return the answer that the histories carry."""
        ...


class Recorder(Protocol):
    """Writes a search down while it happens."""

    def begin(self, data: DataSummary, task: Task) -> None:
        """Note what is searched on."""
        ...

    def append(self, history: History) -> None:
        """Note what a plan came to, or some of its trials (`History.part`) while the others are still trained."""
        ...

    def finish(self, run: Run) -> None:
        """Note the answer."""
        ...


class Shelf(Protocol):
    """Takes runs as they happen; never knows who trains."""

    def begin(self, job: Job) -> str:
        """Keep what is asked and return the id of the new run."""
        ...

    def append(self, run_id: str, history: History) -> None:
        """Keep one more plan's history, or a part of it, with its checkpoints: durable when this returns."""
        ...

    def finish(self, run_id: str, run: Run) -> None:
        """Keep the answer and the trace; checkpoints and losses of single examples are not needed any more."""
        ...


class Store(Shelf, Protocol):
    """Keeps runs as they happen, and hands them out."""

    def get(self, run_id: str) -> StoredRun:
        """Return a run by its id, a unique beginning of it, or `last`."""
        ...

    def find(self, limit: int | None = None, tell: Callable[[InputError], None] | None = None) -> list[RunLine]:
        """Return runs, the latest first; with `tell`, one that cannot be read is told and left out."""
        ...

    def remove(self, run_id: str) -> None:
        """Forget a run."""
        ...
