"""How the best rate scales, in words: the page, the document, and all that the reports hold (`scaling_experiment`)."""

from __future__ import annotations

from etascope.core.plain import Document, plain
from etascope.experiments.outcome import outcome_document
from etascope.experiments.scaling.chart import scaling_chart, setting_table
from etascope.experiments.scaling.record import Axis, Scaling, Setting
from etascope.report.experiment import Experiment
from etascope.report.terminal.axis import intervals
from etascope.report.terminal.page import Page
from etascope.report.words.job import in_words

SCALING_SCHEMA = "etascope/scaling/1"
WIDEST_CHART = 80
_HEADER = ("", "\nrate", "\nbasin", "validation\naccuracy", "\ntrials", "seconds")


def scaling_experiment(scaling: Scaling) -> Experiment:
    """Tell what the best rate does along each axis; a picture shows the first."""
    first, *rest = scaling.axes
    sentences = [f"{said[0].upper()}{said[1:]}." for axis in scaling.axes for said in (axis.finding, *axis.warnings)]
    return Experiment(
        kind="scaling",
        setup=(
            f"The choice repeated on {scaling.data.development:,} images, test images not looked at; "
            f"{varied(scaling)}, seed {scaling.recipe.seed}"
        ),
        label=f"can the best rate be told to move with {first.name}?",
        headline=_moves(first),
        others=(*_power(first), *(f"with {axis.name}: {', '.join((_moves(axis), *_power(axis)))}" for axis in rest)),
        charts=tuple(map(scaling_chart, scaling.axes)),
        sentences=tuple(sentences),
        facts=(("seconds", f"{scaling.seconds:.1f} in all"),),
        references=(),
        document=scaling_document(scaling),
        page=lambda page: scaling_page(page, scaling),
        data=scaling.data,
    )


def _moves(axis: Axis) -> str:
    if axis.law is None:
        return "cannot tell yet"
    if not axis.law.moves:
        return "no"
    return "it rises" if axis.law.exponent > 0 else "it falls"


def _power(axis: Axis) -> tuple[str, ...]:
    law = axis.law
    return () if law is None else (f"power {law.exponent:.2f} (90 %: {law.low:.2f} .. {law.high:.2f})",)


def scaling_document(scaling: Scaling) -> Document:
    """Return plain dicts, lists, strings and numbers, described by `docs/schema/scaling-1.schema.json`."""
    axes = [_axis_document(axis) for axis in scaling.axes]
    return outcome_document(SCALING_SCHEMA, scaling, axes=axes, seconds=scaling.seconds)


def _axis_document(axis: Axis) -> Document:
    law = None if axis.law is None else {**plain(axis.law), "moves": axis.law.moves}
    return {**plain(axis, without=("settings",)), "law": law, "settings": [_setting(s) for s in axis.settings]}


def _setting(setting: Setting) -> Document:
    choice = setting.choice
    return {
        "value": setting.value,
        "recipe": plain(setting.recipe),
        "learning_rate": choice.learning_rate,
        "basin": plain(choice.basin),
        "valid_accuracy": None if choice.learning_rate is None else choice.valid_accuracy,
        "reason": plain(choice.reasons),
        "cost": plain(choice.cost),
    }


def scaling_page(page: Page, scaling: Scaling) -> None:
    """Write for each axis what the best rate was at each setting, and whether it moves."""
    page.wrapped(
        f"how far an answer reaches on {scaling.data.source}: {varied(scaling)}, seed {scaling.recipe.seed}", "bold"
    )
    page.wrapped(
        f"the choice repeated on the {scaling.data.development:,} development images; test images were not looked at",
        "dim",
    )
    for axis in scaling.axes:
        _axis(page, axis)
    page.line("")
    page.wrapped(f"{scaling.seconds:.1f} s in all", "dim")


def varied(scaling: Scaling) -> str:
    """Return the recipe in a phrase, with all values of what was varied.

    Examples
    --------
    >>> from etascope.core.data import DataSummary
    >>> from etascope.core.recipe import Recipe
    >>> varied(Scaling(DataSummary.unknown("digits", {}), Recipe(), (), 1.0))
    '128 hidden units, momentum 0.9, batches of 16, 5 epochs'
    """
    recipe = scaling.recipe
    parts = {
        "batch size": (f"batches of {recipe.batch_size}", "batches of {}"),
        "epochs": (f"{recipe.epochs} epoch{'' if recipe.epochs == 1 else 's'}", "epochs: {}"),
        "width": (f"{', '.join(map(str, recipe.hidden))} hidden units", "first hidden layer: {} units"),
    }
    words = f", {in_words(recipe)}"
    for axis in scaling.axes:
        before, after = parts[axis.name]
        *most, last = (str(setting.value) for setting in axis.settings)
        values = f"{', '.join(most)} and {last}" if most else last
        words = words.replace(f", {before}", f", {after.format(values)}", 1)
    return words.removeprefix(", ") + (", one varied at a time" if len(scaling.axes) > 1 else "")


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
