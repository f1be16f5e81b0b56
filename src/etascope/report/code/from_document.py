"""Recipe, data and learning rate read back from a `pick` document."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

from etascope.core.data import ClassFolder
from etascope.core.errors import InputError
from etascope.core.recipe import Recipe
from etascope.core.run import DataSummary
from etascope.report.document import PICK_SCHEMA

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
    told = cast("dict[str, Any]", read) if isinstance(read, dict) else {}
    if told.get("schema") != PICK_SCHEMA:
        raise InputError(
            f"a document must be one of etascope pick; {path} is none. Write one with: etascope pick --json answer.json"
        )
    if told.get("reports") is not None:
        raise InputError(NO_SCRIPT)
    try:
        fields = dict[str, Any](told["recipe"])
        fields["hidden"] = tuple(fields["hidden"])
        recipe = Recipe(**fields)
        data = told["dataset"]
        height, width, channels = data["image_shape"]
        summary = DataSummary(
            source=data["source"],
            fingerprint=data["fingerprint"],
            images=data["images"],
            image_shape=(height, width, channels),
            development=data["development"],
            test=data["test"],
            class_names=tuple(data["class_names"]),
            notes=tuple(data["notes"]),
            whole=data.get("whole") or 0,
            own_test=data.get("own_test") or 0,
            left_out=data.get("left_out") or 0,
            folders=tuple(ClassFolder(**folder) for folder in data.get("folders") or ()),
            test_source=data.get("test_source") or "",
        )
        return recipe, summary, told["learning_rate"]
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path} is not whole: {error}. Write it anew with etascope pick --json.") from error
