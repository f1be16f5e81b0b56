"""A run or an experiment written to a file: what kind, its suffix says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

from etascope.core.checks import checked
from etascope.core.errors import InputError
from etascope.core.plain import Document
from etascope.core.question import Question
from etascope.core.run import Run
from etascope.report.charts.chart import Chart
from etascope.report.charts.render import PICTURES, chart_of, write_picture
from etascope.report.experiment import Experiment
from etascope.report.files.document import pick_document, write_json
from etascope.report.files.markdown import experiment_markdown, run_markdown
from etascope.report.files.whole_file import write_whole
from etascope.report.html.run import experiment_html, run_html
from etascope.report.words.job import Again, again_in_python

REPORTS = (".html", ".md", ".json", *PICTURES)


@dataclass(frozen=True)
class Forms:
    """How to make each form of one thing: a document, a page, Markdown, and the chart that a picture shows."""

    document: Callable[[], Document]
    html: Callable[[], str]
    markdown: Callable[[], str]
    chart: Callable[[], Chart]


@checked
def write_report(
    result: Run | Experiment,
    path: str | PathLike[str],
    questions: Sequence[Question] = (),
    again: Again = again_in_python,
) -> None:
    """Write a run or an experiment as a page (.html), text (.md), document (.json) or picture (.png, .svg, .pdf).

    The file appears whole or not at all. A picture shows the landscape of a run, or the first chart of an experiment.
    The document of a run holds the `questions` of its quiz; `again` says in the words of a door how to search again.

    Raises
    ------
    InputError
        If the suffix is none of these, or the file cannot be written.
    """
    if isinstance(result, Run):
        forms = Forms(
            document=lambda: pick_document(result, questions),
            html=lambda: run_html(result, again),
            markdown=lambda: run_markdown(result, again),
            chart=lambda: chart_of(result, "landscape"),
        )
    else:
        forms = Forms(
            document=lambda: result.document,
            html=lambda: experiment_html(result),
            markdown=lambda: experiment_markdown(result),
            chart=lambda: result.charts[0],
        )
    write_form(forms, Path(path))


def write_form(forms: Forms, path: str | Path) -> None:
    """Write the form that the suffix names, one of `REPORTS`, and make no other."""
    suffix = Path(path).suffix.lower()
    if suffix == ".json":
        write_json(forms.document(), path)
    elif suffix == ".html":
        write_whole(path, forms.html())
    elif suffix == ".md":
        write_whole(path, forms.markdown())
    elif suffix in PICTURES:
        write_picture(forms.chart(), path)
    else:
        written = f"{suffix!r} in {str(path)!r}" if suffix else f"{str(path)!r}, which has none"
        raise InputError(f"the suffix of a report must be one of {', '.join(REPORTS)}; found {written}.")
