"""A range test over the logarithm of the learning rate, with marks of suggestions and the measured landscape below."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from etascope.core.choice import Choice
from etascope.core.numbers import nats
from etascope.experiments.range_test.chart import highest_drawn
from etascope.experiments.range_test.record import RangeTest
from etascope.report.terminal.axis import Scale, pillar
from etascope.report.terminal.picture import braille, connect, stars

LEAST_WIDTH = 40
#: Rows of the measured accuracy.
BARS = 3
_GUTTER = 6


def range_chart(
    test: RangeTest,
    marks: Sequence[tuple[str, float]],
    choice: Choice | None = None,
    width: int = 80,
    height: int = 8,
    ascii: bool = False,
) -> tuple[str, ...]:
    """Draw the batch loss (nats, not smoothed) over the learning rate (axis: logarithmic, labelled by decade).

    Losses are joined by straight lines. The y axis starts at 0 and is cut off at `CEILING` times the first loss; the
    first line says so. Below the axis stand the marks, a character and a rate each, and below them the measured mean
    accuracy of each rate from 0 to 100 % as bars, joined in the same way, with the basin as a bracket and the
    recommended rate in it. Width is that of the whole chart, at least 40 columns, height that of the loss.
    """
    axis = _axis(test, choice, max(width, LEAST_WIDTH) - _GUTTER - 1)
    across, down = (1, 1) if ascii else (2, 4)
    loss, top = _line(test, axis, axis.columns * across)
    dots = connect(np.minimum(loss, top) / top, max(height, 3) * down)
    rows = stars(dots) if ascii else braille(dots)
    wall, tick = ("|", "+") if ascii else ("│", "┤")
    labels = {0: top, len(rows) // 2: top * (1 - (len(rows) // 2) / (len(rows) - 1)), len(rows) - 1: 0.0}
    highest = float(np.max(test.losses, initial=0.0, where=np.isfinite(test.losses)))
    lines = [f"{'nats':>{_GUTTER - 1}}{f'  cut off; the highest is {nats(highest)}' if highest > top else ''}"]
    for i, row in enumerate(rows):
        label = nats(labels[i]) if i in labels else ""
        lines.append(f"{label[: _GUTTER - 1]:>{_GUTTER - 1}} {tick if label else wall}{row}".rstrip())
    floor, names = axis.axis(ascii=ascii)
    lines += [" " * _GUTTER + ("+" if ascii else "└") + floor, f"{'rate':<{_GUTTER + 1}}{names}"]
    lines += [" " * (_GUTTER + 1) + line for line in _marks(axis, marks)]
    if choice is not None and np.isfinite(choice.landscape.mean_accuracy).any():
        lines += _measured(axis, choice, ascii)
    return tuple(line.rstrip() for line in lines)


def _axis(test: RangeTest, choice: Choice | None, columns: int) -> Scale:
    rates = [float(test.learning_rates[0]), float(test.learning_rates[-1])]
    if choice is not None and len(choice.landscape.learning_rates):
        rates += [float(choice.landscape.learning_rates[0]), float(choice.landscape.learning_rates[-1])]
    return Scale.over(rates, columns, margin=0)


def _line(test: RangeTest, axis: Scale, columns: int) -> tuple[NDArray[np.float64], float]:
    fine = np.isfinite(test.losses)
    if not fine.any():
        return np.full(columns, np.nan), 1.0
    known, losses = np.log(test.learning_rates[fine]), test.losses[fine]
    at = np.log(axis.rates(columns))
    half = (at[1] - at[0]) / 2
    drawn = np.interp(at, known, losses)
    drawn[(at < known[0] - half) | (at > known[-1] + half)] = np.nan
    return drawn, highest_drawn(test) or 1.0


def _marks(axis: Scale, marks: Sequence[tuple[str, float]]) -> list[str]:
    rows: list[list[str]] = []
    for mark, rate in marks:
        column = axis.column(rate)
        row = next((row for row in rows if row[column] == " "), None)
        if row is None:
            row = [" "] * axis.columns
            rows.append(row)
        row[column] = mark
    return ["".join(row).rstrip() for row in rows]


def _measured(axis: Scale, choice: Choice, ascii: bool) -> list[str]:
    landscape = choice.landscape
    fine = np.isfinite(landscape.mean_accuracy) & np.isfinite(landscape.mean_loss)
    rates, accuracy = landscape.learning_rates[fine], landscape.mean_accuracy[fine]
    if not len(rates):
        return []
    first, last = axis.column(float(rates[0])), axis.column(float(rates[-1]))
    heights = np.interp(np.log(axis.rates(axis.columns)), np.log(rates), accuracy).tolist()
    bars = [pillar(height, BARS, ascii=ascii) if first <= c <= last else " " * BARS for c, height in enumerate(heights)]
    names, wall = ("100 %", *[""] * (BARS - 2), "0 %"), "|" if ascii else "│"
    lines = [
        f"{name:>{_GUTTER - 1}} {wall}{''.join(row)}" for name, row in zip(names, zip(*bars, strict=True), strict=True)
    ]
    if choice.basin is not None and choice.learning_rate is not None:
        basin = axis.interval(choice.basin.low, choice.learning_rate, choice.basin.high, ascii=ascii)
        lines.append(f"{'basin':<{_GUTTER + 1}}{basin}")
    return lines
