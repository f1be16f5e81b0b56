"""The sharpness limit at the start and along a training, beside the measured wall and landscape, on one axis."""

from __future__ import annotations

import math
from dataclasses import replace

from etascope.core.numbers import rate
from etascope.experiments.sharpness.record import SharpnessPoint, SharpnessWall
from etascope.report.charts.chart import Chart
from etascope.report.charts.landscape import cut_losses, in_short, loss_panel
from etascope.report.charts.rate_axis import Named, basin, beyond, chosen, rule, strip_height, strip_panel, window
from etascope.report.charts.theme import Spec

LANDSCAPE_HEIGHT = 260
#: The axis where no rate is known at all: what is customary, and a decade or two either way.
CUSTOMARY = (1e-4, 1.0)


def sharpness_chart(wall: SharpnessWall) -> Chart:
    """Draw the limit by the sharpness at each step that was looked at, and above it the landscape, if it is known.

    Both panels share one logarithmic axis of learning rates. Hatched is what lies beyond the measured wall; a heavy
    line is the recommended rate.
    """
    ends, panels = _window(wall), list[Spec]()
    if wall.choice is not None:
        # The wall that is compared with theory is the one to hatch, also where the method names none.
        walls = replace(wall.choice.walls, high=wall.measured)
        panels.append(loss_panel(replace(wall.choice, walls=walls), ends, last=False, height=LANDSCAPE_HEIGHT))
    named = [_named(wall, point) for point in wall.points]
    if wall.measured is not None:
        hover = {"measured wall": rate(wall.measured), "is": "the lowest rate that diverged or was clearly worse"}
        named.append(Named(f"measured wall: {rate(wall.measured)}", wall.measured, True, shape="square", hover=hover))
    title = f"limit {wall.formula} by the sharpness s at each step" if wall.formula else "sharpness s at each step"
    panels.append(strip_panel(named, ends, title, behind=_behind(wall, ends, strip_height(named))))
    header, rows = sharpness_table(wall)
    return Chart("sharpness", _title(wall), _note(wall), tuple(panels), False, ends, header, rows)


def sharpness_table(wall: SharpnessWall) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Return header and rows, one a step that was looked at: sharpness, limit where there is a formula, remarks."""
    header = ("step", "sharpness", *([f"limit {wall.formula}"] if wall.formula else []), "")
    rows = list[tuple[str, ...]]()
    for point in wall.points:
        limit = ["none" if point.limit is None else rate(point.limit)] if wall.formula else []
        notes = ["initial weights"] if point.step == 0 else []
        notes += [] if point.converged else ["not settled; take it as a lower bound"]
        rows.append((f"{point.step:,}", f"{point.sharpness:.3g}", *limit, "; ".join(notes)))
    return header, tuple(rows)


def _limits(wall: SharpnessWall) -> list[float]:
    return [point.limit for point in wall.points if point.limit is not None]


def _window(wall: SharpnessWall) -> tuple[float, float]:
    rates = _limits(wall) + [r for r in (wall.measured, wall.best, wall.learning_rate) if r is not None]
    if wall.choice is not None:
        rates += window(wall.choice)
    if not rates:
        return CUSTOMARY
    low, high = min(rates), max(rates)
    return (low, high) if high / low >= 10 else (low / math.sqrt(10), high * math.sqrt(10))


def _named(wall: SharpnessWall, point: SharpnessPoint) -> Named:
    step = f"step {point.step:,}"
    hover = {"step": f"{point.step:,}", "sharpness": f"{point.sharpness:.3g} nats per squared weight"}
    if point.limit is None:
        return Named(f"{step}: sharpness {point.sharpness:.3g}, no limit", None, hover=hover)
    hover |= {"limit": rate(point.limit), "by": wall.formula}
    if not point.converged:
        hover["remark"] = "not settled; take the sharpness as a lower bound"
    return Named(f"{step}: {rate(point.limit)}", point.limit, joined=True, hover=hover)


def _behind(wall: SharpnessWall, ends: tuple[float, float], height: int) -> list[Spec]:
    layers = [] if wall.choice is None else basin(wall.choice, ends)
    if wall.measured is not None:
        layers += beyond(wall.measured, ends, height)
        layers.append(rule(wall.measured, ends, {"color": "@ink", "strokeWidth": 1.5}))
    return layers + ([] if wall.choice is None else chosen(wall.choice, ends, words=False))


def _title(wall: SharpnessWall) -> str:
    limits, measured_at = _limits(wall), wall.measured
    measured = "the real wall was not seen" if measured_at is None else f"the real wall is at {rate(measured_at)}"
    if wall.choice is None and measured_at is None:
        measured = "the real wall was not measured here"
    if not limits:
        no_limit = (
            "No curvature above 0 was found, so there is no limit" if wall.formula else "Sharpness alone sets no limit"
        )
        return f"{no_limit} for {wall.recipe.optimizer}; {measured}"
    first, lowest = wall.points[0].limit, min(limits)
    if first is None:
        return f"Theory puts the wall at {rate(lowest)} where the training was sharpest; {measured}"
    along = "" if lowest == first else f" and at {rate(lowest)} where the training was sharpest"
    return f"Theory puts the wall at {rate(first)} by the start{along}; {measured}"


def _note(wall: SharpnessWall) -> str:
    said = ""
    if wall.choice is not None:
        said = f"Above: {in_short(wall.choice)}; shaded: the basin.{cut_losses(wall.choice)} "
    if _limits(wall):
        along = "" if wall.learning_rate is None else f" of a training at {rate(wall.learning_rate)}"
        said += f"Diamonds: the highest stable rate by the sharpness at a step{along}. "
    if wall.measured is not None:
        said += "Square: the measured wall, hatched beyond. "
    return f"{said}{wall.why[:1].upper()}{wall.why[1:]}"
