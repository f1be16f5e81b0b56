"""What a LightningModule holds as its learning rate, `attribute_of`, and whether all rates follow it: `multiple_of`."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable
from contextlib import suppress
from numbers import Real
from typing import Any, cast

import numpy as np

from etascope.core.errors import InputError
from etascope.core.extras import load_library
from etascope.integrations.lightning.rates import Rates, configured, made_with, parsing, put, rates_of, set_peak, where
from etascope.integrations.training_loops.differences import SHAPE_NEAR, TIMES
from etascope.training.pytorch.group_rates import NEAR
from etascope.training.pytorch.library import Module, Optimizer

#: What the learning rate is usually called.
USUAL = ("lr", "learning_rate")
#: Said where no attribute holds the rate.
NOT_HELD = (
    "Mind configure_optimizers: no attribute of the module that its rates follow holds the learning rate, so that what "
    "is told is the largest rate that its own numbers must come to."
)


def attribute_of(module: Module, name: str, rates: Callable[[Module], list[float]], *, needed: bool) -> str:
    """Return the attribute that holds the learning rate, of a module or its `hparams`.

    It is called `name`, if its owner says so, or as usual; else it is the number that the rates are made of with which
    an optimizer of the module begins, `rates`. A copy of the module is tried. Raises `InputError` if nobody knows which
    of several it is, or there is none and one is `needed`.
    """
    for one in (name,) if name else USUAL:
        if parsing().lightning_hasattr(module, one):
            return one
    if "." in name:
        raise InputError(
            f"attr_name must be an attribute of the module or of its hparams, and no path to one; found {name}. Set "
            "self.lr to it in __init__, write lr=self.lr in configure_optimizers, and leave attr_name out."
        )
    if name:
        raise InputError(
            f"attr_name must be an attribute of the module or of its hparams; found no {name} in "
            f"{type(module).__name__}. Add it, or name another."
        )
    moving = _moving(module, rates)
    if len(moving) > 1:
        raise InputError(
            f"one attribute of the module or of its hparams must hold the learning rate; found {len(moving)} that the "
            f"optimizer's rates are made of: {', '.join(moving)}. Name one with attr_name=."
        )
    if moving or not needed:
        return moving[0] if moving else ""
    raise InputError(
        f"the module or its hparams must have the attribute {' or '.join(USUAL)}, to hold the learning rate; found "
        f"neither in {type(module).__name__}. Name another with attr_name=, or give update_attr=False."
    )


def _moving(module: Module, rates: Callable[[Module], list[float]]) -> list[str]:
    """Return the numbers of a module that the optimizer's rates are made of, by name."""
    one: Any = copy.deepcopy(module)
    base = load_library("lightning.pytorch").LightningModule
    own = {name: inspect.getattr_static(one, name, None) for name in sorted(set(dir(one)) - set(dir(base)))}
    numbers = {
        name: value
        for name, value in {**dict(one.hparams), **own}.items()
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < np.inf
    }

    def made(name: str, value: float) -> list[list[float]]:
        with suppress(Exception), made_with(one, name, value) as given:
            now = rates(one)
            return [list(given), now]
        return []

    changed = dict[str, list[bool]]()
    for name, value in cast("dict[str, float]", numbers).items():
        before, after = made(name, value), made(name, 3 * value)
        with suppress(InputError):
            put(one, name, value)
        changed[name] = [mine != theirs for mine, theirs in zip(before, after, strict=False)]
    # Rates that the optimizer itself is given tell more than those that a scheduler has begun with.
    for place in range(2):
        names = [name for name, moved in changed.items() if moved and moved[place]]
        if names:
            return names
    return []


