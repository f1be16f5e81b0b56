"""A run as one page of HTML that needs nothing else: no network, no server."""

from __future__ import annotations

from etascope.core.numbers import rate
from etascope.core.run import Run
from etascope.report.charts.render import charts
from etascope.report.html import answer as html_answer
from etascope.report.html import trace as html_trace
from etascope.report.html.page import Replay, Section, html_page
from etascope.report.html.parts import figure_of, text
from etascope.report.html.replay import place, replay_document, replay_script
from etascope.report.words.job import data_understood


def run_html(run: Run) -> str:
    """Return a run as a page: answer with receipt, charts, trace, every trial, recipe and the line of code.

    Every chart has its numbers as a table. Where scripts run, the landscape and the final training are replayed: a dial
    to drag, epochs to play, one prediction through the layers, drawn by the page modules of the studio.
    """
    drawn = charts(run)
    told = run.choice.learning_rate
    title = f"{run.data.source}: " + ("cannot tell yet" if told is None else f"learning rate {rate(told)}")
    header = f'<p class="quiet">{text(run.data.source)} · {text(data_understood(run.data))}</p>\n{html_answer.top(run)}'
    seen = place("landscape") + "".join(map(figure_of, drawn))
    sections = [
        Section("why-title", "Why, and how sure", html_answer.receipt(run)),
        Section("landscape-title", "What every learning rate led to", seen),
        Section("trials-title", "Every trial and its verdict", html_answer.verdicts(run)),
        Section("particulars-title", "What was asked, and of what", html_answer.particulars(run)),
    ]
    if run.trace is not None:
        insight = "".join(f"<p>{text(sentence)}</p>" for sentence in run.trace.insight)
        written = f"<div data-instead>{html_trace.prediction(run.trace)}</div>\n"
        followed = place("epochs") + html_trace.epochs(run.trace) + place("prediction") + written
        sections[2:2] = [
            Section("trace-title", "The final training, laid open", html_trace.stages(run.trace)),
            Section("epochs-title", "Epoch by epoch, and one image through the model", followed),
            Section("insight-title", "Key insight", insight),
        ]
    replay = Replay(replay_script(), replay_document(run))
    return html_page(title, header, sections, drawn, run.versions.get("etascope", ""), replay)
