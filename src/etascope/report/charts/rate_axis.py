"""The logarithmic learning-rate axis, and what stands on it: basin, walls, the chosen rate, the customary one."""

from __future__ import annotations

import math

from etascope.core.choice import Choice, Walls
from etascope.core.numbers import rate
from etascope.report.answer import known_basin
from etascope.report.charts.theme import Spec

#: Room at the ends of the axis, as a factor.
MARGIN = 1.35
#: Stripes of a hatched wall stand this far apart, and panels are about this wide, in pixels.
STRIPE, PANEL = 8, 720
#: A wall at least this wide has its label inside.
ROOM = 26


def window(choice: Choice) -> tuple[float, float]:
    """Return the lowest and the highest learning rate tried; a single rate is given room on both sides."""
    rates = choice.landscape.learning_rates
    low, high = float(rates.min()), float(rates.max())
    return (low, high) if low < high else (low / 3, high * 3)


def domain(ends: tuple[float, float]) -> tuple[float, float]:
    """Return the ends of the axis: a little more than the window."""
    return ends[0] / MARGIN, ends[1] * MARGIN


def x_axis(ends: tuple[float, float], title: str | None = "learning rate (logarithmic)") -> Spec:
    """Return the encoding of the field `rate` on the axis; without a title, also without labels."""
    low, high = domain(ends)
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    many = math.log10(high / low) > 3.2
    ticks = [float(f"{m}e{e}") for e in decades for m in ((1,) if many else (1, 3))]
    axis: Spec = {"values": [t for t in ticks if low <= t <= high], "format": "~g", "title": title, "grid": True}
    if title is None:
        axis["labels"] = False
    return {
        "field": "rate",
        "type": "quantitative",
        "scale": {"type": "log", "domain": [low, high], "nice": False},
        "axis": axis,
    }


def ground(choice: Choice, ends: tuple[float, float], height: int, words: bool = True) -> list[Spec]:
    """Return layers behind the data: the basin shaded, walls hatched, the customary rate as a dashed rule.

    Parameters
    ----------
    choice, ends
        What to mark, and the window.
    height
        Of the panel, in pixels.
    words
        Whether to label them.
    """
    layers = list[Spec]()
    if choice.basin is not None:
        layers.append(_span(choice.basin.low, choice.basin.high, ends, {"color": "@accent", "opacity": 0.12}))
    for start, end, said in _walls(choice.walls, ends):
        wide = PANEL * math.log(end / start) / math.log(domain(ends)[1] / domain(ends)[0])
        layers.append(_span(start, end, ends, {"fill": _hatch(wide, height), "opacity": 0.3}))
        if words:
            layers += _wall_label(said, start, end, ends, wide, height)
    if choice.worth_tuning is not None and ends[0] <= choice.worth_tuning.learning_rate <= ends[1]:
        usual = choice.worth_tuning.learning_rate
        layers.append(_rule(usual, ends, {"color": "@quiet", "strokeDash": [4, 4], "strokeWidth": 1.2}))
        if words:
            left = choice.learning_rate is not None and usual < choice.learning_rate
            style = {"align": "right" if left else "left", "dx": -6 if left else 6, "baseline": "top", "fontSize": 11}
            layers.append(_text(usual, f"customary {rate(usual)}", style, ends, 4))
    return layers


def chosen(choice: Choice, ends: tuple[float, float], words: bool = True) -> list[Spec]:
    """Return layers before the data: a heavy rule at the recommended rate, with its label above the panel."""
    if choice.learning_rate is None:
        return []
    layers = [_rule(choice.learning_rate, ends, {"color": "@accent", "strokeWidth": 3})]
    if words:
        low, high = domain(ends)
        place = math.log(choice.learning_rate / low) / math.log(high / low)
        align = "left" if place < 0.3 else "right" if place > 0.7 else "center"
        style = {"align": align, "baseline": "bottom", "fontSize": 13, "fontWeight": 700, "color": "@accent"}
        layers.append(_text(choice.learning_rate, _label(choice), style, ends, -5))
    return layers


def _label(choice: Choice) -> str:
    told = "" if choice.learning_rate is None else rate(choice.learning_rate)
    basin = known_basin(choice)
    return told if basin is None else f"{told}, basin {rate(basin.low)} to {rate(basin.high)}"


def _walls(walls: Walls, ends: tuple[float, float]) -> list[tuple[float, float, str]]:
    low, high = domain(ends)
    found = list[tuple[float, float, str]]()
    if walls.low is not None and walls.low > low:
        found.append((low, min(walls.low, high), "too small to learn"))
    if walls.high is not None and walls.high < high:
        found.append((max(walls.high, low), high, "diverged or clearly worse"))
    return found


def _wall_label(said: str, start: float, end: float, ends: tuple[float, float], wide: float, height: int) -> list[Spec]:
    at, beside = (math.sqrt(start * end), 0) if wide >= ROOM else (end, 10) if start < ends[0] else (start, -10)
    style: Spec = {"angle": 270, "fontSize": 12, "dy": beside}
    halo = {**style, "stroke": "@ground", "strokeWidth": 5, "strokeJoin": "round", "color": "@ground"}
    return [_text(at, said, look, ends, height / 2) for look in (halo, {**style, "color": "@ink"})]


def _hatch(wide: float, height: int) -> Spec:
    """Return a gradient of hard stripes at 45 degrees: Vega has no patterns.

    Gradients are measured in a box of side 1, so the direction that looks like 45 degrees depends on its shape.
    """
    scale = (wide + height) / (wide**2 + height**2)
    stripes = max(3, round((wide + height) / STRIPE))
    stops = list[Spec]()
    for i in range(stripes):
        for offset, colour in ((i, "@quiet"), (i + 0.22, "@quiet"), (i + 0.22, "@ground"), (i + 1, "@ground")):
            stops.append({"offset": round(offset / stripes, 5), "color": colour})
    return {"gradient": "linear", "x1": 0, "y1": 0, "x2": scale * wide, "y2": scale * height, "stops": stops}


def _span(start: float, end: float, ends: tuple[float, float], style: Spec) -> Spec:
    return {
        "data": {"values": [{"rate": start, "until": end}]},
        "mark": {"type": "rect", "clip": True, "tooltip": None, **style},
        "encoding": {"x": x_axis(ends), "x2": {"field": "until"}, "y": {"value": 0}, "y2": {"value": "height"}},
    }


def _rule(at: float, ends: tuple[float, float], style: Spec) -> Spec:
    mark = {"type": "rule", "tooltip": None, **style}
    return {"data": {"values": [{"rate": at}]}, "mark": mark, "encoding": {"x": x_axis(ends)}}


def _text(at: float, said: str, style: Spec, ends: tuple[float, float], y: float) -> Spec:
    mark = {"type": "text", "text": said, "tooltip": None, **style}
    return {"data": {"values": [{"rate": at}]}, "mark": mark, "encoding": {"x": x_axis(ends), "y": {"value": y}}}
