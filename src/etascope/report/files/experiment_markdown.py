"""An experiment in GitHub's Markdown: `experiment_markdown`."""

from __future__ import annotations

from etascope.report.charts.chart import Chart
from etascope.report.experiment import Experiment
from etascope.report.files.markdown import bullets, escape, table
from etascope.report.html.parts import number_columns


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
