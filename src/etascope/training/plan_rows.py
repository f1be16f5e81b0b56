"""The rows of a plan: whether they fit the split, and which of them share their batches."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from etascope.core.data import NO_FOLD, Split
from etascope.core.errors import InputError
from etascope.core.plan import Plan
from etascope.core.recipe import Recipe, steps_per_epoch


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
