"""What modules and optimizers hold that no `state_dict` has: `outside_state`, `changed_outside`."""

from __future__ import annotations

import zlib
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, cast

import numpy as np

from etascope.training.pytorch.library import Module, Optimizer, load_torch

#: How deep is looked into what an attribute holds, and how many are named.
DEEPEST, NAMED = 5, 3
_OF_OPTIMIZERS = {"state", "param_groups", "defaults"}


def outside_state(module: Module, optimizers: Sequence[Optimizer]) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Return a digest of each attribute that is no parameter or buffer, and of those of optimizers beside their state.

    Examples
    --------
    >>> from torch import nn
    >>> net = nn.Linear(1, 1)
    >>> net.steps = 0
    >>> before = outside_state(net, [])
    >>> net.steps += 1
    >>> changed_outside(before, outside_state(net, []))
    (['steps'], [])
    """
    kept = {id(tensor) for tensor in [*module.parameters(), *module.buffers()]}
    usual, in_model, in_optimizers = _attributes(load_torch().nn.Module()), dict[str, str](), dict[str, str]()
    for path, part in module.named_modules():
        for name, value in _attributes(part).items():
            if name not in usual:
                in_model[f"{path}.{name}".lstrip(".")] = _digest(value, kept, DEEPEST)
    for optimizer in optimizers:
        for name, value in _attributes(optimizer).items():
            if name not in _OF_OPTIMIZERS and not name.startswith("_optimizer_"):
                in_optimizers[f"{type(optimizer).__name__}.{name}"] = _digest(value, kept, DEEPEST)
    return in_model, in_optimizers


def changed_outside(
    before: tuple[Mapping[str, str], Mapping[str, str]], after: tuple[Mapping[str, str], Mapping[str, str]]
) -> tuple[list[str], list[str]]:
    """Return the names of a model, and of its optimizers, whose digests differ: numbers first, three at most."""
    found = list[list[str]]()
    for one, other in zip(before, after, strict=True):
        names = [name for name in other if one.get(name) != other[name]]
        found.append(sorted(names, key=lambda name, of=other: not of[name].startswith("number"))[:NAMED])
    return found[0], found[1]


def _attributes(one: Any) -> dict[str, Any]:  # noqa: ANN401 - any object
    return getattr(one, "__dict__", {})


def _digest(value: Any, kept: set[int], deep: int) -> str:  # noqa: ANN401 - whatever an attribute holds
    torch = load_torch()
    if isinstance(value, bool | int | float):
        return f"number {value!r}"
    if value is None or isinstance(value, str | bytes | complex):
        return repr(value)
    if isinstance(value, torch.Tensor):
        return "kept" if id(value) in kept else _of_array(value)
    if isinstance(value, np.ndarray | np.generic):
        return f"array {zlib.crc32(np.asarray(cast('Any', value)).tobytes())}"
    if not deep:
        return type(value).__name__
    parts: Sequence[Any] = ()
    if isinstance(value, dict):
        # Keys may be parameters, which are told by their places.
        table = cast("dict[Any, Any]", value)
        parts = [*(key if isinstance(key, str | int) else "" for key in table), *table.values()]
    elif isinstance(value, list | tuple | deque | set | frozenset):
        parts = list(cast("Sequence[Any]", value))
    elif isinstance(value, torch.nn.Module):
        parts = list(value.state_dict().values())
    elif not isinstance(value, type) and not callable(value):
        parts = list(_attributes(value).values())
    return f"{type(cast('object', value)).__name__} {[_digest(part, kept, deep - 1) for part in parts]}"


def _of_array(tensor: Any) -> str:  # noqa: ANN401 - a tensor
    with suppress(Exception):
        return f"tensor {zlib.crc32(tensor.detach().double().cpu().numpy().tobytes())}"
    return "tensor"
