"""An experiment as one page of HTML, and as a card for a notebook."""

from __future__ import annotations

from etascope.report.experiment import Experiment
from etascope.report.html.page import Section, html_page
from etascope.report.html.parts import fields, figure_of, sentences, text
from etascope.report.words.job import data_understood


def experiment_html(told: Experiment) -> str:
    """Return an experiment as a page: its finding, what to learn from it, charts with their tables, what was asked."""
    first, *rest = told.charts
    data = "" if told.data is None else f" · {text(data_understood(told.data))}"
    header = (
        f'<p class="quiet">{text(told.source)} · {text(told.kind)}{data}</p>\n'
        f'<h1><span class="label">{text(told.label)}</span> <span class="rate">{text(told.headline)}</span></h1>\n'
        f'<p class="basin">{" · ".join(map(text, told.others))}</p>\n<p class="quiet">{text(told.setup)}</p>\n'
    )
    facts = [(name, text(value)) for name, value in told.known]
    facts.append(("versions", text(", ".join(f"{name} {version}" for name, version in told.versions.items()))))
    sections = [
        Section("says-title", "What it says", sentences(told.sentences)),
        Section("charts-title", "The charts", figure_of(first, table_open=True) + "".join(map(figure_of, rest))),
        Section("facts-title", "What else there is to know", fields(facts)),
    ]
    if told.references:
        sections.append(Section("references-title", "Where it comes from", sentences(told.references)))
    return html_page(told.title, header, sections, told.charts, told.versions.get("etascope", ""))
