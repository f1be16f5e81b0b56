"""What became of each trial over all plans of a search: `Trial`, `trials`, `one_history`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from etascope.core.data import NO_FOLD
from etascope.core.history import CURVES, History, Status
from etascope.core.plan import Plan, trial_rates
from etascope.core.recipe import Task
from etascope.core.schedules import schedule_row

#: Where even the lowest loss of all trials is so many times a blind guess's, no learning rate is at fault.
HOPELESS = 10.0


@dataclass(frozen=True, eq=False)
class Trial:
    """One model trained at one learning rate with one seed on one fold, over one plan or several.

    Losses are in nats, accuracies shares in [0, 1]; NaN as in `History`.

    Attributes
    ----------
    learning_rate, seed, fold
        What tells it from other trials.
    status, steps
        After its last plan; and training steps that its plans covered.
    step_loss
        `(steps,)` float32.
    evaluated_at
        `(evaluations,)` int64: training steps done at each evaluation.
    train_loss, train_accuracy, valid_loss, valid_accuracy
        `(evaluations,)` float64.
    diverged_at
        The step, counted from 0, or -1.
    examples
        Training examples that it went through.
    example_losses
        `(evaluations, temperatures, rows)` float32, or None where a plan did not ask.
    remark
        How it ended, in a clause, where there is more to say than its status.
    length
        Steps of its whole training, where it is a rehearsal (`Plan.length`); None is the recipe's.
    """

    learning_rate: float
    seed: int
    fold: int
    status: Status
    steps: int
    step_loss: NDArray[np.float32]
    evaluated_at: NDArray[np.int64]
    train_loss: NDArray[np.float64]
    train_accuracy: NDArray[np.float64]
    valid_loss: NDArray[np.float64]
    valid_accuracy: NDArray[np.float64]
    diverged_at: int
    examples: int
    example_losses: NDArray[np.float32] | None = None
    remark: str = ""
    length: int | None = None

    @property
    def diverged(self) -> bool:
        """Whether its loss stopped being a finite number, or its training failed."""
        return self.status in (Status.DIVERGED, Status.FAILED)

    def epoch_ends(self, steps_per_epoch: int) -> NDArray[np.int64]:
        """Return which evaluations stand at the end of an epoch."""
        return np.flatnonzero(self.evaluated_at % steps_per_epoch == 0)


def trials(task: Task, histories: Sequence[History]) -> tuple[Trial, ...]:
    """Return the trials of a search in the order in which they were first trained.

    Trials with equal learning rate, seed, fold and length are one: a plan that starts where the trial stood goes on
    with it, any other begins it anew. Histories stand in the order in which they were trained.
    """
    by_key: dict[tuple[float, int, int, int | None], Trial] = {}
    for history in histories:
        plan = history.plan
        for row, rate in enumerate(trial_rates(task, plan).tolist()):
            key = rate, int(plan.seeds[row]), int(plan.folds[row]), plan.length
            trial, before = _trial(history, row, rate), by_key.get(key)
            by_key[key] = _go_on(before, trial) if before is not None and before.steps == plan.start else trial
    return tuple(by_key.values())


def same_losses(trials: Sequence[Trial]) -> bool:
    """Return whether at least three learning rates have the same validation losses, wherever two were evaluated.

    Then the rate changes nothing: it does not reach what trains, or the metric does not move.
    """
    at = dict[tuple[int, int, int], float]()
    for trial in trials:
        for step, loss in zip(trial.evaluated_at.tolist(), trial.valid_loss.tolist(), strict=True):
            if at.setdefault((trial.seed, trial.fold, step), loss) != loss:
                return False
    return bool(at) and len({trial.learning_rate for trial in trials}) >= 3


def one_history(task: Task, trials: Sequence[Trial], seconds: float = 0.0) -> History:
    """Return all trials as one history over the whole training.

    What a trial did not train or evaluate is NaN. Rows of the plan are the recipe's schedule to the end, also where a
    trial stopped before.

    There is at least one trial; `seconds` is what all took.
    """
    shape = schedule_row(task.recipe.schedule, task.recipe.warmup, task.steps)
    evaluated_at = np.unique(np.concatenate([trial.evaluated_at for trial in trials]))
    plan = Plan(
        rates=np.outer([trial.learning_rate for trial in trials], shape),
        seeds=np.array([trial.seed for trial in trials], np.int64),
        folds=np.array([trial.fold for trial in trials], np.int64),
        evaluate_at=tuple(evaluated_at.tolist()),
    )
    history = History.blank(plan, evaluated_at)
    for row, trial in enumerate(trials):
        columns = np.searchsorted(evaluated_at, trial.evaluated_at)
        for name in CURVES:
            getattr(history, name)[row, slice(trial.steps) if name == "step_loss" else columns] = getattr(trial, name)
    return replace(
        history,
        status=tuple(trial.status for trial in trials),
        diverged_at=np.array([trial.diverged_at for trial in trials], np.int64),
        examples=np.array([trial.examples for trial in trials], np.int64),
        seconds=seconds,
        remarks=tuple(trial.remark for trial in trials),
    )


def _trial(history: History, row: int, rate: float) -> Trial:
    columns: dict[str, Any] = {name: getattr(history, name)[row] for name in CURVES}
    return Trial(
        learning_rate=rate,
        seed=int(history.plan.seeds[row]),
        fold=int(history.plan.folds[row]),
        status=history.status[row],
        steps=history.plan.start + history.plan.steps,
        evaluated_at=history.evaluated_at,
        diverged_at=int(history.diverged_at[row]),
        examples=int(history.examples[row]),
        example_losses=None if history.example_losses is None else history.example_losses[row],
        remark=history.remarks[row] if history.remarks else "",
        length=history.plan.length,
        **columns,
    )


def _go_on(before: Trial, after: Trial) -> Trial:
    """Return a trial with what became of it from its checkpoint on."""
    names = (*CURVES, "evaluated_at")
    columns: dict[str, Any] = {n: np.concatenate([getattr(before, n), getattr(after, n)]) for n in names}
    examples = [part.example_losses for part in (before, after) if part.example_losses is not None]
    columns["example_losses"] = np.concatenate(examples) if len(examples) == 2 else None
    return replace(after, examples=before.examples + after.examples, **columns)


def plain_losses(every: Sequence[Trial]) -> dict[float, float]:
    """Return the mean validation loss at the end of the trials that went furthest, in nats, by their rate."""
    furthest = max((trial.steps for trial in every), default=0)
    ends: dict[float, list[float]] = {}
    for trial in every:
        if trial.steps == furthest and len(trial.valid_loss) and trial.fold != NO_FOLD:
            ends.setdefault(trial.learning_rate, []).append(float(trial.valid_loss[-1]))
    return {rate: float(np.mean(losses)) for rate, losses in ends.items()}
