"""A referee's findings as a chart and as a table: `referee_chart`, `adviser_table`."""

from __future__ import annotations

from etascope.core.numbers import rate
from etascope.experiments.referee.record import Followed, Referee
from etascope.report.charts.chart import Chart, colour_of_rate
from etascope.report.charts.rate_axis import rule, x_axis
from etascope.report.charts.theme import Spec

TRUTH_HEIGHT = 210
#: Pixels of an adviser: a line of text, and its answers below.
ROW = 38
#: Round numbers of points; the axis is straight around 0 and logarithmic beyond 1, either way.
TICKS = (-30.0, -10.0, -3.0, -1.0, 0.0, 1.0, 3.0, 10.0, 30.0, 100.0)


def referee_chart(referee: Referee) -> Chart:
    """Draw the test accuracy (share) at each rate over seeds, and below it the points lost by each adviser's answers.

    A dot has the colour of the rate that was scored; an adviser with an optimizer of its own has none.
    """
    ends = (float(referee.learning_rates[0]), float(referee.learning_rates[-1]))
    header, rows = adviser_table(referee)
    panels = (_truth(referee, ends), _lost(referee, ends))
    return Chart("referee", _title(referee), _note(referee), panels, False, ends, header, rows)


def adviser_table(referee: Referee) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Return header and rows, one an adviser, what loses least first, with points lost, cost and rates."""
    header = ("adviser", "median lost", "mean lost", "worst lost", "cost", "rates suggested", "against pick")
    rows = tuple(
        (row.adviser, points(row.median), points(row.mean), points(row.worst), f"{row.equivalents:.1f}",
         rates_in_words(row), "" if row.difference is None else row.told_apart)
        for row in referee.followed
    )  # fmt: skip
    return header, rows


def points(lost: float) -> str:
    """Write points lost with two decimals, and nothing lost without a sign."""
    return f"{round(lost, 2) + 0.0:.2f}"


def rates_in_words(row: Followed) -> str:
    """Return the suggested rates from the lowest to the highest, or why there are none.

    Examples
    --------
    >>> rates_in_words(Followed("x", "", (0.1, None, 0.02), (0.1, 0.01, 0.02), 1.0, (0.1, 0.2, 0.3)))
    '0.02..0.1'
    """
    if row.own_optimizer:
        return "its own"
    known = [value for value in row.rates if value is not None]
    if not known:
        return "none"
    low, high = rate(min(known)), rate(max(known))
    return low if low == high else f"{low}..{high}"


def _title(referee: Referee) -> str:
    own = next(row for row in referee.followed if row.adviser == referee.own)
    others = [row for row in referee.followed if row is not own]
    said = f"Following {own.adviser} loses {points(own.mean)} points in the mean"
    if not others:
        return said
    least, most = (pick(others, key=lambda row: row.mean) for pick in (min, max))
    if least is most:
        return f"{said}, {least.adviser} {points(least.mean)}"
    return f"{said}; the others from {points(least.mean)} ({least.adviser}) to {points(most.mean)} ({most.adviser})"


def _note(referee: Referee) -> str:
    said = (
        f"Above: test accuracy at each rate, a dot a fresh seed, the line their mean over {len(referee.seeds)}. Below: "
    )
    said += "a dot an answer, coloured by the rate that was scored, the tick their mean; what loses least stands first."
    if any(row.own_optimizer for row in referee.followed):
        said += " Gray: an optimizer of its own, which can do better than the best rate."
    return said


def _truth(referee: Referee, ends: tuple[float, float]) -> Spec:
    rates = referee.learning_rates.tolist()
    dots: list[Spec] = [
        {"rate": at, "accuracy": share, "seed": seed}
        for seed, shares in zip(referee.seeds, referee.accuracy.tolist(), strict=True)
        for at, share in zip(rates, shares, strict=True)
    ]
    means: list[Spec] = [
        {"rate": at, "accuracy": share} for at, share in zip(rates, referee.accuracy.mean(axis=0).tolist(), strict=True)
    ]
    best, accuracy = referee.best
    x = x_axis(ends)
    y = {
        "field": "accuracy",
        "type": "quantitative",
        "scale": {"domain": [0, 1], "nice": False},
        "axis": {"title": "test accuracy (share)", "format": "%", "titleY": -30},
    }
    hover = [
        {"field": "rate", "title": "learning rate", "format": ".3~g"},
        {"field": "accuracy", "title": "test accuracy", "format": ".1%"},
    ]
    colour = colour_of_rate(ends)
    label: Spec = {"type": "text", "baseline": "bottom", "dy": -5, "fontSize": 13, "fontWeight": 700, "color": "@ink"}
    said = f"best {rate(best)}, {100 * accuracy:.1f} %"
    layers: list[Spec] = [
        rule(best, ends, {"color": "@ink", "strokeWidth": 1.5, "strokeDash": [4, 3]}),
        {
            "data": {"values": [{"rate": best}]},
            "mark": label | {"text": said, "tooltip": None},
            "encoding": {"x": x, "y": {"value": 0}},
        },
        {
            "data": {"values": means},
            "mark": {"type": "line", "color": "@quiet", "strokeWidth": 1.5, "tooltip": None},
            "encoding": {"x": x, "y": y},
        },
        {
            "data": {"values": dots},
            "mark": {"type": "circle", "size": 22, "opacity": 0.4},
            "encoding": {"x": x, "y": y, "color": colour, "tooltip": [*hover, {"field": "seed", "title": "seed"}]},
        },
        {
            "data": {"values": means},
            "mark": {"type": "circle", "size": 80, "opacity": 1, "stroke": "@ground", "strokeWidth": 1.2},
            "encoding": {"x": x, "y": y, "color": colour, "tooltip": hover},
        },
    ]
    return {"height": TRUTH_HEIGHT, "layer": layers}


def _lost(referee: Referee, ends: tuple[float, float]) -> Spec:
    every = [lost for row in referee.followed for lost in row.lost]
    low, high = min(-0.5, 1.2 * min(every)), max(1.5, 1.25 * max(every))
    axis: Spec = {"title": "points of accuracy lost (logarithmic beyond 1)", "format": "d"}
    axis["values"] = [tick for tick in TICKS if low <= tick <= high]
    scale = {"type": "symlog", "constant": 1, "domain": [low, high], "nice": False}
    x: Spec = {"field": "lost", "type": "quantitative", "scale": scale, "axis": axis | {"grid": True}}
    named = {"title": "what following each adviser loses", "labels": False, "grid": False, "values": list[float]()}
    y: Spec = {"field": "row", "type": "quantitative", "axis": named}
    y["scale"] = {"domain": [0, len(referee.followed)], "reverse": True, "nice": False}
    layers: list[Spec] = [{
        "data": {"values": [{"lost": 0.0}]},
        "mark": {"type": "rule", "color": "@ink", "strokeWidth": 1.5, "strokeDash": [4, 3], "tooltip": None},
        "encoding": {"x": x},
    }]  # fmt: skip
    for i, row in enumerate(referee.followed):
        layers += _adviser(row, i, x, y, ends, own=row.adviser == referee.own)
    return {"height": ROW * len(referee.followed), "layer": layers}


def _adviser(row: Followed, i: int, x: Spec, y: Spec, ends: tuple[float, float], *, own: bool) -> list[Spec]:
    at = i + 0.72
    facts: Spec = {"row": at, "adviser": row.adviser, "cost": f"{row.equivalents:.1f} training equivalents"}
    if row.difference is not None:
        facts["against pick"] = row.told_apart
    shown = [{"field": "adviser", "type": "nominal"}, {"field": "lost", "title": "points lost", "format": ".2f"}]
    shown += [{"field": name, "type": "nominal"} for name in facts if name not in ("row", "adviser")]
    if row.own_optimizer:
        answers: list[Spec] = [{**facts, "lost": lost} for lost in row.lost]
        colour, hover = {"value": "@quiet"}, shown
    else:
        answers = [{**facts, "lost": lost, "rate": at} for lost, at in zip(row.lost, row.scored, strict=True)]
        colour, hover = (
            colour_of_rate(ends),
            [*shown, {"field": "rate", "title": "scored rate", "format": ".3~g"}],
        )
    said = f"{row.adviser}: {points(row.mean)} mean, {points(row.worst)} worst"
    words: Spec = {"type": "text", "text": said, "align": "left", "baseline": "middle", "fontSize": 12, "tooltip": None}
    words |= {"color": "@accent", "fontWeight": 700} if own else {"color": "@ink"}
    halo: Spec = {"stroke": "@ground", "strokeWidth": 6, "strokeJoin": "round", "color": "@ground"}
    place: Spec = {"x": {"value": 2}, "y": {**y, "field": "line"}}
    text: list[Spec] = [
        {"data": {"values": [{"line": i + 0.3}]}, "mark": words | look, "encoding": place} for look in (halo, {})
    ]
    span: Spec = {"row": at, "lost": min(row.lost), "until": max(row.lost)}
    return [
        *text,
        {
            "data": {"values": [span]},
            "mark": {"type": "rule", "color": "@quiet", "strokeWidth": 1.5, "opacity": 0.7, "tooltip": None},
            "encoding": {"x": x, "x2": {"field": "until"}, "y": y},
        },
        {
            "data": {"values": answers},
            "mark": {"type": "circle", "size": 75, "opacity": 0.9, "stroke": "@ground", "strokeWidth": 0.8},
            "encoding": {"x": x, "y": y, "color": colour, "tooltip": hover},
        },
        {
            "data": {"values": [{**facts, "lost": row.mean}]},
            "mark": {"type": "tick", "orient": "vertical", "size": 16, "thickness": 2.5, "tooltip": None}
            | {"color": "@accent" if own else "@ink"},
            "encoding": {"x": x, "y": y},
        },
    ]
