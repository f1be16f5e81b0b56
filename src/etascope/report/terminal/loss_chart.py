"""The training loss over the steps, drawn with characters."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from etascope.core.numbers import nats
from etascope.report.terminal.dots import braille, connect, stars

#: Losses beyond this many times the first column are cut off, so that one explosion does not flatten the rest.
CEILING = 2.5
LEAST_WIDTH, LEAST_HEIGHT = 20, 3


def loss_chart(
    step_loss: NDArray[np.floating], steps_per_epoch: int, width: int = 72, height: int = 10, ascii: bool = False
) -> tuple[str, ...]:
    """Draw the training loss per step (axis: steps, labelled by epoch; unit: nats) in lines of text.

    A dot column is the plain mean of the finite batch losses of its steps; no other smoothing. The y axis starts at
    0. Losses above `CEILING` times the first column are cut off, and the last line says so; steps after divergence
    stay empty.

    Parameters
    ----------
    step_loss
        `(steps,)` nats, at least one; not finite once diverged.
    steps_per_epoch
        At least 1.
    width, height
        Columns of the whole chart (at least 20) and rows of the plot (at least 3).
    ascii
        Use ASCII characters alone; else braille dots.
    """
    loss = np.asarray(step_loss, np.float64)
    loss = np.where(np.isfinite(loss), loss, np.nan)
    height = max(height, LEAST_HEIGHT)
    across, down = (1, 1) if ascii else (2, 4)
    first = loss[~np.isnan(loss)][:1]
    top, highest = 1.0, 0.0
    gutter = len("epoch ")
    columns = max(width, LEAST_WIDTH) - gutter - 1
    means = _column_means(loss, columns * across)
    if first.size:
        start, highest = float(means[~np.isnan(means)][0]), float(np.nanmax(means))
        top = min(highest, CEILING * start) if start > 0 else highest
        top = top or 1.0
    dots = connect(np.minimum(means, top) / top, height * down)
    rows = stars(dots) if ascii else braille(dots)
    marks = {0: top, height // 2: top * (1 - height // 2 / (height - 1)), height - 1: 0.0}
    wall, tick, floor = ("|", "+", "-") if ascii else ("│", "┤", "─")
    lines = [f"{'nats':>{gutter - 1}}"]
    for i, row in enumerate(rows):
        label = nats(marks[i]) if i in marks else ""
        lines.append(f"{label[: gutter - 1]:>{gutter - 1}} {tick if label else wall}{row}".rstrip())
    lines += [" " * gutter + line for line in _epoch_axis(len(loss), steps_per_epoch, columns, floor, ascii)]
    lines[-1] = "epoch" + lines[-1][len("epoch") :]
    lines += _notes(loss, highest, top, len(loss) / (columns * across))
    return tuple(lines)


def _column_means(loss: NDArray[np.float64], columns: int) -> NDArray[np.float64]:
    edges = np.arange(columns + 1) * len(loss) // columns
    ends = np.maximum(edges[1:], edges[:-1] + 1)
    means = np.full(columns, np.nan)
    for i, (a, b) in enumerate(zip(edges[:-1], ends, strict=True)):
        known = loss[a:b][~np.isnan(loss[a:b])]
        if known.size:
            means[i] = known.mean()
    return means


def _epoch_axis(steps: int, steps_per_epoch: int, columns: int, floor: str, ascii: bool) -> list[str]:
    """Return the axis with a tick where an epoch begins, and the epoch numbers under the ticks."""
    epochs = max(1, -(-steps // steps_per_epoch))
    starts = [e * steps_per_epoch * columns // steps for e in range(epochs)]
    every = next(k for k in (1, 2, 5, 10, 20, 50, 100, 1000, 10**9) if epochs / k * (len(str(epochs)) + 2) <= columns)
    axis, numbers = [floor] * columns, [" "] * (columns + len(str(epochs)))
    for e in range(0, epochs, every):
        axis[starts[e]] = "+" if ascii else "┬"
        numbers[starts[e] : starts[e] + len(str(e + 1))] = str(e + 1)
    return [("+" if ascii else "└") + "".join(axis), " " + "".join(numbers).rstrip()]


def _notes(loss: NDArray[np.float64], highest: float, top: float, steps_a_column: float) -> list[str]:
    notes: list[str] = []
    if highest > top:
        notes.append(f"Cut off at {nats(top)}; the highest column is {nats(highest)}.")
    lost = np.flatnonzero(np.isnan(loss))
    if lost.size:
        notes.append(f"The loss stopped being a finite number at step {lost[0] + 1} of {len(loss)}.")
    if steps_a_column > 1:
        notes.append(f"Each dot column is the mean of about {steps_a_column:.2g} steps.")
    return notes
