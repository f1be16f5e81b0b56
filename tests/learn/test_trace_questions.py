import math

import numpy as np
import pytest

from etascope.learn.trace_questions import blind_guess, first_step, largest_fall, too_high
from tests.learn import made

NAN = math.nan


def right(question):
    return question.options[question.answer]


@pytest.mark.parametrize(
    ("losses", "cited"),
    [
        ((2.0, NAN, NAN), "stopped being a finite number in epoch 2"),
        ((2.1, 2.6, 2.4), "reached 2.60; a blind guess has 2.30"),
        ((1.2, 1.3, 1.1), "from 1.20 up to 1.30 in epoch 2"),
        ((1.2, 1.1, 1.0), "was not that high: its loss never rose, and ended at 1.00"),
    ],
)
def test_the_classic_question_cites_what_this_training_showed(losses, cited):
    question = too_high(made.trace(losses), 0)
    assert "overshoot" in right(question)
    assert cited in question.reason


def test_the_epoch_of_the_largest_fall():
    question = largest_fall(made.trace((2.0, 1.9, 0.9, 0.8, 0.75)), 0)
    assert right(question) == "from epoch 2 to epoch 3"
    assert len(question.options) == 4
    assert question.reason == "It went from 1.90 to 0.90 nats there, a fall of 1.00."


@pytest.mark.parametrize(
    "losses", [(2.0, 1.5, 1.0), (2.0, 1.0), (1.0, 2.0, 3.0, 4.0), (2.0, 1.0, 0.01, 0.0), (NAN,), (2.0, 1.0, NAN, NAN)]
)
def test_falls_that_tie_or_are_too_few_are_not_asked_about(losses):
    assert largest_fall(made.trace(losses), 0) is None


@pytest.mark.parametrize(
    ("first", "words"), [(2.07, "begun to learn"), (2.08, "hardly"), (2.41, "hardly"), (2.42, "worse"), (NAN, "not a")]
)
def test_the_first_epoch_is_compared_with_a_blind_guess(first, words):
    assert words in right(blind_guess(made.trace((first,))))


def test_the_first_step_scales_with_the_rate():
    question = first_step(0.02, 1)
    assert question.text.startswith("With 0.2 in place of 0.02")
    assert right(question) == "ten times as far"


def test_a_model_that_starts_above_a_blind_guess_was_not_thrown_there():
    losses = (2.52, 2.2, 1.9)
    untrained = too_high(made.trace(losses, step_loss=made.batches(losses) + np.float32(0.3)), 0)
    assert "its loss never rose, and ended at 1.90" in untrained.reason
    thrown = too_high(made.trace(losses, step_loss=made.batches(losses)), 0)
    assert "reached 2.52; a blind guess has 2.30" in thrown.reason


def test_a_rise_that_is_no_more_than_noise_is_no_bouncing():
    assert "never rose clearly, and ended at 1.00" in too_high(made.trace((1.2, 1.203, 1.0)), 0).reason
