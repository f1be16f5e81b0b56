"""The learning rates that a LightningModule configures, step by step, and how they are set: `rates_of`, `set_peak`."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from etascope.core.errors import InputError, one_line
from etascope.integrations.extras import load
from etascope.training.pytorch.library import Module, Optimizer

#: Entries of a parameter group that are learning rates.
_RATES = ("lr", "initial_lr", "max_lr", "min_lr")
#: Lists of a scheduler that hold a learning rate a parameter group.
_RATE_LISTS = ("base_lrs", "max_lrs", "_last_lr")


@dataclass(frozen=True, eq=False)
class Rates:
    """What an optimizer and its schedulers make of the learning rate.

    Attributes
    ----------
    peaks
        `(groups,)`: the largest rate of each parameter group.
    shape
        `(steps,)`, in [0, 1]: what every group's peak is multiplied by, from step to step.
    per_epoch
        Steps of an epoch.
    waits
        Whether a scheduler waits for a metric to stop getting better; its rates count as constant.
    """

    peaks: NDArray[np.float64]
    shape: NDArray[np.float64]
    per_epoch: int
    waits: bool

    @property
    def peak(self) -> float:
        """The largest rate of all."""
        return float(self.peaks.max())

    @property
    def ratios(self) -> NDArray[np.float64]:
        """`(groups,)`: rates as shares of the largest."""
        return self.peaks / self.peak


def configured(module: Any, trainer: Any) -> tuple[Optimizer, list[Any]]:
    """Return the optimizer and the schedulers of a copy of a module, which sees the Trainer while it configures.

    Raises
    ------
    InputError
        If it configures another number of optimizers than one.
    """
    core = load("lightning.pytorch.core.optimizer", "Lightning", "lightning")
    module.trainer = trainer
    try:
        optimizers, schedulers = core._init_optimizers_and_lr_schedulers(module)
    finally:
        module.trainer = None
    refuse_several(optimizers)
    return optimizers[0], schedulers


def refuse_several(optimizers: list[Any]) -> None:
    """Raise `InputError` unless there is one optimizer."""
    if len(optimizers) != 1:
        raise InputError(
            f"configure_optimizers must return one optimizer, whose learning rate is searched; found "
            f"{len(optimizers)}. Put the parameters into groups of one, or use etascope.torch.pick."
        )


def rates_of(module: Module, trainer: object, steps: int, per_epoch: int) -> Rates:
    """Return the rates of a whole training, by running the module's own schedulers beside no training at all.

    Parameters
    ----------
    module
        A LightningModule; it is copied.
    trainer
        Its Trainer.
    steps, per_epoch
        Steps of the training, and of an epoch.

    Raises
    ------
    InputError
        If there is no rate above 0, or parameter groups follow schedules of their own.
    """
    one: Any = copy.deepcopy(module)
    optimizer, schedulers = configured(one, trainer)
    table = np.empty((steps, len(optimizer.param_groups)))
    optimizer.zero_grad(set_to_none=True)
    try:
        # A scheduler warns where its optimizer never made a step; without gradients it changes nothing.
        optimizer.step()
        for step in range(steps):
            table[step] = [float(group["lr"]) for group in optimizer.param_groups]
            for scheduler in schedulers:
                _advance(one, scheduler, step + 1, per_epoch)
    except Exception as error:
        raise InputError(
            f"optimizer and scheduler must run for the {steps} steps of the training; one raised {one_line(error)}."
        ) from error
    peaks = table.max(axis=0)
    if not (np.isfinite(table).all() and peaks.max() > 0):
        raise InputError(
            f"configure_optimizers must give a finite learning rate above 0; found {peaks.max():g}. Start with any, "
            "like 0.001."
        )
    shapes = table / np.where(peaks > 0, peaks, 1)
    shape = shapes[:, int(peaks.argmax())]
    if not np.allclose(shapes[:, peaks > 0], shape[:, None], rtol=1e-5, atol=1e-7):
        raise InputError(
            "parameter groups must follow one schedule, each at its own multiple; found schedules of their own. Give "
            "the scheduler one function for all groups."
        )
    return Rates(peaks, shape, per_epoch, any(scheduler.reduce_on_plateau for scheduler in schedulers))


def _advance(module: Any, scheduler: Any, done: int, per_epoch: int) -> None:
    if scheduler.reduce_on_plateau:
        return
    unit = 1 if scheduler.interval == "step" else per_epoch
    if done % unit == 0 and (done // unit) % scheduler.frequency == 0:
        module.lr_scheduler_step(scheduler.scheduler, None)


def set_peak(optimizer: Optimizer, rate: float, ratios: NDArray[np.float64]) -> None:
    """Set every group's rate to its share of a rate, as for a training at a constant one."""
    for group, ratio in zip(optimizer.param_groups, ratios.tolist(), strict=True):
        group["lr"] = rate * ratio
        if "initial_lr" in group:
            group["initial_lr"] = rate * ratio


def scale(optimizer: Optimizer, schedulers: list[Any], factors: NDArray[np.float64]) -> None:
    """Multiply the rates of each parameter group by its factor, in the optimizer and in its schedulers."""
    for group, factor in zip(optimizer.param_groups, factors.tolist(), strict=True):
        for name in _RATES:
            if name in group:
                group[name] = group[name] * factor
    waiting = [scheduler.scheduler for scheduler in schedulers]
    while waiting:
        one = waiting.pop()
        waiting += list(getattr(one, "_schedulers", ()))
        for name in _RATE_LISTS:
            found = getattr(one, name, None)
            if isinstance(found, list) and len(found) == len(factors):  # pyright: ignore[reportUnknownArgumentType]
                setattr(one, name, [rate * factor for rate, factor in zip(found, factors.tolist(), strict=True)])  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
