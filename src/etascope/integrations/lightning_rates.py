"""The learning rates that a LightningModule configures, step by step, and whether they follow its own: `rates_of`."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from etascope.core.errors import InputError, one_line
from etascope.integrations.extras import load
from etascope.training.pytorch.group_rates import NEAR
from etascope.training.pytorch.library import Module, Optimizer
from etascope.training.pytorch.waiting_schedulers import noticed

#: Times the module's own learning rate at which it is looked whether all rates follow.
TIMES = (1 / 3, 3.0)
#: How near a schedule must stay to what it was, in shares of its peak: a floor of a hundredth may be a number.
SHAPE_NEAR = 0.05


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
    schedulers
        Names of the schedulers' classes, those inside of others included.
    """

    peaks: NDArray[np.float64]
    shape: NDArray[np.float64]
    per_epoch: int
    waits: bool
    schedulers: tuple[str, ...] = ()

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
        # One that waits for a metric is left out, and not refused.
        with noticed():
            optimizers, schedulers = core._init_optimizers_and_lr_schedulers(module)
    finally:
        module.trainer = None
    refuse_several(optimizers)
    return optimizers[0], schedulers


def refuse_several(optimizers: list[Any]) -> None:
    """Raise `InputError` unless there is one optimizer."""
    if len(optimizers) != 1:
        raise several_refused(len(optimizers))


def several_refused(found: object) -> InputError:
    """Return what to say of a module with so many optimizers."""
    return InputError(
        f"configure_optimizers must return one optimizer, whose learning rate is searched; found {found}. Put the "
        "parameters into groups of one, or use etascope.torch.pick."
    )


def rates_of(
    module: Module, trainer: object, steps: int, per_epoch: int, given: tuple[str, float] | None = None
) -> Rates:
    """Return the rates of a whole training, by running the module's own schedulers beside no training at all.

    Parameters
    ----------
    module
        A LightningModule; it is copied.
    trainer
        Its Trainer.
    steps, per_epoch
        Steps of the training, and of an epoch.
    given
        An attribute of the copy and what it is set to before it configures.

    Raises
    ------
    InputError
        If there is no rate above 0, or parameter groups follow schedules of their own.
    """
    one: Any = copy.deepcopy(module)
    if given is not None:
        _parsing().lightning_setattr(one, *given)
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
    waits = any(scheduler.reduce_on_plateau for scheduler in schedulers)
    return Rates(peaks, shape, per_epoch, waits, _classes([scheduler.scheduler for scheduler in schedulers]))


def _classes(schedulers: list[Any]) -> tuple[str, ...]:
    inner = [name for one in schedulers for name in _classes(list(getattr(one, "_schedulers", ())))]
    return (*(type(one).__name__ for one in schedulers), *inner)


