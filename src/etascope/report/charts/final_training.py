"""The final training's trace: loss and accuracy, epoch by epoch."""

from __future__ import annotations

import math

import numpy as np

from etascope.core.numbers import nats, rate
from etascope.core.trace import Trace
from etascope.report.charts.chart import Chart, stands_at
from etascope.report.charts.theme import Spec
from etascope.report.words.job import epoch_table

HEIGHT = 240
#: Losses beyond this many times the first epoch's are drawn at the upper edge.
CEILING = 2.5
#: So many points at most draw the loss of single steps: means over as many parts of the training.
POINTS = 300


def final_training_chart(trace: Trace) -> Chart:
    """Draw loss (nats) and accuracy (share) over epochs, with the loss of single steps behind.

    The training loss of an epoch is a mean while the weights moved, so it is drawn at the epoch's end, like the
    validation loss. Steps are averaged in at most `POINTS` equal parts.
    """
    epochs = trace.epochs
    finite = [e.train_loss for e in epochs if math.isfinite(e.train_loss)]
    top = max(
        CEILING * finite[0] if finite else 1.0,
        max((e.valid_loss or 0.0 for e in epochs if _known(e.valid_loss)), default=0.0),
    )
    drawn = [*_steps(trace)[1], *finite]
    top = min(top, 1.04 * max(drawn, default=1.0))
    panels = (
        _panel(trace, "loss", "loss (nats)", top),
        _panel(trace, "accuracy", "accuracy (share)", 1.0),
    )
    names = ("epoch", "training loss", "training accuracy", "validation loss", "validation accuracy")
    header, rows = epoch_table(trace, names)
    note = "Solid: training, as the weights moved."
    if any(e.valid_loss is not None for e in epochs):
        note += f" Dashed: validation, {trace.validation or 'on rows that did not train'}."
    held = [e.valid_loss for e in epochs if e.valid_loss is not None and math.isfinite(e.valid_loss)]
    note += stands_at([*drawn, *held], top)
    top_rate = trace.learning_rate
    return Chart("final", _title(trace), note, panels, True, (top_rate / 3, top_rate * 3), header, tuple(rows))


def _title(trace: Trace) -> str:
    first, last = trace.epochs[0], trace.epochs[-1]
    if not math.isfinite(last.train_loss):
        return f"The final training at {rate(trace.learning_rate)} diverged"
    if len(trace.epochs) == 1:
        return f"The final training at {rate(trace.learning_rate)} ends at a loss of {nats(last.train_loss)}"
    if nats(first.train_loss) == nats(last.train_loss):
        return (
            f"The final training at {rate(trace.learning_rate)} ends where it began: the training loss is "
            f"{nats(last.train_loss)} in its first epoch and in epoch {last.epoch}"
        )
    return (
        f"The final training at {rate(trace.learning_rate)} takes the training loss from {nats(first.train_loss)} in "
        f"its first epoch to {nats(last.train_loss)} in epoch {last.epoch}"
    )


def _known(value: float | None) -> bool:
    return value is not None and math.isfinite(value)


def _steps(trace: Trace) -> tuple[list[float], list[float]]:
    """Return the middle of each part in epochs, and its mean loss; parts that are not finite are left out."""
    loss = np.asarray(trace.step_loss, np.float64)
    per_epoch = len(loss) / len(trace.epochs)
    edges = np.unique(np.linspace(0, len(loss), min(POINTS, len(loss)) + 1).astype(int))
    at, means = list[float](), list[float]()
    for start, end in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        mean = float(loss[start:end].mean())
        if math.isfinite(mean):
            at.append((start + end) / 2 / per_epoch)
            means.append(mean)
    return at, means


def _panel(trace: Trace, what: str, title: str, top: float) -> Spec:
    values = list[Spec]()
    for epoch in trace.epochs:
        for part in ("training", "validation"):
            value: float | None = getattr(epoch, f"{'train' if part == 'training' else 'valid'}_{what}")
            if value is not None and math.isfinite(value):
                said = {"epoch": epoch.epoch, "part": part, "value": value, "y": min(value, top)}
                values.append({**said, "observation": epoch.observation})
    parts = [part for part in ("training", "validation") if any(v["part"] == part for v in values)]
    ticks = [e for e in range(len(trace.epochs) + 1) if e % max(1, math.ceil(len(trace.epochs) / 10)) == 0]
    x = {
        "field": "epoch",
        "type": "quantitative",
        "scale": {"domain": [0, len(trace.epochs)], "nice": False},
        "axis": {"title": "epochs", "values": ticks, "format": "d"},
    }
    axis = {"title": title, **({"format": "%"} if what == "accuracy" else {})}
    y = {"field": "y", "type": "quantitative", "scale": {"domain": [0, top], "nice": False}, "axis": axis}
    dash = {
        "field": "part",
        "type": "nominal",
        "scale": {"domain": parts, "range": [[1, 0], [6, 4]][: len(parts)]},
        "legend": {"title": None, "orient": "bottom", "symbolStrokeColor": "@accent", "symbolSize": 400}
        if len(parts) > 1 and what == "loss"
        else None,
    }
    hover = [
        {"field": "epoch", "title": "epoch"},
        {"field": "part", "title": "of"},
        {"field": "value", "title": what, "format": ".1%" if what == "accuracy" else ".3f"},
        {"field": "observation", "title": "observation"},
    ]
    layers: list[Spec] = [
        {
            "mark": {"type": "line", "color": "@accent", "strokeWidth": 2.4, "tooltip": None},
            "encoding": {"x": x, "y": y, "strokeDash": dash},
        },
        {
            "mark": {"type": "circle", "color": "@accent", "size": 60, "opacity": 1},
            "encoding": {"x": x, "y": y, "tooltip": hover},
        },
    ]
    if what == "loss":
        steps = [{"epoch": at, "y": min(loss, top)} for at, loss in zip(*_steps(trace), strict=True)]
        mark = {"type": "line", "color": "@quiet", "opacity": 0.45, "strokeWidth": 1, "tooltip": None}
        layers.insert(0, {"data": {"values": steps}, "mark": mark, "encoding": {"x": x, "y": y}})
    return {"height": HEIGHT, "data": {"values": values}, "layer": layers}
