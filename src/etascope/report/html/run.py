"""A run, or an experiment, as one page of HTML that needs nothing else: no network, no server."""

from __future__ import annotations

from etascope.core.numbers import rate
from etascope.core.run import Run
from etascope.report.charts.render import charts
from etascope.report.experiment import Experiment
from etascope.report.html.answer import particulars, receipt, top, verdicts
from etascope.report.html.page import Replay, Section, html_page
from etascope.report.html.parts import fields, figure_of, sentences, text
from etascope.report.html.replay import place, replay_document, replay_script
from etascope.report.html.trace import epochs, prediction, stages
from etascope.report.words.job import Again, again_in_python, data_understood


def run_html(run: Run, again: Again = again_in_python) -> str:
    """Return a run as a page: answer with receipt, charts, trace, every trial, recipe and the line of code.

    Every chart has its numbers as a table. Where scripts run, the landscape and the final training are replayed: a dial
    to drag, epochs to play, one prediction through the layers, drawn by the page modules of the studio.
    """
    drawn = charts(run)
    best = run.choice.learning_rate
    title = f"{run.data.source}: " + ("cannot tell yet" if best is None else f"learning rate {rate(best)}")
    header = f'<p class="quiet">{text(run.data.source)} · {text(data_understood(run.data))}</p>\n{top(run, again)}'
    landscape = place("landscape") + "".join(map(figure_of, drawn))
    sections = [
        Section("why-title", "Why, and how sure", receipt(run)),
        Section("landscape-title", "What every learning rate led to", landscape),
        Section("trials-title", "Every trial and its verdict", verdicts(run)),
        Section("particulars-title", "What was asked, and of what", particulars(run)),
    ]
    if run.trace is not None:
        insight = "".join(f"<p>{text(sentence)}</p>" for sentence in run.trace.insight)
        written = f"<div data-instead>{prediction(run.trace)}</div>\n"
        followed = place("epochs") + epochs(run.trace) + place("prediction") + written
        sections[2:2] = [
            Section("trace-title", "The final training, laid open", stages(run.trace)),
            Section("epochs-title", "Epoch by epoch, and one image through the model", followed),
            Section("insight-title", "Key insight", insight),
        ]
    replay = Replay(replay_script(), replay_document(run))
    return html_page(title, header, sections, drawn, run.versions.get("etascope", ""), replay)


def experiment_html(made: Experiment) -> str:
    """Return an experiment as a page: its finding, what to learn from it, charts with their tables, what was asked."""
    first, *rest = made.charts
    data = text(data_understood(made.data))
    header = (
        f'<p class="quiet">{text(made.data.source)} · {text(made.kind)} · {data}</p>\n'
        f'<h1><span class="label">{text(made.label)}</span> <span class="rate">{text(made.headline)}</span></h1>\n'
        f'<p class="basin">{" · ".join(map(text, made.others))}</p>\n<p class="quiet">{text(made.setup)}</p>\n'
    )
    facts = [(name, text(value)) for name, value in made.known]
    facts.append(("versions", text(", ".join(f"{name} {version}" for name, version in made.versions.items()))))
    sections = [
        Section("says-title", "What it says", sentences(made.sentences)),
        Section("charts-title", "The charts", figure_of(first, table_open=True) + "".join(map(figure_of, rest))),
        Section("facts-title", "What else there is to know", fields(facts)),
    ]
    if made.references:
        sections.append(Section("references-title", "Where it comes from", sentences(made.references)))
    return html_page(made.title, header, sections, made.charts, made.versions.get("etascope", ""))
