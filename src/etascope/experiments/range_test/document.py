"""A range test as a JSON document."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict

from etascope.core.choice import Choice
from etascope.core.recipe import Recipe
from etascope.core.run import Run, versions
from etascope.experiments.range_test.record import RangeTestRun, Suggestion, following
from etascope.report.files.document import Document, dataset_document, number

RANGE_TEST_SCHEMA = "etascope/range-test/1"


def range_document(run: RangeTestRun) -> Document:
    """Return a range test as plain values, described by `docs/schema/range-test-1.schema.json`."""
    choice = None if run.measured is None else run.measured.choice
    return {
        "schema": RANGE_TEST_SCHEMA,
        "suggestions": [_suggestion(told, choice) for told in run.suggestions],
        "spread": run.spread,
        "own_sweeps": run.own_sweeps,
        "learning_rates": run.test.learning_rates.tolist(),
        "losses": _numbers(run.test.losses),
        "diverged_at": run.test.diverged_at,
        "seed": run.test.seed,
        "cost": run.cost,
        "measured": None if run.measured is None else _measured(run.measured),
        "recipe": _recipe(run.recipe),
        "source": run.source,
        "fingerprint": run.fingerprint,
        "dataset": None if run.data is None else dataset_document(run.data),
        "versions": versions(),
    }


def _suggestion(told: Suggestion, choice: Choice | None) -> Document:
    rate = told.learning_rate
    loses = None if choice is None or rate is None else following(choice, rate)
    return {
        "rule": told.rule,
        "source": told.source,
        "learning_rate": rate,
        "following": None
        if loses is None
        else {"loss": number(loses.loss), "at_least": loses.at_least, "unit": loses.unit},
    }


def _measured(run: Run) -> Document:
    choice, landscape = run.choice, run.choice.landscape
    return {
        "learning_rate": choice.learning_rate,
        "basin": None if choice.basin is None else asdict(choice.basin),
        "learning_rates": landscape.learning_rates.tolist(),
        "valid_loss": _numbers(landscape.mean_loss),
        "valid_accuracy": _numbers(landscape.mean_accuracy),
        "training_equivalents": choice.cost.training_equivalents,
    }


def _recipe(recipe: Recipe) -> Document:
    return {**asdict(recipe), "hidden": list(recipe.hidden)}


def _numbers(values: Iterable[float]) -> list[float | str | None]:
    return [number(float(value)) for value in values]
