"""A run written to a file: what kind, its suffix says."""

from __future__ import annotations

from pathlib import Path

from etascope.core.errors import InputError
from etascope.core.run import Run
from etascope.report.document import pick_document, write_json
from etascope.report.html import run_html
from etascope.report.markdown import run_markdown
from etascope.report.render import PICTURES, write_chart
from etascope.report.whole_file import write_whole

REPORTS = (".html", ".md", ".json", *PICTURES)


def write_report(run: Run, path: str | Path) -> None:
    """Write a run as a page (.html), text (.md), document (.json) or picture of its landscape (.png, .svg, .pdf).

    The file appears whole or not at all.

    Raises
    ------
    InputError
        If the suffix is none of these, or the file cannot be written.
    """
    suffix = Path(path).suffix.lower()
    if suffix == ".json":
        write_json(pick_document(run), path)
    elif suffix == ".html":
        write_whole(path, run_html(run))
    elif suffix == ".md":
        write_whole(path, run_markdown(run))
    elif suffix in PICTURES:
        write_chart(run, path)
    else:
        found = f"{suffix!r} in {str(path)!r}" if suffix else f"{str(path)!r}, which has none"
        raise InputError(f"the suffix of a report must be one of {', '.join(REPORTS)}; found {found}.")
