"""The attribute of a LightningModule that holds its learning rate: `attribute_of`, and `made_with` another number."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from typing import Any, cast

import numpy as np

from etascope.core.errors import InputError
from etascope.core.extras import load_library
from etascope.training.pytorch.library import Module, load_torch

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
        if _parsing().lightning_hasattr(module, one):
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
        _parsing().lightning_setattr(module, attribute, value)
    except AttributeError as error:
        raise InputError(
            f"{where(attribute, module)} must be an attribute that can be set, because it holds the learning rate; "
            f"found one of {type(module).__name__} that can only be read. Name what it is made of with attr_name=."
        ) from error


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


def _parsing() -> Any:
    return load_library("lightning.pytorch.utilities.parsing")
