"""Random generators: those that all share, `random_state_kept`, and those that loaders and models hold."""

from __future__ import annotations

import logging
import random
import re
import types
from collections import deque
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any, cast

import numpy as np

from etascope.training.pytorch.library import load_torch


@dataclass(frozen=True, eq=False)
class RandomState:
    """Where the global generators stand.

    Attributes
    ----------
    python, numpy
        Of `random` and of `numpy.random`.
    torch
        Of PyTorch on the processor.
    cuda
        A state a CUDA device; empty where CUDA was never used.
    """

    python: Any
    numpy: Any
    torch: Any
    cuda: tuple[Any, ...]

    @classmethod
    def now(cls) -> RandomState:
        """Return where they stand."""
        torch = load_torch()
        cuda = tuple(torch.cuda.get_rng_state_all()) if torch.cuda.is_initialized() else ()
        return cls(random.getstate(), np.random.get_state(), torch.get_rng_state(), cuda)  # noqa: NPY002 - the global one

    def equals(self, other: RandomState) -> bool:
        """Return whether all stand where they stand in another state."""
        torch = load_torch()
        pairs = [(self.torch, other.torch), *zip(self.cuda, other.cuda, strict=False)]
        (name, keys, *rest), (other_name, other_keys, *other_rest) = self.numpy, other.numpy
        return (
            self.python == other.python
            and (name, rest) == (other_name, other_rest)
            and np.array_equal(keys, other_keys)
            and len(self.cuda) == len(other.cuda)
            and all(torch.equal(one, two) for one, two in pairs)
        )

    def restore(self) -> None:
        """Put them back there."""
        torch = load_torch()
        random.setstate(self.python)
        np.random.set_state(self.numpy)  # noqa: NPY002 - the global one
        torch.set_rng_state(self.torch)
        if self.cuda:
            torch.cuda.set_rng_state_all(list(self.cuda))


def seed_all(seed: int) -> None:
    """Seed the generators of Python, NumPy and PyTorch, on every device that was used."""
    random.seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002 - the global one
    torch = load_torch()
    # Not torch.manual_seed: where a device has not been used yet, it writes down the whole call stack each time.
    torch.default_generator.manual_seed(seed)
    if torch.cuda.is_initialized():
        torch.cuda.manual_seed_all(seed)


@contextmanager
def random_state_kept() -> Generator[None]:
    """Put the global generators back where they stood, however the block ends."""
    before = RandomState.now()
    try:
        yield
    finally:
        before.restore()


#: Objects of a loader that are looked into at most, and parts of each list: data sets hold large lists.
MOST_OBJECTS, MOST_PARTS = 2000, 100
#: Their code names nothing of the user's.
LIBRARIES = {
    "builtins", "torch", "torchvision", "numpy", "random", "etascope", "collections", "PIL", "accelerate", "datasets",
    "lightning", "lightning_fabric", "lightning_utilities", "pytorch_lightning", "timm", "torchmetrics", "transformers",
    "_weakrefset", "abc", "contextlib", "dataclasses", "enum", "functools", "inspect", "logging", "pathlib", "re",
    "regex", "threading", "typing", "typing_extensions", "warnings", "weakref",
}  # fmt: skip
#: They hold nothing.
LEAVES = (
    str, bytes, int, float, type(None), logging.Logger, types.BuiltinFunctionType, types.GetSetDescriptorType,
    types.MemberDescriptorType, types.MethodDescriptorType, types.ModuleType, types.WrapperDescriptorType, re.Pattern,
    type, np.ndarray, np.generic,
)  # fmt: skip


def generators_of(*loaders: object) -> list[Any]:
    """Return the generators of PyTorch, NumPy and Python that loaders hold.

    They are looked for in attributes, slots, lists and dicts; then in what functions and methods hold, as a transform
    in a `lambda`, and in the class attributes and global names that a data set's own code uses. What stands behind
    2,000 objects is not found, and nothing in the middle of a long list.

    Examples
    --------
    >>> class Loader:
    ...     def __init__(self):
    ...         self.transforms = [np.random.default_rng(3)]
    >>> len(generators_of(Loader()))
    1
    """
    torch = load_torch()
    kinds = (torch.Generator, np.random.Generator, np.random.RandomState, random.Random)
    leaves = (*LEAVES, torch.Tensor)
    generators, visited, waiting, code = list[Any](), set[int](), deque[Any](loaders), deque[Any]()
    while (waiting or code) and len(visited) < MOST_OBJECTS:
        one = waiting.popleft() if waiting else code.popleft()
        if id(one) in visited or isinstance(one, leaves):
            continue
        visited.add(id(one))
        if isinstance(one, kinds):
            generators.append(one)
            continue
        held, named = _held(one)
        waiting += held
        code += named
    return generators


