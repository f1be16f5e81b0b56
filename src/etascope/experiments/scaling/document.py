"""How far an answer reaches, as a JSON document."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from etascope.core.recipe import Recipe
from etascope.experiments.scaling.record import Axis, Horizon, Setting
from etascope.report.files.document import dataset_document

LADDER_SCHEMA = "etascope/ladder/1"


def horizon_document(told: Horizon) -> dict[str, Any]:
    """Return plain dicts, lists, strings and numbers, described by `docs/schema/ladder-1.schema.json`."""
    return {
        "schema": LADDER_SCHEMA,
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
        "told": axis.told,
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
        "reason": [str(sentence) for sentence in choice.reasons],
        "cost": asdict(choice.cost),
    }


def _recipe(recipe: Recipe) -> dict[str, Any]:
    return {**asdict(recipe), "hidden": list(recipe.hidden)}
