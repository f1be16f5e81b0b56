"""An experiment as one page of HTML, and as a card for a notebook."""

from __future__ import annotations

from etascope.report.experiment import Experiment
from etascope.report.html.page import Section, html_page
from etascope.report.html.parts import fields, figure_of, sentences, text
from etascope.report.words.job import data_understood


def experiment_html(experiment: Experiment) -> str:
    """Return an experiment as a page: its finding, what to learn from it, charts with their tables, what was asked."""
    first, *rest = experiment.charts
    data = "" if experiment.data is None else f" · {text(data_understood(experiment.data))}"
    header = (
        f'<p class="quiet">{text(experiment.source)} · {text(experiment.kind)}{data}</p>\n'
        f'<h1><span class="label">{text(experiment.label)}</span> '
        f'<span class="rate">{text(experiment.headline)}</span></h1>\n'
        f'<p class="basin">{" · ".join(map(text, experiment.others))}</p>\n'
        f'<p class="quiet">{text(experiment.setup)}</p>\n'
    )
    facts = [(name, text(value)) for name, value in experiment.known]
    facts.append(("versions", text(", ".join(f"{name} {version}" for name, version in experiment.versions.items()))))
    sections = [
        Section("says-title", "What it says", sentences(experiment.sentences)),
        Section("charts-title", "The charts", figure_of(first, table_open=True) + "".join(map(figure_of, rest))),
        Section("facts-title", "What else there is to know", fields(facts)),
    ]
    if experiment.references:
        sections.append(Section("references-title", "Where it comes from", sentences(experiment.references)))
    return html_page(experiment.title, header, sections, experiment.charts, experiment.versions.get("etascope", ""))
