"""What a search cost, validation passes included: `search_cost`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from etascope.core.choice import Cost
from etascope.core.data import NO_FOLD
from etascope.core.history import History
from etascope.core.recipe import Task
from etascope.core.trials import trials

#: A validated example costs this share of a trained one: forward, but no backward pass and no update.
FORWARD = 1 / 3


def search_cost(task: Task, histories: Sequence[History]) -> Cost:
    """Return what all plans cost together.

    Parameters
    ----------
    task
        Gives the rows of one whole training.
    histories
        Every plan that was trained; a plan that went on from checkpoints counts its own steps only.
    """
    trained = sum(int(history.examples.sum()) for history in histories)
    validated = sum(_validated(task, history) for history in histories)
    return Cost(
        trials=len(trials(task, histories)),
        epochs=task.recipe.epochs,
        training_equivalents=(trained + FORWARD * validated) / (task.n_development * task.recipe.epochs),
        seconds=sum(history.seconds for history in histories),
    )


def _validated(task: Task, history: History) -> float:
    """Return validated examples: evaluations that gave a number, times rows of the fold."""
    held_out = history.plan.folds != NO_FOLD
    passes = (~np.isnan(history.valid_loss)).sum(axis=1)[held_out]
    return float(passes.sum()) * _fold_rows(task)


def _fold_rows(task: Task) -> float:
    """Return the rows of a fold; of a single holdout, as far as the steps of an epoch tell."""
    if task.n_valid is not None:
        return task.n_valid
    if task.n_folds > 1:
        return task.n_development / task.n_folds
    return max(task.n_development - task.steps_per_epoch * task.recipe.batch_size, 0)
