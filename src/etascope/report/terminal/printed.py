"""What `print` shows of a run, a trace or an experiment: the page of the command line, as text."""

from __future__ import annotations

import io
import sys

from etascope.core.data import DataSummary
from etascope.core.run import Run
from etascope.core.trace import Trace
from etascope.report.experiment import Experiment
from etascope.report.terminal.page import Page, needs_ascii, open_console
from etascope.report.terminal.run import print_choice, print_trace
from etascope.report.words.job import data_understood


def printed(shown: Run | Trace | Experiment) -> str:
    """Return the page of a result, that begins with what its images were understood as and every note on them.

    It is in ASCII where standard output holds nothing else.
    """
    file, ascii = io.StringIO(), needs_ascii(getattr(sys.stdout, "encoding", None))
    console = open_console(file, ascii=ascii)
    page = Page(console, ascii)
    _understood(page, shown.data)
    if isinstance(shown, Run):
        print_choice(console, shown, ascii=ascii)
    elif isinstance(shown, Trace):
        print_trace(console, shown, ascii=ascii)
    else:
        shown.page(page)
    return file.getvalue().rstrip("\n")


def _understood(page: Page, data: DataSummary | None) -> None:
    if data is None or not data.images:
        return
    page.wrapped(data_understood(data))
    for sentence in data.notes:
        page.wrapped(f"note: {sentence}")
    page.line("")
