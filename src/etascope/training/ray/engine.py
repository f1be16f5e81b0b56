"""Another engine on the machines of a Ray cluster: `RayEngine`."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from etascope.core.checks import check_values
from etascope.core.data import Split
from etascope.core.errors import InputError, renamed
from etascope.core.history import History, in_plan_order
from etascope.core.plan import Checkpoint, Plan
from etascope.core.protocols import Engine, GroupingEngine, OnProgress, Progress, ignore
from etascope.core.recipe import Recipe
from etascope.core.trace import Layer
from etascope.training.dense.engine import DenseEngine, deal_out
from etascope.training.ray.cluster import AUTO, check_address, join_cluster, leave_cluster, require_places
from etascope.training.ray.parts import Needs, train_parts
from etascope.training.ray.worker import pack_errand

#: CPUs of each part: engines on a cluster train a part with one.
CPUS = 1.0


def say_nothing(sentence: str) -> None:
    """Keep a sentence to oneself."""


@dataclass(frozen=True)
class RayEngine:
    """Trains plans with another engine, their trials dealt out to the machines of a Ray cluster.

    With the dense engine the answer is the same, bit for bit, as on one machine with the same kind of processor,
    whatever machines there are and however many are lost on the way: a plan is split between the groups in which that
    engine trains it anyway.

    The connection is opened by the first plan and stays until the process ends, or as long as the block of
    `with RayEngine() as engine:`. One that was open before is used and left open. The split is sent once.

    Attributes
    ----------
    engine
        What trains on each machine. Default `DenseEngine()`. One with `groups` (see `GroupingEngine`) says which trials
        stay together; of another, trials of equal seed and fold are dealt out evenly.
    address
        `auto` (default): the cluster that this process is connected to, that `RAY_ADDRESS` names or that runs on this
        machine. `HOST:PORT` of one. `local` starts one on this machine, which ends with the connection.
    workers
        Groups of trials at work at once, at least 1. None takes as many as there is room for.
    gpus_per_trial
        GPUs kept for each trial, at least 0: 0.25 lets four share one. Default 0.
    retries
        How often trials are trained again whose machine was lost, at least 0. Default 3.
    tell
        Receives a sentence when a worker was lost. Default: nobody does.

    Raises
    ------
    InputError
        If a value is outside its range.
    """

    engine: Engine = field(default_factory=DenseEngine)
    address: str = AUTO
    workers: int | None = None
    gpus_per_trial: float = 0.0
    retries: int = 3
    tell: Callable[[str], None] = say_nothing

    def __post_init__(self) -> None:
        """Check every value."""
        check_values(self)
        check_address(self.address)
        if self.workers is not None and self.workers < 1:
            raise InputError(
                f"workers must be at least 1; found {self.workers}. Leave it out to use the whole cluster."
            )
        if not 0 <= self.gpus_per_trial < math.inf:
            raise InputError(f"gpus_per_trial must be finite and at least 0; found {self.gpus_per_trial:g}. Try 0.25.")
        if self.gpus_per_trial > 1 and self.gpus_per_trial % 1:
            raise InputError(
                f"gpus_per_trial must be a share of one GPU or a whole number; found {self.gpus_per_trial:g}. "
                f"Try {math.ceil(self.gpus_per_trial)}."
            )
        if self.retries < 0:
            raise InputError(f"retries must be at least 0; found {self.retries}. Try 3.")

    def __enter__(self) -> RayEngine:
        """Open the connection; raise `InputError` if Ray is missing or there is no such cluster."""
        join_cluster(self.address)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connection, if it was not open before."""
        leave_cluster()

    @renamed(watch="progress")
    def train(self, split: Split, recipe: Recipe, plan: Plan, progress: OnProgress = ignore) -> History:
        """Train every trial of the plan.

        Parameters
        ----------
        split, recipe, plan
            As the wrapped engine takes them.
        progress
            Receives `Progress` in trainings.

        Returns
        -------
        History
            In the order of the plan; its seconds are from here to here, waiting for machines included.

        Raises
        ------
        InputError
            If the plan is bad, Ray or the cluster is missing, the cluster has no room for a trial, a machine has other
            versions, or trials were lost more than `retries` times.
        """
        began = time.perf_counter()
        if not len(plan):
            raise InputError("the plan has no trials; give at least one learning rate.")
        session = join_cluster(self.address)
        groups = self._groups(split, recipe, plan)
        gpus = self._gpus(max(map(len, groups)))
        require_places(CPUS, gpus)
        parts, done = [plan.take(group) for group in groups], 0.0

        def count(trainings: float) -> None:
            nonlocal done
            done = trainings
            progress(Progress("training", done, len(plan), "trainings"))

        def finish(number: int, fields: dict[str, Any]) -> None:
            part = History(plan=parts[number], **fields).as_part(plan, groups[number])
            progress(Progress("training", done, len(plan), "trainings", part=part))

        fields = train_parts(
            session,
            split,
            [pack_errand(self.engine, recipe, part) for part in parts],
            [len(part) for part in parts],
            Needs(CPUS, gpus, self.retries),
            self.workers,
            count,
            self.tell,
            finish,
        )
        histories = [History(plan=part, **fields) for part, fields in zip(parts, fields, strict=True)]
        return in_plan_order(plan, groups, histories, time.perf_counter() - began)

    def explain(self, checkpoint: Checkpoint, x: NDArray[Any]) -> tuple[Layer, ...]:
        """Return what each layer makes of the inputs, worked out here by the wrapped engine."""
        return self.engine.explain(checkpoint, x)

    def _groups(self, split: Split, recipe: Recipe, plan: Plan) -> list[NDArray[np.int64]]:
        """Return the trials of each part, as rows of the plan."""
        if isinstance(self.engine, GroupingEngine):
            return self.engine.groups(split, recipe, plan)
        most = max(1, int(1 / self.gpus_per_trial + 1e-9)) if self.gpus_per_trial else len(plan)
        room = require_places(CPUS, self._gpus(min(most, len(plan))))
        return deal_out(plan, min(most, -(-len(plan) // room)))

    def _gpus(self, trials: int) -> float:
        """Return the GPUs of a part: a share of one, or whole ones."""
        gpus = round(self.gpus_per_trial * trials, 4)
        return gpus if gpus <= 1 else float(math.ceil(gpus))
