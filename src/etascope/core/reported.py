"""A history of trainings of which nothing is known but what they reported: `Reported`, `reported_history`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from etascope.core.history import History, Status
from etascope.core.measure import Measure
from etascope.core.plan import Checkpoint, Plan


@dataclass(frozen=True)
class Reported:
    """What one trial of a plan reported.

    Attributes
    ----------
    losses
        Distances from the measure's best value, an epoch each; fewer than the plan asks where it diverged or failed.
    ending
        `Status.DIVERGED` or `Status.FAILED`; None where it came to the end of the plan.
    epochs
        Epochs that it really trained for this, repeated ones included.
    remark
        How it ended, in a clause, if there is more to say.
    accuracies
        Shares, an epoch each, where they were reported beside; else empty.
    """

    losses: tuple[float, ...]
    ending: Status | None
    epochs: int
    remark: str = ""
    accuracies: tuple[float, ...] = ()


def reported_history(
    plan: Plan, reported: Sequence[Reported], epochs: int, measure: Measure, seconds: float = 0.0
) -> History:
    """Return the history of a plan whose steps are epochs.

    Training losses are NaN. Accuracies are those that were reported, or the measure itself where it is one: higher is
    better, up to 1. A checkpoint only says how far a trial came.

    Each trial of the plan has a `Reported`; `epochs` are those of a whole training.
    """
    end = plan.start + plan.steps
    history = History.blank(plan, np.arange(plan.start + 1, end + 1, dtype=np.int64))
    loss, right = history.valid_loss, history.valid_accuracy
    for row, trial in enumerate(reported):
        loss[row, : len(trial.losses)] = trial.losses
        right[row, : len(trial.accuracies)] = trial.accuracies
    if measure.maximize and measure.best == 1:
        right = np.where(np.isnan(right), 1 - loss, right)
    ended = Status.FINISHED if end == epochs else Status.PAUSED
    checkpoints = tuple(
        None if trial.ending else Checkpoint(end, (), {}, rate)
        for trial, rate in zip(reported, plan.rates[:, -1].tolist(), strict=True)
    )
    lost = [plan.start + len(trial.losses) if trial.ending else -1 for trial in reported]
    return replace(
        history,
        valid_accuracy=right,
        status=tuple(trial.ending or ended for trial in reported),
        diverged_at=np.array(lost, np.int64),
        examples=np.array([trial.epochs for trial in reported], np.int64),
        checkpoints=checkpoints if plan.keep_checkpoints else (),
        seconds=seconds,
        remarks=tuple(trial.remark for trial in reported),
    )
