"""How far an answer reaches, as a JSON document."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from etascope.core.recipe import Recipe
from etascope.experiments.scaling.record import Axis, Scaling, Setting
from etascope.report.files.document import dataset_document

SCALING_SCHEMA = "etascope/scaling/1"


def scaling_document(told: Scaling) -> dict[str, Any]:
    """Return plain dicts, lists, strings and numbers, described by `docs/schema/scaling-1.schema.json`."""
    return {
        "schema": SCALING_SCHEMA,
        "axes": [_axis(axis) for axis in told.axes],
        "recipe": _recipe(told.recipe),
        "dataset": dataset_document(told.data),
        "seconds": told.seconds,
        "versions": dict(told.versions),
    }


def _axis(axis: Axis) -> dict[str, Any]:
    law = axis.law
    return {
        "name": axis.name,
        "settings": [_setting(setting) for setting in axis.settings],
        "law": None if law is None else {**asdict(law), "moves": law.moves},
        "finding": axis.told,
        "warnings": list(axis.warnings),
    }


def _setting(setting: Setting) -> dict[str, Any]:
    choice = setting.choice
    return {
        "value": setting.value,
        "recipe": _recipe(setting.recipe),
        "learning_rate": choice.learning_rate,
        "basin": None if choice.basin is None else asdict(choice.basin),
        "valid_accuracy": None if choice.learning_rate is None else choice.valid_accuracy,
        "reason": list(choice.reason),
        "cost": asdict(choice.cost),
    }


def _recipe(recipe: Recipe) -> dict[str, Any]:
    return {**asdict(recipe), "hidden": list(recipe.hidden)}
