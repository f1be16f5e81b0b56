"""A script for a run, or for its document: `code_for` a framework, and `read_pick`, which takes a document apart."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, cast

from etascope.core.data import ClassFolder
from etascope.core.errors import InputError, option
from etascope.core.recipe import Recipe
from etascope.core.run import DataSummary
from etascope.core.sentences import Setting, say
from etascope.core.visible import visible
from etascope.report.code import etascope, keras, pytorch, sklearn
from etascope.report.code.loading import loading, note
from etascope.report.code.parts import Training, constant, header, pixels, schedule
from etascope.report.files.document import PICK_SCHEMA

#: As many images as no set has.
MOST = 1 << 50
#: Said where a script or a loop trained.
NO_SCRIPT = (
    "code writes the training of a network of etascope's, and this run's was your own. See the line to use with "
    "etascope show."
)


def read_pick(path: Path) -> tuple[Recipe, DataSummary, float | None]:
    """Return recipe, data and recommended rate (None for "cannot tell yet") of a document of `etascope pick --json`.

    Raises
    ------
    InputError
        If the file cannot be read, or is no such document.
    """
    try:
        read: object = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(
            f"{path} cannot be read: {(error.strerror or str(error)).lower()}. Name another file."
        ) from error
    except ValueError:
        read = None
    document = cast("dict[str, Any]", read) if isinstance(read, dict) else {}
    if document.get("schema") != PICK_SCHEMA:
        advice = say("Write one with: etascope pick {json}", Setting("json", "answer.json"))
        raise InputError(f"a document must be one of etascope pick; {path} is none.", advice)
    if document.get("reports") is not None:
        raise InputError(NO_SCRIPT)
    try:
        fields = dict[str, Any](document["recipe"])
        fields["hidden"] = tuple(fields["hidden"])
        if fields.get("model") is not None:
            _text(fields["model"], "model")
        rate = document["learning_rate"]
        return Recipe(**fields), _summary(document["dataset"]), None if rate is None else _rate(rate)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        advice = say("Write it anew with etascope pick {json}.", Setting("json"))
        raise InputError(f"{path} is not whole: {error}.", advice) from error


def _summary(data: dict[str, Any]) -> DataSummary:
    height, width, channels = (_count(side, "image_shape", 1) for side in data["image_shape"])
    fingerprint = _text(data["fingerprint"], "fingerprint")
    if not re.fullmatch("[0-9a-f]*", fingerprint):
        raise ValueError(f"a fingerprint is hexadecimal digits, found {visible(fingerprint)[:80]!r}")
    return DataSummary(
        source=_text(data["source"], "source"),
        fingerprint=fingerprint,
        images=_count(data["images"], "images", 1),
        image_shape=(height, width, channels),
        development=_count(data["development"], "development"),
        test=_count(data["test"], "test"),
        class_names=tuple(_text(name, "class_names") for name in data["class_names"]),
        notes=tuple(_text(note, "notes") for note in data["notes"]),
        whole=_count(data.get("whole") or 0, "whole"),
        own_test=_count(data.get("own_test") or 0, "own_test"),
        left_out=_count(data.get("left_out") or 0, "left_out"),
        folders=tuple(_folder(**folder) for folder in data.get("folders") or ()),
        test_source=_text(data.get("test_source") or "", "test_source"),
        divided_anew=None if data.get("divided_anew") is None else _truth(data["divided_anew"], "divided_anew"),
    )


def _folder(path: object, class_name: object, test: object) -> ClassFolder:
    return ClassFolder(_text(path, "path"), _text(class_name, "class_name"), _truth(test, "test of a folder"))


def _truth(value: object, name: str) -> bool:
    if not isinstance(value, bool):
        raise TypeError(f"{name} is true or false, found {value!r}")
    return value


def _text(value: object, name: str) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{name} is a text, found {value!r}")
    return value


def _count(value: object, name: str, least: int = 0) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= MOST:
        raise TypeError(f"{name} is a whole number from {least}, found {str(value)[:80]}")
    return value


def _rate(value: object) -> float:
    # A number of JSON may be as large as it likes, and is infinite then.
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
        raise TypeError(f"learning_rate is a number above 0, found {str(value)[:80]}")
    return float(value)


def _script(
    trains: Callable[[Recipe, DataSummary], Training], recipe: Recipe, data: DataSummary, learning_rate: float
) -> str:
    """Return a script: header, imports, numbers, schedule, images, preparation, training."""
    own, moving = trains(recipe, data), not constant(recipe)
    modules, load = loading(recipe, data)
    imports = [f"import {name}" for name in sorted({*modules, *own.standard, *(["math"] if moving else [])})]
    imports += [*(["from pathlib import Path"] if "Path(" in load else []), ""]
    imports += [f"import {name}" for name in own.imports]
    imports += [*(["from PIL import Image, ImageOps"] if "Image" in load else []), own.lines]
    blocks = [
        header(own.framework, recipe, data, learning_rate, (note(data), *own.notes)),
        *imports,
        f"\nLEARNING_RATE = {learning_rate!r}",
        f"BATCH_SIZE, EPOCHS, SEED = {recipe.batch_size}, {recipe.epochs}, {recipe.seed}",
        *([f"\n\n{schedule(recipe)}\n"] if moving else []),
        f"{load.rstrip()}\n",
        f"{pixels(recipe).rstrip()}\n{own.body}",
    ]
    kept = list[str]()
    for line in "\n".join(blocks).split("\n"):
        # At most two empty lines follow each other, and none follows a line inside of a block.
        if line.strip() or kept[-2:] != ["", ""]:
            kept.append(line.rstrip())
    return "\n".join(kept).rstrip() + "\n"


FRAMEWORKS: dict[str, Callable[[Recipe, DataSummary, float], str]] = {
    "pytorch": partial(_script, pytorch.training),
    "keras": partial(_script, keras.training),
    "lightning": partial(_script, pytorch.lightning_training),
    "sklearn": partial(_script, sklearn.training),
    "etascope": etascope.script,
}


def code_for(framework: str, recipe: Recipe, data: DataSummary, learning_rate: float) -> str:
    """Return a script that trains a recipe at a peak learning rate in one of `FRAMEWORKS`, and tests once.

    Raises
    ------
    InputError
        If there is no such framework, or it cannot express the recipe.
    """
    chosen = FRAMEWORKS[option("framework", framework, FRAMEWORKS)]
    if recipe.model is not None:
        raise InputError(
            f"scripts are written for dense networks; this recipe has the model {recipe.model}. Give your own script "
            f"the learning rate {learning_rate:.3g}."
        )
    return chosen(recipe, data, learning_rate)
