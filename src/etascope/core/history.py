"""What happened in training: `History`, with a `Status` per trial."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from etascope.core.errors import InputError
from etascope.core.plan import Checkpoint, Plan

#: What logits are divided by before the softmax, to see how much of a loss is only false confidence (Guo et al. 2017,
#: "On calibration of modern neural networks"). The first is the plain loss.
TEMPERATURES = (1.0, 1.5, 2.0, 3.0, 4.5, 7.0)


class Status(enum.Enum):
    """How a trial ended; the value is the sentence for people."""

    FINISHED = "trained to the last step"
    PAUSED = "trained to the end of its plan, with steps of the recipe left to go"
    DIVERGED = "the loss stopped being a finite number; it was not trained any further"
    FAILED = "its training failed; it was not trained any further"


@dataclass(frozen=True)
class Part:
    """Which trials of a plan a history has that holds not all of them.

    Attributes
    ----------
    rows
        Their rows in the plan, in the order in which the history has them.
    of
        How many trials the plan has.
    """

    rows: tuple[int, ...]
    of: int


@dataclass(frozen=True, eq=False)
class History:
    """Per trial of a plan: losses, accuracies, status and, if asked, a checkpoint.

    Losses are mean softmax cross-entropy in nats, accuracies shares in [0, 1]. NaN stands where there is
    nothing: after a trial diverged, or where no rows validate.

    Attributes
    ----------
    plan
        What was asked.
    step_loss
        `(trials, steps)` float32: mean training loss of the step's batch, before its update.
    evaluated_at
        `(evaluations,)` int64: training steps done at each evaluation.
    train_loss, train_accuracy
        `(trials, evaluations)` float64: mean over the examples trained since the epoch began (or the plan, if that
        was later), as the weights moved (what Keras prints), not a second pass.
    valid_loss, valid_accuracy
        `(trials, evaluations)` float64: on the held-out fold.
    status
        A `Status` a trial.
    diverged_at
        `(trials,)` int64: the step (counted from 0) whose loss was not finite, or whose update left weights or a
        validation loss that are not; -1 where there is none.
    examples
        `(trials,)` int64: training examples that the trial went through.
    checkpoints
        A `Checkpoint` a trial (None where it diverged) when the plan asked for them, else empty.
    seconds
        Wall time of the training of the whole plan.
    example_losses
        `(trials, evaluations, temperatures, rows)` float32 when the plan asked for them, else None: the loss of each
        validation example in nats with the logits divided by each of `TEMPERATURES`, rows as
        `split.valid_rows(fold)`. NaN after a trial diverged, and at the end of a fold with a row less than others.
    remarks
        How each trial ended, in a clause, where the engine has more to say than its status; else empty.
    part
        Which trials of a plan these are, where they are not all: they were kept before the others were trained.
    """

    plan: Plan
    step_loss: NDArray[np.float32]
    evaluated_at: NDArray[np.int64]
    train_loss: NDArray[np.float64]
    train_accuracy: NDArray[np.float64]
    valid_loss: NDArray[np.float64]
    valid_accuracy: NDArray[np.float64]
    status: tuple[Status, ...]
    diverged_at: NDArray[np.int64]
    examples: NDArray[np.int64]
    checkpoints: tuple[Checkpoint | None, ...] = ()
    seconds: float = 0.0
    example_losses: NDArray[np.float32] | None = None
    remarks: tuple[str, ...] = ()
    part: Part | None = None

    @property
    def diverged(self) -> NDArray[np.bool_]:
        """`(trials,)`: which trials diverged or failed."""
        return np.array([s in (Status.DIVERGED, Status.FAILED) for s in self.status], np.bool_)


def join(histories: Sequence[History]) -> History:
    """Return one history of all trials, in order.

    Seconds are added up.

    Raises
    ------
    InputError
        If there is nothing to join, or the histories do not cover the same steps.
    """
    if not histories:
        raise InputError("there is no history to join; train a plan first.")
    first = histories[0]
    if len(histories) == 1:
        return first
    if any(
        h.plan.steps != first.plan.steps or h.plan.start != first.plan.start
        or not np.array_equal(h.evaluated_at, first.evaluated_at) for h in histories
    ):  # fmt: skip
        raise InputError("histories can be joined when they cover the same steps; these do not.")
    plans = [h.plan for h in histories]
    resume = None if first.plan.resume is None else tuple(c for p in plans for c in p.resume or ())
    plan = Plan(
        rates=np.concatenate([p.rates for p in plans]),
        seeds=np.concatenate([p.seeds for p in plans]),
        folds=np.concatenate([p.folds for p in plans]),
        start=first.plan.start,
        resume=resume,
        keep_checkpoints=all(p.keep_checkpoints for p in plans),
        evaluate_at=first.plan.evaluate_at,
        keep_examples=all(p.keep_examples for p in plans),
    )
    examples = [h.example_losses for h in histories if h.example_losses is not None]
    return History(
        plan=plan,
        step_loss=np.concatenate([h.step_loss for h in histories]),
        evaluated_at=first.evaluated_at,
        train_loss=np.concatenate([h.train_loss for h in histories]),
        train_accuracy=np.concatenate([h.train_accuracy for h in histories]),
        valid_loss=np.concatenate([h.valid_loss for h in histories]),
        valid_accuracy=np.concatenate([h.valid_accuracy for h in histories]),
        status=tuple(s for h in histories for s in h.status),
        diverged_at=np.concatenate([h.diverged_at for h in histories]),
        examples=np.concatenate([h.examples for h in histories]),
        checkpoints=tuple(c for h in histories for c in h.checkpoints) if plan.keep_checkpoints else (),
        seconds=sum(h.seconds for h in histories),
        example_losses=_stack_examples(examples) if len(examples) == len(histories) else None,
        remarks=_remarks(histories),
    )


def _remarks(histories: Sequence[History]) -> tuple[str, ...]:
    remarks = tuple(r for h in histories for r in h.remarks or ("",) * len(h.plan))
    return remarks if any(remarks) else ()


def _stack_examples(tables: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    rows = max(table.shape[-1] for table in tables)
    wide = [np.pad(t, [(0, 0)] * 3 + [(0, rows - t.shape[-1])], constant_values=np.nan) for t in tables]
    return np.concatenate(wide)
