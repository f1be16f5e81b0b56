"""What happened in training: `History` of a plan or of a part of one, `in_plan_order`, `put_together`, `settled`."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from etascope.core.errors import InputError
from etascope.core.plan import Checkpoint, Plan
from etascope.core.renamed import in_new_module, renamed_fields

__getattr__ = in_new_module(__name__, join="History.stack")

#: What logits are divided by before the softmax, to see how much of a loss is only false confidence (Guo et al. 2017,
#: "On calibration of modern neural networks"). The first is the plain loss.
TEMPERATURES = (1.0, 1.5, 2.0, 3.0, 4.5, 7.0)
#: Fields of a history with a column a step or an evaluation of each trial; `evaluated_at` goes with the latter.
CURVES = ("step_loss", "train_loss", "train_accuracy", "valid_loss", "valid_accuracy")
#: All fields with a row a trial: arrays, of which `example_losses` may be None, and tuples, which may be empty.
_ARRAYS = (*CURVES, "diverged_at", "examples", "example_losses")
_TUPLES = ("status", "checkpoints", "remarks")
_Column = NDArray[Any] | tuple[Any, ...] | None


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
    if not TYPE_CHECKING:
        __getattr__ = renamed_fields(join="History.stack")

    @classmethod
    def blank(cls, plan: Plan, evaluated_at: NDArray[np.int64]) -> History:
        """Return the history of a plan of which nothing is known yet: NaN, no example, every trial paused.

        Examples
        --------
        >>> history = History.blank(Plan(np.ones((2, 5)), np.zeros(2, np.int64), np.zeros(2, np.int64)), np.array([5]))
        >>> history.step_loss.shape, history.valid_loss.tolist(), history.diverged_at.tolist()
        ((2, 5), [[nan], [nan]], [-1, -1])
        """
        tables = np.full((4, len(plan), len(evaluated_at)), np.nan)
        step_loss = np.full((len(plan), plan.steps), np.nan, np.float32)
        status, never = (Status.PAUSED,) * len(plan), np.full(len(plan), -1, np.int64)
        examples = np.zeros(len(plan), np.int64)
        return cls(plan, step_loss, evaluated_at, *tables, status=status, diverged_at=never, examples=examples)

    @property
    def diverged(self) -> NDArray[np.bool_]:
        """`(trials,)`: which trials diverged or failed."""
        return np.array([s in (Status.DIVERGED, Status.FAILED) for s in self.status], np.bool_)

    @property
    def rows(self) -> Sequence[int]:
        """The rows of the plan that these trials are: all, or those of a part."""
        return range(len(self.plan)) if self.part is None else self.part.rows

    def take(self, trials: Sequence[int] | NDArray[np.int64], plan: Plan | None = None) -> History:
        """Return the history of these trials alone, in this order; `plan` is theirs, where it is at hand."""
        rows = np.asarray(trials, np.int64)
        columns: dict[str, Any] = {name: _take(getattr(self, name), rows) for name in _ARRAYS + _TUPLES}
        return replace(self, plan=self.plan.take(rows) if plan is None else plan, **columns)

    def as_part(self, plan: Plan, trials: Sequence[int] | NDArray[np.int64]) -> History:
        """Return this history as a part of the one of `plan`, whose trials these are."""
        rows = tuple(int(i) for i in trials)
        return replace(self, plan=plan.take(rows), part=Part(rows, len(plan)))

    @staticmethod
    def stack(histories: Sequence[History]) -> History:
        """Return one history of all trials, in order. Seconds are added up.

        Raises
        ------
        InputError
            If there is nothing to stack, or the histories do not cover the same steps.
        """
        if not histories:
            raise InputError("there is no history to stack; train a plan first.")
        first = histories[0]
        if len(histories) == 1:
            return first
        if not all(_same_steps(first, other) for other in histories):
            raise InputError("histories can be stacked when they cover the same steps; these do not.")
        plan = Plan.stack([history.plan for history in histories])
        remarks = tuple(remark for h in histories for remark in h.remarks or ("",) * len(h.plan))
        columns: dict[str, Any] = {name: _stack([getattr(h, name) for h in histories]) for name in _ARRAYS}
        return replace(
            first,
            plan=plan,
            status=tuple(status for h in histories for status in h.status),
            checkpoints=tuple(c for h in histories for c in h.checkpoints) if plan.keep_checkpoints else (),
            seconds=sum(h.seconds for h in histories),
            remarks=remarks if any(remarks) else (),
            **columns,
        )


def in_plan_order(
    plan: Plan, groups: Sequence[NDArray[np.int64]], trained: Sequence[History], seconds: float
) -> History:
    """Return the history of a plan of which each group of rows was trained apart."""
    order = np.argsort(np.concatenate(groups))
    return replace(History.stack(trained).take(order, plan), seconds=seconds, part=None)


def put_together(parts: Sequence[History], plan: Plan | None = None) -> History:
    """Return parts of one plan as one history: of the whole plan where they cover it, else a larger part.

    Of a trial that two parts have, the later one counts. Seconds are added up.

    There is at least one part. A plan that is given is theirs, and covered by them.
    """
    at = {row: number for number, row in enumerate(row for part in parts for row in part.rows)}
    of, rows = _size(parts[0]), sorted(at)
    together = History.stack([replace(part, part=None) for part in parts]).take([at[row] for row in rows], plan)
    return together if len(rows) == of else replace(together, part=Part(tuple(rows), of))


def settled(histories: Sequence[History]) -> tuple[list[History], list[History]]:
    """Return the histories of whole plans, those made of their parts among them, and the parts of a plan not yet done.

    Parameters
    ----------
    histories
        In the order in which they were kept. Parts of one plan stand together; some that another plan follows, before
        the others came, are left out: whoever went on did not need them.

    Examples
    --------
    >>> settled([])
    ([], [])
    """
    whole, parts = list[History](), list[History]()
    for history in histories:
        if history.part is None:
            whole.append(history)
            parts.clear()
            continue
        if parts and not (_size(parts[0]) == _size(history) and _same_steps(parts[0], history)):
            parts.clear()
        parts.append(history)
        if len({row for part in parts for row in part.rows}) == _size(history):
            whole.append(put_together(parts))
            parts.clear()
    return whole, parts


def _size(history: History) -> int:
    """Return how many trials the plan has that a history is of, or a part of."""
    return len(history.plan) if history.part is None else history.part.of


def _same_steps(one: History, other: History) -> bool:
    steps = one.plan.start, one.plan.steps
    return steps == (other.plan.start, other.plan.steps) and np.array_equal(one.evaluated_at, other.evaluated_at)


def _take(column: _Column, rows: NDArray[np.int64]) -> _Column:
    if isinstance(column, tuple):
        return tuple(column[int(row)] for row in rows) if column else ()
    return None if column is None else column[rows]


def _stack(columns: Sequence[NDArray[Any] | None]) -> NDArray[Any] | None:
    """Return an array of several histories one below the other; what one of them lacks, the whole lacks."""
    arrays = [column for column in columns if column is not None]
    if len(arrays) < len(columns):
        return None
    if arrays[0].ndim < 4:
        return np.concatenate(arrays)
    # Of the losses of examples: folds may differ by a validation row.
    rows = max(array.shape[-1] for array in arrays)
    wide = [np.pad(a, [(0, 0)] * 3 + [(0, rows - a.shape[-1])], constant_values=np.nan) for a in arrays]
    return np.concatenate(wide)
