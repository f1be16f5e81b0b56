"""Curves over the learning rate, read from histories: `read_landscape`, `best_index`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from etascope.core.choice import Landscape
from etascope.core.data import NO_FOLD
from etascope.core.history import History
from etascope.core.plan import trial_rates
from etascope.core.recipe import Task


def read_landscape(task: Task, histories: Sequence[History], seeds: Sequence[int] | None = None) -> Landscape:
    """Return validation loss (nats) and accuracy (share) at the last evaluation, over learning rate and unit.

    A unit is a pair of seed and held-out fold. Equal learning rates of several histories become one row; where
    a pair of rate and unit occurs twice, the later history counts. Trials that hold nothing out are left out.
    A trial that diverged, or whose validation loss is not finite, has loss inf and accuracy NaN; where a rate
    was not trained on a unit, both are NaN.

    Parameters
    ----------
    task
        Tells the shape of the plans' rows.
    histories
        Any number, also none.
    seeds
        Trials of other seeds are left out. None takes all.
    """
    cells: dict[tuple[float, tuple[int, int]], tuple[float, float]] = {}
    for history in histories:
        rates = trial_rates(task, history.plan)
        for trial, fold in enumerate(history.plan.folds.tolist()):
            if fold == NO_FOLD or (seeds is not None and history.plan.seeds[trial] not in seeds):
                continue
            loss, accuracy = float(history.valid_loss[trial, -1]), float(history.valid_accuracy[trial, -1])
            if history.diverged[trial] or not np.isfinite(loss):
                loss, accuracy = np.inf, np.nan
            cells[float(rates[trial]), (int(history.plan.seeds[trial]), fold)] = loss, accuracy
    learning_rates = sorted({rate for rate, _ in cells})
    units = sorted({unit for _, unit in cells})
    values = np.full((2, len(learning_rates), len(units)), np.nan)
    for (rate, unit), pair in cells.items():
        values[:, learning_rates.index(rate), units.index(unit)] = pair
    return Landscape(np.array(learning_rates, np.float64), tuple(units), values[0], values[1])


def best_index(landscape: Landscape) -> int | None:
    """Return the index of the lowest mean validation loss among fully tried rates, the lower rate in a tie.

    None where there is no rate, or each diverged on some unit.
    """
    curve = np.where(landscape.full, landscape.mean_loss, np.inf)
    if not np.isfinite(curve).any():
        return None
    return int(curve.argmin())
