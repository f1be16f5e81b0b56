"""Records to JSON and back, driven by the fields of their dataclasses; arrays go into a list beside it."""

from __future__ import annotations

import dataclasses
import enum
import math
import struct
import types
import typing
from collections.abc import Callable
from functools import cache
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from etascope.core.choice import Choice, Verdict
from etascope.core.errors import InputError
from etascope.core.recipe import Task
from etascope.core.sentences import Sentence

#: Records that were text once, and how that is read; fields that had another name, or are no more.
_ONCE_TEXT: dict[Any, Callable[[str], Any]] = {Sentence: Sentence, Verdict: lambda text: Verdict(*text.split(": ", 1))}
_RENAMED = {(Choice, "reason"): "reasons"}
_GONE = {(Task, "largest")}
Arrays = list[NDArray[Any]]
#: A record or a part of one; what stands for it in JSON; its type, as a field declares it.
Value = Any
Document = Any
Kind = Any


def encode(value: Value, kind: Kind, arrays: Arrays) -> Document:
    """Return what stands for `value` in a JSON document.

    A dataclass is an object by its fields' names (a record that is its field's default is null), a tuple a list, an
    enumeration's member its name, an array its position in `arrays`. A float that is not finite is its IEEE 754 bits
    as 16 hexadecimal digits, so that a NaN comes back with its sign and payload.

    Parameters
    ----------
    value
        A record or a part of one.
    kind
        Its type, as a field declares it. `Any` stands for plain JSON values.
    arrays
        Receives the arrays.

    Raises
    ------
    InputError
        If a value declared `Any` is nothing that JSON can hold.
    TypeError
        If a type is none that a record may have.

    Examples
    --------
    >>> from etascope.core.choice import Basin, Walls
    >>> encode(Walls(low=0.1), Walls, []), encode(float("inf"), float, [])
    ({'low': 0.1, 'high': None}, '7ff0000000000000')
    >>> decode({"low": 0.1}, Walls, [])
    Walls(low=0.1, high=None)
    """
    kind = unaliased(kind)
    if kind is Any:
        return _plain(value)
    optional, kind = _without_none(kind)
    if optional:
        return None if value is None else encode(value, kind, arrays)
    return _encode(value, kind, arrays)


def _encode(value: Value, kind: Kind, arrays: Arrays) -> Document:
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is tuple:
        return [encode(part, of, arrays) for part, of in zip(value, _tuple_kinds(arguments, len(value)), strict=True)]
    if origin is dict:
        return {str(key): encode(part, arguments[1], arrays) for key, part in value.items()}
    if origin is np.ndarray:
        arrays.append(value)
        return len(arrays) - 1
    if dataclasses.is_dataclass(kind):
        hints, document = _hints(cast("type[Any]", kind)), dict[str, Document]()
        for field in dataclasses.fields(kind):
            part = getattr(value, field.name)
            is_default = dataclasses.is_dataclass(part) and part == field.default
            document[field.name] = None if is_default else encode(part, hints[field.name], arrays)
        return document
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return value.name
    if kind is float:
        return _number(value)
    if kind in (bool, int, str):
        return kind(value)
    raise TypeError(f"a record may not have the type {kind!r}")


def decode(document: Document, kind: Kind, arrays: Arrays) -> Value:
    """Return the value of type `kind` that `encode` made `document` and `arrays` of.

    A field that the document lacks takes its default, so documents older than a field can be read.

    Raises
    ------
    InputError
        If the document has a field that the type lacks: a newer etascope wrote it.
    TypeError, ValueError, LookupError
        If the document does not fit the type.
    """
    kind = unaliased(kind)
    if kind is Any:
        return document
    optional, kind = _without_none(kind)
    if optional:
        return None if document is None else decode(document, kind, arrays)
    return _decode(document, kind, arrays)


