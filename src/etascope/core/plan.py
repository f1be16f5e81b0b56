"""Which trials to train (`Plan`), and where a trial stands between two plans (`Checkpoint`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from etascope.core.errors import InputError
from etascope.core.recipe import Recipe, Task
from etascope.core.schedules import schedule_row


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """One trial's weights and optimizer state after `step` steps.

    Attributes
    ----------
    step
        Steps done since the initial weights.
    parameters
        Of a dense network, weight and bias of each layer in order: `(fan_in, fan_out)`, `(fan_out,)`, ... float32. Of
        another model, its weights and buffers in its own order.
    state
        The optimizer's arrays by name (`velocity`, ...), each in the order and shapes of `parameters`. Of another
        model, arrays of any type and shape by name; none is looked at but by the engine that made them.
    last_rate
        Learning rate of the last step done; 0 before the first.
    """

    step: int
    parameters: tuple[NDArray[Any], ...]
    state: dict[str, tuple[NDArray[Any], ...]]
    last_rate: float = 0.0


@dataclass(frozen=True, eq=False)
class Plan:
    """A table of learning rates: a row per trial, a column per step.

    Attributes
    ----------
    rates
        `(trials, steps)` float64, finite and above 0. A constant rate is a constant row, a schedule a shaped
        row, a range test one climbing row.
    seeds
        `(trials,)` int64: initial weights and data order. Trials with equal seed and fold share both.
    folds
        `(trials,)` int64: the fold that is held out and validates, or `NO_FOLD` (-1).
    start
        The training step that the first column is, 0 for a new training.
    resume
        A `Checkpoint` a trial to go on from, all at step `start`; None starts from initial weights.
    keep_checkpoints
        Whether the history should hold a checkpoint of each trial (memory grows with trials then).
    evaluate_at
        Steps of the training, ascending, after which to evaluate; the plan's end is always one. None evaluates at the
        end of every epoch.
    keep_examples
        Whether the history should hold the loss of every validation example at every evaluation.
    length
        Steps of the whole training that the rows are cut from, where it is a rehearsal: a shorter training, with the
        whole schedule compressed into it. None is a training of the recipe's steps.
    epoch_steps
        Steps of an epoch, where trials see a fixed part of the batches alone, the same in every epoch. None is all.
    valid_rows
        How many of the held-out rows each evaluation looks at, the same ones for all trials of a fold
        (`Split.valid_rows`). None is all.

    Raises
    ------
    InputError
        If a rate is zero, negative or not finite, the parts disagree in length, or an evaluation is out of the plan.
    """

    rates: NDArray[np.float64]
    seeds: NDArray[np.int64]
    folds: NDArray[np.int64]
    start: int = 0
    resume: tuple[Checkpoint, ...] | None = None
    keep_checkpoints: bool = False
    evaluate_at: tuple[int, ...] | None = None
    keep_examples: bool = False
    length: int | None = None
    epoch_steps: int | None = None
    valid_rows: int | None = None

    def __post_init__(self) -> None:
        """Check rates and lengths."""
        check_rates(self.rates)
        if self.rates.ndim != 2 or not len(self.rates) == len(self.seeds) == len(self.folds):
            raise InputError(
                "a plan needs rates (trials, steps) with one seed and one fold a trial; found rates "
                f"{self.rates.shape}, seeds {self.seeds.shape}, folds {self.folds.shape}."
            )
        steps = [c.step for c in self.resume or ()]
        if self.resume is not None and steps != [self.start] * len(self.rates):
            raise InputError(f"checkpoints must all stand at the plan's start {self.start}; found steps {steps}.")
        if self.resume is None and self.start:
            raise InputError(f"a plan that starts at step {self.start} needs checkpoints to go on from.")
        if self.length is not None and self.start + self.steps > self.length:
            raise InputError(
                f"a plan must end within the training that it is a part of; found step {self.start + self.steps} of "
                f"{self.length}."
            )
        for what, count in (("an epoch must have 1 step", self.epoch_steps), ("an evaluation 1 row", self.valid_rows)):
            if count is not None and count < 1:
                raise InputError(f"{what} at least; found {count}. Leave it out for all.")
        points = self.evaluate_at or ()
        if list(points) != sorted(set(points)) or any(not self.start < at <= self.start + self.steps for at in points):
            raise InputError(
                f"evaluations must ascend within the plan's steps {self.start + 1} to {self.start + self.steps}; found "
                f"{', '.join(map(str, points))}."
            )

    def __len__(self) -> int:
        """Return the number of trials."""
        return len(self.rates)

    @property
    def steps(self) -> int:
        """Number of columns."""
        return self.rates.shape[1]

    def epoch(self, per_epoch: int) -> int:
        """Return the steps of an epoch, where a whole one has `per_epoch`."""
        return min(self.epoch_steps or per_epoch, per_epoch)

    @property
    def learning_rates(self) -> NDArray[np.float64]:
        """The highest rate of each trial `(trials,)`; see `trial_rates` for the rate that a search asked for."""
        return self.rates.max(axis=1, initial=0.0)

    def take(self, trials: Sequence[int] | NDArray[np.int64]) -> Plan:
        """Return the plan of these trials alone, in this order."""
        rows = np.asarray(trials, np.int64)
        resume = None if self.resume is None else tuple(self.resume[int(i)] for i in rows)
        return replace(self, rates=self.rates[rows], seeds=self.seeds[rows], folds=self.folds[rows], resume=resume)

    @staticmethod
    def stack(plans: Sequence[Plan]) -> Plan:
        """Return one plan of all trials, in order; at least one plan, all of the same steps and evaluations.

        Examples
        --------
        >>> one = sweep(Recipe(), 2, [0.1, 0.2], folds=[0])
        >>> Plan.stack([one, one.take([0])]).learning_rates.tolist()
        [0.1, 0.2, 0.1]
        """
        first = plans[0]
        return replace(
            first,
            rates=np.concatenate([plan.rates for plan in plans]),
            seeds=np.concatenate([plan.seeds for plan in plans]),
            folds=np.concatenate([plan.folds for plan in plans]),
            resume=None if first.resume is None else tuple(c for plan in plans for c in plan.resume or ()),
            keep_checkpoints=all(plan.keep_checkpoints for plan in plans),
            keep_examples=all(plan.keep_examples for plan in plans),
        )


def sweep(
    recipe: Recipe, steps: int, learning_rates: Sequence[float], folds: Sequence[int], seeds: Sequence[int] = ()
) -> Plan:
    """Return the plan that trains every learning rate on every fold with every seed, shaped by the schedule.

    Trials that share their batches (equal seed and fold) stand together, rates in the given order.

    Parameters
    ----------
    recipe
        Gives the schedule, the warm-up and, when `seeds` is empty, the seed.
    steps
        Steps of each trial.
    learning_rates
        Peak rates, each finite and above 0.
    folds
        Folds to hold out, or `(NO_FOLD,)`.
    seeds
        Seeds; empty takes the recipe's.

    Examples
    --------
    >>> plan = sweep(Recipe(schedule="linear"), 4, [0.1, 0.2], folds=[0, 1])
    >>> plan.rates.shape, plan.folds.tolist(), plan.learning_rates.tolist()
    ((4, 4), [0, 0, 1, 1], [0.1, 0.2, 0.1, 0.2])
    """
    rates = np.asarray(learning_rates, np.float64)
    check_rates(rates)
    units = [(seed, fold) for seed in (seeds or (recipe.seed,)) for fold in folds]
    rows = np.outer(rates, schedule_row(recipe.schedule, recipe.warmup, steps))
    return Plan(
        rates=np.tile(rows, (len(units), 1)),
        seeds=np.repeat(np.array([u[0] for u in units], np.int64), len(rates)),
        folds=np.repeat(np.array([u[1] for u in units], np.int64), len(rates)),
    )


def trial_rates(task: Task, plan: Plan) -> NDArray[np.float64]:
    """Return the learning rate that was asked for, `(trials,)`, of a plan whose rows have the recipe's shape.

    Read off the first column, so that it also holds for a later part of a training, and for a one-cycle whose
    highest step falls a little short of the peak. Rounded to twelve digits, so that equal rates are equal.

    Examples
    --------
    >>> recipe = Recipe(schedule="one-cycle", epochs=1)
    >>> plan = sweep(recipe, 7, [0.1], folds=[0])
    >>> trial_rates(Task(recipe, 10, 80, 5, 7), plan).tolist(), plan.learning_rates.round(4).tolist()
    ([0.1], [0.0981])
    """
    shape = schedule_row(task.recipe.schedule, task.recipe.warmup, plan.length or task.steps)
    rates = plan.rates[:, 0] / shape[plan.start]
    return np.array([float(f"{rate:.12g}") for rate in rates.tolist()], np.float64)


def evaluation_steps(plan: Plan, per_epoch: int) -> NDArray[np.int64]:
    """Return the steps done at each evaluation of a plan: those that it names, or the ends of epochs; and its end."""
    end, per_epoch = plan.start + plan.steps, plan.epoch(per_epoch)
    epochs = range((plan.start // per_epoch + 1) * per_epoch, end, per_epoch)
    return np.array([*(at for at in plan.evaluate_at or epochs if at < end), end] if plan.steps else [], np.int64)


def check_rates(rates: NDArray[np.float64]) -> None:
    """Raise `InputError` unless every learning rate is finite and above 0."""
    bad = ~(np.isfinite(rates) & (rates > 0))
    if bad.any():
        raise InputError(f"a learning rate must be a finite number above 0; found {rates[bad].flat[0]:g}. Try 0.01.")
