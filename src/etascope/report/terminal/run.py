"""A trace, and a search's answer, written to a terminal, and what `print` shows: `printed`."""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from etascope.core.choice import Choice
from etascope.core.numbers import rate
from etascope.core.question import Question
from etascope.core.run import Run
from etascope.core.trace import Trace
from etascope.report.experiment import Experiment
from etascope.report.terminal.dial import LEAST, MOST_TIMES, dial_of, draw
from etascope.report.terminal.page import Page, needs_ascii, open_console
from etascope.report.terminal.trace import answers, data_flow, prediction, quiz, training
from etascope.report.words.answer import facts, headline, rate_header, rate_rows
from etascope.report.words.job import Again, again_in_python, data_sentences, division, in_words

if TYPE_CHECKING:
    from rich.console import Console


def print_trace(console: Console, trace: Trace, questions: Sequence[Question] = (), *, ascii: bool = False) -> None:
    """Write a trace in five sections: data flow, training, prediction, quiz, key insight; the answers last.

    Without questions the section of the quiz is left out.
    """
    page = Page(console, ascii)
    page.wrapped(
        f"learning rate {rate(trace.learning_rate)} on {trace.source}: {in_words(trace.recipe)}, "
        f"seed {trace.recipe.seed}",
        "bold",
    )
    page.heading("1 Data flow, five stages")
    data_flow(page, trace)
    page.heading("2 Training, epoch by epoch")
    training(page, trace)
    number = "" if trace.prediction is None else f": test image {trace.prediction.number}"
    page.heading(f"3 Prediction, layer by layer{number}")
    prediction(page, trace)
    if questions:
        page.heading("4 Quiz")
        quiz(page, questions)
    page.heading(f"{5 if questions else 4} Key insight")
    page.bullets(trace.insight)
    if questions:
        page.heading("Answers to the quiz")
        answers(page, questions)


def print_choice(console: Console, run: Run, *, ascii: bool = False, again: Again = again_in_python) -> None:
    """Write the answer of a search: rate, basin and confidence, why, the dial, the rates in words, what is known.

    `again` says in the words of a door how to search again.
    """
    page, choice = Page(console, ascii), run.choice
    _headline(page, choice)
    page.line("")
    page.bullets(map(str, choice.reasons))
    page.line("")
    if run.trials:
        _dial(page, run)
        page.line("")
        _rates(page, run)
        page.line("")
    page.fields(facts(run, again))
    page.line("")
    page.wrapped(division(run.data), "dim")


def print_quiz(console: Console, questions: Sequence[Question], *, ascii: bool = False) -> None:
    """Write the questions of a quiz, and the answers after all of them."""
    page = Page(console, ascii)
    quiz(page, questions)
    page.heading("Answers to the quiz")
    answers(page, questions)


def _headline(page: Page, choice: Choice) -> None:
    """Write the answer in one line, its parts closer together where that is needed, or else in two."""
    name, parts = "learning rate", headline(choice)
    style = "bold green" if choice.learning_rate is not None else "bold yellow"
    for first, gap in ((3, 6), (3, 4), (3, 3), (3, 2), (2, 2)):
        line = name + " " * first + (" " * gap).join(parts)
        if page.columns(line) <= page.width:
            page.line(line, style)
            return
    page.line(f"{name}   {'  '.join(parts[:2])}", style)
    page.wrapped("  ".join(parts[2:]), style, first=" " * (len(name) + 3))


def _dial(page: Page, run: Run) -> None:
    units = run.choice.landscape.units
    folds, seeds = len({fold for _, fold in units}), len({seed for seed, _ in units})
    over = [f"{n} {name}" for n, name in ((folds, "folds"), (seeds, "seeds")) if n > 1]
    mean = f", mean over {' and '.join(over)}" if over else ""
    mean += " (where each trial stopped)" if run.choice.regime == "dear" else ""
    ours = not run.task.measure.reported
    bars = "a higher bar is a lower loss, the lowest a blind guess or worse" if ours else _other_bars(run)
    page.wrapped(f"{run.task.measure.words_with_unit}{mean}: {bars}", "bold")
    page.line("")
    blind = run.task.blind.loss if ours else None
    for line in draw(dial_of(run.choice, blind), page.width, ascii=page.ascii):
        page.spans(line)


def _other_bars(run: Run) -> str:
    """Return what bars of another number than a loss in nats mean, and where they end."""
    losses = run.choice.landscape.mean_loss
    known = losses[np.isfinite(losses)]
    cut = known.size and known.max() > MOST_TIMES * max(float(known.min()), LEAST)
    return "a higher bar is a lower number" + (f", the lowest {MOST_TIMES} times the best or more" if cut else "")


def _rates(page: Page, run: Run) -> None:
    rows = rate_rows(run)
    within, chosen = ("|", ">") if page.ascii else ("┃", "▶")
    cells = [rate_header(run), *(row.cells for row in rows)]
    wide = [max(len(row[i]) for row in cells) for i in range(len(cells[0]))]
    page.line("   " + "  ".join(f"{name:>{w}}" for name, w in zip(cells[0], wide, strict=True)) + "  verdict", "bold")
    for row in rows:
        mark = chosen if row.chosen else within if row.within else " "
        text = " ".join(f" {cell:>{w}}" for cell, w in zip(row.cells, wide, strict=True))
        page.wrapped(row.verdict, "bold green" if row.chosen else "", first=f" {mark}{text}  ")


def printed(shown: Run | Trace | Experiment) -> str:
    """Return the page of a result, that begins with what its images were understood as and every note on them.

    It is in ASCII where standard output holds nothing else.
    """
    file, ascii = io.StringIO(), needs_ascii(getattr(sys.stdout, "encoding", None))
    console = open_console(file, ascii=ascii)
    page = Page(console, ascii)
    for i, sentence in enumerate(known := data_sentences(shown.data)):
        page.wrapped(f"note: {sentence}" if i else sentence)
    if known:
        page.line("")
    if isinstance(shown, Run):
        print_choice(console, shown, ascii=ascii)
    elif isinstance(shown, Trace):
        print_trace(console, shown, ascii=ascii)
    else:
        shown.page(page)
    return file.getvalue().rstrip("\n")
