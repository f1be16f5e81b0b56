"""A referee's findings as a JSON document."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from etascope.experiments.referee.record import Followed, Referee
from etascope.experiments.referee.words import conclusion
from etascope.report.files.document import dataset_document

REFEREE_SCHEMA = "etascope/referee/1"


def referee_document(found: Referee) -> dict[str, Any]:
    """Return plain dicts, lists, strings and numbers, described by `docs/schema/referee-1.schema.json`."""
    best, accuracy = found.best
    return {
        "schema": REFEREE_SCHEMA,
        "best": {"learning_rate": best, "accuracy": accuracy},
        "advisers": [_adviser(row) for row in found.followed],
        "own": found.own,
        "left_out": [{"adviser": name, "why": why} for name, why in found.left_out],
        "conclusion": list(conclusion(found)),
        "floor": found.floor,
        "truth": {
            "learning_rates": found.learning_rates.tolist(),
            "seeds": list(found.seeds),
            "accuracy": found.accuracy.tolist(),
        },
        "recipe": {**asdict(found.recipe), "hidden": list(found.recipe.hidden)},
        "dataset": dataset_document(found.data),
        "seconds": found.seconds,
        "versions": dict(found.versions),
    }


def _adviser(row: Followed) -> dict[str, Any]:
    difference = row.difference
    return {
        "name": row.adviser,
        "about": row.about,
        "own_optimizer": row.own_optimizer,
        "rates": list(row.rates),
        "scored": list(row.scored),
        "equivalents": row.equivalents,
        "lost": {"each": list(row.lost), "median": row.median, "mean": row.mean, "worst": row.worst},
        "against_own": None if difference is None else {
            "told": row.told_apart, "mean": difference[0], "low": difference[1], "high": difference[2],
        },
    }  # fmt: skip
