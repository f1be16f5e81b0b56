"""A run as one page of HTML that needs nothing else: no network, no server."""

from __future__ import annotations

import base64
import hashlib
import json
from functools import cache
from importlib import resources

from etascope.core.numbers import rate
from etascope.core.run import Run
from etascope.report import html_answer, html_trace
from etascope.report.asked import data_words
from etascope.report.charts.chart import Chart, colours, panel
from etascope.report.charts.theme import DARK, LIGHT
from etascope.report.html_parts import figure_of, text
from etascope.report.render import charts
from etascope.report.vega_bundle import vega_bundle


def run_html(run: Run) -> str:
    """Return a run as a page: answer with receipt, charts, trace, every trial, recipe and the line of code.

    Scripts are named by their hashes in the page's Content-Security-Policy, so that nothing else runs in it, and
    nothing is loaded. Everything but the drawn charts is there without scripts; every chart has its numbers as a
    table.
    """
    drawn = charts(run)
    data, bundle, script = _chart_data(drawn), vega_bundle(), _part("page.js")
    policy = (
        f"default-src 'none'; script-src {_hash(bundle)} {_hash(script)}; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    told = run.choice.learning_rate
    title = f"{run.data.source}: " + ("cannot tell yet" if told is None else f"learning rate {rate(told)}")
    sections = [
        _section("landscape-title", "What every learning rate led to", "".join(map(figure_of, drawn))),
        _section("trials-title", "Every trial and its verdict", html_answer.verdicts(run)),
        _section("particulars-title", "What was asked, and of what", html_answer.particulars(run)),
    ]
    if run.trace is not None:
        insight = "".join(f"<p>{text(sentence)}</p>" for sentence in run.trace.insight)
        followed = html_trace.epochs(run.trace) + html_trace.prediction(run.trace)
        sections.insert(1, _section("trace-title", "The final training, laid open", html_trace.stages(run.trace)))
        sections.insert(2, _section("epochs-title", "Epoch by epoch, and one image through the model", followed))
        sections.insert(3, _section("insight-title", "Key insight", insight))
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n<link rel="icon" href="data:,">\n'
        f"<title>{text(title)} - etascope</title>\n<style>\n{_part('page.css')}</style>\n</head>\n<body>\n<main>\n"
        f'<header>\n<p class="quiet">{text(run.data.source)} · {data_words(run.data)}</p>\n'
        f"{html_answer.top(run)}</header>\n"
        f"{_section('why-title', 'Why, and how sure', html_answer.receipt(run))}{''.join(sections)}</main>\n"
        f'<footer class="quiet">Written by etascope {text(run.versions.get("etascope", ""))}. This page loads '
        "nothing from elsewhere.</footer>\n"
        f'<script type="application/json" id="charts">{data}</script>\n'
        f"<script>{bundle}</script>\n<script>{script}</script>\n</body>\n</html>\n"
    )


def _section(name: str, title: str, body: str) -> str:
    return f'<section aria-labelledby="{name}">\n<h2 id="{name}">{title}</h2>\n{body}\n</section>\n'


def _chart_data(drawn: tuple[Chart, ...]) -> str:
    document = {
        "tokens": {"light": LIGHT.tokens, "dark": DARK.tokens},
        "charts": {
            chart.name: {
                "rates": {"light": colours(chart, False), "dark": colours(chart, True)},
                "panels": [panel(chart, i) for i in range(len(chart.panels))],
            }
            for chart in drawn
        },
    }
    # "<" could end the script element, or begin a comment in it.
    return json.dumps(document, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")


@cache
def _part(name: str) -> str:
    return (resources.files("etascope.report") / "page_parts" / name).read_text(encoding="utf-8")


def _hash(script: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode('utf-8')).digest()).decode('ascii')}'"
