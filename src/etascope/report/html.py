"""A run as one page of HTML that needs nothing else: no network, no server."""

from __future__ import annotations

from etascope.core.numbers import rate
from etascope.core.run import Run
from etascope.report import html_answer, html_trace
from etascope.report.asked import data_words
from etascope.report.html_page import Section, html_page
from etascope.report.html_parts import figure_of, text
from etascope.report.render import charts


def run_html(run: Run) -> str:
    """Return a run as a page: answer with receipt, charts, trace, every trial, recipe and the line of code.

    Every chart has its numbers as a table.
    """
    drawn = charts(run)
    told = run.choice.learning_rate
    title = f"{run.data.source}: " + ("cannot tell yet" if told is None else f"learning rate {rate(told)}")
    header = f'<p class="quiet">{text(run.data.source)} · {data_words(run.data)}</p>\n{html_answer.top(run)}'
    sections = [
        Section("why-title", "Why, and how sure", html_answer.receipt(run)),
        Section("landscape-title", "What every learning rate led to", "".join(map(figure_of, drawn))),
        Section("trials-title", "Every trial and its verdict", html_answer.verdicts(run)),
        Section("particulars-title", "What was asked, and of what", html_answer.particulars(run)),
    ]
    if run.trace is not None:
        insight = "".join(f"<p>{text(sentence)}</p>" for sentence in run.trace.insight)
        followed = html_trace.epochs(run.trace) + html_trace.prediction(run.trace)
        sections[2:2] = [
            Section("trace-title", "The final training, laid open", html_trace.stages(run.trace)),
            Section("epochs-title", "Epoch by epoch, and one image through the model", followed),
            Section("insight-title", "Key insight", insight),
        ]
    return html_page(title, header, sections, drawn, run.versions.get("etascope", ""))
