"""A range test as a chart, and each rule's suggestion as a table: `range_test_chart`, `suggestion_table`."""

from __future__ import annotations

import math

import numpy as np

from etascope.core.choice import Choice
from etascope.core.numbers import rate
from etascope.experiments.range_test.record import Following, RangeTest, RangeTestRun, Suggestion, following
from etascope.report.charts.chart import Chart, colour_of_rate, stands_at
from etascope.report.charts.landscape import cut_losses, in_short, loss_panel
from etascope.report.charts.rate_axis import Named, basin, chosen, rule, strip_panel, x_axis
from etascope.report.charts.theme import Spec

#: Losses beyond this many times the first are drawn at the upper edge: what diverges would flatten the rest.
CEILING = 2.5
CLIMB_HEIGHT, LANDSCAPE_HEIGHT = 190, 230


def range_test_chart(run: RangeTestRun) -> Chart:
    """Draw batch losses (nats, not smoothed) over the climbing rate, the landscape if it was measured, and the rules.

    All panels share one logarithmic axis, wide enough for all of them. The recommended rate and its basin go through
    all; thin lines carry each suggestion up.
    """
    choice = None if run.measured is None else run.measured.choice
    ends = _window(run, choice)
    suggested = [s for s in run.suggestions if s.learning_rate is not None]
    panels = [_climb(run.test, choice, suggested, ends)]
    if choice is not None:
        landscape = loss_panel(choice, ends, last=False, height=LANDSCAPE_HEIGHT)
        landscape["layer"] = [*_hairlines(suggested, ends), *landscape["layer"]]
        panels.append(landscape)
    named = _named(run, choice)
    behind = [] if choice is None else [*basin(choice, ends), *chosen(choice, ends, words=False)]
    panels.append(strip_panel(named, ends, "what each rule suggests", behind=behind))
    header, rows = suggestion_table(run)
    return Chart("range-test", _title(run, choice), _note(run, choice), tuple(panels), False, ends, header, rows)


