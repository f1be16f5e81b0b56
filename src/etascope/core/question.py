"""A `Question` with one right answer, and how it is put: among wrong ones (`ask`), or as a number's band (`Bands`)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from etascope.core.errors import InputError


@dataclass(frozen=True)
class Question:
    """One question of a quiz.

    Attributes
    ----------
    text
        The question.
    options
        At least two answers, no two alike.
    answer
        Which option is right, counted from 0.
    reason
        Why it is right, with the numbers that show it.

    Raises
    ------
    InputError
        If two options are alike, or `answer` is not one of them.
    """

    text: str
    options: tuple[str, ...]
    answer: int
    reason: str

    def __post_init__(self) -> None:
        """Check that there is exactly one right answer to find."""
        if len(self.options) < 2 or len(set(self.options)) != len(self.options):
            raise InputError(f"a question needs two or more options that differ; found {self.options}.")
        if not 0 <= self.answer < len(self.options):
            raise InputError(f"the answer must be one of {len(self.options)} options, from 0; found {self.answer}.")


MOST_OPTIONS = 4


@dataclass(frozen=True)
class Bands:
    """Answers that share out all numbers, so that exactly one of them is right.

    Attributes
    ----------
    bounds
        Ascending; a number belongs to the first band whose bound it stays below.
    names
        One more than bounds, from the lowest band to the highest.
    lost
        The answer for a number that is not finite; empty where there cannot be one.
    """

    bounds: tuple[float, ...]
    names: tuple[str, ...]
    lost: str = ""

    def ask(self, text: str, number: float, reason: str) -> Question:
        """Ask in which band `number` lies."""
        options = (*self.names, self.lost) if self.lost else self.names
        row = next((i for i, bound in enumerate(self.bounds) if number < bound), len(self.bounds))
        return Question(text, options, row if math.isfinite(number) else len(options) - 1, reason)


def ask(text: str, right: str, wrong: Sequence[str], reason: str, place: int) -> Question:
    """Put the right answer among the wrong ones, at `place` modulo their number.

    Wrong answers beyond the third, or written like another answer, are left out.

    Examples
    --------
    >>> ask("2 + 2?", "4", ["5", "3"], "Count.", place=4).options
    ('5', '4', '3')
    """
    others = list(dict.fromkeys(option for option in wrong if option != right))[: MOST_OPTIONS - 1]
    position = place % (len(others) + 1)
    return Question(text, (*others[:position], right, *others[position:]), position, reason)