def _decode(document: Document, kind: Kind, arrays: Arrays) -> Value:
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is tuple:
        _require(document, list)
        kinds = _tuple_kinds(arguments, len(document))
        return tuple(decode(part, of, arrays) for part, of in zip(document, kinds, strict=True))
    if origin is dict:
        _require(document, dict)
        return {key: decode(part, arguments[1], arrays) for key, part in document.items()}
    if origin is np.ndarray:
        number: int = _require(document, int)
        if number < 0:
            raise IndexError(f"there is no array {number}")
        return arrays[number]
    if kind in _ONCE_TEXT and isinstance(document, str):
        return _ONCE_TEXT[kind](document)
    if dataclasses.is_dataclass(kind):
        return _record(document, cast("type[Any]", kind), arrays)
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return kind[document]
    if kind is float:
        if isinstance(document, str):
            content = bytes.fromhex(document)
            if len(content) != 8:
                raise ValueError(f"{document!r:.40} is no number of 64 bits")
            return float(struct.unpack(">d", content)[0])
        return _require(document, int, float)
    if kind in (bool, int, str):
        return _require(document, kind)
    raise TypeError(f"a record may not have the type {kind!r}")


def _require(document: Document, *kinds: type[Any]) -> Document:
    """Return a document that is of one of these types; True is no number here."""
    is_number = isinstance(document, bool) and bool not in kinds
    if is_number or not isinstance(document, kinds):
        raise TypeError(f"{document!r:.80} should be of the type {kinds[-1].__name__}")
    return cast("Document", document)


def _record(document: dict[str, Any], kind: type[Any], arrays: Arrays) -> Value:
    _require(document, dict)
    document = {_RENAMED.get((kind, name), name): v for name, v in document.items() if (kind, name) not in _GONE}
    hints = _hints(kind)
    unknown = sorted(set(document) - {field.name for field in dataclasses.fields(kind)})
    needed = [field.name for field in dataclasses.fields(kind) if _is_needed(field)]
    # What lacks a part that every version wrote is no newer one: it is another record.
    if unknown and all(name in document for name in needed):
        raise InputError(
            f"a newer etascope wrote this: {kind.__name__} has no field {unknown[0]!r} here.",
            "Upgrade: pip install -U etascope.",
        )
    parts = {
        field.name: decode(document[field.name], hints[field.name], arrays)
        for field in dataclasses.fields(kind)
        if field.name in document and not (document[field.name] is None and dataclasses.is_dataclass(field.default))
    }
    try:
        return kind(**parts)
    except InputError as error:
        raise ValueError(error.said) from error


def _is_needed(field: dataclasses.Field[Any]) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


@cache
def _hints(kind: type[Any]) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def unaliased(kind: Kind) -> Kind:
    """Return the type that a name for a type stands for: `type X = ...`, as NumPy's `NDArray` is from Python 3.12 on.

    Examples
    --------
    >>> unaliased(float), typing.get_origin(unaliased(NDArray[np.float64]))
    (<class 'float'>, <class 'numpy.ndarray'>)
    """
    # A subscripted name hands on what it is asked for, so the name itself is asked.
    name = typing.get_origin(kind) or kind
    if not hasattr(name, "__value__"):
        return kind
    value, given = name.__value__, dict(zip(name.__type_params__, typing.get_args(kind), strict=False))
    open_still = tuple(given.get(parameter, parameter) for parameter in getattr(value, "__parameters__", ()))
    return unaliased(value[open_still] if open_still else value)


def _without_none(kind: Kind) -> tuple[bool, Kind]:
    """Return whether None is allowed, and the type that is left."""
    if typing.get_origin(kind) not in (types.UnionType, typing.Union):
        return False, kind
    arms = [arm for arm in typing.get_args(kind) if arm is not type(None)]
    if len(arms) != 1:
        raise TypeError(f"a field of a record may have one type or None; found {kind!r}")
    return True, arms[0]


def _tuple_kinds(arguments: tuple[Kind, ...], length: int) -> tuple[Kind, ...]:
    return (arguments[0],) * length if arguments[-1] is Ellipsis else arguments


def _number(value: Value) -> Document:
    if isinstance(value, int):
        return value
    number = float(value)
    return number if math.isfinite(number) else struct.pack(">d", number).hex()


def _plain(value: Value) -> Document:
    if isinstance(value, dict):
        return {str(key): _plain(part) for key, part in cast("dict[Any, Any]", value).items()}
    if isinstance(value, list | tuple):
        return [_plain(part) for part in cast("list[Any]", value)]
    if value is None or isinstance(value, bool | int | str) or (isinstance(value, float) and math.isfinite(value)):
        return value
    raise InputError(f"options of a run must be values that JSON can hold; found {value!r}. Give its text instead.")
