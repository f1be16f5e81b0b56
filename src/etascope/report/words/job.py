"""A job in words: its data, its recipe, how to use the answer, and what to try where there is none yet."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from etascope.core.command_line import CommandLine
from etascope.core.history import Status
from etascope.core.numbers import nats, rate
from etascope.core.recipe import Recipe, Task
from etascope.core.run import DataSummary, Run
from etascope.core.sentences import Setting, python
from etascope.core.trace import Trace
from etascope.core.trials import HOPELESS, same_losses
from etascope.core.visible import visible

#: Classes that are named, and letters of a name.
_NAMED, _LONGEST_NAME = 6, 24
#: How far beyond what was tried a search is sent, and the rates that are as far as a search goes by itself.
BEYOND, LEAST, MOST = 1000.0, 1e-6, 1e3

#: Says how to search again with other values of some settings, and without those that have none.
Again = Callable[[Run, Sequence[Setting]], str]


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


def data_sentences(data: DataSummary | None) -> tuple[str, ...]:
    """Return what images were understood as, and every note on them; nothing where only what trained knows them."""
    return () if data is None or not data.images else (data_understood(data), *data.notes)


def data_facts(data: DataSummary) -> list[tuple[str, str]]:
    """Return the same as names and sentences, with the size of an image."""
    if not (known := data_sentences(data)):
        return []
    first, *notes = known
    height, width, _ = data.image_shape
    return [("images", f"{first}; each image {height} x {width}"), *([("notes", " ".join(notes))] if notes else [])]


TORCH = {
    "sgd": "SGD", "momentum": "SGD", "nesterov": "SGD", "adam": "Adam", "adamw": "AdamW", "rmsprop": "RMSprop",
    "adagrad": "Adagrad",
}  # fmt: skip


def optimizer_line(recipe: Recipe, learning_rate: float) -> str:
    """Return the PyTorch line that builds the recipe's optimizer with this rate.

    Examples
    --------
    >>> optimizer_line(Recipe(), 0.0177828)
    'torch.optim.SGD(model.parameters(), lr=0.0178, momentum=0.9)'
    """
    parts = ["model.parameters()", f"lr={rate(learning_rate)}"]
    if recipe.momentum:
        parts.append(f"momentum={recipe.momentum:.12g}")
    if recipe.optimizer == "nesterov":
        parts.append("nesterov=True")
    if recipe.weight_decay:
        parts.append(f"weight_decay={recipe.weight_decay:.12g}")
    return f"torch.optim.{TORCH[recipe.optimizer]}({', '.join(parts)})"


def in_words(recipe: Recipe) -> str:
    """Return the recipe in a phrase.

    Examples
    --------
    >>> in_words(Recipe(schedule="cosine", epochs=1))
    '128 hidden units, momentum 0.9, batches of 16, 1 epoch, cosine schedule'
    """
    units = f"{', '.join(map(str, recipe.hidden))} hidden units" if recipe.hidden else "no hidden layer"
    parts = [units if recipe.model is None else f"model {recipe.model}"]
    parts.append(recipe.optimizer + (f" {recipe.momentum:.12g}" if recipe.momentum else ""))
    if recipe.weight_decay:
        parts.append(f"weight decay {recipe.weight_decay:.12g}")
    parts += [
        f"{'whole ' if recipe.drop_last else ''}batches of {recipe.batch_size}",
        f"{recipe.epochs} epoch{'s' if recipe.epochs > 1 else ''}",
    ]
    if recipe.schedule != "constant":
        parts.append(f"{recipe.schedule} schedule")
    if recipe.warmup:
        parts.append(f"warm-up over {100 * recipe.warmup:g} % of the steps")
    return ", ".join(parts)


def use_it(recipe: Recipe, learning_rate: float) -> str:
    """Return how to use a recommended rate: the line of code, and what it was found with."""
    peak = "" if recipe.schedule == "constant" and not recipe.warmup else " as the peak rate"
    return f"train with {optimizer_line(recipe, learning_rate)}{peak}; it was found for {in_words(recipe)}"


def epoch_table(trace: Trace, names: Sequence[str]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Return header and rows of the epochs: number, loss and accuracy of training and validation, observation.

    They are called by these names, as many as are to be there; columns in which nothing is known are left out.
    """

    def loss(value: float | None) -> str:
        return "" if value is None else nats(value) if math.isfinite(value) else "diverged"

    def share(value: float | None) -> str:
        return "" if value is None or not math.isfinite(value) else f"{100 * value:.1f} %"

    rows = [
        (str(e.epoch), loss(e.train_loss), share(e.train_accuracy), loss(e.valid_loss), share(e.valid_accuracy),
         e.observation)
        for e in trace.epochs
    ]  # fmt: skip
    columns = {name: cells for name, cells in zip(names, zip(*rows, strict=True), strict=False) if any(cells)}
    return tuple(columns), list(zip(*columns.values(), strict=True))


