"""A trace, and a search's answer, written to a terminal."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from etascope.core.numbers import nats, noise, rate
from etascope.core.question import Question
from etascope.core.run import Run
from etascope.core.trace import Trace
from etascope.report import trace_sections
from etascope.report.landscape_chart import landscape_chart
from etascope.report.next_step import in_words, try_longer, use_it
from etascope.report.page import Page

if TYPE_CHECKING:
    from rich.console import Console


def print_trace(console: Console, trace: Trace, questions: Sequence[Question] = (), *, ascii: bool = False) -> None:
    """Write a trace in five sections: data flow, training, prediction, quiz, key insight; the answers last.

    Parameters
    ----------
    console
        A rich console; `page.open_console` makes one for a terminal, a pipe or a file.
    trace
        What to tell.
    questions
        The quiz; without questions its section is left out.

    Other Parameters
    ----------------
    ascii
        Write ASCII characters alone.
    """
    page = Page(console, ascii)
    page.wrapped(
        f"learning rate {rate(trace.learning_rate)} on {trace.source}: {in_words(trace.recipe)}, "
        f"seed {trace.recipe.seed}",
        "bold",
    )
    page.heading("1 Data flow, five stages")
    trace_sections.data_flow(page, trace)
    page.heading("2 Training, epoch by epoch")
    trace_sections.training(page, trace)
    number = "" if trace.prediction is None else f": test image {trace.prediction.number}"
    page.heading(f"3 Prediction, layer by layer{number}")
    trace_sections.prediction(page, trace)
    if questions:
        page.heading("4 Quiz")
        trace_sections.quiz(page, questions)
    page.heading(f"{5 if questions else 4} Key insight")
    for sentence in trace.insight:
        page.wrapped(sentence, first="-  " if page.ascii else "•  ")
    if questions:
        page.heading("Answers to the quiz")
        trace_sections.answers(page, questions)


def print_choice(console: Console, run: Run, *, ascii: bool = False) -> None:
    """Write the answer of a search: rate and basin, why, the landscape, the test, the cost, what was not tried.

    Parameters
    ----------
    console
        A rich console; `page.open_console` makes one for a terminal, a pipe or a file.
    run
        What to tell.

    Other Parameters
    ----------------
    ascii
        Write ASCII characters alone.
    """
    page, choice = Page(console, ascii), run.choice
    height, width, _ = run.data.image_shape
    page.wrapped(
        f"{run.data.source}: {run.data.images:,} images of {height} x {width}, {len(run.data.class_names)} classes; "
        f"{run.data.development:,} to choose by, {run.data.test:,} held back for one test at the end",
        "dim",
    )
    page.line("")
    if choice.learning_rate is None or choice.basin is None:
        page.line("learning rate   cannot tell yet", "bold yellow")
    else:
        basin = f"basin {rate(choice.basin.low)} .. {rate(choice.basin.high)}"
        page.line(f"learning rate   {rate(choice.learning_rate)}      {basin}", "bold green")
    page.line("")
    for sentence in choice.reason:
        page.wrapped(sentence, first="-  " if page.ascii else "•  ")
    page.line("")
    folds = len({fold for _, fold in choice.landscape.units})
    seeds = len({seed for seed, _ in choice.landscape.units})
    over = [f"{n} {name}" for n, name in ((folds, "validation folds"), (seeds, "seeds")) if n > 1]
    mean = f", mean over {' and '.join(over)}" if over else ""
    page.wrapped(f"validation loss in nats, by learning rate{mean}", "bold")
    page.lines(landscape_chart(choice.landscape, choice, min(page.width, 100), page.ascii))
    page.line("")
    page.fields(_facts(run))


def print_quiz(console: Console, questions: Sequence[Question], *, ascii: bool = False) -> None:
    """Write the questions of a quiz, and the answers after all of them."""
    page = Page(console, ascii)
    trace_sections.quiz(page, questions)
    page.heading("Answers to the quiz")
    trace_sections.answers(page, questions)


def _facts(run: Run) -> list[tuple[str, str]]:
    choice, cost, facts = run.choice, run.choice.cost, list[tuple[str, str]]()
    if run.trace is not None and run.trace.evaluation is not None:
        test = run.trace.evaluation
        facts.append((
            "test",
            f"{100 * test.accuracy:.1f} % of {run.data.test:,} images right, +- "
            f"{100 * noise(test.accuracy, run.data.test):.1f} points; loss {nats(test.loss)}; looked at once, by a "
            f"final model trained on the {run.data.development:,} others",
        ))  # fmt: skip
    elif run.trace is not None:
        facts.append(("test", "none: the final training diverged"))
    if math.isfinite(choice.valid_loss):
        facts.append((
            "validation",
            f"{100 * choice.valid_accuracy:.1f} % right, loss {nats(choice.valid_loss)}; it ranked the rates, so it is "
            "a little lucky",
        ))  # fmt: skip
    facts.append((
        "cost",
        f"{cost.trials:,} trials of {cost.epochs} {'epoch' if cost.epochs == 1 else 'epochs'} each = "
        f"{cost.training_equivalents:.3g} training equivalents, "
        f"{cost.seconds:.1f} s; {run.seconds:.1f} s in all",
    ))  # fmt: skip
    facts.append(("not tried", choice.not_tried))
    if choice.learning_rate is None:
        facts.append(("next", try_longer(run.recipe, run.data.source)))
    else:
        facts.append(("next", use_it(run.recipe, choice.learning_rate)))
    return facts
