"""What each rule of a range test suggests, and what following it would lose, as rows of text."""

from __future__ import annotations

from etascope.core.choice import Choice
from etascope.core.numbers import rate
from etascope.experiments.range_test.record import Following, RangeTestRun, Suggestion, following


def suggestion_table(run: RangeTestRun) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Return header and rows, one a rule; columns that need a measurement are there where there is one.

    Returns
    -------
    header, rows
        Rule, suggestion, its ratio to the best measured rate, what following it would lose, and whose rule it is.
    """
    choice = None if run.measured is None else run.measured.choice
    best = None if choice is None else choice.learning_rate
    header = ["rule", "suggests"]
    header += ["times the best"] if best is not None else []
    header += ["would lose"] if choice is not None else []
    rows = list[tuple[str, ...]]()
    for told in run.suggestions:
        suggested = told.learning_rate
        row = [told.rule, "nothing" if suggested is None else rate(suggested)]
        if best is not None:
            row.append("" if suggested is None else times(suggested / best))
        if choice is not None:
            row.append("" if suggested is None else lost(following(choice, suggested)))
        rows.append((*row, told.source))
    return (*header, "source"), tuple(rows)


def in_basin(told: Suggestion, choice: Choice) -> bool:
    """Whether a rule suggests a rate, and that lies in the basin."""
    basin, suggested = choice.basin, told.learning_rate
    return basin is not None and suggested is not None and basin.holds(suggested)


def lost(told: Following | None, *, words: bool = False) -> str:
    """Write what following loses, with a sign or in words where it may be more.

    Examples
    --------
    >>> lost(Following(7.24, False, "points")), lost(Following(19.6, True, "points"))
    ('7.2 points', '>= 20 points')
    """
    if told is None:
        return "unknown"
    more = "at least " if words else ">= "
    amount = f"{told.loss:.1f}" if told.loss < 9.95 else f"{told.loss:.0f}"
    return f"{more if told.at_least else ''}{amount} {told.unit}"


def factor(ratio: float) -> str:
    """Write a factor of at least 1: two digits, whole from a hundred on."""
    return f"{ratio:,.0f}" if ratio >= 99.5 else f"{ratio:.2g}"


def times(ratio: float) -> str:
    """Write a ratio as a multiple or as a part.

    Examples
    --------
    >>> times(7.6), times(0.25)
    ('x 7.6', '/ 4')
    """
    return f"x {factor(ratio)}" if ratio >= 1 else f"/ {factor(1 / ratio)}"
