"""The one exception that people see, and the sentence it carries: `InputError`, `option`, `renamed`, `one_line`."""

from __future__ import annotations

import difflib
import functools
from collections.abc import Callable, Iterable
from typing import ParamSpec, TypeVar

from etascope.core.sentences import Dialect, Sentence, python

#: Characters of a sentence, about.
LONGEST = 1_600

P = ParamSpec("P")
R = TypeVar("R")


class InputError(ValueError):
    """Something given to etascope cannot be used; the message says the rule, the value and the next move.

    The command line prints the message alone and exits with 2. The studio's page shows `said` and a next move of its
    own, because nobody can give options there. What would move a cursor is shown as an escape.

    Parameters
    ----------
    said
        The rule and the value found; the next move, too, where it is the same at every door.
    advice
        The next move of whoever calls a function or a command. What names an option is a `Sentence` with a `Setting`.

    Attributes
    ----------
    sentences
        Both, each to be written in the words of a door.

    Examples
    --------
    >>> from etascope.core.sentences import Setting, say
    >>> error = InputError("a list must be short; found 7 entries.", say("Try {short}.", Setting("short", True)))
    >>> str(error), error.said
    ('a list must be short; found 7 entries. Try short=True.', 'a list must be short; found 7 entries.')
    """

    def __init__(self, said: str | Sentence = "", advice: str | Sentence = "") -> None:
        parts = (part if isinstance(part, Sentence) else Sentence(part) for part in (said, advice))
        self.sentences: tuple[Sentence, ...] = tuple(parts)
        super().__init__(self.written(python))

    @property
    def sentence(self) -> Sentence:
        """All of it, to be told within other sentences."""
        return self.sentences[0] + (" " if self.sentences[1] else "") + self.sentences[1]

    @property
    def said(self) -> str:
        """The rule and the value found, in Python's words."""
        return str(self.sentences[0])

    @property
    def advice(self) -> str:
        """The next move, in Python's words."""
        return str(self.sentences[1])

    def written(self, dialect: Dialect) -> str:
        """Write rule, value and next move in the words of a door."""
        return " ".join(text for part in self.sentences if (text := part.written(dialect)))


def option(name: str, value: str, allowed: Iterable[str]) -> str:
    """Return `value` when it is one of `allowed`, else say which ones there are and which was likely meant.

    Raises
    ------
    InputError
        If `value` is not allowed.

    Examples
    --------
    >>> option("optimizer", "adam", ("sgd", "adam"))
    'adam'
    >>> option("optimizer", "adm", ("sgd", "adam"))
    Traceback (most recent call last):
    etascope.core.errors.InputError: optimizer must be one of sgd, adam; found 'adm'. Did you mean 'adam'?
    """
    choices = tuple(allowed)
    if value in choices:
        return value
    close = difflib.get_close_matches(str(value).lower(), choices, n=1, cutoff=0.6)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    raise InputError(f"{name} must be one of {', '.join(choices)}; found {value!r}.{hint}")


def renamed(**names: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Answer a call with an old name of a parameter with its new one, for the release after it was renamed.

    Parameters
    ----------
    **names
        The new name for each old one, or what to write, where that is another thing: `training=Options(step=...)`.

    Examples
    --------
    >>> @renamed(experiment="project")
    ... def log(project):
    ...     return project
    >>> log("digits")
    'digits'
    >>> log(experiment="digits")
    Traceback (most recent call last):
    etascope.core.errors.InputError: log takes project in place of experiment. Write project='digits'.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(function)
        def call(*args: P.args, **given: P.kwargs) -> R:
            for old in names.keys() & given.keys():
                name, new = function.__qualname__.removesuffix(".__init__"), names[old]
                write = new if "=" in new else f"{new}={given[old]!r}"
                raise InputError(f"{name} takes {new.partition('=')[0]} in place of {old}. Write {write}.")
            return function(*args, **given)

        return call

    return decorate


def one_line(error: BaseException) -> str:
    """Return an error's type and the first line of its message, without a full stop.

    Examples
    --------
    >>> one_line(ValueError("bad shape."))
    'ValueError: bad shape'
    """
    text = first_line(error)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def first_line(error: BaseException) -> str:
    """Return the first line of an error's message, without a full stop."""
    lines = str(error).strip().splitlines() or [""]
    return lines[0].strip().rstrip(".:")


def shortened(message: str) -> str:
    """Return a message of at most `LONGEST` characters: what was given may be of any length, what to do ends it.

    Examples
    --------
    >>> len(shortened("found " + "9" * 100_000 + ". Try 5.")), shortened("found 9. Try 5.")
    (1603, 'found 9. Try 5.')
    """
    half = LONGEST // 2
    return message if len(message) <= LONGEST else f"{message[:half]}...{message[-half:]}"
