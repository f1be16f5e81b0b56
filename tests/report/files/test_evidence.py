import math
from dataclasses import replace

import numpy as np
import pytest

from etascope.core.choice import Confidence, Curve
from etascope.report.files.evidence import evidence


def test_a_method_that_says_little_leaves_nothing_but_names(run):
    assert evidence(run.choice) == {
        "regime": "cheap",
        "target": "accuracy",
        "confidence": None,
        "walls": {"low": None, "high": None},
        "luck": None,
        "worth_tuning": None,
        "curve": None,
    }


def test_all_that_a_choice_can_hold(told):
    held = evidence(replace(told.choice, target="loss", regime="dear"))
    assert (held["target"], held["regime"]) == ("loss", "dear")
    assert held["confidence"] == {"word": "likely", "tolerance": 1.0, "settle": ""}
    assert held["walls"] == {"low": 0.003, "high": 0.1}
    assert held["luck"] == {"expected": 0.2, "spread": 0.5, "shown": 0.874, "fresh": 0.871, "seeds": [1, 2]}
    assert held["worth_tuning"] == {"learning_rate": 0.01, "cost": 0.8, "low": 0.2, "high": 1.5}
    assert held["curve"]["learning_rates"] == [0.01, 0.018, 0.032]
    assert held["curve"]["mean"] == [0.8, 0.0, 0.3]
    assert held["curve"]["unit"] == "points"


def test_the_share_behind_a_word_stays_inside(told):
    unsure = replace(told.choice, confidence=Confidence("not settled", 1.0, "Train three more seeds.", 0.4))
    assert evidence(unsure)["confidence"] == {
        "word": "not settled", "tolerance": 1.0, "settle": "Train three more seeds."
    }  # fmt: skip


@pytest.mark.parametrize(("value", "written"), [(math.inf, "inf"), (math.nan, "nan"), (0.5, 0.5)])
def test_a_curve_that_is_not_finite_is_written_in_words(told, value, written):
    one = np.array([0.1])
    curve = Curve(one, one, one, np.array([value]), "%")
    assert evidence(replace(told.choice, curve=curve))["curve"]["high"] == [written]
