"""A metric found in the lines that a script prints: `LineMetric`, by a pattern or by a key of JSON."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from functools import cached_property
from typing import cast

from etascope.core.errors import InputError

#: Words for what is no finite number; patterns for numbers seldom match them.
_NOT_FINITE = re.compile(r"(?<![\w.])[+-]?(nan|inf(?:inity)?)(?![\w.])", re.IGNORECASE)
#: A number that no float can hold stands for them.
_BEYOND = "9e999"


@dataclass(frozen=True)
class LineMetric:
    """Where in a line a metric stands.

    Attributes
    ----------
    pattern
        A regular expression. Its first group is the number, or all of it without a group; the last match of a line
        counts. `nan` and `inf` are found where a number would be.
    key
        A key of lines that are JSON objects, with dots into inner ones.

    Raises
    ------
    InputError
        Unless one of both is given, and can be used.

    Examples
    --------
    >>> LineMetric(pattern="val_loss[=: ]+([0-9.eE+-]+)").read("epoch 3  loss: 0.2  val_loss: 0.31")
    0.31
    >>> LineMetric(key="valid.loss").read('{"epoch": 3, "valid": {"loss": 0.31}}')
    0.31
    """

    pattern: str | None = None
    key: str | None = None

    def __post_init__(self) -> None:
        """Check the pattern."""
        if (self.pattern is None) == (self.key is None):
            raise InputError(
                "a script's metric needs a pattern or a key of JSON lines, and not both. Try --metric 'val_loss[=: "
                "]+([0-9.eE+-]+)', or --metric-key val_loss."
            )
        if self.key is not None and not all(self.key.split(".")):
            raise InputError(f"--metric-key must be a name, with dots into inner objects; found {self.key!r}.")
        _ = self._compiled

    @cached_property
    def _compiled(self) -> re.Pattern[str]:
        try:
            return re.compile(self.pattern or "")
        except re.error as error:
            raise InputError(
                f"--metric must be a regular expression; {self.pattern!r} is none: {error}. Try 'val_loss[=: "
                "]+([0-9.eE+-]+)'."
            ) from error

    @property
    def name(self) -> str:
        """What the metric is called: the key, or the first word of the pattern."""
        if self.key is not None:
            return self.key
        words = re.findall(r"(?<!\\)[A-Za-z_][\w-]*", re.sub(r"\[[^\]]*\]|\\.|\(\?[^)]*\)?", " ", self.pattern or ""))
        return words[0] if words else "the metric"

    def read(self, line: str) -> float | None:
        """Return the metric of a line, NaN or infinite where it is not finite; None where there is none."""
        return self._from_json(line) if self.key is not None else self._from_text(line)

    def _from_text(self, line: str) -> float | None:
        for text in (line, _NOT_FINITE.sub(_BEYOND, line)):
            for match in reversed(list(self._compiled.finditer(text))):
                number = _number(match.group(1 if self._compiled.groups else 0))
                if number is not None:
                    return number
        return None

    def _from_json(self, line: str) -> float | None:
        start = line.find("{")
        if start < 0:
            return None
        try:
            value: object = json.loads(line[start:])
        except (ValueError, RecursionError):
            return None
        key = self.key or ""
        for name in [key] if isinstance(value, dict) and key in value else key.split("."):
            inner = cast("dict[str, object]", value) if isinstance(value, dict) else {}
            if name not in inner:
                return None
            value = inner[name]
        return _number(cast("object", value))


def _number(value: object) -> float | None:
    if value is None or isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return math.inf
    except ValueError:
        return None
    return number
