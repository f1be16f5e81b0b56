import json
import math
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

from etascope.experiments.range_test.document import range_document
from tests.experiments.made import climb, ranged
from tests.learn import made

SCHEMAS = Path(__file__).parents[3] / "docs" / "schema"


def checked(document, name):
    schema = json.loads((SCHEMAS / f"{name}-1.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    told = json.loads(json.dumps(document, allow_nan=False))
    jsonschema.Draft202012Validator(schema).validate(told)
    return told


@pytest.mark.parametrize(
    "run",
    [
        ranged(),
        ranged(measured=None),
        ranged((None, None)),
        ranged(test=climb(lost=40), own_sweeps=True),
        ranged(measured=made.run({0.1: (math.inf, math.nan)}, learning_rate=None)),
    ],
    ids=["measured", "alone", "nothing suggested", "diverged", "cannot tell"],
)
def test_range_tests_fit_their_schema(run):
    told = checked(range_document(run), "range-test")
    assert told["schema"] == "etascope/range-test/1"
    assert [s["learning_rate"] for s in told["suggestions"]] == [s.learning_rate for s in run.suggestions]
    assert len(told["losses"]) == len(told["learning_rates"]) == 100
    assert (told["measured"] is None) is (run.measured is None)


def test_what_following_loses_is_in_the_document():
    told = range_document(ranged((0.1, 1e-6, None)))["suggestions"]
    assert told[0]["following"] == {"loss": pytest.approx(5), "at_least": False, "unit": "points"}
    assert told[1]["following"]["at_least"] is True
    assert told[2]["following"] is None


def test_losses_that_are_no_numbers_are_words():
    told = range_document(ranged(test=climb(lost=40)))
    assert told["losses"][39] == pytest.approx(float(climb().losses[39]))
    assert set(told["losses"][40:]) == {"nan"}
    assert told["diverged_at"] == 40


def test_a_field_that_no_schema_knows_is_refused():
    with pytest.raises(jsonschema.ValidationError):
        checked({**range_document(ranged()), "extra": 1}, "range-test")


def test_the_document_has_the_images_with_every_note():
    told = checked(range_document(replace(ranged(), data=made.run().data)), "range-test")
    assert told["dataset"]["notes"] == ["nothing was resized"]
