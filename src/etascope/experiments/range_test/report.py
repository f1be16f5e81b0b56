"""A range test in words: its page, its document, and all that its reports hold (`range_experiment`)."""

from __future__ import annotations

import string

import numpy as np

from etascope.core.choice import Choice
from etascope.core.numbers import counted, nats, rate
from etascope.core.plain import Document, plain
from etascope.experiments.outcome import outcome_document
from etascope.experiments.range_test.chart import factor, in_basin, lost, range_test_chart, suggestion_table
from etascope.experiments.range_test.record import RangeTest, RangeTestRun, Suggestion, following
from etascope.experiments.range_test.terminal_chart import range_chart
from etascope.report.charts.chart import Chart
from etascope.report.charts.landscape import landscape_chart
from etascope.report.experiment import Experiment
from etascope.report.terminal.page import Page
from etascope.report.words.answer import headline
from etascope.report.words.job import in_words

RANGE_TEST_SCHEMA = "etascope/range-test/1"
REFERENCES = (
    'Smith 2015, "Cyclical learning rates for training neural networks", arXiv:1506.01186, had the test first',
)
#: A change of the loss by this share is a clear one.
CLEARLY = 0.1


def range_experiment(run: RangeTestRun) -> Experiment:
    """Tell a range test: what the rules suggest, what was measured, all on one axis, and the landscape by itself."""
    test = run.test
    rates = [s.learning_rate for s in run.suggestions if s.learning_rate is not None]
    suggested = "nothing" if not rates else rate(min(rates))
    if len(rates) > 1 and run.spread != 1:
        suggested += f" .. {rate(max(rates))}"
    charts: tuple[Chart, ...] = (range_test_chart(run),)
    others: tuple[str, ...] = ("nothing was measured beside it",)
    if run.measured is not None:
        charts = (*charts, landscape_chart(run.measured.choice))
        first, *rest = headline(run.measured.choice)
        others = (f"the search beside it: {first}", *rest)
    setup = (
        f"The rate climbs from {rate(float(test.learning_rates[0]))} to {rate(float(test.learning_rates[-1]))} in "
        f"{len(test.losses):,} steps; {in_words(run.recipe)}, seed {test.seed}"
    )
    return Experiment(
        kind="range test",
        setup=setup,
        label="the rules of a range test suggest",
        headline=suggested,
        others=others,
        charts=charts,
        sentences=conclusions(run),
        facts=tuple(range_facts(run)),
        references=REFERENCES,
        document=range_document(run),
        page=lambda page: range_page(page, run),
        data=run.data,
    )


def range_document(run: RangeTestRun) -> Document:
    """Return a range test as plain values, described by `docs/schema/range-test-1.schema.json`."""
    test, measured, choice = run.test, None, None
    if run.measured is not None:
        choice = run.measured.choice
        measured = {
            "learning_rate": choice.learning_rate,
            "basin": plain(choice.basin),
            "learning_rates": plain(choice.landscape.learning_rates),
            "valid_loss": plain(choice.landscape.mean_loss),
            "valid_accuracy": plain(choice.landscape.mean_accuracy),
            "training_equivalents": choice.cost.training_equivalents,
        }
    suggestions = [
        {
            **plain(suggestion),
            "following": None if choice is None or rate is None else plain(following(choice, rate)),
        }
        for suggestion in run.suggestions
        for rate in [suggestion.learning_rate]
    ]
    return outcome_document(
        RANGE_TEST_SCHEMA,
        run,
        suggestions=suggestions,
        spread=run.spread,
        own_sweeps=run.own_sweeps,
        **plain(test, without=("steps_per_epoch", "seconds")),
        diverged_at=test.diverged_at,
        cost=run.cost,
        measured=measured,
        source=run.source,
        fingerprint=run.fingerprint,
    )


def range_page(page: Page, run: RangeTestRun) -> None:
    """Write a range test: the loss over the rate, what each rule suggests, what following it would lose, what to do."""
    test = run.test
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
        note = "Each rule read the sweep that its own finder makes; drawn above is the one that was asked for."
        page.wrapped(note, "dim")
    elif test.diverged_at >= 0:
        at = rate(float(test.learning_rates[test.diverged_at]))
        page.wrapped(f"The loss stopped being a finite number at {at}.", "dim")
    page.bullets(conclusions(run))
    page.line("")
    page.fields(range_facts(run))


