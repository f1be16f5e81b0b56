"""Sentences with their facts apart, which each door writes in its own words: `Sentence`, `Setting`, `say`."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from etascope.core.numbers import nats, rate
from etascope.core.visible import visible

_PLACE = re.compile(r"\{(\w+)(?::([^{}]*))?\}")
_ENDS = re.compile(r"(?<=[.?!]) (?=[A-Z{])")
_WRITERS: dict[str, Callable[[float], str]] = {"rate": rate, "nats": nats}


@dataclass(frozen=True)
class Setting:
    """Something that a user can set, with the value to give it.

    Attributes
    ----------
    name
        As Python's functions call it: `image_size`. Where a command calls it otherwise, `cli/dialect.py` knows.
    value
        A number, a string, a bool or a tuple of numbers; None names the setting alone.
    """

    name: str
    value: Any = None


@dataclass(frozen=True)
class Call(Setting):
    """A function of etascope to call, which is a command at the command line.

    Attributes
    ----------
    name
        Its name.
    value
        What is given to it: first what is given by its place, then settings.
    """

    value: tuple[Any, ...] = ()


@dataclass(frozen=True)
class Command(Call):
    """A command that no function of Python's does, so that it is called the same there."""


#: Writes a setting as it is given at one door. None says that this door does not have it.
Dialect = Callable[[Setting], str | None]


def python(setting: Setting) -> str:
    """Write a setting as an argument of a function: the dialect of whoever does not choose another.

    Examples
    --------
    >>> python(Setting("folds", 5)), python(Setting("skip_bad"))
    ('folds=5', 'skip_bad')
    >>> python(Call("pick", ("photos", Setting("folds", 5)))), python(Command("show", ("3f2a",)))
    ("etascope.pick('photos', folds=5)", 'etascope show 3f2a')
    """
    if isinstance(setting, Command):
        return " ".join(
            ["etascope", setting.name, *(python(p) if isinstance(p, Setting) else p for p in setting.value)]
        )
    if isinstance(setting, Call):
        given = (python(part) if isinstance(part, Setting) else repr(part) for part in setting.value)
        return f"etascope.{setting.name}({', '.join(given)})"
    if setting.value is None:
        return setting.name
    is_float = isinstance(setting.value, float)
    return f"{setting.name}={f'{setting.value:.12g}' if is_float else repr(setting.value)}"


@dataclass(frozen=True)
class Sentence:
    """One sentence, or a few, with what it says apart from how it is said.

    Attributes
    ----------
    template
        Text with places in braces: `{low:rate}` for a value, by one of Python's formats, `rate` or `nats`; `{folds}`
        for a setting. Other braces are text.
    values
        What stands in those places: numbers and strings.
    settings
        What a reader is told to set; the door says how. With a format, a setting's value alone is written.

    Examples
    --------
    >>> advice = say("Rates up to {high:rate} diverged. Try {low}.", Setting("low", 1e-7), high=0.1)
    >>> str(advice), advice.written(lambda setting: f"--{setting.name}"), advice.written(lambda setting: None)
    ('Rates up to 0.1 diverged. Try low=1e-07.', 'Rates up to 0.1 diverged. Try --low.', 'Rates up to 0.1 diverged.')
    """

    template: str
    values: dict[str, Any] = field(default_factory=dict[str, Any])
    settings: tuple[Setting, ...] = ()

    def __bool__(self) -> bool:
        """Return whether it says anything."""
        return bool(self.template)

    def __add__(self, more: str | Sentence) -> Sentence:
        """Return this and what comes after it as one; a name that both have is read as in the latter."""
        other = Sentence(more) if isinstance(more, str) else more
        return Sentence(self.template + other.template, self.values | other.values, self.settings + other.settings)

    def __str__(self) -> str:
        """Write it in Python's words."""
        return self.written(python)

    def written(self, dialect: Dialect) -> str:
        """Write it in the words of a door; what tells to set something that the door does not have is left out."""
        settings = {setting.name: setting for setting in self.settings}
        places = {match[1] for match in _PLACE.finditer(self.template) if match[2] is None and match[1] in settings}
        spoken = {name: dialect(settings[name]) for name in places - self.values.keys()}

        def fill(match: re.Match[str]) -> str:
            name, spec = match[1], match[2]
            if name in spoken and spec is None:
                return spoken[name] or ""
            if name not in self.values and name not in settings:
                return match[0]
            value = self.values[name] if name in self.values else settings[name].value
            return _WRITERS[spec](value) if spec in _WRITERS else format(value, spec or "")

        unsaid = [name for name, words in spoken.items() if words is None]
        parts = _ENDS.split(self.template) if unsaid else [self.template]
        kept = [part for part in parts if not any(f"{{{name}}}" in part for name in unsaid)]
        return visible(_PLACE.sub(fill, " ".join(kept)))


def sentences(*parts: str | Sentence) -> tuple[Sentence, ...]:
    """Return sentences, those that are plain text among them, as `Sentence`."""
    return tuple(Sentence(part) if isinstance(part, str) else part for part in parts)


def say(template: str, /, *settings: Setting, **values: str | float) -> Sentence:
    """Return a sentence: a template, what it tells to set, and the values in it.

    What came from a user is a value: in a template, its braces would be read.
    """
    return Sentence(template, dict(values), settings)
