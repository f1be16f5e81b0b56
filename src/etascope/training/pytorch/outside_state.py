"""What a training changes that no `state_dict` has: in a trial, `outside_state`, or for all, `SharedState`."""

from __future__ import annotations

import logging
import math
import zlib
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import FunctionType, MethodType, ModuleType
from typing import Any, cast

import numpy as np

from etascope.core.errors import InputError
from etascope.training.pytorch.generators import generators_of, is_own
from etascope.training.pytorch.library import Module, Optimizer, load_torch
from etascope.training.pytorch.unit import Training

#: How deep is looked into what an attribute holds, and how many are named.
DEEPEST, NAMED = 5, 3
#: Why nothing may be there that the training needs.
LOSES = "so that a trial can be interrupted and go on"
_OF_OPTIMIZERS = {"state", "param_groups", "defaults"}


def outside_state(
    module: Module, optimizers: Sequence[Optimizer], largest: float = math.inf
) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Return a digest of each attribute that is no parameter or buffer, and of those of optimizers beside their state.

    Of what has more numbers or parts than `largest`, only the size counts. What metrics of torchmetrics count is for
    logs, and left out.

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
        if type(part).__module__.startswith("torchmetrics."):
            continue
        for name, value in _attributes(part).items():
            if name not in usual:
                # What holds a model, as etascope and DataParallel do, is left out.
                in_model[f"{path}.{name}".lstrip(".").removeprefix("module.")] = _digest(
                    value, kept, DEEPEST, largest, {}
                )
    for optimizer in optimizers:
        for name, value in _attributes(optimizer).items():
            if name not in _OF_OPTIMIZERS and not name.startswith("_optimizer_"):
                in_optimizers[f"{type(optimizer).__name__}.{name}"] = _digest(value, kept, DEEPEST, largest, {})
    return in_model, in_optimizers


def changed_outside(
    before: tuple[Mapping[str, str], Mapping[str, str]], after: tuple[Mapping[str, str], Mapping[str, str]]
) -> tuple[list[str], list[str]]:
    """Return the names of a model, and of its optimizers, whose digests differ: numbers first, three at most."""
    changed = list[list[str]]()
    for one, other in zip(before, after, strict=True):
        names = [name for name in other if one.get(name) != other[name]]
        changed.append(sorted(names, key=lambda name, of=other: not of[name].startswith("number"))[:NAMED])
    return changed[0], changed[1]


def lost_state(
    module: Module,
    before: tuple[Mapping[str, str], Mapping[str, str]],
    after: tuple[Mapping[str, str], Mapping[str, str]],
    *,
    adds: bool,
    model_first: bool,
) -> InputError | None:
    """Return what to say of a trial that does not go on as it would have, by what changed outside its state.

    `before` and `after` are what `outside_state` returned; a step of the owner's own that `adds` may add up gradients;
    `model_first` names the model where both it and an optimizer changed.
    """
    in_model, in_optimizer = changed_outside(before, after)
    if in_model and (model_first or not in_optimizer):
        how = "Make it a buffer with register_buffer, or a part of the model."
        if after[0][in_model[0]].startswith("number"):
            last = in_model[0].rpartition(".")[2]
            how = f'Make it a buffer, as self.register_buffer("{last}", torch.tensor(0.0)), and change that.'
        instead = " To add up gradients, leave step out and give accumulate=." if adds else ""
        return InputError(
            f"the model must keep all that changes in training in its state_dict(), {LOSES}; found "
            f"{', '.join(in_model)} of {type(module).__name__}, which is lost then. {how}{instead}"
        )
    if in_optimizer:
        return InputError(
            f"the optimizer must keep all that changes in training in its state_dict(), {LOSES}; found "
            f"{', '.join(in_optimizer)}, which is lost then. Keep it in self.state[parameter], or in a parameter group."
        )
    return None


def digest_of(value: object, largest: float = math.inf) -> str:
    """Return what tells whether an object holds something else later."""
    return _digest(value, set(), DEEPEST, largest, {})


def _attributes(one: Any) -> dict[str, Any]:  # noqa: ANN401 - any object
    return getattr(one, "__dict__", {})