def suggestion_table(run: RangeTestRun) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Return header and rows, one a rule; columns that need a measurement are there where there is one."""
    choice = None if run.measured is None else run.measured.choice
    best = None if choice is None else choice.learning_rate
    header = ["rule", "suggests"]
    header += ["times the best"] if best is not None else []
    header += ["would lose"] if choice is not None else []
    rows = list[tuple[str, ...]]()
    for suggestion in run.suggestions:
        suggested = suggestion.learning_rate
        row = [suggestion.rule, "nothing" if suggested is None else rate(suggested)]
        if best is not None:
            row.append("" if suggested is None else times(suggested / best))
        if choice is not None:
            row.append("" if suggested is None else lost(following(choice, suggested)))
        rows.append((*row, suggestion.source))
    return (*header, "source"), tuple(rows)


def in_basin(suggestion: Suggestion, choice: Choice) -> bool:
    """Whether a rule suggests a rate, and that lies in the basin."""
    basin, suggested = choice.basin, suggestion.learning_rate
    return basin is not None and suggested is not None and basin.holds(suggested)


def lost(loses: Following | None, *, words: bool = False) -> str:
    """Write what following loses, with a sign or in words where it may be more.

    Examples
    --------
    >>> lost(Following(7.24, False, "points")), lost(Following(19.6, True, "points"))
    ('7.2 points', '>= 20 points')
    """
    if loses is None:
        return "unknown"
    more = "at least " if words else ">= "
    amount = f"{loses.loss:.1f}" if loses.loss < 9.95 else f"{loses.loss:.0f}"
    return f"{more if loses.at_least else ''}{amount} {loses.unit}"


def factor(ratio: float) -> str:
    """Write a factor of at least 1: two digits, whole from a hundred on."""
    return f"{ratio:,.0f}" if ratio >= 99.5 else f"{ratio:.2g}"


def times(ratio: float) -> str:
    """Write a ratio as a multiple or as a part.

    Examples
    --------
    >>> times(7.6), times(0.25)
    ('x 7.6', '/ 4')
    """
    return f"x {factor(ratio)}" if ratio >= 1 else f"/ {factor(1 / ratio)}"


def _window(run: RangeTestRun, choice: Choice | None) -> tuple[float, float]:
    rates = [*run.test.learning_rates[[0, -1]].tolist(), *(s.learning_rate for s in run.suggestions if s.learning_rate)]
    if choice is not None:
        rates += choice.landscape.learning_rates.tolist()
    return min(rates), max(rates)


def _title(run: RangeTestRun, choice: Choice | None) -> str:
    rates = sorted(s.learning_rate for s in run.suggestions if s.learning_rate is not None)
    if not rates:
        return f"None of {len(run.suggestions)} rules finds a learning rate in this range test"
    rules = f"{len(rates)} of {len(run.suggestions)} rules suggest"
    said = (
        f"{rules} {rate(rates[0])}" if len(rates) == 1 else f"{rules} rates from {rate(rates[0])} to {rate(rates[-1])}"
    )
    if choice is None or choice.learning_rate is None or choice.basin is None:
        return said
    inside = sum(in_basin(s, choice) for s in run.suggestions)
    measured = f"{rate(choice.basin.low)} to {rate(choice.basin.high)}"
    return f"{said}; {inside or 'none'} in the measured basin, {measured}"


def _note(run: RangeTestRun, choice: Choice | None) -> str:
    finite = run.test.losses[np.isfinite(run.test.losses)].tolist()
    said = "Above: the loss of each step's batch as the rate climbs, not smoothed."
    said += stands_at(finite, highest_drawn(run.test))
    if choice is not None:
        said += f" Below it: {in_short(choice)}.{cut_losses(choice)}"
        if choice.basin is not None:
            said += " Shaded: the basin; heavy line: etascope's pick; bold: a suggestion in the basin."
    said += " Diamonds: what the rules suggest"
    return said + (", each from the sweep of its own finder." if run.own_sweeps else ", all from this one climb.")


def highest_drawn(test: RangeTest) -> float:
    """Return the highest loss that is drawn where it is; 1 where there is none."""
    losses = test.losses[np.isfinite(test.losses)]
    top = float(losses.max()) if losses.size else 1.0
    return min(top, CEILING * float(losses[0])) if losses.size and losses[0] > 0 else top


def _climb(test: RangeTest, choice: Choice | None, suggested: list[Suggestion], ends: tuple[float, float]) -> Spec:
    top = highest_drawn(test)
    points: list[Spec] = [
        {"rate": r, "loss": loss, "y": min(loss, top), "step": step}
        for step, (r, loss) in enumerate(zip(test.learning_rates.tolist(), test.losses.tolist(), strict=True), 1)
        if math.isfinite(loss)
    ]
    x = x_axis(ends, None)
    scale = {"domain": [0, 1.04 * top or 1.0], "nice": False}
    y = {"field": "y", "type": "quantitative", "scale": scale, "axis": {"title": "training loss of each batch (nats)"}}
    hover = [
        {"field": "rate", "title": "learning rate", "format": ".3~g"},
        {"field": "loss", "title": "batch loss", "format": ".3f"},
        {"field": "step", "title": "step", "format": "d"},
    ]
    layers: list[Spec] = [
        {
            "data": {"values": points},
            "mark": {"type": "line", "color": "@quiet", "strokeWidth": 1.2, "tooltip": None},
            "encoding": {"x": x, "y": y},
        },
        {
            "data": {"values": points},
            "mark": {"type": "circle", "size": 34, "opacity": 1},
            "encoding": {"x": x, "y": y, "color": colour_of_rate(ends), "tooltip": hover},
        },
    ]
    if test.diverged_at >= 0:
        lost = {"rate": float(test.learning_rates[test.diverged_at]), "y": top, "end": "diverged"}
        layers.append({
            "data": {"values": [lost]},
            "mark": {"type": "point", "shape": "cross", "angle": 45, "size": 90, "filled": True, "opacity": 1},
            "encoding": {"x": x, "y": y, "color": colour_of_rate(ends)}
            | {"tooltip": [hover[0], {"field": "end", "title": "end"}]},
        })  # fmt: skip
    behind = _hairlines(suggested, ends)
    if choice is not None:
        behind += [*basin(choice, ends), *chosen(choice, ends, words=False)]
    return {"height": CLIMB_HEIGHT, "layer": [*behind, *layers]}


def _hairlines(suggested: list[Suggestion], ends: tuple[float, float]) -> list[Spec]:
    style: Spec = {"color": "@quiet", "strokeWidth": 0.8, "opacity": 0.5}
    return [rule(s.learning_rate, ends, style) for s in suggested if s.learning_rate is not None]


def _named(run: RangeTestRun, choice: Choice | None) -> list[Named]:
    header, rows = suggestion_table(run)
    named = list[Named]()
    for suggestion, row in zip(run.suggestions, rows, strict=True):
        at = suggestion.learning_rate
        said = f"{suggestion.rule}: nothing" if at is None else f"{suggestion.rule} {rate(at)}"
        hover = {name: cell for name, cell in zip(header, row, strict=True) if cell}
        named.append(Named(said, at, choice is not None and in_basin(suggestion, choice), hover=hover))
    return named
