"""The dense engine: softmax regression and ReLU networks in NumPy, many trials as one."""

from __future__ import annotations

import itertools
import time
import weakref
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from etascope.core.checks import check_values
from etascope.core.data import Split
from etascope.core.errors import InputError, renamed
from etascope.core.history import History, in_plan_order
from etascope.core.plan import Checkpoint, Plan
from etascope.core.protocols import OnProgress, Progress, ignore
from etascope.core.recipe import Recipe
from etascope.core.run import cores
from etascope.core.trace import Layer
from etascope.training.dense.first_layer import Packed, pack
from etascope.training.dense.fork_out import fork_out, may_fork
from etascope.training.dense.group import train_group
from etascope.training.dense.optimizers import Array, rule_of
from etascope.training.fan_out import fan_out, one_blas_thread
from etascope.training.record import check_rows, units_of

#: Columns of the first layer that a group of trials fills. Two pulls meet here: more columns need fewer small array
#: operations a trial, fewer give work to every core when there are few trials (eight make two groups of four).
GROUP_COLUMNS = 896
#: No group holds more trials than this.
GROUP_TRIALS = 32

#: Plans of fewer multiplications than this are done before processes have started.
FORK_WORK = 1e9

_packed_splits: weakref.WeakKeyDictionary[Split, dict[bool, Packed]] = weakref.WeakKeyDictionary()


@dataclass(frozen=True)
class DenseEngine:
    """Trains plans of dense networks on the processor.

    Trials with equal seed and fold share their batches; up to seven of them (with 128 hidden units) are stacked in
    one matrix product, and such groups run in processes or
    threads. The answer is the same, bit for bit, for any number of workers
    and for any split of a plan between groups.

    Attributes
    ----------
    workers
        Processes or threads, at least 1; None takes one a core.
    """

    workers: int | None = None

    def __post_init__(self) -> None:
        """Check the number of workers."""
        check_values(self)
        if self.workers is not None and self.workers < 1:
            raise InputError(f"workers must be at least 1; found {self.workers}. Leave it out to use every core.")

    @renamed(watch="progress")
    def train(self, split: Split, recipe: Recipe, plan: Plan, progress: OnProgress = ignore) -> History:
        """Train every trial of the plan; one that diverges is a `Status`.

        Parameters
        ----------
        split
            Prepared: `x` is `(n, features)` float32.
        recipe
            How to train; its seed is not looked at, the plan has one a trial.
        plan
            Learning rates of every step of every trial. Trials must all hold a fold out, or none.
        progress
            Receives `Progress` in trainings.

        Raises
        ------
        InputError
            If the plan is empty, is longer than the recipe, or its trials take different numbers of steps.
        """
        began = time.perf_counter()
        groups = self.groups(split, recipe, plan)
        workers, steps, done, reported = self.workers or cores(), plan.steps, 0, 0.0

        def advance(trial_steps: int) -> None:
            nonlocal done, reported
            done += trial_steps
            now = time.perf_counter()
            if now - reported > 0.05 or done == steps * len(plan):
                reported = now
                progress(Progress("training", done / steps, len(plan), "trainings"))

        def finish(number: int, history: History) -> None:
            part = history.as_part(plan, groups[number])
            progress(Progress("training", done / max(steps, 1), len(plan), "trainings", part=part))

        with one_blas_thread():
            packed = _pack_once(split, every_feature=bool(recipe.weight_decay))
            large = min(workers, len(groups)) > 1 and _work(split, recipe, plan) > FORK_WORK
            spread = fork_out if large and may_fork() else fan_out
            histories = spread(
                [plan.take(group) for group in groups],
                lambda part, report: train_group(split, packed, recipe, part, report),
                workers,
                advance,
                finish,
            )
        if not steps:
            progress(Progress("training", len(plan), len(plan), "trainings"))
        return in_plan_order(plan, groups, histories, time.perf_counter() - began)

    def groups(self, split: Split, recipe: Recipe, plan: Plan) -> list[NDArray[np.int64]]:
        """Return the trials that are trained together, as rows of the plan; see `GroupingEngine`.

        Raises `InputError` as `train`.
        """
        _check(split, recipe, plan)
        return group_trials(plan, recipe.hidden[0] if recipe.hidden else split.n_classes)

    def explain(self, checkpoint: Checkpoint, x: NDArray[np.float32]) -> tuple[Layer, ...]:
        """Return what each layer makes of inputs `(n, features)`; the last layer holds the logits."""
        values: Array = np.ascontiguousarray(x.reshape(len(x), -1), np.float32)
        layers = [Layer("input", "input", (), values)]
        pairs = list(zip(checkpoint.parameters[::2], checkpoint.parameters[1::2], strict=True))
        with one_blas_thread():
            for number, (weights, bias) in enumerate(pairs, 1):
                values = values @ weights + bias
                if number < len(pairs):
                    values = np.maximum(values, 0)
                    layers.append(Layer(f"dense {number} + ReLU", "relu", weights.shape, values))
                else:
                    layers.append(Layer("output", "logits", weights.shape, values))
        return tuple(layers)


def group_trials(plan: Plan, first_units: int) -> list[NDArray[np.int64]]:
    """Return the trials of each group: equal seed and fold, in the order of the plan, sizes as equal as can be.

    Equal sizes have a reason beside balance: any run of whole groups, planned alone, is grouped the same way.
    """
    return deal_out(plan, int(np.clip(GROUP_COLUMNS // first_units, 1, GROUP_TRIALS)))


def deal_out(plan: Plan, most: int) -> list[NDArray[np.int64]]:
    """Return trials of equal seed and fold in groups of at most `most`, as rows of the plan."""
    return [
        part.astype(np.int64) for trials in units_of(plan) for part in np.array_split(trials, -(-len(trials) // most))
    ]


def _check(split: Split, recipe: Recipe, plan: Plan) -> None:
    if split.x.ndim != 2:
        raise InputError(
            f"the dense engine trains on features (n, features); found {split.x.shape}. Prepare the split."
        )
    check_rows(split, recipe, plan)
    sizes, names = (split.x.shape[1], *recipe.hidden, split.n_classes), rule_of(recipe).state_names
    shapes = [shape for pair in itertools.pairwise(sizes) for shape in (pair, pair[1:])]
    for checkpoint in plan.resume or ():
        there = [p.shape for p in checkpoint.parameters]
        if there != shapes or set(checkpoint.state) != set(names):
            raise InputError(
                f"a checkpoint must fit the recipe: weights {_by(shapes)} and optimizer state "
                f"{', '.join(names) or 'none'}; found weights {_by(there)} and state "
                f"{', '.join(checkpoint.state) or 'none'}. Go on with the recipe that it was trained with."
            )


def _work(split: Split, recipe: Recipe, plan: Plan) -> float:
    units = recipe.hidden[0] if recipe.hidden else split.n_classes
    return float(plan.rates.size) * recipe.batch_size * split.x.shape[1] * units


def _by(shapes: Sequence[tuple[int, ...]]) -> str:
    return ", ".join("x".join(map(str, shape)) for shape in shapes[::2])


def _pack_once(split: Split, *, every_feature: bool) -> Packed:
    kinds = _packed_splits.setdefault(split, {})
    if every_feature not in kinds:
        kinds[every_feature] = pack(split, every_feature)
    return kinds[every_feature]
