"""A strip of named learning rates on the axis, a row each, so that however near they lie no label meets another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from etascope.report.charts.chart import colour_of_rate
from etascope.report.charts.rate_axis import place, x_axis
from etascope.report.charts.theme import Spec

#: Pixels of a row.
ROW = 25
#: Pixels from a mark to its label.
GAP = 11


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


def strip_panel(
    named: Sequence[Named],
    ends: tuple[float, float],
    title: str,
    *,
    behind: Sequence[Spec] = (),
) -> Spec:
    """Return the panel: a mark a rate in its colour, and its label on the side that has more room.

    Parameters
    ----------
    named
        From the first row to the last.
    ends
        The window of the axis.
    title
        What the rates are.

    Other Parameters
    ----------------
    behind
        Layers to draw first.
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
            layers.append(_text(at, one.said, style, {"x": {"value": 0}, "y": y}))
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
        style = _side(one.rate, ends) | {"fontWeight": 700 if one.strong else 400, "fontSize": 12}
        halo: Spec = {"stroke": "@ground", "strokeWidth": 6, "strokeJoin": "round", "color": "@ground"}
        layers += [_text(at, one.said, style | look, {"x": x, "y": y}) for look in (halo, {"color": "@ink"})]
    line = {"type": "line", "color": "@quiet", "strokeWidth": 1.2, "tooltip": None}
    join: Spec = {"data": {"values": marks}, "mark": line, "encoding": {"x": x, "y": y, "order": {"field": "row"}}}
    return {"height": strip_height(named), "layer": [*behind, *([join] if marks else []), *layers]}


def _side(rate: float, ends: tuple[float, float]) -> Spec:
    right = place(rate, ends) < 0.5
    return {"align": "left" if right else "right", "dx": GAP if right else -GAP}


def _text(at: Spec, said: str, style: Spec, encoding: Spec) -> Spec:
    return {
        "data": {"values": [at]},
        "mark": {"type": "text", "text": said, "baseline": "middle", "tooltip": None, **style},
        "encoding": encoding,
    }
