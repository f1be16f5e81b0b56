"""The rows of a plan in an engine: checked, `check_rows`, by shared batches, `units_of`, and written down, `Record`."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from etascope.core.data import NO_FOLD, Split
from etascope.core.errors import InputError
from etascope.core.history import TEMPERATURES, History, Status
from etascope.core.plan import Checkpoint, Plan
from etascope.core.recipe import Recipe, steps_per_epoch
from etascope.training.dense.optimizers import Array


def check_rows(split: Split, recipe: Recipe, plan: Plan) -> None:
    """Raise `InputError` unless a plan has trials, of folds that the split has, that fit the recipe's steps."""
    if not len(plan):
        raise InputError("the plan has no trials; give at least one learning rate.")
    if plan.seeds.min() < 0:
        raise InputError(f"a seed must be a whole number of at least 0; found {plan.seeds.min()}.")
    if plan.folds.max() >= split.n_folds:
        raise InputError(f"the split has {split.n_folds} folds; the plan holds out fold {plan.folds.max()}.")
    if plan.folds.min() < NO_FOLD:
        raise InputError(f"a fold counts from 0, and {NO_FOLD} holds nothing out; found {plan.folds.min()}.")
    per_epoch = {steps_per_epoch(split, recipe, int(fold)) for fold in np.unique(plan.folds)}
    if len(per_epoch) > 1:
        raise InputError("the trials of a plan must all hold a fold out, or none; their epochs differ in steps.")
    check_length(plan, per_epoch.pop() * recipe.epochs)


def check_length(plan: Plan, total: int) -> None:
    """Raise `InputError` if a plan goes beyond the `total` steps of its recipe."""
    if plan.start + plan.steps > total:
        raise InputError(f"the recipe has {total} steps; the plan goes to step {plan.start + plan.steps}.")


def units_of(plan: Plan) -> list[NDArray[np.int64]]:
    """Return the trials of each unit (equal seed and fold), in the order of the plan.

    Examples
    --------
    >>> plan = Plan(np.ones((3, 1)), np.zeros(3, np.int64), np.array([0, 1, 0]))
    >>> [trials.tolist() for trials in units_of(plan)]
    [[0, 2], [1]]
    """
    units: dict[tuple[int, int], list[int]] = {}
    for trial, unit in enumerate(zip(plan.seeds.tolist(), plan.folds.tolist(), strict=True)):
        units.setdefault(unit, []).append(trial)
    return [np.array(trials, np.int64) for trials in units.values()]


@dataclass(frozen=True, eq=False)
class Validated:
    """Mean loss and accuracy `(trials,)`; if asked, losses of examples `(trials, temperatures, rows)`."""

    loss: NDArray[np.float64]
    accuracy: NDArray[np.float64]
    example_losses: Array | None = None


class Record:
    """Losses and accuracies of a plan's trials, with NaN where nothing was measured."""

    def __init__(self, plan: Plan, evaluated_at: NDArray[np.int64], per_epoch: int, valid_rows: int) -> None:
        self._plan, self._history = plan, History.blank(plan, evaluated_at)
        self.evaluated_at, self.diverged_at = evaluated_at, self._history.diverged_at
        self._since, self._per_epoch = np.zeros((3, len(plan))), per_epoch
        shape = (len(plan), len(evaluated_at), len(TEMPERATURES), valid_rows)
        self._example_losses = np.full(shape, np.nan, np.float32) if plan.keep_examples else None

    def block(self, trials: NDArray[np.int64], column: int, losses: Array, rights: Array, batches: Array) -> None:
        """Note some steps of trials at once, all of one epoch; a trial whose loss is not finite has diverged there.

        `column` is that of the first step. `losses` and `rights` `(steps, trials)` are the loss summed over each batch
        and how many of it were right, `batches` `(steps,)` the examples of each.
        """
        columns = slice(column, column + len(batches))
        if (self._plan.start + column) % self._per_epoch == 0:
            self._since[:, trials] = 0
        # A loss can be finite again within the block that a trial diverges in: its weights need not have overflowed.
        fine = np.logical_and.accumulate(np.isfinite(losses), axis=0)
        self._history.step_loss[trials, columns] = np.where(fine, losses / batches[:, None], np.nan).T
        lost = ~fine[-1]
        self.diverged_at[trials[lost]] = self._plan.start + column + np.count_nonzero(fine[:, lost], axis=0)
        self._history.examples[trials] += int(batches.sum())
        self._since[0, trials] += losses.sum(axis=0, dtype=np.float64)
        self._since[1, trials] += rights.sum(axis=0, dtype=np.float64)
        self._since[2, trials] += batches.sum()

    def evaluate(
        self, trials: NDArray[np.int64], step: int, finite: NDArray[np.bool_], valid: Validated | None
    ) -> None:
        """Note an evaluation after `step` steps; `valid` is None where no rows validate."""
        if valid is not None:
            finite = finite & np.isfinite(valid.loss)
        self._diverge(trials[~finite], step - 1)
        fine = self.diverged_at[trials] < 0
        healthy, column = trials[fine], np.searchsorted(self.evaluated_at, step)
        loss, right, count = self._since[:, healthy]
        self._history.train_loss[healthy, column] = loss / count
        self._history.train_accuracy[healthy, column] = right / count
        if valid is not None:
            self._history.valid_loss[healthy, column] = valid.loss[fine]
            self._history.valid_accuracy[healthy, column] = valid.accuracy[fine]
            if self._example_losses is not None and valid.example_losses is not None:
                self._example_losses[healthy, column] = valid.example_losses[fine]

    def _diverge(self, trials: NDArray[np.int64], step: int) -> None:
        first = trials[self.diverged_at[trials] < 0]
        self.diverged_at[first] = step

    def history(self, ended: Status, checkpoints: tuple[Checkpoint | None, ...]) -> History:
        """Return what was written down; trials that did not diverge have the status `ended`."""
        return replace(
            self._history,
            status=tuple(Status.DIVERGED if at >= 0 else ended for at in self.diverged_at),
            checkpoints=checkpoints,
            example_losses=self._example_losses,
        )