def conclusions(run: RangeTestRun) -> tuple[str, ...]:
    """Return what there is to learn from the suggestions, in a sentence or three."""
    suggested = [s for s in run.suggestions if s.learning_rate is not None]
    choice = None if run.measured is None else run.measured.choice
    if not suggested:
        nothing = f"No rule found anything to suggest: {_course(run.test)}"
        return (nothing, _measured(choice)) if choice is not None else (nothing,)
    lowest, highest = min(suggested, key=_rate), max(suggested, key=_rate)
    sentences = [f"{len(suggested)} of {len(run.suggestions)} rules suggest a rate, {rate(_rate(lowest))}."]
    if run.spread is not None:
        sentences[0] = (
            f"The suggestions lie a factor of {factor(run.spread)} apart, from {rate(_rate(lowest))} "
            f"({lowest.rule}) to {rate(_rate(highest))} ({highest.rule}), all from "
            f"{'tests' if run.own_sweeps else 'one test'} of this recipe."
        )
    if choice is None:
        return (*sentences, "A range test sees the first steps of a training, at each rate one. It is not measured here"
                " what a whole training makes of these rates.")  # fmt: skip
    if choice.learning_rate is None or choice.basin is None:
        return (*sentences, f"{_measured(choice)[:-1]}, so none of them can be judged.")
    inside = [s.rule for s in suggested if in_basin(s, choice)]
    where = f"in it: {', '.join(inside)}." if inside else "no suggestion lies in it."
    sentences.append(f"{_measured(choice)[:-1]}; {where}")
    losses = [(f.loss, f, s) for s in suggested if (f := following(choice, _rate(s))) is not None]
    if losses:
        worst = max(losses, key=lambda item: item[0])
        apart = ", and yet cannot be told apart from the best" if in_basin(worst[2], choice) else ""
        sentences.append(f"Following {worst[2].rule} would have lost {lost(worst[1], words=True)}{apart}.")
    return tuple(sentences)


def range_facts(run: RangeTestRun) -> list[tuple[str, str]]:
    """Return what the range test cost and what to do next, as names and sentences."""
    return [("cost", _cost(run)), ("next", _next(run))]


def _measured(choice: Choice) -> str:
    """Say what the search beside the test came to."""
    if choice.learning_rate is None or choice.basin is None:
        return "The search cannot tell yet which rate is best."
    return (
        f"Measured by whole trainings, the best is {rate(choice.learning_rate)}, with the basin "
        f"{rate(choice.basin.low)} .. {rate(choice.basin.high)}."
    )


def _course(test: RangeTest) -> str:
    """Say what the loss did where no rule found a rate, and what to try."""
    losses = test.losses[np.isfinite(test.losses)]
    lower = f"Let the rate start lower than {rate(float(test.learning_rates[0]))}."
    if not losses.size:
        return f"the loss was no finite number from the first step on. {lower}"
    first, lowest, highest = float(losses[0]), float(losses.min()), float(losses.max())
    fell = lowest <= (1 - CLEARLY) * first
    rose = highest >= (1 + CLEARLY) * first or test.diverged_at >= 0
    ended = f"to {nats(highest)}" if test.diverged_at < 0 else "until it was no finite number"
    if fell:
        return f"the loss fell from {nats(first)} to {nats(lowest)}, yet not as they look for. Climb over more steps."
    if rose:
        return f"the loss never fell, and rose from {nats(first)} {ended}. {lower}"
    end = rate(float(test.learning_rates[-1]))
    return f"the loss neither fell nor rose clearly. Let the rate end higher than {end}, or climb over more steps."


def _rate(suggestion: Suggestion) -> float:
    return float(suggestion.learning_rate or 0.0)


def _cost(run: RangeTestRun) -> str:
    spent = counted(run.cost, "training") if run.cost >= 1 else f"{run.cost:.2g} of a training"
    cost = f"{spent} for {'all range tests' if run.own_sweeps else 'the range test'}"
    if run.measured is None:
        return f"{cost}; nothing was measured beside it"
    return f"{cost}; {counted(run.measured.choice.cost.training_equivalents, 'training')} for the measured rates"


def _next(run: RangeTestRun) -> str:
    first = "measure instead of guessing" if run.measured is None else "the measured answer with its evidence"
    return f"{first}, with the same options: {run.command or 'etascope.pick'}"
