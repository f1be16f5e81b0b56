"""The landscape: validation loss over learning rate, and below it what following each rate would lose."""

from __future__ import annotations

import math

import numpy as np

from etascope.core.choice import Choice, Curve
from etascope.core.numbers import nats, percent, rate
from etascope.report.charts.chart import Chart, colour_of_rate, stands_at
from etascope.report.charts.rate_axis import chosen, ground, window, x_axis
from etascope.report.charts.theme import Spec
from etascope.report.words.answer import known_basin

#: Losses beyond this many times the lowest mean are drawn at the upper edge.
CEILING = 6.0
#: Costs are shown up to this many times the tolerance.
COSTS = 6.0
LOSS_HEIGHT, COST_HEIGHT = 300, 130


def landscape_chart(choice: Choice) -> Chart:
    """Draw validation loss (nats, log axis) over learning rate: dots are folds and seeds, the line is their mean.

    Where the choice has a curve, a second panel shows the posterior mean and 90 % band of what following each rate
    would lose.
    """
    ends = window(choice)
    panels = [loss_panel(choice, ends, last=choice.curve is None)]
    if choice.curve is not None:
        panels.append(_cost_panel(choice, choice.curve, ends))
    header, rows = _table(choice)
    return Chart("landscape", _title(choice), _note(choice), tuple(panels), False, ends, header, rows)


def _title(choice: Choice) -> str:
    if choice.learning_rate is None:
        return "No learning rate can be told from its neighbours yet"
    title = f"Learning rate {rate(choice.learning_rate)}"
    # Under halving no trial need have come to the end, or have had this very rate: that is no result for a title.
    if choice.regime != "dear" and math.isfinite(choice.valid_accuracy):
        title += f" gets {100 * choice.valid_accuracy:.1f} % of the validation images right"
        # What ranked the rates is no accuracy of the end, as the dots have it.
        title += "" if choice.luck is None else " over the last fifth of the training"
    basin = choice.basin
    if basin is None or basin.low == basin.high:
        return title
    return f"{title}; from {rate(basin.low)} to {rate(basin.high)} nothing is told apart from the best"


def _note(choice: Choice) -> str:
    units = len(choice.landscape.units)
    said = "Each dot is one training" + (f", the line their mean over {units} folds and seeds." if units > 1 else ".")
    if choice.regime == "dear":
        said += " Rates that were stopped early show the loss they had then."
    if known_basin(choice) is not None:
        said += " Shaded: the basin."
    if choice.walls.low is not None or choice.walls.high is not None:
        said += " Hatched: beyond a wall."
    said += " A cross stands where training diverged." + cut_losses(choice)
    top = None if choice.curve is None else _highest_cost(choice, choice.curve)
    if choice.curve is None or top is None or top >= float(choice.curve.high.max()):
        return said
    return f"{said} What loses more than {top:g} {'points' if choice.curve.unit == 'points' else '%'} is cut off below."


def cut_losses(choice: Choice) -> str:
    """Return the sentences on what of the losses `loss_panel` draws at an edge, each with a space before it."""
    least, top = _frame(choice)
    finite = choice.landscape.valid_loss[np.isfinite(choice.landscape.valid_loss)]
    low = f" Losses below {nats(least)} stand at {nats(least)}." if (finite < least).any() else ""
    return stands_at(finite.tolist(), top) + low


def _frame(choice: Choice) -> tuple[float, float]:
    """Return the lowest and the highest loss that are drawn where they are."""
    shown = choice.landscape
    finite = shown.valid_loss[np.isfinite(shown.valid_loss)]
    smallest = 1e-4 * max(float(np.median(finite)), 1e-30) if choice.measure.reported and finite.size else 1e-4
    least = max(float(finite.min()), smallest) if finite.size else 1.0
    lowest = float(np.nanmin(shown.mean_loss)) if np.isfinite(shown.mean_loss).any() else least
    return least, max(min(float(finite.max()), CEILING * lowest), 1.2 * least) if finite.size else 2.0