def multiple_of(
    attribute: str,
    module: Module,
    trainer: object,
    rates: Rates,
    window: tuple[float | None, float | None] = (None, None),
) -> float:
    """Return the largest rate as a multiple of what the module, or its `hparams`, holds as its learning rate.

    `rates` are those of the module as it is; those outside of the `window` of the search are not looked at. Raises
    `InputError` if the attribute is no number above 0, or rates do not follow it: a module that is started with the
    rate that is found would train at another one.
    """
    name, value = where(attribute, module), cast("Any", rates.peak)
    if attribute:
        value = parsing().lightning_getattr(module, attribute)
    if isinstance(value, list | tuple | dict):
        raise InputError(
            f"{name} must be one number, which is searched; found {value!r}. Keep one of them there, and write the "
            "others in configure_optimizers as multiples of it."
        )
    if isinstance(value, bool) or not isinstance(value, Real) or not 0 < float(value) < np.inf:
        raise InputError(f"{name} must be a number above 0 to begin with; found {value!r}. Start with any, like 0.001.")
    value = float(value)
    low, high = window[0] or 0.0, window[1] or np.inf
    for times in (min(max(times * value, low), high) / value for times in TIMES):
        given = _at(attribute, rates, times * value)
        other = rates_of(module, trainer, len(rates.shape), rates.clock, given)
        why = _unlike(rates, other, times)
        if why:
            raise InputError(
                f"configure_optimizers must follow {name}, because the rate that is found is for it; where it is "
                f"{times * value:g} in place of {value:g}, {why}. {_line(rates, other, times, name)}"
            )
    multiple = rates.peak / value
    return 1.0 if abs(multiple - 1) < NEAR else multiple


def optimizer_at(
    attribute: str, module: Module, trainer: object, rates: Rates, multiple: float, learning_rate: float
) -> Optimizer:
    """Return the optimizer that a trial's module configures, whose attribute is from now on its learning rate.

    `multiple` is what `multiple_of` returned. Raises `InputError` if a module that is started with that learning rate
    begins with other rates than those of the search.
    """
    given = _at(attribute, rates, learning_rate)
    begins = int((rates.shape > 0).argmax())
    other = rates_of(module, trainer, begins + 1, rates.clock, given)
    peaks = learning_rate * multiple * rates.ratios
    expected = peaks * rates.shape[begins]
    if len(other.peaks) != len(expected) or not np.allclose(other.peaks, expected, rtol=2 * NEAR, atol=0):
        _require_near(attribute, module, trainer, rates, learning_rate, float(peaks.max()))
    with made_with(module, *given):
        one = configured(module, trainer)[0]
    set_peak(one, float(peaks.max()), rates.ratios)
    return one


def _require_near(
    attribute: str, module: Module, trainer: object, rates: Rates, learning_rate: float, peak: float
) -> None:
    """Raise `InputError` where a whole training would have other rates, and not only begin at another number."""
    times, name = peak / rates.peak, where(attribute, module)
    other = rates_of(module, trainer, len(rates.shape), rates.clock, _at(attribute, rates, learning_rate))
    why = _unlike(rates, other, times)
    if not why:
        return
    begins = int((rates.shape > 0).argmax())
    first, expected = float(other.peaks.max() * other.shape[begins]), float(peak * rates.shape[begins])
    line = "Pass it on as it is, or set the limits of the search, low= and high=, to where it does."
    if rates.schedulers:
        line = f"{_line(rates, other, times, name)} Or set low= and high= to where it makes no difference."
    raise InputError(
        f"configure_optimizers must make the same multiple of every learning rate; where {name} is {learning_rate:.3g}"
        f", the training begins at {first:.3g} and not {expected:.3g}. {line}"
        if not np.isclose(first, expected, rtol=2 * NEAR)
        else f"configure_optimizers must follow {name}, because the rate that is found is for it; where it is "
        f"{learning_rate:.3g}, {why}. {line}"
    )


def mind(attribute: str, module: Module, trainer: object, rates: Rates, multiple: float, chosen: float) -> str:
    """Return what to say where the module, at the rate that was found, has another schedule than in the search."""
    name, times = where(attribute, module), chosen * multiple / rates.peak
    other = rates_of(module, trainer, len(rates.shape), rates.clock, _at(attribute, rates, chosen))
    why = _unlike(rates, other, times)
    if not why:
        return ""
    return f"Mind configure_optimizers: where {name} is {chosen:g}, {why}. {_line(rates, other, times, name)}"


def _at(attribute: str, rates: Rates, value: float) -> tuple[str, float]:
    """Return how a copy is made with a learning rate: where no attribute holds it, by a multiple of all rates."""
    return attribute, value if attribute else value / rates.peak


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
    if not where.startswith("self."):
        return f"Let an attribute hold it. {_line(rates, other, times, 'self.lr')}"
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
