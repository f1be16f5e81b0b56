import json
import re
from dataclasses import replace

import pytest

from etascope.core.choice import Confidence
from etascope.core.sentences import Setting, python, say
from etascope.studio.dialect import LABELS, on_page, run_document, worded
from etascope.studio.requests import RateRequest
from tests.learn import made

#: How Python's functions and the command line are told to be called.
ELSEWHERE = re.compile(r"(?<![\w-])--[a-z]|\b[a-z_]+=[\w'\"]")


def test_the_page_has_labels_for_what_its_requests_take():
    # What the page has no control for cannot be advised there.
    assert set(LABELS) == set(RateRequest.model_fields) - {"page", "warmup"}


def test_what_the_page_does_not_have_is_left_out():
    advice = say("Rates up to 0.1 diverged. Try {low}. Or take {epochs}.", Setting("low", 1e-7), Setting("epochs", 20))
    assert advice.written(on_page) == "Rates up to 0.1 diverged. Or take epochs 20."


@pytest.fixture
def advised():
    """Return a run whose sentences advise in every place what the page does not have."""
    run = made.run()
    folds = say("Five folds would settle it. Try {folds}.", Setting("folds", 5))
    sure = Confidence("likely", 1.0, folds, 0.9)
    choice = replace(run.choice, reasons=(folds,), not_tried=folds, confidence=sure)
    return replace(run, choice=choice)


def test_a_run_speaks_as_the_page_does_and_keeps_its_numbers(advised):
    assert "folds=5" in advised.choice.not_tried.written(python)
    shown = run_document(advised)
    said = json.dumps([shown[name] for name in ("reason", "not_tried", "confidence", "quiz")])
    assert not ELSEWHERE.search(said), said
    assert shown["reason"] == [shown["confidence"]["settle"]] == ["Five folds would settle it."]
    assert worded(advised).choice.learning_rate == advised.choice.learning_rate
    # What is kept is told at other doors, too.
    assert advised.choice.reasons[0].settings == (Setting("folds", 5),)