def recipe_words(task: Task, data: DataSummary) -> str:
    """Return the recipe in a phrase; of trainings that are not ours, what is known of it."""
    epochs = f"{task.recipe.epochs} epoch{'' if task.recipe.epochs == 1 else 's'}"
    if data.in_loaders:
        # The recipe has but the nearest names of an optimizer and a schedule that may be anything.
        return f"model {task.recipe.model}, {epochs}, with your optimizer, schedule and loaders"
    return f"{epochs}, compared by {task.measure.name}" if task.measure.reported else in_words(task.recipe)


def line_to_use(run: Run, learning_rate: float) -> str:
    """Return the line that uses a recommended rate: of PyTorch, the command, or the rate itself."""
    recipe, command = run.recipe, run.data.command
    if not run.trained_by_others:
        return optimizer_line(recipe, learning_rate)
    if not command:
        return f"learning_rate = {rate(learning_rate)}"
    return CommandLine(command).filled(float(rate(learning_rate)), recipe.epochs, recipe.seed, 1)


def how_to_use(run: Run, learning_rate: float) -> str:
    """Return how to use a recommended rate: the line, and what it was found with."""
    if not run.trained_by_others:
        return use_it(run.recipe, learning_rate)
    verb = "run" if run.data.command else "train with"
    return f"{verb} {line_to_use(run, learning_rate)}; it was found for {recipe_words(run.task, run.data)}"


def again_in_python(run: Run, settings: Sequence[Setting]) -> str:
    """Say how to search again where it was asked in Python: with other arguments of the same function."""
    written = " and ".join(map(python, settings))
    if any(one.value is None for one in settings):
        return f"with the same options but without {written}"
    # The recipe of our own networks has the epochs; elsewhere they are an argument.
    own = not run.trained_by_others and settings[0].name == "epochs"
    return f"with the same options and {written}{' in the recipe' if own else ''}"


def try_next(run: Run, again: Again = again_in_python) -> str:
    """Return what to try where it cannot be told yet: rates beyond an end that did best, or longer trainings.

    `again` says in the words of a door how to search again.
    """
    landscape, ours = run.choice.landscape, not run.task.measure.reported
    rates, loss = landscape.learning_rates, landscape.mean_loss
    finite = np.flatnonzero(np.isfinite(loss))
    best = int(finite[loss[finite].argmin()]) if len(finite) else 0
    if same_losses(run.trials) and len(finite):
        where = "the data and the model" if ours else "how the script or the loop uses the learning rate"
        return f"look at {where} first: no rate that was tried made a difference"
    # Where the method says how to go on, nothing else may be said here.
    limits = [_rounded(one.name, one.value) for one in run.choice.search_again]
    for one in limits:
        if one.name == "budget":
            return f"give a larger budget, {again(run, (one,))}"
        if one.value is not None:
            return f"search {'above' if one.name == 'low' else 'below'} {rate(one.value)}, {again(run, (one,))}"
    if limits:
        return f"allow other rates, {again(run, limits)}"
    furthest = max((trial.steps for trial in run.trials), default=0)
    ends = {trial.status for trial in run.trials if trial.steps == furthest}
    if Status.FAILED in ends and ends <= {Status.FAILED, Status.DIVERGED}:
        return "look at what the trainings said first: none came to its end"
    if best == 0 and len(rates) and rates[0] > LEAST:
        low = None if rates[0] > MOST else float(rates[0]) / BEYOND
        return f"allow lower rates, {again(run, (_rounded('low', low),))}"
    if len(finite) and best == len(rates) - 1 and rates[-1] < MOST:
        return f"allow higher rates, {again(run, (_rounded('high', float(rates[-1]) * BEYOND),))}"
    if not len(finite) and np.isinf(loss).any():
        first = "the data" if ours else "what the trainings said"
        return f"look at {first} first: no rate that was tried kept a finite loss"
    if ours and len(finite) and loss[finite].min() > HOPELESS * run.task.blind.loss:
        return "look at the data and the recipe first: no rate that was tried kept the loss near a blind guess's"
    if ends == {Status.DIVERGED}:
        return "look at the data first: no training came to its end"
    return f"train longer, so that the rates part, {again(run, (Setting('epochs', 2 * run.recipe.epochs),))}"


def _rounded(name: str, value: float | None) -> Setting:
    """Return a limit of the rates in the digits in which rates are told."""
    return Setting(name, None if value is None else float(rate(value)))
