"""Records as plain values: one walk over their fields for every document."""

import json
import math
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import pytest

from etascope.core.choice import Basin, Confidence, Cost, Curve, Luck, Walls
from etascope.core.history import Status
from etascope.core.plain import number, plain
from etascope.core.recipe import Recipe


@dataclass(frozen=True)
class Pair:
    """Two records in one."""

    basin: Basin
    cost: Cost | None


def test_records_are_dicts_by_their_fields_down_to_the_last():
    made = plain(Pair(Basin(0.01, 0.1), Cost(3, 2, 1.5, 0.25)))
    assert made == {
        "basin": {"low": 0.01, "high": 0.1},
        "cost": {"trials": 3, "epochs": 2, "training_equivalents": 1.5, "seconds": 0.25},
    }
    assert plain(Pair(Basin(0.01, 0.1), None))["cost"] is None


def test_fields_are_left_out_of_the_record_itself_alone():
    assert plain(Confidence("likely", 1.0, "", 0.9), without=("share",)) == {
        "word": "likely", "tolerance": 1.0, "settle": "",
    }  # fmt: skip
    assert plain(Pair(Basin(0.01, 0.1), None), without=("low",))["basin"] == {"low": 0.01, "high": 0.1}
    assert plain({"a": 1, "b": 2}, without=("a",)) == {"b": 2}


@pytest.mark.parametrize(
    ("value", "made"),
    [
        (None, None), (True, True), (3, 3), ("told", "told"), (0.5, 0.5), (math.inf, "inf"), (-math.inf, "-inf"),
        (np.float32(0.5), 0.5), (np.int64(3), 3), (Status.DIVERGED, "diverged"), ((1, (2, 3)), [1, [2, 3]]),
        (np.array([[1.0, math.nan]]), [[1.0, "nan"]]), (np.array([], np.uint8), []), ({"a": (1,)}, {"a": [1]}),
        (datetime(2026, 12, 1, tzinfo=UTC), "2026-12-01T00:00:00+00:00"),
    ],
)  # fmt: skip
def test_every_value_has_a_form_that_strict_json_can_hold(value: object, made: object):
    assert plain(value) == made
    json.dumps(plain(value), allow_nan=False)


def test_whole_numbers_stay_whole_and_what_json_cannot_hold_is_refused():
    assert isinstance(plain(Luck(2.0, 1.0, 0.9, seeds=(7,)))["seeds"][0], int)
    with pytest.raises(TypeError, match="JSON has nothing for object"):
        plain(object())


def test_records_of_arrays_and_tuples():
    one = np.array([0.1])
    assert plain(Curve(one, one, one, np.array([math.inf]), "points"))["high"] == ["inf"]
    assert plain(Recipe(hidden=(64, 32)))["hidden"] == [64, 32]
    assert plain(Walls()) == {"low": None, "high": None}


def test_a_number_that_is_not_finite_is_a_word():
    assert [number(value) for value in (None, 1.5, math.nan, math.inf, -math.inf)] == [None, 1.5, "nan", "inf", "-inf"]
