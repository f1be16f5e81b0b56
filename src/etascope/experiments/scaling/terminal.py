"""The terminal page of a scaling: for each axis a table, a chart of the basins, and what the best rate does."""

from __future__ import annotations

import math
from collections.abc import Sequence

from etascope.core.choice import Choice
from etascope.core.numbers import rate
from etascope.experiments.scaling.record import Axis, Scaling, Setting
from etascope.report.terminal.page import Page
from etascope.report.words.next_step import in_words

#: Columns of the chart beside the settings' names.
LEAST_WIDTH, MOST_WIDTH = 24, 72
_HEADER = ("", "\nrate", "\nbasin", "validation\naccuracy", "\ntrials", "seconds")


def scaling_page(page: Page, told: Scaling) -> None:
    """Write for each axis what the best rate was at each setting, and whether it moves."""
    page.wrapped(f"how far an answer reaches on {told.data.source}: {varied(told)}, seed {told.recipe.seed}", "bold")
    page.wrapped(
        f"the choice repeated on the {told.data.development:,} development images; test images were not looked at",
        "dim",
    )
    for axis in told.axes:
        _axis(page, axis)
    page.line("")
    page.wrapped(f"{told.seconds:.1f} s in all", "dim")


def varied(told: Scaling) -> str:
    """Return the recipe in a phrase, with all values of what was varied.

    Examples
    --------
    >>> from etascope.core.data import DataSummary
    >>> from etascope.core.recipe import Recipe
    >>> varied(Scaling(DataSummary.unknown("digits", {}), Recipe(), (), 1.0))
    '128 hidden units, momentum 0.9, batches of 16, 5 epochs'
    """
    recipe = told.recipe
    parts = {
        "batch size": (f"batches of {recipe.batch_size}", "batches of {}"),
        "epochs": (f"{recipe.epochs} epoch{'' if recipe.epochs == 1 else 's'}", "epochs: {}"),
        "width": (f"{', '.join(map(str, recipe.hidden))} hidden units", "first hidden layer: {} units"),
    }
    words = f", {in_words(recipe)}"
    for axis in told.axes:
        before, after = parts[axis.name]
        *most, last = (str(setting.value) for setting in axis.settings)
        values = f"{', '.join(most)} and {last}" if most else last
        words = words.replace(f", {before}", f", {after.format(values)}", 1)
    return words.removeprefix(", ") + (", one varied at a time" if len(told.axes) > 1 else "")


def _axis(page: Page, axis: Axis) -> None:
    page.heading(f"By {axis.name}")
    page.table((axis.name, *_HEADER[1:]), setting_table(axis)[1])
    drawn = basin_chart(axis.settings, min(page.width, MOST_WIDTH + 8), page.ascii)
    if drawn:
        page.line("")
        page.lines(drawn)
    page.line("")
    page.wrapped(
        f"{axis.finding[0].upper()}{axis.finding[1:]}.", "bold green" if axis.law and axis.law.moves else "bold"
    )
    for warning in axis.warnings:
        page.wrapped(f"{warning}.", "yellow", first="!  ")


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


def basin_chart(settings: Sequence[Setting], width: int = 80, ascii: bool = False) -> tuple[str, ...]:
    """Draw the basin of each setting as an interval on a logarithmic axis of the rate, its best rate marked.

    Parameters
    ----------
    settings
        A line each; those without an answer are left out.
    width
        Columns to fill, at least 32.
    ascii
        Use ASCII characters alone.

    Returns
    -------
    tuple of str
        With a last line that names whole decades, or 1, 2 and 5 where there is less than one; none where there is no
        answer.
    """
    told = [(str(s.value), *found) for s in settings if (found := _interval(s.choice)) is not None]
    if not told:
        return ()
    gutter = max(len(name) for name, *_ in told)
    columns = max(width - gutter - 3, LEAST_WIDTH)
    low = math.log10(min(interval[1] for interval in told)) - 0.1
    high = math.log10(max(interval[3] for interval in told)) + 0.1

    def column(value: float) -> int:
        return round((math.log10(value) - low) / (high - low) * (columns - 1))

    line, left, right, mark, rule = ("-", "[", "]", "o", "|") if ascii else ("━", "┣", "┫", "●", "│")
    lines = list[str]()
    for name, start, best, end in told:
        cells = [" "] * columns
        cells[column(start) : column(end) + 1] = line * (column(end) - column(start) + 1)
        cells[column(start)], cells[column(end)] = left, right
        cells[column(best)] = mark
        lines.append(f"{name:>{gutter}} {rule} {''.join(cells)}".rstrip())
    axis = [" "] * columns
    for tick in _ticks(low, high):
        label, at = rate(tick), column(tick)
        begin = min(max(at - len(label) // 2, 0), columns - len(label))
        if "".join(axis[max(begin - 1, 0) : begin + len(label) + 1]).isspace():
            axis[begin : begin + len(label)] = label
    return (*lines, f"{'':{gutter}} {rule} {''.join(axis)}".rstrip())


def _interval(choice: Choice) -> tuple[float, float, float] | None:
    if choice.learning_rate is None or choice.basin is None:
        return None
    return min(choice.basin.low, choice.learning_rate), choice.learning_rate, max(
        choice.basin.high, choice.learning_rate
    )  # fmt: skip


def _ticks(low: float, high: float) -> list[float]:
    steps = (1,) if high - low > 3 else (1, 2, 5)
    decades = range(math.floor(low), math.ceil(high) + 1)
    found = [step * 10.0**decade for decade in decades for step in steps]
    return [tick for tick in found if low <= math.log10(tick) <= high]
