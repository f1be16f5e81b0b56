"""Ask the questions of a quiz at a terminal."""

from __future__ import annotations

from collections.abc import Sequence

import click

from etascope.core.question import Question

LETTERS = "abcdefgh"


def ask(questions: Sequence[Question]) -> int:
    """Ask each question, say at once whether the answer is right and why, and return how many were right."""
    right = 0
    for number, question in enumerate(questions, 1):
        click.echo()
        click.secho(f"{number}  {question.text}", bold=True)
        letters = LETTERS[: len(question.options)]
        for letter, option in zip(letters, question.options, strict=True):
            click.echo(f"   {letter})  {option}")
        given = click.prompt(
            "   Your answer", type=click.Choice(tuple(letters), case_sensitive=False), show_choices=True
        )
        correct = letters.index(given) == question.answer
        right += correct
        if correct:
            click.secho("   Right.", fg="green", nl=False)
        else:
            click.secho(f"   The answer is {letters[question.answer]}.", fg="red", nl=False)
        click.echo(f" {question.reason}")
    click.echo()
    click.secho(f"{right} of {len(questions)} right.", bold=True)
    return right
