"""The seams: what a stage, an engine and a method must do. Values cross them, not managers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from numpy.typing import NDArray

from etascope.core.choice import Choice
from etascope.core.data import Split
from etascope.core.history import History
from etascope.core.plan import Checkpoint, Plan
from etascope.core.recipe import Recipe, Task
from etascope.core.trace import Layer


@dataclass(frozen=True)
class Progress:
    """How far something is: `done` of `total` in `unit`, while doing `stage`."""

    stage: str
    done: float
    total: float
    unit: str


Watch = Callable[[Progress], None]


def ignore(progress: Progress) -> None:
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
    """Trains plans; never knows which method asks."""

    def train(self, split: Split, recipe: Recipe, plan: Plan, watch: Watch = ignore) -> History:
        """Train every trial of the plan; a trial that diverges is a `Status`, never an exception."""
        ...

    def explain(self, checkpoint: Checkpoint, x: NDArray[Any]) -> tuple[Layer, ...]:
        """Return what each layer makes of the inputs `(n, ...)`; the last layer holds the logits."""
        ...


class Method(Protocol):
    """Writes plans and reads histories; never knows which engine ran them."""

    def propose(self, task: Task, histories: Sequence[History]) -> Plan | None:
        """Return the next plan, or None when enough is known."""
        ...

    def choose(self, task: Task, histories: Sequence[History]) -> Choice:
        """Return the answer that the histories carry."""
        ...
