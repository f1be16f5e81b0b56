"""A referee's findings as a JSON document."""

from __future__ import annotations

from etascope.core.plain import Document, plain
from etascope.experiments.referee.record import Followed, Referee
from etascope.experiments.referee.words import conclusion
from etascope.report.files.document import dataset_document

REFEREE_SCHEMA = "etascope/referee/1"


def referee_document(referee: Referee) -> Document:
    """Return plain dicts, lists, strings and numbers, described by `docs/schema/referee-1.schema.json`."""
    best, accuracy = referee.best
    return {
        "schema": REFEREE_SCHEMA,
        "best": {"learning_rate": best, "accuracy": accuracy},
        "advisers": [_adviser(row) for row in referee.followed],
        "own": referee.own,
        "left_out": [{"adviser": name, "why": why} for name, why in referee.left_out],
        "conclusion": list(conclusion(referee)),
        "floor": referee.floor,
        "truth": {name: plain(getattr(referee, name)) for name in ("learning_rates", "seeds", "accuracy")},
        "recipe": plain(referee.recipe),
        "dataset": dataset_document(referee.data),
        "seconds": referee.seconds,
        "versions": plain(referee.versions),
    }


def _adviser(row: Followed) -> Document:
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
