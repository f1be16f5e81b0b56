"""What a public function or record is given, held to its annotations: `checked`, `check_values`."""

from __future__ import annotations

import ast
import functools
import inspect
import operator
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, fields
from numbers import Real
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

from etascope.core.errors import InputError
from etascope.core.sentences import Setting, say

P = ParamSpec("P")
R = TypeVar("R")
#: Characters of a value that are told.
_SHOWN = 60


def checked(function: Callable[P, R]) -> Callable[P, R]:
    """Hold what a function is called with to its annotations before it runs; NumPy's numbers become Python's.

    Annotations that `KINDS` does not have are for the function to check.

    Examples
    --------
    >>> @checked
    ... def train(budget: float | None = None):
    ...     return budget
    >>> train("3")
    Traceback (most recent call last):
    etascope.core.errors.InputError: budget must be a number; found '3'. Write budget=3.
    """
    as_any: Any = function
    names: tuple[str, ...] = as_any.__code__.co_varnames[: as_any.__code__.co_argcount]

    @functools.wraps(function)
    def call(*args: P.args, **given: P.kwargs) -> R:
        first = held_to(function, dict(zip(names, args, strict=False)))
        return as_any(*first.values(), *args[len(first) :], **held_to(function, given))

    return call


def held_to(function: Callable[..., object], given: Mapping[str, object]) -> dict[str, Any]:
    """Return keywords as `checked` hands them to a function."""
    plain: Any = inspect.unwrap(function)
    names: tuple[str, ...] = plain.__code__.co_varnames[: plain.__code__.co_argcount]
    defaults = {*names[len(names) - len(plain.__defaults__ or ()) :], *(plain.__kwdefaults__ or ())}
    kinds: dict[str, str] = plain.__annotations__
    return {n: _held(n, value, kinds.get(n, ""), required=n not in defaults) for n, value in given.items()}


def check_values(record: Any) -> None:  # noqa: ANN401 - any dataclass
    """Hold the fields of a dataclass to their annotations, and set them as Python's numbers and tuples."""
    for field in fields(record):
        if field.init:
            required = field.default is MISSING and field.default_factory is MISSING
            value = _held(field.name, getattr(record, field.name), str(field.type), required=required)
            object.__setattr__(record, field.name, value)


def _held(name: str, value: object, annotation: str, *, required: bool) -> object:
    kind = annotation.removesuffix(" | None").replace("os.", "")
    if kind not in KINDS or (value is None and kind != annotation.replace("os.", "")):
        return value
    words, read = KINDS[kind]
    try:
        return read(value)
    except (TypeError, ValueError, OverflowError) as error:
        written = [Setting(name, other) for other in _meant(value) if _reads(read, other)]
        move = "Give one." if required else "Leave it out for the default."
        if isinstance(value, type):
            move = f"Write {name}={value.__name__}()."
        elif written:
            move = say(f"Write {{{name}}}.", written[0])
        raise InputError(f"{name} must be {words}; found {_shown(value)}.", move) from error


def _meant(value: Any) -> Iterable[Any]:  # noqa: ANN401 - whatever was given
    """Yield what may have been meant: the number in quotes or in a list, the one number as a tuple."""
    if isinstance(value, str):
        try:
            value = ast.literal_eval(value.strip())
        except (ValueError, SyntaxError):
            return
        yield value
    if isinstance(value, list | tuple) and len(cast("list[Any]", value)) == 1:
        yield value[0]
    if isinstance(value, float) and value.is_integer():
        yield int(value)
    if not isinstance(value, bool):
        yield (value,)


def _reads(read: Callable[[Any], object], value: object) -> bool:
    try:
        read(value)
    except (TypeError, ValueError, OverflowError):
        return False
    return True


def _shown(value: object) -> str:
    if isinstance(value, type):
        return f"the class {value.__name__}"
    text = repr(value) if value is None or type(value).__module__ == "builtins" else ""
    return text if 0 < len(text) <= _SHOWN else f"a value of type {type(value).__name__}"


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever was given
    """Return a number of NumPy or PyTorch, which has no axis, as Python's; anything else as it is."""
    return value.item() if getattr(value, "ndim", None) == 0 and not isinstance(value, type) else value


def _number(value: object) -> float:
    value = _plain(value)
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError
    number = float(value)
    return value if isinstance(value, int) else number


def _whole(value: object) -> int:
    value = _plain(value)
    if isinstance(value, bool):
        raise TypeError
    return operator.index(cast("int", value))


def _share_or_place(value: object) -> object:
    value = _plain(value)
    return _number(value) if isinstance(value, Real) else value


def _several(value: object) -> tuple[Any, ...]:
    if isinstance(value, str | bytes | Mapping) or getattr(value, "ndim", 1) == 0:
        raise TypeError
    return tuple(cast("Iterable[Any]", value))


def _each(read: Callable[[Any], object]) -> Callable[[object], object]:
    """Return what takes several of a kind, from anything that can be gone through."""
    return lambda value: tuple(map(read, _several(value)))


def _by_name(value: object) -> object:
    if not isinstance(value, Mapping):
        raise TypeError
    return cast("object", value)


def _is(name: str) -> Callable[[object], object]:
    """Return what takes objects of a class so called, which core need not know."""

    def read(value: object) -> object:
        if name not in {one.__name__ for one in type(value).__mro__}:
            raise TypeError
        return value

    return read


def _has(*methods: str) -> Callable[[object], object]:
    """Return what takes objects, and no classes, that have methods so called."""

    def read(value: object) -> object:
        if isinstance(value, type) or not all(callable(getattr(value, name, None)) for name in methods):
            raise TypeError
        return value

    return read


#: By annotation, how it is named for people, and what reads it, or raises.
KINDS: Mapping[str, tuple[str, Callable[[Any], object]]] = {
    "float": ("a number", _number),
    "int": ("a whole number", _whole),
    "bool": ("True or False", lambda value: _is("bool")(_plain(value))),
    "str": ("text", lambda value: _is("str")(_plain(value))),
    **dict.fromkeys(("tuple[int, ...]", "Sequence[int]"), ("several whole numbers", _each(_whole))),
    "float | str | PathLike[str]": ("a share or a path", _share_or_place),
    "str | PathLike[str]": ("a path", os.fsdecode),
    "Path": ("a path", lambda value: Path(os.fsdecode(value))),
    "Recipe": ("a Recipe, as Recipe(epochs=10)", _is("Recipe")),
    "TrainingOptions": ("TrainingOptions, as TrainingOptions(clip_norm=1)", _is("TrainingOptions")),
    "Run": ("a Run, as pick returns it", _is("Run")),
    "Sequence[History]": ("as run.histories of a Run", _each(_is("History"))),
    "Sequence[Adviser]": ("objects with advise", _each(_has("advise"))),
    "Mapping[str, Metric]": ("functions by name, as {'name': function}", _by_name),
    "Method": ("an object with propose and choose, as Automatic()", _has("propose", "choose")),
    "Engine": ("an object with train, as DenseEngine()", _has("train")),
    "Recorder": ("an object with begin, append and finish", _has("begin", "append", "finish")),
    **dict.fromkeys(("TrainingStep", "TrainLoss", "Groups", "Loss"), ("a function", _has("__call__"))),
    "OnProgress": ("a function that takes a Progress", _has("__call__")),
}  # fmt: skip
