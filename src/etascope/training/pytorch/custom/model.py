"""A model of one's own, copied for every trial, with the optimizers that its owner builds."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, cast

from etascope.core.errors import InputError, one_line
from etascope.training.pytorch.custom.schedule import waiting_schedulers
from etascope.training.pytorch.group_rates import rates_in, refuse_schedulers, require_multiples
from etascope.training.pytorch.library import Device, Module, Optimizer, device_of, load_torch
from etascope.training.pytorch.memory import is_out_of_memory
from etascope.training.pytorch.networks import AnyNetworks, Networks, trainable

#: Called with parameters or groups of them and the learning rate, returns an optimizer or several.
Build = Callable[[Any, float], Any]
#: Called with a module, returns its parameters in groups, as an optimizer takes them.
Groups = Callable[[Module], Sequence[Any]]

#: Optimizers of PyTorch by the recipe's names: what rates are customary for them.
_KNOWN = {
    "Adam": "adam",
    "AdamW": "adamw",
    "RMSprop": "rmsprop",
    "Adagrad": "adagrad",
    "NAdam": "adam",
    "RAdam": "adam",
}


def custom_networks(model: object, optimizer: Build, groups: Groups | None) -> AnyNetworks:
    """Return what makes the modules and optimizers of trials; `InputError` if the model is none or cannot be copied.

    A model is an `nn.Module`, which is copied and never touched, or a factory that is called with the seed. `optimizer`
    is called with the groups and the learning rate, `groups` with a module: `lr` in a group is its rate as a multiple
    of the learning rate. None is one group of all parameters that are not frozen.
    """
    module = load_torch().nn.Module
    if not isinstance(model, module) and not callable(model):
        raise InputError(f"model must be an nn.Module or a factory called with the seed; found {type(model).__name__}.")

    def make(seed: int) -> Module:
        return copied(model) if isinstance(model, module) else called(cast("Callable[[int], Any]", model), seed)

    def update(one: Module, learning_rate: float) -> list[Optimizer]:
        given = trainable(one) if groups is None else _with_rates(_grouped(groups, one), learning_rate)
        return of_copy(one, built(optimizer, given, learning_rate))

    return AnyNetworks(make, update)


def copied(model: Module) -> Module:
    """Return a deep copy of a module; raise `InputError` if it cannot be copied, or its parameters have hooks."""
    refuse_hooks(model)
    try:
        one = copy.deepcopy(model)
    except Exception as error:
        if is_out_of_memory(error):
            raise
        raise InputError(
            f"model must be an nn.Module that can be copied; copying raised {one_line(error)}. Give a factory instead: "
            "a function of the seed that returns a new model."
        ) from error
    if not all(parameter.is_leaf for parameter in one.parameters()):
        raise InputError(
            f"model must be an nn.Module that can be copied; copies of {type(model).__name__} have parameters that "
            "cannot be trained. Give a factory instead: a function of the seed that returns a new model."
        )
    return one


def refuse_hooks(model: Module) -> None:
    """Raise `InputError` where parameters have hooks: PyTorch leaves them behind when it copies a parameter.

    Those of Weights & Biases only watch.
    """
    for name, parameter in model.named_parameters():
        held: list[dict[int, Any] | None] = [
            getattr(parameter, kind, None) for kind in ("_backward_hooks", "_post_accumulate_grad_hooks")
        ]
        hooks = [hook for one in held for hook in (one or {}).values()]
        if any(not str(getattr(hook, "__module__", "")).startswith("wandb") for hook in hooks):
            raise InputError(
                f"model must have no hooks on its parameters, because copies lose them; found one on {name}. Give "
                "etascope.torch.pick a factory instead: a function of the seed that returns a new model with its hooks."
            )


def called(factory: Callable[[int], Any], seed: int) -> Module:
    """Return what a factory makes of a seed; raise `InputError` if it raises or returns no module."""
    try:
        module = factory(seed)
    except InputError:
        raise
    except Exception as error:
        if is_out_of_memory(error):
            raise
        raise InputError(f"the model factory must make a model of a seed; it raised {one_line(error)}.") from error
    if not isinstance(module, load_torch().nn.Module):
        raise InputError(f"the model factory must return an nn.Module; found {type(module).__name__}.")
    return module


def refuse_same(networks: Networks, seed: int, first: Module, instead: str = "") -> None:
    """Raise `InputError` where a factory returns a model whose parameters another one that it made trains too."""
    own = {id(parameter) for parameter in first.parameters() if parameter.requires_grad}
    again = networks.build(seed)
    if again is first or any(id(parameter) in own for parameter in again.parameters()):
        which = "the same model" if again is first else "one with parameters of the first"
        raise InputError(
            f"the model factory must return a new model whenever it is called, because each trial trains its own; "
            f"found {which} when it was called again. Build it in the factory{instead}."
        )


def built(optimizer: Build, given: Sequence[Any], learning_rate: float) -> list[Optimizer]:
    """Return the optimizers that their owner builds, checked.

    Raises `InputError` if that raises, or what comes back is no optimizer with a learning rate.
    """
    try:
        with waiting_schedulers() as scheduled:
            optimizers = optimizer(given, learning_rate)
    except InputError:
        raise
    except Exception as error:
        if is_out_of_memory(error):
            raise
        raise InputError(
            f"optimizer must build one of parameters and a learning rate; it raised {one_line(error)}. Try "
            "lambda groups, learning_rate: torch.optim.AdamW(groups, lr=learning_rate)."
        ) from error
    several = list(cast("Sequence[Any]", optimizers)) if isinstance(optimizers, tuple | list) else [optimizers]
    if any(isinstance(one, tuple | list | dict) for one in several):
        raise InputError(
            "optimizer must return an optimizer, or a list of several; found what configure_optimizers of Lightning "
            "returns. Return the optimizer alone, and give its schedule with schedule=."
        )
    for one in several:
        lacks = [name for name in ("zero_grad", "step", "state_dict", "load_state_dict") if not hasattr(one, name)]
        if lacks and hasattr(one, "param_groups"):
            raise InputError(
                f"optimizer must return optimizers of PyTorch; found {type(one).__name__} without {', '.join(lacks)}. "
                "Let its class inherit from torch.optim.Optimizer."
            )
    refuse_schedulers(several, scheduled)
    rates_in(several, learning_rate)
    return several


def of_copy(module: Module, optimizers: list[Optimizer]) -> list[Optimizer]:
    """Return optimizers that update nothing but the parameters of this copy of the model.

    Raises `InputError` if they hold others: those of the model itself would be trained, and no copy.
    """
    own = {id(parameter) for parameter in module.parameters()}
    if any(id(p) not in own for o in optimizers for group in o.param_groups for p in group["params"]):
        raise InputError(
            "optimizer must be built of the parameters that it is given, those of a copy of the model; found others. "
            "Try lambda groups, learning_rate: torch.optim.AdamW(groups, lr=learning_rate), and groups= for groups."
        )
    return optimizers


def left_out(module: Module, optimizers: Sequence[Optimizer]) -> tuple[str, ...]:
    """Return what to say of parameters that would train, and are in no optimizer."""
    held = {id(p) for one in optimizers for group in one.param_groups for p in group["params"]}
    every = [(name, p) for name, p in module.named_parameters() if p.requires_grad]
    names = [name for name, p in every if id(p) not in held]
    if not names:
        return ()
    shown = ", ".join([*names[:3], "..."] if len(names) > 3 else names)
    return (
        f"Mind the optimizer: {len(names)} of {len(every)} parameters with requires_grad are in none of its groups and "
        f"stay as they are ({shown}).",
    )


def following(networks: AnyNetworks, multiples: Sequence[Sequence[float]]) -> AnyNetworks:
    """Return networks whose optimizers must have these multiples of every rate that they are built with."""

    def update(one: Module, learning_rate: float) -> list[Optimizer]:
        optimizers = networks.update(one, learning_rate)
        require_multiples(optimizers, learning_rate, multiples)
        return optimizers

    return AnyNetworks(networks.make, update)


def device_for(model: object, name: str | None) -> Device:
    """Return the device asked for, or where the model already is, or the best there is."""
    if name is None and isinstance(model, load_torch().nn.Module):
        there = next((p.device for p in cast("Any", model).parameters()), None)
        if there is not None and there.type != "cpu":
            return there
    return device_of(name)


def _grouped(groups: Groups, module: Module) -> Sequence[Any]:
    try:
        return list(groups(module))
    except Exception as error:
        raise InputError(
            f"groups must return the parameters of a model in groups, as an optimizer takes them; it raised "
            f"{one_line(error)}."
        ) from error


def _with_rates(groups: Sequence[Any], learning_rate: float) -> list[Any]:
    """Return groups whose multiples of a learning rate are made rates."""
    made, tensor, multiples = list[Any](), load_torch().Tensor, list[float]()
    for group in groups:
        if not isinstance(group, dict):
            made.append(group)
            multiples.append(1.0)
            continue
        one = dict(cast("dict[str, Any]", group))
        if "params" not in one:
            there = ", ".join(map(str, one)) or "nothing"
            raise InputError(f"each of groups must have its parameters under params; found {there}. Name them so.")
        one["params"] = [one["params"]] if isinstance(one["params"], tensor) else list(one["params"])
        multiples.append(_multiple(one["lr"]) if "lr" in one else 1.0)
        if "lr" in one:
            one["lr"] = multiples[-1] * learning_rate
        made.append(one)
    if multiples and not any(multiples):
        raise InputError(
            "lr in groups must be above 0 in one of them, as a multiple of the learning rate; found 0 in all. Leave lr "
            "out where parameters train at the rate itself."
        )
    return made


def _multiple(given: Any) -> float:  # noqa: ANN401 - whatever a group has for its rate
    value = math.nan
    with suppress(Exception):
        value = float(given)
    if not 0 <= value < math.inf:
        raise InputError(
            "lr in groups must be a multiple of the learning rate, a number of at least 0; found "
            f"{f'{value:g}' if isinstance(given, int | float) else repr(given)}. Give 0.1 for a tenth of it."
        )
    return value


def customary_of(optimizers: Sequence[Optimizer]) -> dict[str, Any]:
    """Return the fields of the recipe that tell what rates are customary for an optimizer."""
    first, names = optimizers[0], [kind.__name__ for kind in type(optimizers[0]).__mro__]
    decay = float(first.defaults.get("weight_decay") or 0.0)
    known = next((name for name in names if name == "SGD" or name in _KNOWN), "AdamW")
    momentum = float(first.defaults.get("momentum") or 0.0) if known == "SGD" else 0.0
    name = _KNOWN.get(known, "adamw")
    if known == "SGD":
        name = "sgd" if not momentum else "nesterov" if first.defaults.get("nesterov") else "momentum"
    return {"optimizer": name, "momentum": momentum, "weight_decay": decay}
