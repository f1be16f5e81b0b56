"""A question with one right answer: `Question`."""

from __future__ import annotations

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
