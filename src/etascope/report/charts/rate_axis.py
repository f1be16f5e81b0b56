"""The logarithmic learning-rate axis, and what stands on it: basin, walls, the chosen rate, rates by name."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from etascope.core.choice import Choice
from etascope.core.numbers import rate
from etascope.report.charts.chart import colour_of_rate
from etascope.report.charts.theme import Spec
from etascope.report.words.answer import known_basin

#: Room at the ends of the axis, as a factor, and at least as a share of it: the last label stands within the panel
#: on a small screen too, so that panels above each other stay in line.
MARGIN, SHARE = 1.35, 0.03
#: Stripes of a hatched wall stand this far apart, and panels are about this wide, in pixels.
STRIPE, PANEL = 8, 720
#: Nearer to an end than this share of the axis, a label goes inwards: on a small screen it would be cut.
NEAR = 0.36
#: Rates from here on are written with zeros, those below with an exponent.
PLAIN = 1e-4
#: A wall at least this wide has its label inside.
ROOM = 26
#: Nearer to a rule than this, such a label goes beside it, this far; on a small screen it would touch it.
CLOSE, BESIDE = 26, 13
#: Pixels of a row of the strip, and from a mark to its label.
ROW, GAP = 25, 11


def window(choice: Choice) -> tuple[float, float]:
    """Return the lowest and the highest learning rate tried; a single rate is given room on both sides."""
    rates = choice.landscape.learning_rates
    low, high = float(rates.min()), float(rates.max())
    return (low, high) if low < high else (low / 3, high * 3)


def domain(ends: tuple[float, float]) -> tuple[float, float]:
    """Return the ends of the axis: a little more than the window."""
    room = max(MARGIN, (ends[1] / ends[0]) ** SHARE)
    return ends[0] / room, ends[1] * room


def x_axis(ends: tuple[float, float], title: str | None = "learning rate (logarithmic)") -> Spec:
    """Return the encoding of the field `rate` on the axis; without a title, also without labels."""
    low, high = domain(ends)
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    many = math.log10(high / low) > 3.2
    ticks = [float(f"{m}e{e}") for e in decades for m in ((1,) if many else (1, 3))]
    axis: Spec = {"values": [t for t in ticks if low <= t <= high], "title": title, "grid": True}
    # Zeros that have to be counted are no number: 1e-6.
    axis |= (
        {"labelExpr": f"format(datum.value, datum.value < {PLAIN} ? '~e' : '~g')"} if low < PLAIN else {"format": "~g"}
    )
    if title is None:
        axis["labels"] = False
    return {
        "field": "rate",
        "type": "quantitative",
        "scale": {"type": "log", "domain": [low, high], "nice": False},
        "axis": axis,
    }


def ground(choice: Choice, ends: tuple[float, float], height: int, words: bool = True) -> list[Spec]:
    """Return layers behind the data: the basin shaded, walls hatched, the customary rate as a dashed rule."""
    layers, usual = basin(choice, ends), None if choice.worth_tuning is None else choice.worth_tuning.learning_rate
    if usual is not None and not ends[0] <= usual <= ends[1]:
        usual = None
    for start, end, said in _walls(choice, ends):
        layers.append(_hatched(start, end, ends, height))
        if words:
            layers += _wall_label(said, start, end, ends, height, usual)
    if usual is not None:
        layers.append(rule(usual, ends, {"color": "@quiet", "strokeDash": [4, 4], "strokeWidth": 1.2}))
        if words:
            room = place(usual, ends) > NEAR
            left = choice.learning_rate is not None and usual < choice.learning_rate and room
            style = {"align": "right" if left else "left", "dx": -6 if left else 6, "baseline": "top", "fontSize": 11}
            layers.append(_text(usual, f"customary {rate(usual)}", style, ends, 4))
    return layers


def basin(choice: Choice, ends: tuple[float, float]) -> list[Spec]:
    """Return the layer that shades the basin; none where there is none."""
    if choice.basin is None:
        return []
    return [_span(choice.basin.low, choice.basin.high, ends, {"color": "@accent", "opacity": 0.12})]


def beyond(wall: float, ends: tuple[float, float], height: int) -> list[Spec]:
    """Return the layer that hatches all rates from a wall on, in a panel of this height; none beyond the axis."""
    high = domain(ends)[1]
    return [_hatched(max(wall, domain(ends)[0]), high, ends, height)] if wall < high else []


def chosen(choice: Choice, ends: tuple[float, float], words: bool = True) -> list[Spec]:
    """Return layers before the data: a heavy rule at the recommended rate, with its label above the panel."""
    if choice.learning_rate is None:
        return []
    layers = [rule(choice.learning_rate, ends, {"color": "@accent", "strokeWidth": 3})]
    if words:
        at = place(choice.learning_rate, ends)
        align = "left" if at < NEAR else "right" if at > 1 - NEAR else "center"
        style = {"align": align, "baseline": "bottom", "fontSize": 13, "fontWeight": 700, "color": "@accent"}
        layers.append(_text(choice.learning_rate, _label(choice), style, ends, -5))
    return layers


def _label(choice: Choice) -> str:
    written = "" if choice.learning_rate is None else rate(choice.learning_rate)
    known = known_basin(choice)
    return written if known is None else f"{written}, basin {rate(known.low)} to {rate(known.high)}"


def _walls(choice: Choice, ends: tuple[float, float]) -> list[tuple[float, float, str]]:
    """Return what lies beyond the walls, no further than was tried: an axis that goes on says nothing of it."""
    axis, tried = domain(ends), domain(window(choice))
    low, high = max(axis[0], tried[0]), min(axis[1], tried[1])
    walls, spans = choice.walls, list[tuple[float, float, str]]()
    if walls.low is not None and walls.low > low:
        spans.append((low, min(walls.low, high), "too small to learn"))
    if walls.high is not None and walls.high < high:
        spans.append((max(walls.high, low), high, "diverged or clearly worse"))
    return spans


def place(at: float, ends: tuple[float, float]) -> float:
    """Return where a rate stands on the axis: 0 at its low end, 1 at its high one."""
    low, high = domain(ends)
    return math.log(at / low) / math.log(high / low)


def _wide(start: float, end: float, ends: tuple[float, float]) -> float:
    return PANEL * math.log(end / start) / math.log(domain(ends)[1] / domain(ends)[0])


def _hatched(start: float, end: float, ends: tuple[float, float], height: int) -> Spec:
    return _span(start, end, ends, {"fill": _hatch(_wide(start, end, ends), height), "opacity": 0.3})


def _wall_label(
    said: str, start: float, end: float, ends: tuple[float, float], height: int, usual: float | None
) -> list[Spec]:
    wide = _wide(start, end, ends)
    at, beside = (math.sqrt(start * end), 0) if wide >= ROOM else (end, 10) if start < ends[0] else (start, -10)
    if usual is not None and abs(PANEL * (place(at, ends) - place(usual, ends)) + beside) < CLOSE:
        # The side with more of the wall.
        at, beside = usual, BESIDE if usual * usual < start * end else -BESIDE
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


def rule(at: float, ends: tuple[float, float], style: Spec) -> Spec:
    """Return a layer with an upright rule at a rate, through the whole panel."""
    mark = {"type": "rule", "tooltip": None, **style}
    return {"data": {"values": [{"rate": at}]}, "mark": mark, "encoding": {"x": x_axis(ends)}}


def _text(at: float, said: str, style: Spec, ends: tuple[float, float], y: float) -> Spec:
    mark = {"type": "text", "text": said, "tooltip": None, **style}
    return {"data": {"values": [{"rate": at}]}, "mark": mark, "encoding": {"x": x_axis(ends), "y": {"value": y}}}


@dataclass(frozen=True)
class Named:
    """A learning rate with a name.

    Attributes
    ----------
    said
        The label.
    rate
        Where it stands; None where there is nothing to mark, and the label stands alone.
    strong
        Whether the label is bold.
    joined
        Whether a line joins its mark with the others that are joined, from row to row.
    shape
        Of the mark, as Vega-Lite names it.
    hover
        What its tooltip says, by name.
    """

    said: str
    rate: float | None
    strong: bool = False
    joined: bool = False
    shape: str = "diamond"
    hover: Mapping[str, str] = field(default_factory=dict[str, str])


def strip_height(named: Sequence[Named]) -> int:
    """Return the pixels that the strip takes."""
    return ROW * max(len(named), 1)


def strip_panel(named: Sequence[Named], ends: tuple[float, float], title: str, *, behind: Sequence[Spec] = ()) -> Spec:
    """Return a panel of rates by name, a row each from the first down, so that no label meets another.

    A mark has its rate's colour, and its label stands on the side that has more room; layers `behind` are drawn first.
    """
    x = x_axis(ends)
    scale = {"domain": [0, max(len(named), 1)], "reverse": True, "nice": False}
    axis: Spec = {"title": title, "labels": False, "grid": False, "values": []}
    y: Spec = {"field": "row", "type": "quantitative", "scale": scale, "axis": axis}
    marks, layers = list[Spec](), list[Spec]()
    for i, one in enumerate(named):
        at: Spec = {"row": i + 0.5, **one.hover}
        tooltip = [{"field": name, "type": "nominal"} for name in one.hover]
        if one.rate is None:
            style: Spec = {"align": "left", "dx": 2, "fontStyle": "italic"}
            layers.append(_row_text(at, one.said, style, {"x": {"value": 0}, "y": y}))
            continue
        at["rate"] = one.rate
        if one.joined:
            marks.append(at)
        layers.append({
            "data": {"values": [at]},
            "mark": {"type": "point", "shape": one.shape, "size": 130, "filled": True, "opacity": 1}
            | {"stroke": "@ground", "strokeWidth": 1.2},
            "encoding": {"x": x, "y": y, "color": colour_of_rate(ends), "tooltip": tooltip},
        })  # fmt: skip
        right = place(one.rate, ends) < 0.5
        style = {"align": "left" if right else "right", "dx": GAP if right else -GAP, "fontSize": 12}
        style["fontWeight"] = 700 if one.strong else 400
        halo: Spec = {"stroke": "@ground", "strokeWidth": 6, "strokeJoin": "round", "color": "@ground"}
        layers += [_row_text(at, one.said, style | look, {"x": x, "y": y}) for look in (halo, {"color": "@ink"})]
    line = {"type": "line", "color": "@quiet", "strokeWidth": 1.2, "tooltip": None}
    join: Spec = {"data": {"values": marks}, "mark": line, "encoding": {"x": x, "y": y, "order": {"field": "row"}}}
    return {"height": strip_height(named), "layer": [*behind, *([join] if marks else []), *layers]}


def _row_text(at: Spec, said: str, style: Spec, encoding: Spec) -> Spec:
    return {
        "data": {"values": [at]},
        "mark": {"type": "text", "text": said, "baseline": "middle", "tooltip": None, **style},
        "encoding": encoding,
    }
