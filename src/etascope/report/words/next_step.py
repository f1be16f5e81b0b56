"""How to go on from an answer: the line of code or the command."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from etascope.core.data import KNOWN_SETS, SENT, called
from etascope.core.history import Status
from etascope.core.numbers import rate
from etascope.core.recipe import Recipe
from etascope.core.run import Run
from etascope.core.trials import same_losses
from etascope.core.visible import in_shell

#: How far beyond what was tried a search is sent, and the rates that are as far as a search goes by itself.
BEYOND, LEAST, MOST = 1000.0, 1e-6, 1e3
#: Where even the lowest loss is so many times a blind guess's, no learning rate is at fault.
HOPELESS = 10.0

#: Options of a search in the order in which a command has them: of the images, the recipe, the script and the rest.
_OF_DATA = ("labels", "test", "image_size", "grayscale", "skip_bad")
_OF_RECIPE = (
    "optimizer", "batch_size", "epochs", "hidden", "schedule", "warmup", "momentum", "weight_decay", "pixels", "seed",
)  # fmt: skip
_OF_SCRIPT = ("command", "metric", "metric_key", "maximize", "best", "timeout", "logs", "restart")
_OF_SEARCH = (
    "image", "device", "precision", "accumulate", "clip_norm", "trials_in_memory", "folds", "low", "high", "budget",
    "target", "tolerance", "workers",
)  # fmt: skip
_DEFAULTS: dict[str, object] = {"image": 0, "accumulate": 1, "target": "accuracy"}

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
    parts += [f"batches of {recipe.batch_size}", f"{recipe.epochs} epoch{'s' if recipe.epochs > 1 else ''}"]
    if recipe.schedule != "constant":
        parts.append(f"{recipe.schedule} schedule")
    if recipe.warmup:
        parts.append(f"warm-up over {100 * recipe.warmup:g} % of the steps")
    return ", ".join(parts)


def use_it(recipe: Recipe, learning_rate: float) -> str:
    """Return how to use a recommended rate: the line of code, and what it was found with."""
    peak = "" if recipe.schedule == "constant" and not recipe.warmup else " as the peak rate"
    return f"train with {optimizer_line(recipe, learning_rate)}{peak}; it was found for {in_words(recipe)}"


def try_next(run: Run) -> str:
    """Return what to try where it cannot be told yet: rates beyond an end that did best, or longer trainings."""
    landscape, ours = run.choice.landscape, not run.task.measure.reported
    rates, loss = landscape.learning_rates, landscape.mean_loss
    finite = np.flatnonzero(np.isfinite(loss))
    best = int(finite[loss[finite].argmin()]) if len(finite) else 0
    if same_losses(run.trials) and len(finite):
        where = "the data and the model" if ours else "how the script or the loop uses the learning rate"
        return f"look at {where} first: no rate that was tried made a difference"
    if beyond := _as_the_reasons(run):
        return beyond
    furthest = max((trial.steps for trial in run.trials), default=0)
    ends = {trial.status for trial in run.trials if trial.steps == furthest}
    if Status.FAILED in ends and ends <= {Status.FAILED, Status.DIVERGED}:
        return "look at what the trainings said first: none came to its end"
    if best == 0 and len(rates) and rates[0] > MOST:
        return f"allow lower rates, {_again(run, low=None)}"
    if best == 0 and len(rates) and rates[0] > LEAST:
        return f"allow lower rates, {_again(run, low=float(rates[0]) / BEYOND)}"
    if len(finite) and best == len(rates) - 1 and rates[-1] < MOST:
        return f"allow higher rates, {_again(run, high=float(rates[-1]) * BEYOND)}"
    if not len(finite) and np.isinf(loss).any():
        first = "the data" if ours else "what the trainings said"
        return f"look at {first} first: no rate that was tried kept a finite loss"
    if ours and len(finite) and loss[finite].min() > HOPELESS * math.log(run.task.n_classes):
        return "look at the data and the recipe first: no rate that was tried kept the loss near a blind guess's"
    if ends == {Status.DIVERGED}:
        return "look at the data first: no training came to its end"
    return f"train longer, so that the rates part, {_again(run, epochs=2 * run.recipe.epochs)}"


def _as_the_reasons(run: Run) -> str:
    """Return how to do what the reasons say, where they have a limit to set, or to leave out; else nothing."""
    limits = [one for sentence in run.choice.reasons for one in sentence.settings if one.name in ("low", "high")]
    for one in limits:
        if one.value is not None:
            side = "above" if one.name == "low" else "below"
            return f"search {side} {rate(one.value)}, {_again(run, **{one.name: float(one.value)})}"
    return f"allow other rates, {_again(run, low=None, high=None)}" if limits else ""


def _again(run: Run, **other: float | str | None) -> str:
    """Return how to search again with the same options but for some; without those that are to be None."""
    written = {
        name: rate(value) if isinstance(value, float) else None if value is None else str(value)
        for name, value in other.items()
    }
    gone = [name for name, value in written.items() if value is None]
    same = "with the same options" + (f" but without {' and '.join(f'--{name}' for name in gone)}" if gone else "")
    if run.options.get("command"):
        return f"{same}: {script_command(run, **written)}"
    if run.options.get("data") or run.data.source == SENT:
        return f"{same}: {pick_command(run.data.source, run.recipe, run.options, **written)}"
    if gone:
        return same if run.data.command else same.replace("--", "")
    ((name, value),) = written.items()
    if run.data.command:
        return f"{same} and --{name} {value}"
    # The images, or what trained, are in Python, where a command does not find them.
    within = {"epochs": f"recipe=Recipe(epochs={value})"}.get(name, f"method=Automatic({name}={value})")
    return f"{same} and {within if run.data.images else f'{name}={value}'}"


def pick_command(source: str, recipe: Recipe, options: Mapping[str, Any] | None = None, **other: str | None) -> str:
    """Return the command that searches for this recipe with these images and options.

    Parameters
    ----------
    source
        What the images were opened from.
    recipe
        What is trained.
    options
        What else was asked, by the command line's names. Default: nothing.
    **other
        Options that are to be others, as they are written, or left out.

    Examples
    --------
    >>> pick_command("my photos", Recipe(hidden=()), {"folds": 3}, epochs="10")
    "etascope pick 'my photos' --epochs 10 --hidden 0 --folds 3"
    """
    options = {} if options is None else options
    place = "FOLDER_OF_YOUR_IMAGES" if source == SENT else in_shell(_placed(str(options.get("data") or source)))
    given: dict[str, object] = {name: options.get(name) for name in _OF_DATA}
    given["test"] = _test_of(options.get("test"))
    given |= _of_recipe(recipe) | {name: options.get(name) for name in _OF_SEARCH} | other
    usual = Recipe(optimizer=recipe.optimizer)
    defaults = _DEFAULTS | _of_recipe(usual) | {"optimizer": Recipe.optimizer}
    if recipe.model is not None:
        given["model"] = _model_of(recipe.model, options.get("folder"))
        defaults["hidden"] = given["hidden"]
    return " ".join(["etascope pick", *([] if place == "digits" else [place]), *_written(given, defaults)])


def script_command(run: Run, **other: str | None) -> str:
    """Return the command that searches with the same script and options, but for others as they are written."""
    options, recipe = run.options, run.recipe
    given: dict[str, object] = {name: options.get(name) for name in _OF_SCRIPT}
    given |= {"epochs": recipe.epochs, "seed": recipe.seed, "optimizer": options.get("middle_of")}
    given |= {name: options.get(name) for name in _OF_SEARCH} | other
    folder = options.get("folder")
    there = f"cd {in_shell(str(folder))} && " if folder and folder != _here() else ""
    return " ".join([f"{there}etascope pick", *_written(given, _DEFAULTS | {"epochs": 5, "seed": 0})])


def _of_recipe(recipe: Recipe) -> dict[str, object]:
    values: dict[str, object] = {name: getattr(recipe, name) for name in _OF_RECIPE}
    return values | {"hidden": ",".join(map(str, recipe.hidden)) or "0"}


def _written(given: Mapping[str, object], defaults: Mapping[str, object]) -> Iterator[str]:
    for name, value in given.items():
        if value is None or value is False or value == defaults.get(name):
            continue
        yield f"--{name.replace('_', '-')}"
        if value is not True:
            yield in_shell(
                f"{value:.12g}" if isinstance(value, float) and float(f"{value:.12g}") == value else str(value)
            )


def _placed(path: str) -> str:
    """Return where images are, as seen from here."""
    if path in KNOWN_SETS:
        return path
    there = os.path.expanduser(path)
    if os.path.isabs(there) and there.startswith(os.path.join(_here(), "")):
        there = os.path.relpath(there, _here())
    return called(os.path.normpath(there))


def _test_of(value: object) -> str | None:
    """Return a share of the images or where test images are, so that neither passes for the other."""
    if value is None or _is_number(str(value)):
        return None if value is None else str(value)
    placed = _placed(str(value))
    return f"./{placed}" if _is_number(placed) else placed


def _model_of(model: str, folder: object) -> str:
    file = ".py:" in model and not os.path.isabs(model)
    return os.path.join(str(folder), model) if file and folder and folder != _here() else model


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _here() -> str:
    try:
        return os.getcwd()
    except OSError:  # It was removed.
        return ""
