"""A chart before its ground and width are known: `Chart`, and the Vega-Lite specification that it becomes."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from dataclasses import dataclass

from etascope.core.numbers import nats
from etascope.report.charts.theme import CONFIG, DARK, LIGHT, Spec, rate_colours, themed

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
#: Characters of a title that fit in a pixel of width, as measured.
TITLE, SUBTITLE = 1 / 8.8, 1 / 5.9
COLOURS = 16


@dataclass(frozen=True, eq=False)
class Chart:
    """One chart: a title that says what to see, one or two panels, and its numbers as a table.

    Attributes
    ----------
    name
        A word for files and pages: `landscape`, `curves`, `final`.
    title
        What to see, a sentence with this run's numbers.
    note
        What is drawn, in one sentence.
    panels
        A Vega-Lite view each, without a width; colours are tokens of `Theme`.
    across
        Whether panels stand side by side, or above each other.
    window
        Lowest and highest learning rate shown: the ends of the colours.
    header, rows
        The same numbers in words, for who cannot see the chart.
    """

    name: str
    title: str
    note: str
    panels: tuple[Spec, ...]
    across: bool
    window: tuple[float, float]
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def stands_at(values: Iterable[float], top: float, what: str = "Losses") -> str:
    """Return the sentence that an axis is cut, with a space before it; nothing where all values are drawn.

    Examples
    --------
    >>> stands_at([0.3, 4.2], 2.7), stands_at([0.3], 2.7)
    (' Losses above 2.70 stand at 2.70.', '')
    """
    return f" {what} above {nats(top)} stand at {nats(top)}." if any(top < value for value in values) else ""


def colours(chart: Chart, dark: bool) -> list[str]:
    """Return the colours that `@rates` stands for."""
    return rate_colours(*chart.window, COLOURS, dark)[1]


def colour_scale(window: tuple[float, float]) -> Spec:
    """Return the scale that gives a learning rate its colour; see `report.charts.theme`."""
    return {"type": "log", "domain": rate_colours(*window, COLOURS)[0], "range": "@rates", "interpolate": "rgb"}


def colour_of_rate(window: tuple[float, float]) -> Spec:
    """Return the encoding that colours by the field `rate`, without a legend: the axis says the same."""
    return {"field": "rate", "type": "quantitative", "scale": colour_scale(window), "legend": None}


def panel(chart: Chart, index: int) -> Spec:
    """Return one panel as a specification that fills its container, tokens not replaced: for a page."""
    return {
        "$schema": SCHEMA,
        "width": "container",
        "autosize": {"type": "fit-x", "contains": "padding"},
        "config": CONFIG,
        **chart.panels[index],
    }


def figure(chart: Chart, *, width: int = 720, dark: bool = False) -> Spec:
    """Return the whole chart with its title as one Vega-Lite specification: for a picture or a notebook.

    The width is that of the panels in pixels, axes not counted.
    """
    theme = DARK if dark else LIGHT
    each = (width - 60 * (len(chart.panels) - 1)) // len(chart.panels) if chart.across else width
    panels = [{"width": each, **view} for view in chart.panels]
    spec: Spec = {
        "$schema": SCHEMA,
        "description": chart.title,
        "title": {
            "text": textwrap.wrap(chart.title, int(width * TITLE)),
            "subtitle": textwrap.wrap(chart.note, int(width * SUBTITLE)),
        },
        "config": CONFIG,
        "padding": 20,
        "spacing": 30,
        "resolve": {"scale": {"color": "independent"}, "legend": {"color": "independent", "strokeDash": "independent"}},
        ("hconcat" if chart.across else "vconcat"): panels,
    }
    return themed(spec, theme, colours(chart, dark))
