"""The sections of a trace, one function each: data flow, training with its `loss_chart`, prediction, quiz, answers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from etascope.core.numbers import nats
from etascope.core.question import Question
from etascope.core.trace import Layer, Prediction, Trace
from etascope.report.terminal.page import Page
from etascope.report.terminal.picture import bar, braille, connect, picture, stars
from etascope.report.words.job import epoch_table

#: More classes than this are cut to the most probable ones.
MOST_CLASSES = 12
PICTURE_WIDTH = 36


def data_flow(page: Page, trace: Trace) -> None:
    """Write the stages: shape before, action, shape after, one real example; the image under the first."""
    for number, stage in enumerate(trace.stages, 1):
        side = " " if number == len(trace.stages) else "|" if page.ascii else "│"
        page.line(f"{number} {stage.name}", "bold")
        page.line(f"{side}   {_shape(stage.shape_in)} -> {_shape(stage.shape_out)}", "cyan")
        for text in (stage.action, f"For example: {stage.example}"):
            page.wrapped(text, first=f"{side}   ", rest=f"{side}   ")
        if number == 1:
            page.line(side)
            page.lines(_drawn(page, trace.sample), before=f"{side}   ")
            label = trace.class_names[trace.sample_label]
            page.wrapped(f"the example image, labelled {label}", "dim", first=f"{side}   ", rest=f"{side}   ")
        if number < len(trace.stages):
            page.line(side)


def training(page: Page, trace: Trace) -> None:
    """Write the chart of the loss and the table of the epochs."""
    steps = -(-len(trace.step_loss) // len(trace.epochs))
    page.line("training loss per step", "bold")
    page.lines(loss_chart(trace.step_loss, steps, min(page.width, 100), 9, page.ascii))
    page.line("")
    header, rows = epoch_table(trace, _COLUMNS)
    page.table(header, rows)
    page.line("")
    if trace.validation:
        page.wrapped(f"Validation: {trace.validation}.", "dim")
    page.wrapped("Training numbers are means over the epoch, taken while the weights moved.", "dim")
    if trace.evaluation is None:
        page.wrapped("Training diverged, so there is no model to test.", "bold red")


def prediction(page: Page, trace: Trace) -> None:
    """Write what each layer makes of one test image, up to the class probabilities."""
    shown = trace.prediction
    if shown is None:
        page.wrapped("Training diverged, so there is no model to predict with.")
        return
    page.lines(_drawn(page, shown.image), before="    ")
    page.line("")
    page.fields([(layer.name, _layer(layer, shown)) for layer in shown.layers])
    page.line("")
    _probabilities(page, shown, trace.class_names)
    page.line("")
    named, truth = (trace.class_names[i] for i in (shown.predicted, shown.label))
    page.wrapped(
        f"Predicted {named} with a confidence of {_percent(shown.confidence)}; the label is {truth}: "
        f"{'right' if shown.correct else 'wrong'}.",
        "bold green" if shown.correct else "bold red",
    )


def quiz(page: Page, questions: Sequence[Question]) -> None:
    """Write the questions without their answers."""
    for number, question in enumerate(questions, 1):
        page.wrapped(question.text, "bold", first=f"{number}  ")
        for letter, option in zip("abcdefgh", question.options, strict=False):
            page.wrapped(option, first=f"   {letter})  ")
        page.line("")
    page.line("The answers stand at the very end.", "dim")


def answers(page: Page, questions: Sequence[Question]) -> None:
    """Write the right letters with the reasons."""
    for number, question in enumerate(questions, 1):
        page.wrapped(f"{'abcdefgh'[question.answer]})  {question.options[question.answer]}", first=f"{number}  ")
        page.wrapped(question.reason, "dim", first=" " * 7)


_COLUMNS = ("epoch", "train\nloss", "train\nacc.", "valid\nloss", "valid\nacc.", "observation")


def _drawn(page: Page, image: NDArray[np.uint8]) -> list[str]:
    """Return the picture without its empty rows at the top and the bottom."""
    rows = [row.rstrip() for row in picture(image, PICTURE_WIDTH, page.ascii)]
    inked = [i for i, row in enumerate(rows) if row]
    return rows[inked[0] : inked[-1] + 1] if inked else rows[:1]


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _shape(shape: tuple[int, ...]) -> str:
    return " \N{MULTIPLICATION SIGN} ".join(str(size) for size in shape)


def _layer(layer: Layer, shown: Prediction) -> str:
    values = layer.values[0].ravel()
    strongest = int(values.argmax())
    if layer.kind == "input":
        lit = int(np.count_nonzero(shown.image.max(axis=2)))
        pixels = shown.image.shape[0] * shown.image.shape[1]
        text = f"{values.size:,} values of {pixels:,} pixels, {lit:,} of them lit"
        text += f"; the strongest is {values[strongest]:.2f}"
        if values.size == shown.image.size:
            height, width, channels = shown.image.shape
            image_shape = (height, width, channels) if layer.values.ndim == 2 else (channels, height, width)
            place = np.unravel_index(strongest, image_shape)
            row, column = place[:2] if layer.values.ndim == 2 else place[1:]
            text += f" (row {row + 1}, column {column + 1})"
        return text
    weights = f"{_shape(layer.weights)} weights -> " if layer.weights else ""
    if layer.kind == "relu":
        active = int(np.count_nonzero(values > 0))
        text = f"{weights}{active:,} of {values.size:,} units active"
        return text + (f", the strongest {_unit(layer, strongest)} at {values[strongest]:.2f}" if active else "")
    if layer.kind == "hidden":
        low, high = values.min() + 0.0, values.max() + 0.0  # No zero below zero.
        text = f"{weights}{values.size:,} values from {low:.2f} to {high:.2f}"
        saturated = "" if layer.saturated is None else f", {_percent(layer.saturated)} of them saturated"
        return f"{text}{saturated}, the strongest {_unit(layer, int(np.abs(values).argmax()))}"
    return f"{weights}{values.size:,} scores from {values.min():.2f} to {values.max():.2f} -> softmax:"


def _unit(layer: Layer, number: int) -> str:
    """Say which unit, or where in which channel, the value of this number is."""
    shape = layer.values.shape[1:]
    if len(shape) != 3:
        return f"is unit {number + 1}"
    channel, row, column = (int(i) + 1 for i in np.unravel_index(number, shape))
    return f"in channel {channel} (row {row}, column {column})"


def _probabilities(page: Page, shown: Prediction, names: Sequence[str]) -> None:
    order = list(range(len(names)))
    if len(names) > MOST_CLASSES:
        order = sorted(order, key=lambda i: -shown.probabilities[i])[:MOST_CLASSES]
    long = min(max(page.columns(names[i]) for i in order), page.width // 3)
    space = max(5, min(40, page.width - long - 40))
    for i in order:
        p = float(shown.probabilities[i])
        marks = [word for word, number in (("predicted", shown.predicted), ("label", shown.label)) if number == i]
        text = f"    {page.right(names[i], long)}  {bar(p, space, page.ascii)} {_percent(p):>7}"
        page.line(f"{text}  {' and '.join(marks)}".rstrip(), "bold" if i == shown.predicted else "")
    if len(order) < len(names):
        rest = 1 - float(shown.probabilities[order].sum())
        page.line(f"    and {len(names) - len(order)} more classes, together {_percent(max(rest, 0.0))}", "dim")


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
    There is at least one step. The whole chart has at least 20 columns, and the plot at least 3 rows.
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
