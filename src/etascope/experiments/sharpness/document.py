"""A sharpness wall as a JSON document."""

from __future__ import annotations

from etascope.core.plain import Document, number, plain
from etascope.core.run import versions
from etascope.experiments.sharpness.record import SharpnessWall
from etascope.report.files.document import dataset_document

SHARPNESS_SCHEMA = "etascope/sharpness/1"


def sharpness_document(wall: SharpnessWall) -> Document:
    """Return a sharpness wall as plain values, described by `docs/schema/sharpness-1.schema.json`."""
    return {
        "schema": SHARPNESS_SCHEMA,
        **plain(wall, without=("choice", "data")),
        "ratio": number(wall.ratio),
        "dataset": None if wall.data is None else dataset_document(wall.data),
        "versions": versions(),
    }
