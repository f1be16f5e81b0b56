"""A run or an experiment as Markdown: `run_markdown`, `experiment_markdown`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from etascope.core.run import Run
from etascope.core.trace import Trace
from etascope.core.visible import visible
from etascope.report.charts.chart import Chart
from etascope.report.experiment import Experiment
from etascope.report.html.parts import number_columns
from etascope.report.terminal.page import to_unicode
from etascope.report.words.answer import facts, headline, rate_header, rate_rows
from etascope.report.words.job import (
    Again,
    again_in_python,
    division,
    epoch_table,
    line_to_use,
    optimizer_line,
    recipe_words,
)

#: Signs that mean something to Markdown or to HTML.
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~&!$])")


def run_markdown(run: Run, again: Again = again_in_python) -> str:
    """Return a run as GitHub's Markdown: answer, reasons, rates, training, what is known, recipe, versions, code."""
    choice, data, ours = run.choice, run.data, not run.task.measure.reported
    pixels = "" if run.trained_by_others else f" pixels {run.recipe.pixels};"
    first, *rest = headline(choice)
    blocks = [
        f"# Learning rate: {escape(first)}",
        escape(", ".join(rest)) + "." if rest else "",
        escape(f"{division(data)}."),
        escape(" ".join(("Notes:", *data.notes))) if data.notes else "",
        bullets(map(str, choice.reasons)),
        "## Learning rates",
        _rates(run),
        *(
            [f"{'Losses and accuracies' if ours else 'Numbers'} are those where each trial stopped."]
            if choice.regime == "dear"
            else []
        ),
        *([] if run.trace is None else ["## Training at the recommended rate", _epochs(run.trace)]),
        "## What is known",
        table(("", ""), ((f"**{escape(name)}**", escape(sentence)) for name, sentence in facts(run, again)), "ll"),
        "## Recipe",
        escape(f"{recipe_words(run.task, data)};{pixels} seed {run.recipe.seed}."),
        *([] if choice.learning_rate is None else [_code(run, choice.learning_rate)]),
        "## Versions",
        table(("", ""), ((escape(name), escape(version)) for name, version in run.versions.items()), "ll"),
        f"Data: SHA-256 `{escape(data.fingerprint)}`",
    ]
    return "\n\n".join(block for block in blocks if block) + "\n"


def escape(text: str) -> str:
    r"""Return text that Markdown shows as it is, on one line.

    Examples
    --------
    >>> print(escape("a|b_c -> <d>"))
    a\|b\_c → \<d\>
    """
    return _SPECIAL.sub(r"\\\1", to_unicode(visible(" ".join(text.split()))))


def bullets(sentences: Iterable[str]) -> str:
    """Return sentences as a list."""
    return "\n".join(f"- {escape(sentence)}" for sentence in sentences)


def table(header: Sequence[str], rows: Iterable[Sequence[str]], align: str) -> str:
    """Return a table; `align` has an `l` or an `r` a column. Cells are Markdown already.

    Examples
    --------
    >>> print(table(("rate", "verdict"), [("0.1", "good")], "rl"))
    | rate | verdict |
    | ---: | :--- |
    | 0.1 | good |
    """
    rule = ["---:" if side == "r" else ":---" for side in align]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (header, rule, *rows))


def _rates(run: Run) -> str:
    rows: list[tuple[str, ...]] = []
    for row in rate_rows(run):
        cells = [escape(cell) for cell in (*row.cells, row.verdict)]
        place = "recommended" if row.chosen else "in the basin" if row.within else ""
        rows.append(tuple(f"**{cell}**" if row.chosen and cell else cell for cell in (*cells, place)))
    names = rate_header(run) if run.task.measure.reported else ("rate", "validation loss", "accuracy")
    return table((*map(escape, names), "verdict", ""), rows, f"{'r' * len(names)}ll")


def _epochs(trace: Trace) -> str:
    names = ("epoch", "train loss", "train acc.", "valid loss", "valid acc.", "observation")
    header, rows = epoch_table(trace, names)
    return table(header, (tuple(map(escape, row)) for row in rows), f"{'r' * (len(header) - 1)}l")


def _code(run: Run, learning_rate: float) -> str:
    if run.trained_by_others:
        language, line = ("sh" if run.data.command else "python"), line_to_use(run, learning_rate)
        fence = "`" * (max((len(ticks) for ticks in re.findall("`+", line)), default=2) + 1 if "```" in line else 3)
        return f"## Use it\n\n{fence}{language}\n{line}\n{fence}"
    peak = "" if run.recipe.schedule == "constant" and not run.recipe.warmup else "  # the peak of the schedule"
    return f"## Use it\n\n```python\noptimizer = {optimizer_line(run.recipe, learning_rate)}{peak}\n```"


def experiment_markdown(experiment: Experiment) -> str:
    """Return an experiment as GitHub's Markdown: finding, what to learn from it, each chart's numbers, what was asked.

    A chart stands there by its title, its note and its table: the picture is another file.
    """
    versions = ", ".join(f"{name} {version}" for name, version in experiment.versions.items())
    blocks = [
        f"# {escape(experiment.title)}",
        f"{escape(', '.join(experiment.others))}." if experiment.others else "",
        f"{escape(experiment.setup)}.",
        bullets(experiment.sentences),
        *(block for chart in experiment.charts for block in _chart(chart)),
        "## What else there is to know",
        table(("", ""), ((f"**{escape(name)}**", escape(value)) for name, value in experiment.known), "ll"),
        *(["## Where it comes from", bullets(experiment.references)] if experiment.references else []),
        escape(versions),
    ]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _chart(chart: Chart) -> tuple[str, ...]:
    align = "".join("r" if right else "l" for right in number_columns(len(chart.header), chart.rows))
    rows = (tuple(map(escape, row)) for row in chart.rows)
    return f"## {escape(chart.title)}", escape(chart.note), table(tuple(map(escape, chart.header)), rows, align)
