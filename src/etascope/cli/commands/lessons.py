"""The commands that teach: `trace`, one training laid open, `quiz`, three questions, and `studio`, the web page."""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click
import numpy as np

from etascope.cli.messages import number_of, say
from etascope.cli.options.engine import engine_for, model_options
from etascope.cli.options.output import Output, ascii_option, output_options
from etascope.cli.options.recipe import data_options, open_data, recipe_of, recipe_options
from etascope.cli.options.store import opened, store_option
from etascope.cli.progress import progress_bar
from etascope.core.plan import check_rates
from etascope.core.question import Question
from etascope.report.terminal.page import Page

if TYPE_CHECKING:
    from rich.console import Console

LETTERS = "abcdefgh"


@click.command(
    epilog="""\b
Examples:
  etascope trace                            the bundled digits at 0.01
  etascope trace --lr 0.3 --optimizer sgd   watch it bounce
  etascope trace photos/ --hidden 256,128   your images, two hidden layers""",
)
@data_options
@click.option("--lr", "--learning-rate", "lr", default=0.01, show_default=True, help="The learning rate to look at.")
@recipe_options
@model_options
@output_options
def trace(lr: float, json_path: str | None, ascii: bool, **options: Any) -> int:
    """Train once, at one learning rate, and lay the whole training open.

    Five stages from the images to the test, the training epoch by epoch with what there is to see, one prediction
    layer by layer, a quiz and the key insight. DATA is `digits` (1,000 handwritten digits that come with etascope),
    `mnist`, `fashion-mnist`, `kmnist`, a folder with one directory a class, IDX files, .npz, .npy, .csv or .tsv.
    """
    import etascope
    from etascope.learn.quiz import trace_quiz
    from etascope.report.files.document import trace_document
    from etascope.report.terminal.run import print_trace

    output, recipe = Output(json_path, ascii), recipe_of(options)
    check_rates(np.array([lr], np.float64))
    engine = engine_for(recipe, options)
    with progress_bar(ascii=output.plain) as progress:
        dataset, share = open_data(options, progress, output)
        laid_open = etascope.trace(
            dataset, learning_rate=lr, recipe=recipe, test=share, image=options["image"],
            engine=engine, progress=progress,
        )  # fmt: skip
    questions = trace_quiz(laid_open)
    with output.document(lambda: trace_document(laid_open, questions)):
        if output.text:
            print_trace(output.console(), laid_open, questions, ascii=output.plain)
    return 0


@click.command(
    epilog="""\b
Examples:
  etascope quiz                    the bundled digits
  etascope quiz --optimizer adam   other answers are right here
  etascope quiz --seed 3           and the answers stand elsewhere""",
)
@data_options
@recipe_options
@ascii_option
def quiz(ascii: bool, **options: Any) -> int:
    """Answer three questions about learning rates, from a search that is run for you.

    Where there is no terminal to answer at, the questions are printed with the answers at the end.
    """
    import etascope
    from etascope.learn.quiz import run_quiz
    from etascope.report.terminal.run import print_quiz
    from etascope.training.dense.engine import DenseEngine

    output, recipe = Output(None, ascii), recipe_of(options)
    with progress_bar(ascii=output.plain) as progress:
        dataset, share = open_data(options, progress, output)
        run = etascope.pick(
            dataset, recipe=recipe, test=share, image=options["image"], engine=DenseEngine(options["workers"]),
            progress=progress,
        )  # fmt: skip
    questions = run_quiz(run)
    if sys.stdin.isatty() and sys.stdout.isatty():
        ask(output.console(), questions, ascii=output.plain)
    else:
        print_quiz(output.console(), questions, ascii=output.plain)
    return 0


@click.command(
    epilog="""\b
Examples:
  etascope studio
  etascope studio --no-open --port 8000""",
)
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="Address to listen at; others need the token in the link."
)
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port to listen at.  [default: a free one]")
@click.option("--open/--no-open", "show", default=True, help="Open the browser, or only print the link.")
@store_option
def studio(store_url: str | None, host: str, port: int, show: bool) -> None:
    """See learning rates at work on a web page, every number just trained.

    The page is served from this machine to this machine, and needs no network. Ctrl-C ends it.
    """
    from etascope.cli.next_step import search_again
    from etascope.studio.serve import serve

    def tell(link: str) -> None:
        say(f"etascope studio at {link}   (Ctrl-C ends it)")

    try:
        serve(opened(store_url, make=True), host, port, show=show, tell=tell, again=search_again)
    except KeyboardInterrupt as stop:
        # Ctrl-C is how it ends, and nothing to complain of.
        if number_of(stop) != signal.SIGINT:
            raise


def ask(console: Console, questions: Sequence[Question], *, ascii: bool = False) -> int:
    """Ask each question, say at once whether the answer is right and why, and return how many were right.

    Answers are read from standard input, a letter a line; where it ends, so does the quiz.

    A question has at most eight options.
    """
    page = Page(console, ascii)
    right = answered = 0
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
        answered += 1
        if letters.index(given) == question.answer:
            right += 1
            page.line("   Right.", "green")
        else:
            page.line(f"   No, the answer is {letters[question.answer]}.", "red")
        page.wrapped(question.reason, first="   ")
    page.line("")
    left = len(questions) - answered
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
