"""The terminal page of a scaling: for each axis a table, a chart of the basins, and what the best rate does."""

from __future__ import annotations

from etascope.core.numbers import rate
from etascope.experiments.scaling.record import Axis, Scaling, Setting
from etascope.report.terminal.axis import intervals
from etascope.report.terminal.page import Page
from etascope.report.words.next_step import in_words

WIDEST_CHART = 80
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
    drawn = intervals(
        [(str(s.value), s.choice) for s in axis.settings], min(page.width, WIDEST_CHART), ascii=page.ascii
    )
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
