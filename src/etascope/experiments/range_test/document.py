"""A range test as a JSON document."""

from __future__ import annotations

from etascope.core.plain import Document, plain
from etascope.core.run import versions
from etascope.experiments.range_test.record import RangeTestRun, following
from etascope.report.files.document import dataset_document

RANGE_TEST_SCHEMA = "etascope/range-test/1"


def range_document(run: RangeTestRun) -> Document:
    """Return a range test as plain values, described by `docs/schema/range-test-1.schema.json`."""
    test, measured, choice = run.test, None, None
    if run.measured is not None:
        choice = run.measured.choice
        measured = {
            "learning_rate": choice.learning_rate,
            "basin": plain(choice.basin),
            "learning_rates": plain(choice.landscape.learning_rates),
            "valid_loss": plain(choice.landscape.mean_loss),
            "valid_accuracy": plain(choice.landscape.mean_accuracy),
            "training_equivalents": choice.cost.training_equivalents,
        }
    suggestions = [
        {
            **plain(suggestion),
            "following": None if choice is None or rate is None else plain(following(choice, rate)),
        }
        for suggestion in run.suggestions
        for rate in [suggestion.learning_rate]
    ]
    return {
        "schema": RANGE_TEST_SCHEMA,
        "suggestions": suggestions,
        "spread": run.spread,
        "own_sweeps": run.own_sweeps,
        "learning_rates": plain(test.learning_rates),
        "losses": plain(test.losses),
        "diverged_at": test.diverged_at,
        "seed": test.seed,
        "cost": run.cost,
        "measured": measured,
        "recipe": plain(run.recipe),
        "source": run.source,
        "fingerprint": run.fingerprint,
        "dataset": None if run.data is None else dataset_document(run.data),
        "versions": versions(),
    }
