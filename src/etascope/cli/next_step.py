"""How to search again, as a command: `search_again`, and `pick_command`."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from etascope.cli.dialect import command_line
from etascope.cli.options.recipe import number
from etascope.core.data import KNOWN_SETS, SENT, called
from etascope.core.recipe import Recipe
from etascope.core.run import Run
from etascope.core.sentences import Setting
from etascope.core.visible import in_shell
from etascope.report.words.job import again_in_python

#: Options of a search in the order in which a command has them: of the images, the recipe, the script and the rest.
_OF_DATA = ("labels", "test", "image_size", "grayscale", "skip_bad")
_OF_RECIPE = (
    "optimizer", "batch_size", "epochs", "hidden", "schedule", "warmup", "momentum", "weight_decay", "pixels", "seed",
    "drop_last",
)  # fmt: skip
_OF_SCRIPT = ("command", "metric", "metric_key", "maximize", "best", "timeout", "logs", "restart")
_OF_SEARCH = (
    "image", "device", "precision", "accumulate", "clip_norm", "trials_in_memory", "folds", "low", "high", "budget",
    "target", "tolerance", "workers",
)  # fmt: skip
_DEFAULTS: dict[str, object] = {"image": 0, "accumulate": 1, "target": "accuracy"}


def search_again(run: Run, settings: Sequence[Setting]) -> str:
    """Say with which command to search again: with other values of some options, and without those that have none."""
    other = {setting.name: setting.value for setting in settings}
    gone = [command_line(setting) for setting in settings if setting.value is None]
    same = "with the same options" + (f" but without {' and '.join(gone)}" if gone else "")
    if run.options.get("command"):
        return f"{same}: {_script_command(run, **other)}"
    if run.options.get("data") or run.data.source == SENT:
        return f"{same}: {pick_command(run.data.source, run.recipe, run.options, **other)}"
    # The images, or what trained, are in Python, where a command does not find them.
    return again_in_python(run, settings)


def pick_command(source: str, recipe: Recipe, options: Mapping[str, Any] | None = None, **other: object) -> str:
    """Return the command that searches for this recipe with these images and options, but for others.

    Examples
    --------
    >>> pick_command("my photos", Recipe(hidden=()), {"folds": 3}, epochs=10)
    "etascope pick 'my photos' --epochs 10 --hidden 0 --folds 3"
    """
    options = {} if options is None else options
    place = "FOLDER_OF_YOUR_IMAGES" if source == SENT else in_shell(_placed(str(options.get("data") or source)))
    given: dict[str, object] = {name: options.get(name) for name in _OF_DATA}
    given["test"] = _test_of(options.get("test"))
    given |= _of_recipe(recipe) | {name: options.get(name) for name in _OF_SEARCH} | other
    defaults = _DEFAULTS | _of_recipe(Recipe(optimizer=recipe.optimizer)) | {"optimizer": Recipe.optimizer}
    if recipe.model is not None:
        given["model"] = _model_of(recipe.model, options.get("folder"))
        defaults["hidden"] = given["hidden"]
    return " ".join(["etascope pick", *([] if place == "digits" else [place]), *_written(given, defaults)])


def _script_command(run: Run, **other: object) -> str:
    """Return the command that searches with the same script and options, but for others."""
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


def _written(given: Mapping[str, object], defaults: Mapping[str, object]) -> list[str]:
    changed = ((name, value) for name, value in given.items() if value != defaults.get(name))
    return [command_line(Setting(name, value)) for name, value in changed if value is not None and value is not False]


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
    if value is None or number(str(value)) is not None:
        return None if value is None else str(value)
    placed = _placed(str(value))
    return placed if number(placed) is None else f"./{placed}"


def _model_of(model: str, folder: object) -> str:
    file = ".py:" in model and not os.path.isabs(model)
    return os.path.join(str(folder), model) if file and folder and folder != _here() else model


def _here() -> str:
    try:
        return os.getcwd()
    except OSError:  # It was removed.
        return ""