def _highest_cost(choice: Choice, curve: Curve) -> float:
    tolerance = choice.confidence.tolerance if choice.confidence is not None else 1.0
    return max(min(float(curve.high.max()), COSTS * tolerance), 1.5 * tolerance)


def in_short(choice: Choice) -> str:
    """Return what `loss_panel` shows, in a phrase."""
    if choice.regime == "dear":
        return "validation loss of trainings at one rate each, where they stopped"
    return "validation loss after whole trainings at one rate each"


def loss_panel(choice: Choice, ends: tuple[float, float], *, last: bool = True, height: int = LOSS_HEIGHT) -> Spec:
    """Return the panel of the validation loss: every training a dot, the means joined, and all marks of `rate_axis`.

    The window of the axis may be wider than what was tried. Where no panel stands below, at `last`, the axis is named
    and labelled here.
    """
    shown = choice.landscape
    mean, accuracy = shown.mean_loss, shown.mean_accuracy
    least, top = _frame(choice)
    dots, means, lost = list[Spec](), list[Spec](), list[Spec]()
    for i, tried in enumerate(shown.learning_rates.tolist()):
        for (seed, fold), loss, right in zip(shown.units, shown.valid_loss[i], shown.valid_accuracy[i], strict=True):
            at: Spec = {"rate": tried, "fold": fold, "seed": seed, "top": top}
            if math.isfinite(loss):
                dots.append({**at, "loss": float(loss), "y": _within(float(loss), least, top)})
                dots[-1] |= {"accuracy": float(right)} if math.isfinite(right) else {}
            elif math.isinf(loss):
                lost.append({**at, "end": "diverged"})
        if math.isfinite(mean[i]):
            means.append({"rate": tried, "loss": float(mean[i]), "y": _within(float(mean[i]), least, top)})
            means[-1] |= {"accuracy": float(accuracy[i])} if math.isfinite(accuracy[i]) else {}
    scale = {"type": "log", "domain": [0.93 * least, 1.12 * top], "nice": False}
    name = f"{choice.measure.words} ({choice.measure.unit}{', ' if choice.measure.unit else ''}logarithmic)"
    axis: Spec = {"title": name, "format": "~g", "titleY": -30}
    axis["values"] = [
        t for e in range(math.floor(math.log10(least)) - 1, math.ceil(math.log10(top)) + 1) for m in (1, 2, 3, 5)
        if 0.93 * least <= (t := float(f"{m}e{e}")) <= 1.12 * top
    ]  # fmt: skip
    y = {"field": "y", "type": "quantitative", "scale": scale, "axis": axis}
    x, colour = x_axis(ends, "learning rate (logarithmic)" if last else None), colour_of_rate(ends)
    hover = [
        {"field": "rate", "title": "learning rate", "format": ".3~g"},
        {"field": "loss", "title": _loss_name(choice), "format": ".4~g" if choice.measure.reported else ".3f"},
        {"field": "accuracy", "title": "validation accuracy", "format": ".1%"},
    ]
    units = [{"field": "fold", "title": "fold"}, {"field": "seed", "title": "seed"}]
    end = [hover[0], {"field": "end", "title": "end"}, *units]
    data: list[Spec] = [
        {
            "data": {"values": means},
            "mark": {"type": "line", "color": "@quiet", "strokeWidth": 1.5, "tooltip": None},
            "encoding": {"x": x, "y": y},
        },
        {
            "data": {"values": dots},
            "mark": {"type": "circle", "size": 28, "opacity": 0.4},
            "encoding": {"x": x, "y": y, "color": colour, "tooltip": [*hover, *units]},
        },
        {
            "data": {"values": means},
            "mark": {"type": "circle", "size": 110, "opacity": 1, "stroke": "@ground", "strokeWidth": 1.5},
            "encoding": {"x": x, "y": y, "color": colour, "tooltip": hover},
        },
        {
            "data": {"values": lost},
            "mark": {"type": "point", "shape": "cross", "angle": 45, "size": 90, "filled": True},
            "encoding": {"x": x, "y": {**y, "field": "top"}, "color": colour, "tooltip": end},
        },
    ]
    return {"height": height, "layer": [*ground(choice, ends, height), *chosen(choice, ends), *data]}


