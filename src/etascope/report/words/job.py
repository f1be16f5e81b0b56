"""What was asked of a run, in words: its data, its recipe and how to use its answer, also where a script trained."""

from __future__ import annotations

from collections.abc import Sequence

from etascope.core.command_line import CommandLine
from etascope.core.numbers import rate
from etascope.core.recipe import Task
from etascope.core.run import DataSummary, Run
from etascope.core.visible import visible
from etascope.report.words.next_step import in_words, optimizer_line, use_it

#: Classes that are named, and letters of a name.
_NAMED, _LONGEST_NAME = 6, 24


def understood(classes: Sequence[str], images: int, own_test: int, left_out: int, test_source: str = "") -> str:
    """Return what images were understood as: classes by name, how many, the test part, what was left out.

    Examples
    --------
    >>> understood(["bee", "cat", "dog"], 2400, 400, 3)
    "3 classes (bee, cat, dog), 2,400 images, 400 of them the data's own test part, 3 files left out"
    """
    shown = [visible(name).replace("\n", "\\n") for name in classes[:_NAMED]]
    names = [*(name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}..." for name in shown)]
    named = ", ".join([*names, *(["..."] if len(classes) > _NAMED else [])])
    parts = [f"{len(classes):,} classes ({named})"] if classes else []
    parts.append(f"{images:,} images")
    which = "given as test" if test_source else "the data's own test part"
    parts += [f"{own_test:,} of them {which}"] if own_test else []
    parts += [f"{left_out:,} {'file' if left_out == 1 else 'files'} left out"] if left_out else []
    return ", ".join(parts)


def data_understood(data: DataSummary) -> str:
    """Return what the images of a run were understood as, or that only what trained on them knows."""
    if not data.images:
        return "its own data"
    return understood(data.class_names, data.images, data.own_test, data.left_out, data.test_source)


def division(data: DataSummary) -> str:
    """Return the data with the sizes of its parts, in a sentence without its full stop."""
    if not data.images:
        return f"{data.source}: what it trains on, and by how much of it the metric is measured, is not known here"
    height, width, _ = data.image_shape
    return (
        f"{data.source}: {data_understood(data)}; each image {height} x {width}; "
        f"{data.development:,} to choose by, {data.test:,} held back for one test at the end"
    )


def data_facts(data: DataSummary) -> list[tuple[str, str]]:
    """Return what an experiment's images were understood as, and every note on them, as names and sentences."""
    if not data.images:
        return []
    height, width, _ = data.image_shape
    images = f"{data_understood(data)}; each image {height} x {width}"
    return [("images", images), *([("notes", " ".join(data.notes))] if data.notes else [])]


def recipe_words(task: Task) -> str:
    """Return the recipe in a phrase; of trainings that are not ours, what is known of it."""
    if not task.measure.reported:
        return in_words(task.recipe)
    return f"{task.recipe.epochs} epoch{'' if task.recipe.epochs == 1 else 's'}, compared by {task.measure.name}"


def line_to_use(run: Run, learning_rate: float) -> str:
    """Return the line that uses a recommended rate: of PyTorch, the command, or the rate itself."""
    recipe, command = run.recipe, run.data.command
    if not run.task.measure.reported:
        return optimizer_line(recipe, learning_rate)
    if not command:
        return f"learning_rate = {rate(learning_rate)}"
    return CommandLine(command).filled(float(rate(learning_rate)), recipe.epochs, recipe.seed, 1)


def how_to_use(run: Run, learning_rate: float) -> str:
    """Return how to use a recommended rate: the line, and what it was found with."""
    if not run.task.measure.reported:
        return use_it(run.recipe, learning_rate)
    verb = "run" if run.data.command else "train with"
    return f"{verb} {line_to_use(run, learning_rate)}; it was found for {recipe_words(run.task)}"


def loss_words(run: Run) -> str:
    """Return what the numbers that ranked the trials are called, with their unit."""
    return run.task.measure.words_with_unit


def loss_written(run: Run, loss: float) -> str:
    """Write a loss in nats, or the value of the metric that it stands for."""
    return run.task.measure.written(loss)
