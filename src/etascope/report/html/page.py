"""The frame of every HTML page: one file that needs nothing else, no network and no server."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from etascope.core.plain import Document
from etascope.report.charts.chart import Chart, colours, panel
from etascope.report.charts.theme import DARK, LIGHT
from etascope.report.html.parts import text
from etascope.report.html.vega import vega_bundle


@dataclass(frozen=True)
class Section:
    """A part of a page: its anchor, its heading as text, its body as HTML."""

    name: str
    title: str
    body: str


@dataclass(frozen=True)
class Replay:
    """What a page can play: the script that does, and its data."""

    script: str
    data: Document


def html_page(
    title: str, header: str, sections: Sequence[Section], charts: Sequence[Chart], version: str,
    replay: Replay | None = None,
) -> str:  # fmt: skip
    """Return a page with its charts' specifications and the scripts that draw them.

    Scripts are named by their hashes in the page's Content-Security-Policy, so that nothing else runs in it, and
    nothing is loaded. Everything but the drawn charts is there without scripts.

    Parameters
    ----------
    title, header
        Of the window, as text, and the answer at the top, as HTML.
    sections
        What follows, in order. They have places for the charts (`parts.figure_of`) and the replay (`replay.place`).
    charts, replay
        What is drawn there; names must differ.
    version
        Of etascope, for the last line.
    """
    data, scripts = {"charts": _chart_data(charts)}, [vega_bundle(), _part("page_parts/page.js")]
    style = _part("page_modules/drawn.css") + _part("page_parts/page.css")
    if replay is not None:
        data["replay"] = replay.data
        scripts.append(replay.script)
    policy = (
        f"default-src 'none'; script-src {' '.join(map(_hash, scripts))}; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n<link rel="icon" href="data:,">\n'
        f"<title>{text(title)} - etascope</title>\n<style>\n{style}</style>\n</head>\n<body>\n<main>\n"
        f"<header>\n{header}</header>\n{''.join(map(_section, sections))}</main>\n"
        f'<footer class="quiet">Written by etascope {text(version)}. This page loads nothing from elsewhere.</footer>\n'
        f"{''.join(_data(name, document) for name, document in data.items())}"
        f"{''.join(f'<script>{script}</script>{chr(10)}' for script in scripts)}</body>\n</html>\n"
    )


def _section(section: Section) -> str:
    name = section.name
    return (
        f'<section aria-labelledby="{name}">\n<h2 id="{name}">{text(section.title)}</h2>\n{section.body}\n</section>\n'
    )


def _chart_data(charts: Sequence[Chart]) -> Document:
    return {
        "tokens": {"light": LIGHT.tokens, "dark": DARK.tokens},
        "charts": {
            chart.name: {
                "rates": {"light": colours(chart, False), "dark": colours(chart, True)},
                "panels": [panel(chart, i) for i in range(len(chart.panels))],
            }
            for chart in charts
        },
    }


def _data(name: str, document: Document) -> str:
    # "<" could end the script element, or begin a comment in it.
    said = json.dumps(document, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")
    return f'<script type="application/json" id="{name}">{said}</script>\n'


@cache
def _part(path: str) -> str:
    return (resources.files("etascope.report") / path).read_text(encoding="utf-8")


def _hash(script: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode('utf-8')).digest()).decode('ascii')}'"
