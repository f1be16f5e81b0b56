"""Trials of one plan that were trained apart: taken out of a history, and put together again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from etascope.core.history import History, Part, join
from etascope.core.plan import Plan


def take(history: History, trials: Sequence[int] | NDArray[np.int64], plan: Plan | None = None) -> History:
    """Return the history of these trials alone, in this order.

    Parameters
    ----------
    history
        Of all trials.
    trials
        Rows of its plan.
    plan
        Of these trials, where it is at hand.
    """
    rows = np.asarray(trials, np.int64)
    return replace(
        history,
        plan=history.plan.take(rows) if plan is None else plan,
        step_loss=history.step_loss[rows],
        train_loss=history.train_loss[rows],
        train_accuracy=history.train_accuracy[rows],
        valid_loss=history.valid_loss[rows],
        valid_accuracy=history.valid_accuracy[rows],
        status=tuple(history.status[int(i)] for i in rows),
        diverged_at=history.diverged_at[rows],
        examples=history.examples[rows],
        checkpoints=tuple(history.checkpoints[int(i)] for i in rows) if history.checkpoints else (),
        example_losses=None if history.example_losses is None else history.example_losses[rows],
        remarks=tuple(history.remarks[int(i)] for i in rows) if history.remarks else (),
    )


def in_plan_order(joined: History, plan: Plan, trials: NDArray[np.int64], seconds: float) -> History:
    """Return the history of `plan`, of which `joined` has row `i` for trial `trials[i]`."""
    return replace(take(joined, np.argsort(trials), plan), seconds=seconds, part=None)


def part_of(plan: Plan, trials: Sequence[int] | NDArray[np.int64], history: History) -> History:
    """Return the history of some trials of a plan as a part of that plan's."""
    rows = tuple(int(i) for i in trials)
    return replace(history, plan=plan.take(rows), part=Part(rows, len(plan)))


def put_together(parts: Sequence[History], plan: Plan | None = None) -> History:
    """Return parts of one plan as one history: of the whole plan where they cover it, else a larger part.

    Of a trial that two parts have, the later one counts. Seconds are added up.

    Parameters
    ----------
    parts
        At least one.
    plan
        Whose parts they are, where it is at hand and they cover it.
    """
    rows: dict[int, int] = {row: at for at, row in enumerate(row for part in parts for row in _rows(part))}
    of, joined = _of(parts[0]), join([replace(part, part=None) for part in parts])
    found = sorted(rows)
    together = take(joined, [rows[row] for row in found], plan)
    return together if len(found) == of else replace(together, part=Part(tuple(found), of))


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
        if parts and not _same_plan(parts[0], history):
            parts.clear()
        parts.append(history)
        if len({row for part in parts for row in _rows(part)}) == _of(history):
            whole.append(put_together(parts))
            parts.clear()
    return whole, parts


def _rows(history: History) -> Sequence[int]:
    return range(len(history.plan)) if history.part is None else history.part.rows


def _of(history: History) -> int:
    return len(history.plan) if history.part is None else history.part.of


def _same_plan(one: History, other: History) -> bool:
    return (
        _of(one) == _of(other)
        and (one.plan.start, one.plan.steps) == (other.plan.start, other.plan.steps)
        and np.array_equal(one.evaluated_at, other.evaluated_at)
    )
