"""A sharpness wall as a JSON document."""

from __future__ import annotations

from dataclasses import asdict

from etascope.core.recipe import Recipe
from etascope.core.run import versions
from etascope.experiments.sharpness.record import SharpnessWall
from etascope.report.files.document import Document, dataset_document, number

SHARPNESS_SCHEMA = "etascope/sharpness/1"


def sharpness_document(wall: SharpnessWall) -> Document:
    """Return a sharpness wall as plain values, described by `docs/schema/sharpness-1.schema.json`."""
    return {
        "schema": SHARPNESS_SCHEMA,
        "formula": wall.formula,
        "why": wall.why,
        "points": [
            {**asdict(point), "sharpness": number(point.sharpness), "limit": number(point.limit)}
            for point in wall.points
        ],
        "learning_rate": wall.learning_rate,
        "diverged": wall.diverged,
        "measured": wall.measured,
        "ratio": number(wall.ratio),
        "best": wall.best,
        "examples": wall.examples,
        "recipe": _recipe(wall.recipe),
        "source": wall.source,
        "fingerprint": wall.fingerprint,
        "dataset": None if wall.data is None else dataset_document(wall.data),
        "versions": versions(),
    }


def _recipe(recipe: Recipe) -> Document:
    return {**asdict(recipe), "hidden": list(recipe.hidden)}
