"""The learning rates that a LightningModule configures, step by step: `rates_of`."""

from __future__ import annotations

import copy
from collections.abc import Generator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from etascope.core.errors import InputError, one_line
from etascope.core.extras import load_library
from etascope.integrations.training_loops.adapter import Clock
from etascope.training.pytorch.custom.schedule import waiting_schedulers
from etascope.training.pytorch.library import Module, Optimizer, load_torch


@dataclass(frozen=True, eq=False)
class Rates:
    """What an optimizer and its schedulers make of the learning rate.

    Attributes
    ----------
    peaks
        `(groups,)`: the largest rate of each parameter group.
    shape
        `(steps,)`, in [0, 1]: what every group's peak is multiplied by, from step to step.
    clock
        Batches of an epoch, and of a step.
    waits
        Whether a scheduler waits for a metric to stop getting better; its rates count as constant.
    schedulers
        Names of the schedulers' classes, those inside of others included.
    cycled
        What schedulers move beside the rates, as the momentum.
    """

    peaks: NDArray[np.float64]
    shape: NDArray[np.float64]
    clock: Clock
    waits: bool
    schedulers: tuple[str, ...] = ()
    cycled: tuple[str, ...] = ()

    @property
    def peak(self) -> float:
        """The largest rate of all."""
        return float(self.peaks.max())

    @property
    def ratios(self) -> NDArray[np.float64]:
        """`(groups,)`: rates as shares of the largest."""
        return self.peaks / self.peak

    def at(self, peak: float) -> NDArray[np.float64]:
        """Return the rates `(steps, groups)` for another largest one, as far as they are known."""
        known = self.shape[: self.clock.per_epoch] if self.waits else self.shape
        return peak * known[:, None] * self.ratios

    def sentences(self) -> list[str]:
        """Return what the search does not do of the schedulers, in sentences."""
        sentences, names = list[str](), " and ".join(self.schedulers)
        if self.waits:
            sentences.append(
                f"Mind {names}: one that waits for a metric was left out of the search, with its numbers, as min_lr."
            )
        if self.cycled:
            what = " and ".join(self.cycled)
            sentences.append(
                f"Mind {names}: {what}, which moves with the rate, stayed as it begins in the search. Give "
                "cycle_momentum=False, or whatever keeps it, to train as the trials did."
            )
        return sentences


def configured(module: Any, trainer: Any) -> tuple[Optimizer, list[Any]]:
    """Return the optimizer and the schedulers of a copy of a module, which sees the Trainer while it configures.

    Raises `InputError` if it configures another number of optimizers than one.
    """
    core = load_library("lightning.pytorch.core.optimizer")
    module.trainer = trainer
    try:
        # One that waits for a metric is left out, and not refused.
        with waiting_schedulers():
            optimizers, schedulers = core._init_optimizers_and_lr_schedulers(module)
    finally:
        module.trainer = None
    refuse_several(optimizers)
    return optimizers[0], schedulers


def begun(trainer: object, module: Module) -> list[float]:
    """Return the rates that an optimizer begins with."""
    return [float(group["lr"]) for group in configured(module, trainer)[0].param_groups]


def refuse_several(optimizers: list[Any]) -> None:
    """Raise `InputError` unless there is one optimizer."""
    if len(optimizers) != 1:
        raise several_refused(len(optimizers))


def several_refused(count: object) -> InputError:
    """Return what to say of a module with so many optimizers."""
    return InputError(
        f"configure_optimizers must return one optimizer, whose learning rate is searched; found {count}. Put the "
        "parameters into groups of one, or use etascope.torch.pick."
    )