def _cost_panel(choice: Choice, curve: Curve, ends: tuple[float, float]) -> Spec:
    tolerance = choice.confidence.tolerance if choice.confidence is not None else 1.0
    top = _highest_cost(choice, curve)
    lost = "accuracy points lost" if curve.unit == "points" else f"{curve.unit} of loss lost"
    values = [
        {"rate": r, "mean": m, "low": a, "high": b}
        for r, m, a, b in zip(
            curve.learning_rates.tolist(), curve.mean.tolist(), curve.low.tolist(), curve.high.tolist(), strict=True
        )
    ]
    scale = {"domain": [0, top], "nice": False}
    y = {"type": "quantitative", "scale": scale, "axis": {"title": f"{lost} against the best, with 90 % band"}}
    x = x_axis(ends)
    hover = [
        {"field": "rate", "title": "learning rate", "format": ".3~g"},
        {"field": "mean", "title": lost, "format": ".2f"},
        {"field": "low", "title": "5 %", "format": ".2f"},
        {"field": "high", "title": "95 %", "format": ".2f"},
    ]
    data: list[Spec] = [
        {
            "mark": {"type": "area", "clip": True, "color": "@ink", "opacity": 0.16},
            "encoding": {"x": x, "y": {**y, "field": "low"}, "y2": {"field": "high"}, "tooltip": hover},
        },
        {
            "mark": {"type": "line", "clip": True, "color": "@ink", "strokeWidth": 2},
            "encoding": {"x": x, "y": {**y, "field": "mean"}, "tooltip": hover},
        },
        {
            "data": {"values": [{"within": tolerance}]},
            "mark": {"type": "rule", "strokeDash": [2, 3], "color": "@quiet"},
            "encoding": {"y": {**y, "field": "within"}},
        },
    ]
    said = f"within {tolerance:g} {'point' if tolerance == 1 else 'points'}" if curve.unit == "points" else "tolerance"
    data.append({
        "data": {"values": [{"within": tolerance}]},
        "mark": {"type": "text", "text": said, "align": "right", "baseline": "bottom", "dy": -3, "dx": -4},
        "encoding": {"x": {"value": "width"}, "y": {**y, "field": "within"}},
    })  # fmt: skip
    return {
        "height": COST_HEIGHT,
        "data": {"values": values},
        "layer": [*ground(choice, ends, COST_HEIGHT, words=False), *data, *chosen(choice, ends, words=False)],
    }


def _loss_name(choice: Choice) -> str:
    return choice.measure.words


def _within(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)


def _loss(choice: Choice, loss: float) -> str:
    return f"{loss:.4g}" if choice.measure.reported else nats(loss)


def _table(choice: Choice) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    shown, curve, rows = choice.landscape, choice.curve, list[tuple[str, ...]]()
    header = ["learning rate", _loss_name(choice), "validation accuracy", "trainings"]
    if curve is not None:
        header.append("points lost" if curve.unit == "points" else f"{curve.unit} of loss lost")
    for i, tried in enumerate(shown.learning_rates.tolist()):
        loss, right = float(shown.mean_loss[i]), float(shown.mean_accuracy[i])
        row = [
            rate(tried),
            _loss(choice, loss) if math.isfinite(loss) else "diverged" if math.isinf(loss) else "",
            percent(right) if math.isfinite(right) else "",
            str(int(np.count_nonzero(~np.isnan(shown.valid_loss[i])))),
        ]
        if curve is not None:
            lost = np.interp(math.log(tried), np.log(curve.learning_rates), curve.mean, math.nan, math.nan)
            row.append(f"{lost:.2f}" if math.isfinite(lost) else "")
        rows.append(tuple(row))
    return tuple(header), tuple(rows)
