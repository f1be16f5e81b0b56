"""How the best rate scales, as a chart and as a table: `scaling_chart`, `setting_table`."""

from __future__ import annotations

import math

import numpy as np

from etascope.core.numbers import rate
from etascope.experiments.scaling.record import Axis, PowerLaw, Setting
from etascope.report.charts.chart import Chart, colour_of_rate
from etascope.report.charts.theme import Spec

HEIGHT = 300
#: Points of the fitted line, and room at the ends of both axes, as a factor.
POINTS, ROOM = 40, 1.5
UNITS = {"epochs": "epochs", "batch size": "images a step", "width": "units of the first hidden layer"}


def scaling_chart(axis: Axis) -> Chart:
    """Draw the best rate (logarithmic) over the setting (logarithmic): a bar a basin, a dot a rate, the fit a line.

    The band is the 90 % interval of the exponent, turned about the middle of the settings that were answered.
    """
    answered = [s for s in axis.settings if s.choice.learning_rate is not None]
    values, rates = [s.value for s in axis.settings], [r for s in answered for r in _interval(s)] or [1e-3, 1.0]
    low, high = min(rates), max(rates)
    x: Spec = {
        "field": "value",
        "type": "quantitative",
        "scale": {"type": "log", "domain": [min(values) / ROOM, max(values) * ROOM], "nice": False},
        "axis": {"title": f"{UNITS.get(axis.name, axis.name)} (logarithmic)", "values": values, "format": "d"},
    }
    y: Spec = {
        "field": "rate",
        "type": "quantitative",
        "scale": {"type": "log", "domain": [low / ROOM, high * ROOM], "nice": False},
        "axis": {"title": "best learning rate, with its basin (logarithmic)", "format": "~g"}
        | {"values": _ticks(low / ROOM, high * ROOM)},
    }
    fit = [] if axis.law is None else _fit(axis.law, answered, values, x, y)
    panel: Spec = {"height": HEIGHT, "layer": [*fit, *_settings(answered, x, y, (low, high))]}
    header, rows = setting_table(axis)
    name = f"scaling-{axis.name.replace(' ', '-')}"
    title = f"{axis.finding[0].upper()}{axis.finding[1:]}"
    return Chart(name, title, _note(axis), (panel,), False, (low, high), header, rows)


def setting_table(axis: Axis) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Return header and rows, one a setting: its best rate, basin, accuracy, and what the choice cost."""
    header = (axis.name, "rate", "basin", "validation accuracy", "trials", "seconds")
    return header, tuple(map(_row, axis.settings))


def _row(setting: Setting) -> tuple[str, ...]:
    choice = setting.choice
    cost = (f"{choice.cost.trials:,}", f"{choice.cost.seconds:.1f}")
    if choice.learning_rate is None or choice.basin is None:
        return str(setting.value), "cannot tell", "", "", *cost
    basin = f"{rate(choice.basin.low)}..{rate(choice.basin.high)}"
    return str(setting.value), rate(choice.learning_rate), basin, f"{100 * choice.valid_accuracy:.1f} %", *cost


def _note(axis: Axis) -> str:
    said = "A dot is the best learning rate that a search found at that setting, the bar its basin."
    if axis.law is not None:
        said += " Line: the fitted power law; shaded: the 90 % interval of its exponent."
    silent = [str(s.value) for s in axis.settings if s.choice.learning_rate is None]
    return said + (f" No answer at {', '.join(silent)}." if silent else "")


def _interval(setting: Setting) -> tuple[float, ...]:
    choice = setting.choice
    ends = () if choice.basin is None else (choice.basin.low, choice.basin.high)
    return (*ends, *(() if choice.learning_rate is None else (choice.learning_rate,)))


def _ticks(low: float, high: float) -> list[float]:
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    steps = (1,) if high / low > 1000 else (1, 3) if high / low > 30 else (1, 2, 5)
    return [tick for decade in decades for step in steps if low <= (tick := float(f"{step}e{decade}")) <= high]


def _fit(law: PowerLaw, answered: list[Setting], values: list[int], x: Spec, y: Spec) -> list[Spec]:
    middle = math.exp(float(np.mean([math.log(s.value) for s in answered])))
    points: list[Spec] = [
        {"value": at, "rate": law.at(at), "low": min(turned), "high": max(turned)}
        for at in np.geomspace(min(values), max(values), POINTS).tolist()
        for turned in [[law.at(middle) * (at / middle) ** exponent for exponent in (law.low, law.high)]]
    ]
    hover = [{"field": "rate", "title": "fitted rate", "format": ".3~g"}]
    return [
        {
            "data": {"values": points},
            "mark": {"type": "area", "color": "@ink", "opacity": 0.1, "clip": True, "tooltip": None},
            "encoding": {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}},
        },
        {
            "data": {"values": points},
            "mark": {"type": "line", "color": "@quiet", "strokeWidth": 1.8, "clip": True},
            "encoding": {"x": x, "y": y, "tooltip": hover},
        },
    ]


def _settings(answered: list[Setting], x: Spec, y: Spec, window: tuple[float, float]) -> list[Spec]:
    rows: list[Spec] = [
        {"value": s.value, "rate": s.choice.learning_rate, "said": rate(s.choice.learning_rate or 0.0)}
        | ({} if s.choice.basin is None else {"low": s.choice.basin.low, "high": s.choice.basin.high})
        for s in answered
    ]
    hover = [
        {"field": "value", "title": "setting", "format": "d"},
        *({"field": name, "title": title, "format": ".3~g"}
          for name, title in (("rate", "best rate"), ("low", "basin from"), ("high", "basin to"))),
    ]  # fmt: skip
    words: Spec = {"type": "text", "align": "left", "dx": 11, "fontSize": 12, "fontWeight": 700, "tooltip": None}
    halo: Spec = {"stroke": "@ground", "strokeWidth": 5, "strokeJoin": "round", "color": "@ground"}
    said: Spec = {"x": x, "y": y, "text": {"field": "said", "type": "nominal"}}
    return [
        {
            "data": {"values": [row for row in rows if "low" in row]},
            "mark": {"type": "bar", "width": 9, "color": "@accent", "opacity": 0.3, "cornerRadius": 3},
            "encoding": {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}, "tooltip": hover},
        },
        {
            "data": {"values": rows},
            "mark": {"type": "circle", "size": 130, "opacity": 1, "stroke": "@ground", "strokeWidth": 1.5},
            "encoding": {"x": x, "y": y, "color": colour_of_rate(window), "tooltip": hover},
        },
        *({"data": {"values": rows}, "mark": words | look, "encoding": said} for look in (halo, {"color": "@ink"})),
    ]