def rates_of(
    module: Module, trainer: object, steps: int, clock: Clock, given: tuple[str, float] | None = None
) -> Rates:
    """Return the rates of a whole training, by running the module's own schedulers beside no training at all.

    A copy configures them, whose attribute is first set to what is `given`; see `made_with`. Raises `InputError` if
    there is no rate above 0, or parameter groups follow schedules of their own.
    """
    one: Any = copy.deepcopy(module)
    with nullcontext() if given is None else made_with(one, *given):
        optimizer, schedulers = configured(one, trainer)
    table = np.empty((steps, len(optimizer.param_groups)))
    optimizer.zero_grad(set_to_none=True)
    try:
        # A scheduler warns where its optimizer never made a step; without gradients it changes nothing.
        optimizer.step()
        before, moved = _others(optimizer), set[str]()
        for step in range(steps):
            table[step] = [float(group["lr"]) for group in optimizer.param_groups]
            moved.update(name for name, value in _others(optimizer).items() if before.get(name) != value)
            for scheduler in schedulers:
                _advance(one, scheduler, step + 1, clock)
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
    waits = any(scheduler.reduce_on_plateau for scheduler in schedulers)
    names = _classes([scheduler.scheduler for scheduler in schedulers])
    return Rates(peaks, shape, clock, waits, names, tuple(sorted(moved)))


def _others(optimizer: Optimizer) -> dict[str, str]:
    """Return what the groups of an optimizer have beside their rates, as words."""
    every = optimizer.param_groups[0]
    rates = ("params", "lr")
    return {name: repr([g.get(name) for g in optimizer.param_groups]) for name in every if name not in rates}


def _classes(schedulers: list[Any]) -> tuple[str, ...]:
    inner = [name for one in schedulers for name in _classes(list(getattr(one, "_schedulers", ())))]
    return (*(type(one).__name__ for one in schedulers), *inner)


def _advance(module: Any, scheduler: Any, done: int, clock: Clock) -> None:
    """Let a scheduler step where Lightning does: it counts epochs, or the batches of this one."""
    epoch, within = divmod(done - 1, clock.per_epoch)
    ends, number = within + 1 == clock.per_epoch, epoch + 1
    if scheduler.interval == "step":
        ends, number = True, min((within + 1) * clock.accumulate, clock.batches)
    if ends and not scheduler.reduce_on_plateau and number % scheduler.frequency == 0:
        module.lr_scheduler_step(scheduler.scheduler, None)


def set_peak(optimizer: Optimizer, rate: float, ratios: NDArray[np.float64]) -> None:
    """Set every group's rate to its share of a rate, as for a training at a constant one without a scheduler."""
    for group, ratio in zip(optimizer.param_groups, ratios.tolist(), strict=True):
        group["lr"] = rate * ratio
        group.pop("initial_lr", None)


def where(attribute: str, module: Any) -> str:
    """Return an attribute as the module's own code writes it."""
    if not attribute:
        return "lr in the optimizer"
    return f"self.{attribute}" if hasattr(module, attribute) else f"self.hparams.{attribute}"


@contextmanager
def made_with(module: Any, attribute: str, value: float) -> Generator[list[float]]:
    """Let an attribute of a copy be a number, and inside the block collect the rates that optimizers are given.

    Without an attribute, the number is what those rates are multiplied by.
    """
    kind, given = load_torch().optim.Optimizer, list[float]()
    own = kind.add_param_group

    def add_param_group(self: Any, group: dict[str, Any]) -> None:
        own(self, group)
        added = self.param_groups[-1]
        if not attribute:
            added["lr"] = added["lr"] * value
        given.append(float(added["lr"]))

    if attribute:
        put(module, attribute, value)
    kind.add_param_group = add_param_group
    try:
        yield given
    finally:
        kind.add_param_group = own


def put(module: Module, attribute: str, value: Any) -> None:
    """Set an attribute of a module and of its `hparams`; raise `InputError` if it cannot be set, as a property."""
    try:
        parsing().lightning_setattr(module, attribute, value)
    except AttributeError as error:
        raise InputError(
            f"{where(attribute, module)} must be an attribute that can be set, because it holds the learning rate; "
            f"found one of {type(module).__name__} that can only be read. Name what it is made of with attr_name=."
        ) from error


def parsing() -> Any:
    """Return what reads and sets attributes of a module or of its `hparams`."""
    return load_library("lightning.pytorch.utilities.parsing")