def _held(one: Any) -> tuple[list[Any], list[Any]]:  # noqa: ANN401 - anything that a loader holds
    """Return what an object holds, and what its code does, which is looked into later."""
    if isinstance(one, dict):
        return list(islice(cast("dict[Any, Any]", one).values(), MOST_PARTS)), []
    if isinstance(one, list | tuple):
        return list(cast("list[Any]", one)[:MOST_PARTS]), []
    if isinstance(one, types.MethodType):
        return [one.__self__], [one.__func__]
    if isinstance(one, staticmethod | classmethod):
        return [], [cast("Any", one).__func__]
    if isinstance(one, property):
        return [], [one.fget]
    if isinstance(one, partial):
        held = cast("partial[Any]", one)
        return [*held.args, *held.keywords.values()], [held.func]
    if isinstance(one, types.FunctionType):
        return [], _held_by_function(one)
    bases: tuple[type, ...] = type(one).__mro__
    parts: list[Any] = list(getattr(one, "__dict__", {}).values())
    for name in (slot for base in bases for slot in _slots(base)):
        with suppress(AttributeError):
            parts.append(getattr(one, name))
    return parts, [value for base in bases if is_own(base) for value in list(vars(base).values())]


def _held_by_function(one: types.FunctionType) -> list[Any]:
    """Return the cells, the defaults, and the global objects that a function of the user's own names."""
    held: list[Any] = [*(one.__defaults__ or ()), *(one.__kwdefaults__ or {}).values()]
    for cell in one.__closure__ or ():
        with suppress(ValueError):
            held.append(cell.cell_contents)
    if is_own(one):
        held += [one.__globals__[name] for name in one.__code__.co_names if name in one.__globals__]
    return held


def _slots(kind: type) -> tuple[str, ...]:
    slots: Any = vars(kind).get("__slots__", ())
    return (slots,) if isinstance(slots, str) else tuple(slots)


def is_own(code: type | types.FunctionType) -> bool:
    """Return whether a class or a function is of nobody's library that is known to name nothing of the user's."""
    return str(code.__module__).partition(".")[0] not in LIBRARIES


def seed_generators(loader: object, seed: int) -> None:
    """Seed every generator that a loader holds, each in a way of its own, and the order of one that counts epochs."""
    for one, _ in _epochs([loader]):
        one.set_epoch(seed % 2**31)
    seed_each(generators_of(loader), seed)


def seed_each(generators: Sequence[Any], seed: int) -> None:
    """Seed generators, each in a way of its own."""
    torch = load_torch()
    for number, generator in enumerate(generators):
        own = (seed + number) % 2**32
        if isinstance(generator, torch.Generator):
            generator.manual_seed(own)
        elif isinstance(generator, np.random.Generator):
            generator.bit_generator.state = type(generator.bit_generator)(own).state
        else:
            generator.seed(own)


def states_of(*loaders: object) -> list[Any]:
    """Return where the generators of loaders stand, and the states of loaders that have a `state_dict`."""
    states = [state_of(generator) for generator in generators_of(*loaders)]
    return states + [state for _, state in _loader_states(loaders)] + [epoch for _, epoch in _epochs(loaders)]


@contextmanager
def loaders_kept(*loaders: object) -> Generator[None]:
    """Put the generators of loaders, and loaders with a `state_dict`, back where they stood, however the block ends."""
    generators = generators_of(*loaders)
    states = [state_of(generator) for generator in generators]
    own, epochs = _loader_states(loaders), _epochs(loaders)
    try:
        yield
    finally:
        for generator, state in zip(generators, states, strict=True):
            restore_state(generator, state)
        for loader, state in own:
            load = _method(loader, "load_state_dict")
            if load is not None:
                load(state)
        for loader, epoch in epochs:
            loader.set_epoch(epoch)


def _loader_states(loaders: Sequence[object]) -> list[tuple[object, Any]]:
    """Return the loaders that have a state of their own, with it."""
    states = list[tuple[object, Any]]()
    for loader in loaders:
        state = _method(loader, "state_dict")
        # A loader of accelerate has the method also where the loader that it wraps has no state.
        with suppress(AttributeError):
            if state is not None:
                states.append((loader, state()))
    return states


def _epochs(loaders: Sequence[Any]) -> list[tuple[Any, int]]:
    """Return the loaders that shuffle by the number of their epoch, with it: those of accelerate."""
    known = [(loader, getattr(loader, "iteration", None)) for loader in loaders if _method(loader, "set_epoch")]
    return [(loader, epoch) for loader, epoch in known if isinstance(epoch, int)]


def _method(loader: object, name: str) -> Callable[..., Any] | None:
    method = getattr(loader, name, None)
    return method if callable(method) else None


def state_of(generator: Any) -> Any:  # noqa: ANN401 - of three libraries
    """Return where a generator stands."""
    torch = load_torch()
    if isinstance(generator, torch.Generator):
        return generator.get_state()
    if isinstance(generator, np.random.Generator):
        return generator.bit_generator.state
    if isinstance(generator, np.random.RandomState):
        return generator.get_state()
    return generator.getstate()


def restore_state(generator: Any, state: Any) -> None:  # noqa: ANN401 - of three libraries
    """Put a generator back where it stood."""
    torch = load_torch()
    if isinstance(generator, np.random.Generator):
        generator.bit_generator.state = state
    elif isinstance(generator, torch.Generator | np.random.RandomState):
        generator.set_state(state)
    else:
        generator.setstate(state)
