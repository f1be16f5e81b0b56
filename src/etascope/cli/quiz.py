"""Ask the questions of a quiz at a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from etascope.core.question import Question
from etascope.report.terminal.page import Page

if TYPE_CHECKING:
    from rich.console import Console

LETTERS = "abcdefgh"


def ask(console: Console, questions: Sequence[Question], *, ascii: bool = False) -> int:
    """Ask each question, say at once whether the answer is right and why, and return how many were right.

    Answers are read from standard input, a letter a line; where it ends, so does the quiz.

    Parameters
    ----------
    console
        A rich console; `page.open_console` makes one.
    questions
        With at most eight options each.
    ascii
        Write ASCII characters alone.
    """
    page = Page(console, ascii)
    right = asked = 0
    for number, question in enumerate(questions, 1):
        letters = LETTERS[: len(question.options)]
        page.line("")
        page.wrapped(question.text, "bold", first=f"{number}  ")
        for letter, option in zip(letters, question.options, strict=True):
            page.wrapped(option, first=f"   {letter})  ")
        given = _answer(page, letters)
        if given is None:
            page.line("")
            break
        asked += 1
        if letters.index(given) == question.answer:
            right += 1
            page.line("   Right.", "green")
        else:
            page.line(f"   No, the answer is {letters[question.answer]}.", "red")
        page.wrapped(question.reason, first="   ")
    page.line("")
    left = len(questions) - asked
    page.line(f"{right} of {len(questions)} right{f', {left} not answered' if left else ''}.", "bold")
    return right


def _answer(page: Page, letters: str) -> str | None:
    """Return the letter that was typed, whatever its case, or None at the end of the input."""
    names = f"{', '.join(letters[:-1])} or {letters[-1]}"
    while True:
        try:
            given = input(f"   Your answer ({names}): ").strip().lower()
        except EOFError:
            return None
        if len(given) == 1 and given in letters:
            return given
        page.line(f"   Type {names}.")