def _advance(module: Any, scheduler: Any, done: int, per_epoch: int) -> None:
    if scheduler.reduce_on_plateau:
        return
    unit = 1 if scheduler.interval == "step" else per_epoch
    if done % unit == 0 and (done // unit) % scheduler.frequency == 0:
        module.lr_scheduler_step(scheduler.scheduler, None)


def set_peak(optimizer: Optimizer, rate: float, ratios: NDArray[np.float64]) -> None:
    """Set every group's rate to its share of a rate, as for a training at a constant one without a scheduler."""
    for group, ratio in zip(optimizer.param_groups, ratios.tolist(), strict=True):
        group["lr"] = rate * ratio
        group.pop("initial_lr", None)


def multiple_of(
    attribute: str,
    module: Module,
    trainer: object,
    rates: Rates,
    window: tuple[float | None, float | None] = (None, None),
) -> float:
    """Return the largest rate as a multiple of the attribute that holds the learning rate.

    Parameters
    ----------
    attribute
        Of the module or of its `hparams`.
    module, trainer
        A LightningModule, which is copied, and its Trainer.
    rates
        Those of the module as it is.
    window
        Lowest and highest rate of the search; others are not looked at.

    Raises
    ------
    InputError
        If the attribute is no number above 0, or rates do not follow it: a module that is started with the rate that
        is found would train at another one.
    """
    where, value = _named(attribute, module), _parsing().lightning_getattr(module, attribute)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < np.inf:
        raise InputError(
            f"{where} must be a number above 0 to begin with; found {value!r}. Start with any, like 0.001."
        )
    low, high = window[0] or 0.0, window[1] or np.inf
    for times in (min(max(times * value, low), high) / value for times in TIMES):
        other = rates_of(module, trainer, len(rates.shape), rates.per_epoch, (attribute, times * value))
        why = _unlike(rates, other, times)
        if why:
            raise InputError(
                f"configure_optimizers must follow {where}, because the rate that is found is for it; where it is "
                f"{times * value:g} in place of {value:g}, {why}. {_line(rates, other, times, where)}"
            )
    multiple = rates.peak / value
    return 1.0 if abs(multiple - 1) < NEAR else multiple


def require_followed(
    attribute: str, module: Module, trainer: object, rates: Rates, multiple: float, learning_rate: float
) -> None:
    """Raise `InputError` unless a module whose attribute is this learning rate begins with the rates of the search.

    Parameters
    ----------
    attribute, module, trainer, rates
        As in `multiple_of`.
    multiple
        What it returned.
    learning_rate
        What a trial is to train at.
    """
    begins = int((rates.shape > 0).argmax())
    other = rates_of(module, trainer, begins + 1, rates.per_epoch, (attribute, learning_rate))
    expected = learning_rate * multiple * rates.ratios * rates.shape[begins]
    if len(other.peaks) == len(expected) and np.allclose(other.peaks, expected, rtol=2 * NEAR, atol=0):
        return
    where, found = _named(attribute, module), float(other.peaks.max())
    raise InputError(
        f"configure_optimizers must make the same multiple of every learning rate; where {where} is {learning_rate:.3g}"
        f", the training begins at {found:.3g} and not {expected.max():.3g}. Pass it on as it is, or set the limits of "
        "the search, low= and high=, to where it does."
    )


def mind(attribute: str, module: Module, trainer: object, rates: Rates, multiple: float, found: float) -> str:
    """Return what to say where the module, at the rate that was found, has another schedule than in the search."""
    where, times = _named(attribute, module), found * multiple / rates.peak
    other = rates_of(module, trainer, len(rates.shape), rates.per_epoch, (attribute, found))
    why = _unlike(rates, other, times)
    if not why:
        return ""
    return f"Mind configure_optimizers: where {where} is {found:g}, {why}. {_line(rates, other, times, where)}"


def _unlike(rates: Rates, other: Rates, times: float) -> str:
    """Return in what rates at so many times the learning rate are not so many times the rates, or nothing."""
    if len(other.peaks) != len(rates.peaks):
        return f"there are {len(other.peaks)} parameter groups in place of {len(rates.peaks)}"
    far = ~np.isclose(other.peaks, times * rates.peaks, rtol=NEAR, atol=0)
    if far.any():
        group = int(far.argmax())
        which = f" of parameter group {group + 1}" if len(far) > 1 else ""
        return f"the largest rate{which} is {other.peaks[group]:.3g} and not {times * rates.peaks[group]:.3g}"
    step = int(np.abs(other.shape - rates.shape).argmax())
    if abs(other.shape[step] - rates.shape[step]) <= SHAPE_NEAR:
        return ""
    return f"the rate of step {step + 1} is {other.shape[step]:.2g} of the largest one and not {rates.shape[step]:.2g}"


def _line(rates: Rates, other: Rates, times: float, where: str) -> str:
    """Return the line to change."""
    peak_follows = np.allclose(other.peaks, times * rates.peaks, rtol=NEAR, atol=0)
    lines = {
        "OneCycleLR": f"max_lr={where}",
        "CyclicLR": f"base_lr=0.1 * {where}, max_lr={where}",
        "CosineAnnealingLR": f"eta_min=0.01 * {where}",
        "CosineAnnealingWarmRestarts": f"eta_min=0.01 * {where}",
    }
    sets_peak = ("OneCycleLR", "CyclicLR")
    for name in rates.schedulers:
        if name in lines and (name in sets_peak or peak_follows):
            return f"Write {lines[name]} in {name}."
    if not peak_follows:
        others = f"every rate in {' and '.join(rates.schedulers)}" if rates.schedulers else "all other rates"
        return f"Write lr={where} in the optimizer, and {others} as a multiple of it."
    return f"Write every rate in {' and '.join(rates.schedulers)} as a multiple of {where}."


def _named(attribute: str, module: Any) -> str:
    return f"self.{attribute}" if hasattr(module, attribute) else f"self.hparams.{attribute}"


def _parsing() -> Any:
    return load("lightning.pytorch.utilities.parsing", "Lightning", "lightning")