def _digest(
    value: Any,  # noqa: ANN401 - whatever is held
    kept: set[int],
    deep: int,
    largest: float,
    digests: dict[tuple[int, int], str],
) -> str:
    torch = load_torch()
    if isinstance(value, bool | int | float):
        return f"number {value!r}"
    if value is None or isinstance(value, str | bytes | complex):
        return repr(value)
    if isinstance(value, torch.Tensor):
        return "kept" if id(value) in kept else _of_tensor(value, largest)
    if isinstance(value, np.ndarray | np.generic):
        array = np.asarray(cast("Any", value))
        return f"array {array.shape} {zlib.crc32(array.tobytes()) if array.size <= largest else ''}"
    if not deep or isinstance(value, logging.Logger):
        return type(value).__name__
    # Objects that hold each other are looked at once, and not as often as there are ways to them.
    key = id(cast("object", value)), deep
    if key in digests:
        return digests[key]
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
    inside = len(parts) if len(parts) > largest else [_digest(part, kept, deep - 1, largest, digests) for part in parts]
    digests[key] = f"{type(cast('object', value)).__name__} {zlib.crc32(repr(inside).encode('utf-8', 'surrogatepass'))}"
    return digests[key]


def _of_tensor(tensor: Any, largest: float) -> str:  # noqa: ANN401 - a tensor
    if tensor.numel() > largest:
        return f"tensor {tuple(tensor.shape)}"
    with suppress(Exception):
        return f"tensor {zlib.crc32(tensor.detach().double().cpu().numpy().tobytes())}"
    return "tensor"


#: Of what has more numbers or parts than so many, only the size is looked at.
LARGEST = 1000
#: So many functions and classes are looked into at most.
MOST = 200


@dataclass(frozen=True, eq=False)
class SharedState:
    """Digests of what is shared, by name, and the functions and classes that name it.

    Attributes
    ----------
    code
        Functions and classes of one's own.
    digests
        As they were.
    """

    code: Sequence[Any]
    digests: Mapping[str, str]

    @classmethod
    def of(cls, training: Training, seed: int) -> SharedState:
        """Return what the step, the loss and the model of a training share."""
        settings, objective = training.settings, training.objective
        code: list[Any] = [settings.step, settings.train_loss, getattr(objective, "train", None)]
        parts: Any = training.networks.build(seed).modules()
        code += [kind for kind in dict.fromkeys(map(type, parts)) if is_own(kind)]
        code = _reached(code)
        return cls(code, dict(_digests(code)))

    def sentences(self) -> tuple[str, ...]:
        """Return what to mind of what is otherwise now, in a sentence."""
        now = dict(_digests(self.code))
        names = [name for name in self.digests if now.get(name) != self.digests[name]][:NAMED]
        if not names:
            return ()
        return (
            f"Mind {', '.join(names)}: what a step changes there all trials share, so that a training alone may come "
            "out otherwise, and it is not put back after the search. Keep what counts in a buffer of the model, with "
            "register_buffer.",
        )


def _reached(code: Sequence[Any]) -> list[Any]:
    """Return code, and the functions of one's own that it names, and those that they name."""
    reached, waiting = dict[int, Any](), [one for one in code if one is not None]
    while waiting and len(reached) < MOST:
        one = waiting.pop(0)
        if reached.setdefault(id(one), one) is one:
            named = [value for _, value in _named([one])]
            waiting += [value for value in named if isinstance(value, FunctionType) and is_own(value)]
            waiting += [value for value in named if isinstance(value, MethodType)]
            waiting = [value for value in waiting if id(value) not in reached]
    return list(reached.values())


def _digests(code: Sequence[Any]) -> Iterator[tuple[str, str]]:
    """Yield the names and digests of what code names: cells, globals, class attributes and the object of a method."""
    kept = (load_torch().utils.data.DataLoader, ModuleType, FunctionType, MethodType, type)
    for name, value in _named(code):
        if value is not None and not isinstance(value, kept) and not generators_of(value):
            yield name, digest_of(value, LARGEST)


def _named(code: Sequence[Any]) -> Iterator[tuple[str, Any]]:
    for one in code:
        if isinstance(one, type):
            yield from ((f"{one.__name__}.{name}", value) for name, value in vars(one).items() if name[:2] != "__")
            yield from _named([value for value in vars(one).values() if isinstance(value, FunctionType)])
        elif isinstance(one, MethodType):
            yield from ((f"self.{name}", value) for name, value in getattr(one.__self__, "__dict__", {}).items())
            yield from _named([one.__func__])
        elif isinstance(one, FunctionType) and is_own(one):
            yield from ((name, one.__globals__.get(name)) for name in one.__code__.co_names)
            for name, cell in zip(one.__code__.co_freevars, one.__closure__ or (), strict=False):
                yield name, _content(cell)
        elif one is not None and not isinstance(one, FunctionType):
            held = cast("dict[str, Any]", getattr(one, "__dict__", {}))
            yield from ((f"{type(one).__name__}.{name}", value) for name, value in held.items())


def _content(cell: Any) -> Any:  # noqa: ANN401 - a cell, and what it holds
    try:
        return cell.cell_contents
    except ValueError:
        return None
