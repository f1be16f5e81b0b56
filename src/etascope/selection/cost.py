"""What a search cost, `search_cost`, and how long a training will take, predicted before one is: `training_seconds`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from etascope.core.choice import Cost
from etascope.core.data import NO_FOLD
from etascope.core.history import History
from etascope.core.plan import Plan, evaluation_steps
from etascope.core.recipe import Task
from etascope.core.trials import Trial


def train_rows(task: Task) -> int:
    """Return the rows that a trial trains on in an epoch, while a fold of the development rows, if any, is held out."""
    if task.epoch_rows is not None:
        return task.epoch_rows
    return task.n_development - (0 if task.n_valid is not None else valid_rows(task))


def valid_rows(task: Task) -> int:
    """Return the rows that validate: those given beside the development rows, or of the largest fold."""
    if task.n_valid is not None:
        return task.n_valid
    if task.held_out is not None:
        return task.held_out
    if task.n_folds > 1:
        return -(-task.n_development // task.n_folds)
    return max(task.n_development - task.steps_per_epoch * task.recipe.batch_size, 0)


def images_of_one(task: Task) -> float:
    """Return what one training costs that validates after each epoch, in images: a trained one counts three times.

    A validated image is one forward pass, a trained one is that and a backward pass of twice the work.
    """
    return task.recipe.epochs * (3.0 * train_rows(task) + valid_rows(task))


def search_cost(task: Task, trials: Sequence[Trial], histories: Sequence[History]) -> Cost:
    """Return what all plans cost together.

        trainings = (3 x images trained + images validated) / (epochs x (3 x training rows + validation rows))

    One is a whole training as it would be run, with a validation after each epoch. What was trained to check a model
    before the search counts as well.

    Parameters
    ----------
    task
        Gives the rows of one whole training.
    trials
        Those of the histories (`core.trials.trials`).
    histories
        Every plan that was trained; a plan that went on from checkpoints counts its own steps only.
    """
    trained = task.checked + sum(int(history.examples.sum()) for history in histories)
    validated = sum(_validated(task, history) for history in histories)
    return Cost(
        trials=len(trials),
        epochs=task.recipe.epochs,
        training_equivalents=(3.0 * trained + validated) / images_of_one(task),
        seconds=sum(history.seconds for history in histories),
    )


def plan_cost(task: Task, plan: Plan) -> float:
    """Return what a plan costs in trainings, as `search_cost` counts it where no trial ends before.

    Examples
    --------
    >>> from etascope.core.plan import sweep
    >>> from etascope.core.recipe import Recipe
    >>> task = Task(Recipe(epochs=2), n_classes=10, n_development=1000, n_folds=5, steps_per_epoch=50, held_out=200)
    >>> plan_cost(task, sweep(task.recipe, 100, [0.1, 0.2], folds=[0]))
    2.0
    """
    size, per_epoch = task.recipe.batch_size, plan.epoch(task.steps_per_epoch)
    rows = train_rows(task) if plan.epoch_steps is None else min(train_rows(task), per_epoch * size)
    # The last batch of an epoch may be smaller.
    before, now = (
        at // per_epoch * rows + min(at % per_epoch * size, rows) for at in (plan.start, plan.start + plan.steps)
    )
    looks = len(evaluation_steps(plan, per_epoch)) * _looked_at(task, plan)
    return (3.0 * (now - before) * len(plan) + looks * int((plan.folds != NO_FOLD).sum())) / images_of_one(task)


def _validated(task: Task, history: History) -> float:
    """Return validated examples: evaluations that gave a number, times the rows that were looked at."""
    held_out = history.plan.folds != NO_FOLD
    validations = (~np.isnan(history.valid_loss)).sum(axis=1)[held_out]
    return float(validations.sum()) * _looked_at(task, history.plan)


def _looked_at(task: Task, plan: Plan) -> int:
    return min(plan.valid_rows or valid_rows(task), valid_rows(task))


#: Multiply-adds a second of the dense engine on two cores, many trials at a time.
SPEED = 5e10
#: And of the PyTorch engine on one core, for convolutional nets. A GPU is faster; halving is no bad answer there.
TORCH_SPEED = 5e9
#: Rates of the cheap regime, and what finds both walls costs besides, in trainings.
CHEAP_RATES, CHEAP_WALLS = 12, 2


def training_seconds(task: Task) -> float:
    """Return the predicted seconds of one whole training: its multiply-adds over 5e10 a second, 5e9 with PyTorch.

    A rough figure, good to a factor of about 3: small layers and small batches run slower, more cores faster.

    Examples
    --------
    >>> from etascope.core.recipe import Recipe
    >>> task = Task(Recipe(), n_classes=10, n_development=800, n_folds=5, steps_per_epoch=40)
    >>> round(training_seconds(task), 3)
    0.024
    """
    # Predicted, with no training timed: a search that goes on, here or elsewhere, must come to the same method.
    return task.multiplications / (SPEED if task.forward is None else TORCH_SPEED)


def cheap_trainings(task: Task) -> int:
    """Return the trainings that cross-validation costs: 12 rates on each fold, trained on the other folds, and walls.

    Five folds are counted where the task has one holdout or none.

    Examples
    --------
    >>> from etascope.core.recipe import Recipe
    >>> cheap_trainings(Task(Recipe(), n_classes=10, n_development=800, n_folds=5, steps_per_epoch=40))
    50
    """
    folds = task.n_folds if task.n_folds > 1 else 5
    return CHEAP_RATES * (folds - 1) + CHEAP_WALLS


def duration(seconds: float) -> str:
    """Write a predicted time: one digit or two, in the unit that suits.

    Examples
    --------
    >>> duration(1.218), duration(95), duration(9000)
    ('1.2 s', '95 s', '2.5 hours')
    """
    if seconds < 120:
        return f"{max(seconds, 0.1):.2g} s"
    minutes = seconds / 60
    return f"{minutes:.2g} minutes" if minutes < 90 else f"{minutes / 60:.2g} hours"
