"""Records as plain values that JSON can hold, by their fields: `plain`, and `number` for a single one."""

from __future__ import annotations

import dataclasses
import enum
import math
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, cast

import numpy as np

from etascope.core.sentences import Sentence

#: What stands for a record in JSON.
Document = dict[str, Any]


def plain(value: object, without: Collection[str] = ()) -> Any:  # noqa: ANN401 - whatever JSON can hold
    """Return a record, or a part of one, as dicts, lists, strings and numbers; meant to be read, not to come back.

    A sentence is text in Python's words, a dataclass a dict by its fields' names, a tuple or an array a list, an
    enumeration's member its name in small letters, a time its ISO 8601 form. For what must come back to the last bit
    there is `etascope.store.codec`.

    Parameters
    ----------
    value
        What to write: a record, an array, a number...
    without
        Fields of the record itself, not of its parts, that are left out.

    Raises
    ------
    TypeError
        If a part is nothing that JSON can hold.

    Examples
    --------
    >>> from etascope.core.choice import Confidence, Walls
    >>> plain(Walls(high=float("inf"))), plain(Confidence("likely", 1.0, Sentence(""), 0.9), without=("share",))
    ({'low': None, 'high': 'inf'}, {'word': 'likely', 'tolerance': 1.0, 'settle': ''})
    """
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return number(value)
    # Before records, of which it is one: readers get its text.
    if isinstance(value, Sentence):
        return str(value)
    if dataclasses.is_dataclass(value):
        # By name: a new field is a new key, which readers ignore (docs/json.md); to rename or drop one breaks them, and
        # takes another number in `schema`.
        names = [field.name for field in dataclasses.fields(value) if field.name not in without]
        return {name: plain(getattr(value, name)) for name in names}
    if isinstance(value, Mapping):
        return {name: plain(part) for name, part in cast("Mapping[str, object]", value).items() if name not in without}
    if isinstance(value, np.ndarray | np.generic):
        return plain(cast("object", value.tolist()))
    if isinstance(value, enum.Enum):
        return value.name.lower()
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Sequence):
        return [plain(part) for part in cast("Sequence[object]", value)]
    raise TypeError(f"JSON has nothing for {type(value).__name__}")


def number(value: float | None) -> float | str | None:
    """Return a number as JSON can hold it: not finite becomes "nan", "inf" or "-inf", nothing stays None."""
    # Strict JSON has no NaN and no infinity, and many readers refuse what Python writes for them.
    return value if value is None or math.isfinite(value) else str(float(value))
