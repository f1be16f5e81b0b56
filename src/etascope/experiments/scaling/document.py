"""How the best rate scales, as a JSON document."""

from __future__ import annotations

from etascope.core.plain import Document, plain
from etascope.experiments.scaling.record import Axis, Scaling, Setting
from etascope.report.files.document import dataset_document

SCALING_SCHEMA = "etascope/scaling/1"


def scaling_document(scaling: Scaling) -> Document:
    """Return plain dicts, lists, strings and numbers, described by `docs/schema/scaling-1.schema.json`."""
    return {
        "schema": SCALING_SCHEMA,
        **plain(scaling, without=("data", "axes")),
        "axes": [_axis(axis) for axis in scaling.axes],
        "dataset": dataset_document(scaling.data),
    }


def _axis(axis: Axis) -> Document:
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
