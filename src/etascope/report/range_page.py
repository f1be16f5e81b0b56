"""A range test, its suggestions and the measured truth, written to a terminal: `print_range_test`."""

from __future__ import annotations

import string
from typing import TYPE_CHECKING

from etascope.core.numbers import rate
from etascope.core.range_test import RangeTestRun, Suggestion, following
from etascope.report.next_step import in_words, pick_command
from etascope.report.page import Page
from etascope.report.range_chart import range_chart
from etascope.report.suggestion_table import factor, in_basin, lost, suggestion_table

if TYPE_CHECKING:
    from rich.console import Console


def print_range_test(console: Console, run: RangeTestRun, *, ascii: bool = False) -> None:
    """Write a range test: the loss over the rate, what each rule suggests, what following it would lose, what to do.

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
    page, test = Page(console, ascii), run.test
    choice = None if run.measured is None else run.measured.choice
    low, high = float(test.learning_rates[0]), float(test.learning_rates[-1])
    page.wrapped(
        f"range test on {run.source}: the learning rate climbs from {rate(low)} to {rate(high)} in "
        f"{len(test.losses):,} steps; {in_words(run.recipe)}, seed {test.seed}",
        "bold",
    )
    page.line("")
    below = "" if choice is None else "; below the axis what was really measured, accuracy after a whole training"
    page.wrapped(f"training loss of each step's batch, not smoothed{below}", "bold")
    letters = string.ascii_lowercase
    marked = [(letters[i], s.learning_rate) for i, s in enumerate(run.suggestions) if s.learning_rate is not None]
    page.lines(range_chart(test, marked, choice, min(page.width, 100), ascii=page.ascii))
    page.line("")
    (rule, *header, _), rows = suggestion_table(run)
    lettered = [[letter, *row[1:-1], row[0]] for letter, row in zip(letters, rows, strict=False)]
    page.table(["", *header, rule], lettered)
    page.line("")
    if run.own_sweeps:
        told = "Each rule read the sweep that its own finder makes; drawn above is the one that was asked for."
        page.wrapped(told, "dim")
    elif test.diverged_at >= 0:
        at = rate(float(test.learning_rates[test.diverged_at]))
        page.wrapped(f"The loss stopped being a finite number at {at}.", "dim")
    for sentence in conclusions(run):
        page.wrapped(sentence, first="-  " if page.ascii else "•  ")
    page.line("")
    page.fields(range_facts(run))


def conclusions(run: RangeTestRun) -> tuple[str, ...]:
    """Return what there is to learn from the suggestions, in a sentence or three."""
    told = [s for s in run.suggestions if s.learning_rate is not None]
    if not told:
        return ("No rule found anything to suggest: the loss neither fell nor rose clearly. Climb over more steps.",)
    lowest, highest = min(told, key=_rate), max(told, key=_rate)
    sentences = [f"{len(told)} of {len(run.suggestions)} rules suggest a rate, {rate(_rate(lowest))}."]
    if run.spread is not None:
        sentences[0] = (
            f"The suggestions lie a factor of {factor(run.spread)} apart, from {rate(_rate(lowest))} "
            f"({lowest.rule}) to {rate(_rate(highest))} ({highest.rule}), all from "
            f"{'tests' if run.own_sweeps else 'one test'} of this recipe."
        )
    choice = None if run.measured is None else run.measured.choice
    if choice is None:
        return (*sentences, "A range test sees the first steps of a training, at each rate one. It is not measured here"
                " what a whole training makes of these rates.")  # fmt: skip
    if choice.learning_rate is None or choice.basin is None:
        return (*sentences, "The search cannot tell yet which rate is best, so none of them can be judged.")
    inside = [s.rule for s in told if in_basin(s, choice)]
    sentences.append(
        f"Measured by whole trainings, the best is {rate(choice.learning_rate)}, with the basin "
        f"{rate(choice.basin.low)} .. {rate(choice.basin.high)}; "
        + (f"in it: {', '.join(inside)}." if inside else "no suggestion lies in it.")
    )
    losses = [(f.loss, f, s) for s in told if (f := following(choice, _rate(s))) is not None]
    if losses:
        worst = max(losses, key=lambda item: item[0])
        apart = ", and yet cannot be told apart from the best" if in_basin(worst[2], choice) else ""
        sentences.append(f"Following {worst[2].rule} would have lost {lost(worst[1], words=True)}{apart}.")
    return tuple(sentences)


def range_facts(run: RangeTestRun) -> list[tuple[str, str]]:
    """Return what the range test cost and what to do next, as names and sentences."""
    return [("cost", _cost(run)), ("next", _next(run))]


def _rate(told: Suggestion) -> float:
    return float(told.learning_rate or 0.0)


def _cost(run: RangeTestRun) -> str:
    told = f"{run.cost:.2g} of a training for {'all range tests' if run.own_sweeps else 'the range test'}"
    if run.measured is None:
        return f"{told}; nothing was measured beside it"
    return f"{told}; {run.measured.choice.cost.training_equivalents:.3g} trainings for the measured rates"


def _next(run: RangeTestRun) -> str:
    command = pick_command(run.source, run.recipe, run.options)
    if run.measured is None:
        return f"measure instead of guessing, with the same options: {command}"
    return f"the measured answer with its evidence, with the same options: {command}"
