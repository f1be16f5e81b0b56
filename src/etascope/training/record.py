"""What a group writes down while it trains, until it is a `History`."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from etascope.core.history import TEMPERATURES, History, Status
from etascope.core.plan import Checkpoint, Plan
from etascope.training.dense.optimizers import Array


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
        """Note some steps at once; a trial whose loss is not finite has diverged there.

        Parameters
        ----------
        trials
            Those that were trained.
        column
            Of the first step; the steps are all of one epoch.
        losses, rights
            `(steps, trials)`: loss summed over each batch, and how many of it were right.
        batches
            `(steps,)`: examples of each batch.
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
        self,
        trials: NDArray[np.int64],
        step: int,
        finite: NDArray[np.bool_],
        valid: Validated | None,
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
