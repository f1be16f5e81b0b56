import json
import math
from dataclasses import replace
from datetime import UTC, datetime

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etascope.core.choice import Basin, Confidence, Walls
from etascope.core.errors import InputError
from etascope.core.recipe import Recipe
from etascope.core.stored import Job, StoredRun
from etascope.core.trace import Evaluation
from etascope.report.words.comparison import (
    accuracy_gained,
    comparison_document,
    conclusion,
    overlap,
    recipe_differences,
    recipes_differ,
    remarks,
    search_differences,
)
from tests.learn import made
from tests.report.reported import reported_run
from tests.test_documents import SCHEMAS, strict

A = made.run()
BASINS = st.tuples(st.floats(1e-6, 1e3), st.floats(1, 100)).map(lambda b: Basin(b[0], b[0] * b[1]))


def other(rate, low, high, **changes):
    return replace(A, choice=replace(A.choice, learning_rate=rate, basin=Basin(low, high)), **changes)


def stored(run, id="3f2a91c0"):
    job = Job(run.data, run.task, dict(run.options))
    return StoredRun(id, datetime(2026, 11, 24, 12, tzinfo=UTC), job, run.histories, run.choice, run.trace, 1.0)


def test_what_else_was_asked_is_compared():
    options = {"low": 0.05, "high": 0.2, "budget": 3.0, "tolerance": None, "workers": 2, "data": "/elsewhere"}
    b = other(4.4, 2.0, 6.0, options={"data": "digits", "budget": 3.0, "target": "loss"})
    b = replace(b, task=replace(b.task, n_folds=2), choice=replace(b.choice, target="loss"))
    a = replace(A, options=options)
    assert search_differences(a, b) == {
        "low": (0.05, None), "high": (0.2, None), "folds": (A.task.n_folds, 2), "target": ("accuracy", "loss"),
    }  # fmt: skip
    assert search_differences(a, a) == {}
    assert "A was to try no rate above 0.2, so it could not find B's best rate, 4.4." in remarks(a, b)
    assert "B was to try no rate above 0.2, so it could not find A's best rate, 4.4." in remarks(b, a)
    assert not any("could not find" in said for said in remarks(A, A))
    below = replace(other(0.001, 0.0005, 0.002), options={"low": 1e-4, "high": 0.2})
    assert "A was to try no rate below 0.05, so it could not find B's best rate, 0.001." in remarks(a, below)


def test_of_a_script_no_recipe_is_invented():
    script = reported_run()
    differences = recipes_differ(A, script)
    assert set(differences) <= {"epochs", "seed"}
    assert not {"folds", "test_images"} & {n for n, (one, two) in search_differences(script, script).items()}
    assert search_differences(A, script)["folds"] == (A.task.n_folds, None)


@pytest.mark.parametrize(
    ("b", "expected"),
    [
        (other(0.018, 0.01, 0.03), "both chose the same rate, 0.018."),
        (other(0.03, 0.015, 0.1), "the basins overlap from 0.015 to 0.056: the two rates cannot be told apart."),
        (other(0.058, 0.057, 0.1), "B's best rate lies 3.2 times higher, outside A's basin, and the basins do not "
                                   "overlap."),
        (other(0.0018, 0.001, 0.005), "B's best rate lies 10 times lower, outside A's basin, and the basins do not "
                                      "overlap."),
        (other(0.03, 0.02, 0.1), "the basins overlap from 0.02 to 0.056, and B's best rate lies in A's basin, but A's "
                                 "lies outside B's: whether it moved is not settled."),
        (other(0.09, 0.015, 0.1), "the basins overlap from 0.015 to 0.056, and A's best rate lies in B's basin, but "
                                  "B's lies outside A's: whether it moved is not settled."),
        (other(0.09, 0.03, 0.1), "the basins overlap from 0.03 to 0.056, but each best rate lies outside the other's "
                                 "basin, B's 5 times higher: it may have moved, and a rate that both share "
                                 "serves both."),
        (other(0.09, 0.056, 0.1), "the basins share 0.056 alone, but each best rate lies outside the other's basin, "
                                  "B's 5 times higher: it may have moved, and a rate that both share serves both."),
        (made.run(learning_rate=None), "B cannot tell a best rate yet, so there is nothing to compare."),
    ],
)  # fmt: skip
def test_the_conclusion_is_what_rates_and_basins_say(b, expected):
    assert conclusion(A, b) == expected


def test_two_runs_without_an_answer_are_named_both():
    none = made.run(learning_rate=None)
    assert conclusion(none, none).startswith("A and B cannot tell")
    assert conclusion(none, A).startswith("A cannot tell")


