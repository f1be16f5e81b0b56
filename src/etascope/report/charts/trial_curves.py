"""Training curves of every learning rate: loss over epochs, coloured by rate."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from etascope.core.measure import Measure
from etascope.core.numbers import nats, rate
from etascope.core.run import Run
from etascope.core.trials import Trial
from etascope.report.charts.chart import Chart, colour_scale, stands_at
from etascope.report.charts.rate_axis import window
from etascope.report.charts.theme import Spec

HEIGHT = 280
#: Losses beyond this many times that of a blind guess are drawn at the upper edge.
CEILING = 1.5


@dataclass(frozen=True)
class _Curve:
    """Mean losses of one rate over its trials, `at` in epochs.

    `end` is where a trial's loss stopped being a number, if one did; `blown` whether one was judged to have diverged.
    """

    rate: float
    blown: bool
    at: tuple[float, ...]
    train: tuple[float, ...]
    valid: tuple[float, ...]
    end: float | None


def trial_curves_chart(run: Run) -> Chart:
    """Draw train and validation loss (nats) over epochs for each rate, mean over its folds and seeds.

    Means are taken over the trials that have a finite loss there. A line ends in a cross where a trial diverged.
    """
    ends, curves = window(run.choice), _curves(run)
    measure = run.task.measure
    values = [loss for curve in curves for loss in (*curve.train, *curve.valid) if math.isfinite(loss)]
    ceiling = CEILING * (_middle_of_first(curves) if measure.reported else run.task.blind.loss)
    top = min(max(values, default=ceiling), ceiling)
    if not measure.reported:
        panels = (
            _panel(curves, "train", "training loss (nats)", top, run, ends, legend=False),
            _panel(curves, "valid", "validation loss (nats)", top, run, ends, legend=True),
        )
        names = ("first training loss", "last training loss", "last validation loss")
    else:
        panels = (_panel(curves, "valid", measure.words, top, run, ends, legend=True),)
        names = (f"first {measure.words}", f"last {measure.words}")
    header = ("learning rate", "epochs", *names, "end")
    rows = tuple(_row(curve, measure) for curve in curves)
    note = "One line a learning rate, from low to high in the order of the colours; mean over folds and seeds."
    if run.choice.regime == "dear":
        note += " A line ends where its trials were stopped."
    if run.choice.learning_rate in {curve.rate for curve in curves}:
        note += " Thick: the recommended one."
    note += stands_at(values, top)
    title = _reported_title(curves, measure) if measure.reported else _title(curves, run.task.blind.loss)
    return Chart("curves", title, note, panels, True, ends, header, rows)


def _title(curves: Sequence[_Curve], guess: float) -> str:
    lost = [curve.rate for curve in curves if curve.blown]
    learned = [c.rate for c in curves if not c.blown and c.train[-1] < 0.5 * guess]
    said = f"the training loss falls below half of a blind guess's {nats(guess)} nats"
    if not learned:
        sentence = f"No learning rate takes the training loss below half of a blind guess's {nats(guess)} nats"
    elif len(learned) == 1:
        sentence = f"At {rate(learned[0])} alone {said}"
    else:
        sentence = f"From {rate(min(learned))} to {rate(max(learned))} {said}"
    return sentence + (f"; from {rate(min(lost))} on training diverges" if lost else "; none diverges")


def _middle_of_first(curves: Sequence[_Curve]) -> float:
    """Return the median of what the rates came to in their first epoch, at least a little above 0."""
    first = sorted(curve.valid[0] for curve in curves if math.isfinite(curve.valid[0]))
    return max(first[len(first) // 2], 1e-30) if first else 1.0


def _reported_title(curves: Sequence[_Curve], measure: Measure) -> str:
    lost = [curve.rate for curve in curves if curve.blown]
    return f"What each training reported, as {measure.words}" + (
        f"; from {rate(min(lost))} on training diverges or fails" if lost else "; none diverges"
    )


def _curves(run: Run) -> list[_Curve]:
    steps = run.task.steps_per_epoch
    rates = sorted({trial.learning_rate for trial in run.trials})
    judged = zip(run.trials, run.choice.verdicts, strict=True)
    blown = {t.learning_rate for t, verdict in judged if t.diverged or verdict.word == "diverged"}
    return [_mean([t for t in run.trials if t.learning_rate == tried], tried, tried in blown, steps) for tried in rates]


def _mean(trials: Sequence[Trial], tried: float, blown: bool, steps: int) -> _Curve:
    at = np.unique(np.concatenate([trial.evaluated_at for trial in trials]))
    tables = np.full((2, len(trials), len(at)), np.nan)
    for row, trial in enumerate(trials):
        tables[:, row, np.searchsorted(at, trial.evaluated_at)] = trial.train_loss, trial.valid_loss
    train, valid = (_finite_mean(table) for table in tables)
    lost = [trial.diverged_at / steps for trial in trials if trial.diverged]
    return _Curve(tried, blown, tuple((at / steps).tolist()), train, valid, min(lost) if lost else None)


def _finite_mean(table: NDArray[np.float64]) -> tuple[float, ...]:
    known = np.isfinite(table)
    count = known.sum(axis=0)
    total = np.where(known, table, 0.0).sum(axis=0)
    return tuple(np.where(count > 0, total / np.maximum(count, 1), np.nan).tolist())


def _panel(
    curves: Sequence[_Curve], which: str, title: str, top: float, run: Run, ends: tuple[float, float], legend: bool
) -> Spec:
    lines, crosses = list[Spec](), list[Spec]()
    for curve in curves:
        losses = curve.train if which == "train" else curve.valid
        best = curve.rate == run.choice.learning_rate
        points = [(at, loss) for at, loss in zip(curve.at, losses, strict=True) if math.isfinite(loss)]
        lines += [
            {"rate": curve.rate, "epoch": at, "loss": loss, "y": min(loss, top), "best": best} for at, loss in points
        ]
        if curve.end is not None:
            # The line ends at the last loss that was a number, the cross stands where there was none any more.
            before = [min(loss, top) for at, loss in points if at <= curve.end]
            cross: Spec = {"rate": curve.rate, "epoch": curve.end, "y": before[-1] if before else top}
            crosses.append({**cross, "end": "diverged"})
    epochs = run.recipe.epochs
    ticks = [e for e in range(epochs + 1) if e % max(1, math.ceil(epochs / 10)) == 0]
    x = {
        "field": "epoch",
        "type": "quantitative",
        "scale": {"domain": [0, epochs], "nice": False},
        "axis": {"title": "epochs", "values": ticks, "format": "d"},
    }
    y = {"field": "y", "type": "quantitative", "scale": {"domain": [0, top]}, "axis": {"title": title}}
    guide = {"title": "learning rate", "orient": "bottom", "direction": "horizontal", "format": "~g", "tickCount": 4}
    colour: Spec = {"field": "rate", "type": "quantitative", "scale": colour_scale(ends)}
    colour["legend"] = guide | {"gradientLength": 180, "gradientThickness": 10} if legend else None
    hover = [
        {"field": "rate", "title": "learning rate", "format": ".3~g"},
        {"field": "epoch", "title": "epoch", "format": ".3~g"},
    ]
    loss = {"field": "loss", "title": title, "format": ".3f"}
    drawn: Spec = {"x": x, "y": y, "color": colour, "detail": {"field": "rate"}}
    best = [line for line in lines if line["best"]]
    return {
        "height": HEIGHT,
        "data": {"values": lines},
        "layer": [
            {"mark": {"type": "line", "strokeWidth": 1.8, "tooltip": None}, "encoding": drawn},
            {
                "mark": {"type": "circle", "size": 34, "opacity": 1},
                "encoding": {**drawn, "tooltip": [*hover, loss]},
            },
            {
                "data": {"values": best},
                "mark": {"type": "line", "strokeWidth": 4, "color": "@accent", "tooltip": None},
                "encoding": {"x": x, "y": y},
            },
            {
                "data": {"values": best[-1:]},
                "mark": {"type": "text", "align": "left", "dx": 9, "fontSize": 12, "fontWeight": 700}
                | {"text": rate(best[-1]["rate"]) if best else "", "color": "@accent"},
                "encoding": {"x": x, "y": y},
            },
            {
                "data": {"values": crosses},
                "mark": {"type": "point", "shape": "cross", "angle": 45, "size": 90, "filled": True, "opacity": 1},
                "encoding": {**drawn, "tooltip": [*hover, {"field": "end", "title": "end"}]},
            },
        ],
    }


def _row(curve: _Curve, measure: Measure) -> tuple[str, ...]:
    numbers = (curve.train[0], curve.train[-1], curve.valid[-1])
    losses = [nats(loss) if math.isfinite(loss) else "" for loss in numbers]
    if measure.reported:
        losses = [f"{loss:.4g}" if math.isfinite(loss) else "" for loss in (curve.valid[0], curve.valid[-1])]
    end = "" if curve.end is None else f"diverged in epoch {math.floor(curve.end) + 1}"
    return rate(curve.rate), f"{curve.at[-1]:g}", *losses, end