@given(BASINS, BASINS)
def test_the_overlap_lies_in_both_basins_whichever_comes_first(a, b):
    shared = overlap(a, b)
    assert shared == overlap(b, a)
    if shared is None:
        assert a.high < b.low or b.high < a.low
    else:
        assert all(basin.low <= shared.low <= shared.high <= basin.high for basin in (a, b))


def test_without_a_basin_nothing_overlaps():
    assert overlap(None, Basin(1, 2)) is overlap(Basin(1, 2), None) is None


def test_recipes_differ_by_field():
    assert recipe_differences(Recipe(), Recipe()) == {}
    assert recipe_differences(Recipe(), Recipe(hidden=(), seed=3)) == {"hidden": ((128,), ()), "seed": (0, 3)}


def measured(accuracy, n=200, **changes):
    trace = replace(A.trace, evaluation=Evaluation(accuracy, 0.5))
    return replace(A, trace=trace, data=replace(A.data, test=n, **changes))


def test_a_test_difference_is_held_against_chance():
    points, luck = accuracy_gained(measured(0.84), measured(0.90))
    assert points == pytest.approx(6)
    assert luck == pytest.approx(196 * math.sqrt((0.84 * 0.16 + 0.9 * 0.1) / 200))
    assert remarks(measured(0.84), measured(0.90)) == (
        "Of the test images B gets 6.0 points more right than A; chance explains that (95 %: up to 6.6 points).",
    )
    assert "10.0 points fewer right than A; that is more than chance" in remarks(measured(0.9), measured(0.8))[0]
    assert remarks(measured(0.9), measured(0.9)) == ("Both test equally well.",)


def test_accuracies_on_other_data_are_not_compared():
    assert remarks(measured(0.8), measured(0.9, fingerprint="77")) == (
        "The data differ, so neither accuracies nor losses compare.",
    )


def test_what_was_not_tested_is_not_compared():
    assert accuracy_gained(A, replace(A, trace=None)) is None
    assert remarks(A, replace(A, trace=None)) == ()


@pytest.mark.parametrize(
    ("recipe", "expected"), [(Recipe(optimizer="adam"), "optimizers"), (Recipe(warmup=0.1), "schedules")]
)
def test_rates_that_mean_something_else_are_remarked(recipe, expected):
    b = replace(A, task=replace(A.task, recipe=recipe), trace=None)
    assert remarks(A, b)[0].startswith(f"The {expected} differ, so ")


def test_another_target_is_remarked():
    b = replace(A, choice=replace(A.choice, target="loss"), trace=None)
    assert remarks(A, b) == ("A looked for the best accuracy, B for the best loss.",)


@pytest.mark.parametrize("b", [A, made.run(learning_rate=None), other(0.1, 0.09, 0.2), made.run(final=(2.1, math.nan))])
def test_documents_fit_their_schema_and_are_strict_json(b):
    document = comparison_document(stored(A, "a"), stored(b, "b"))
    schema = json.loads((SCHEMAS / "comparison-1.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(strict(json.dumps(document)))
    assert (document["a"]["id"], document["b"]["id"]) == ("a", "b")
    assert document["conclusion"] == conclusion(A, b)


def test_the_document_holds_confidence_walls_and_differing_fields():
    choice = replace(A.choice, confidence=Confidence("likely", 1.0, "", 0.9), walls=Walls(0.001, 3.0))
    b = replace(A, choice=choice, task=replace(A.task, recipe=Recipe(hidden=(64, 32))))
    document = comparison_document(stored(A), stored(b))
    assert document["b"]["confidence"] == {"word": "likely", "tolerance": 1.0}
    assert document["b"]["walls"] == {"low": 0.001, "high": 3.0}
    assert document["a"]["confidence"] is None
    assert document["recipe_differences"] == {"hidden": {"a": [128], "b": [64, 32]}}
    assert document["search_differences"] == {}
    assert document["overlap"] == {"low": 0.01, "high": 0.056}


def test_a_run_that_was_stopped_is_refused():
    with pytest.raises(InputError, match="etascope resume 77aa"):
        comparison_document(stored(A), replace(stored(A, "77aa"), choice=None))


def test_a_run_of_a_single_rate_says_nothing_of_the_best():
    alone = replace(A, choice=made.choice({0.01: (0.4, 0.9)}, 0.01, (0.01, 0.01)))
    sentence = "tried one rate alone, so whether the best rate moved cannot be told."
    assert conclusion(alone, A) == f"A {sentence}"
    assert conclusion(A, alone) == f"B {sentence}"
    assert conclusion(alone, alone) == f"A and B {sentence}"
