import math

import pytest

from etascope.learn.run_questions import best_of_three, how_many_diverged, much_smaller, overshoot, too_high
from tests.learn import made

INF, NAN = math.inf, math.nan


def right(question):
    return question.options[question.answer]


@pytest.mark.parametrize(
    ("table", "cited"),
    [
        (None, "5 of 45 trials diverged, the lowest of them at 3"),
        ({0.01: (0.4, 0.9), 1.0: (2.4, 0.1)}, "highest rate tried, 1, ended at a validation loss of 2.40, where 0.01"),
        ({0.01: (0.4, 0.9), 0.02: (0.41, 0.9)}, "did not go high enough to show it"),
    ],
)
def test_the_classic_question_cites_what_this_search_showed(table, cited):
    question = too_high(made.run(table, 0.01, (0.01, 0.01)), 0)
    assert "overshoot" in right(question)
    assert cited in question.reason


def test_the_best_of_three_stands_between_rates_that_are_clearly_worse():
    question = best_of_three(made.run(), 0)
    assert right(question) == "0.018"
    assert sorted(question.options) == ["0.003", "0.018", "0.1"]
    assert question.reason == "Nats at 0.003: 0.88; 0.018: 0.42; 0.1: 0.80."


@pytest.mark.parametrize(
    ("table", "asked"),
    [
        ({0.01: (0.4, 0.9), 0.1: (0.42, 0.9), 1.0: (0.43, 0.9)}, False),
        ({0.01: (0.4, 0.9), 0.1: (0.421, 0.9), 1.0: (0.43, 0.9)}, True),
        ({0.01: (0.4, 0.9), 0.1: (INF, NAN), 1.0: (INF, NAN)}, True),
        ({0.1: (INF, NAN), 1.0: (INF, NAN)}, False),
    ],
)
def test_rates_too_close_to_the_best_are_not_asked_about(table, asked):
    assert (best_of_three(made.run(table, None), 0) is not None) is asked


def test_overshooting_ends_at_the_upper_end_of_the_basin():
    question = overshoot(made.run(), 0)
    assert right(question) == "up to 0.056"
    assert set(question.options) == {"up to 0.056", "up to 0.1", "up to 0.3", "not at all: up to 0.018 itself"}
    assert "3.1 times the recommended rate" in question.reason


def test_a_rate_at_the_upper_end_of_its_basin_may_not_be_overshot():
    question = overshoot(made.run({0.01: (0.4, 0.9)}, 0.01, (0.01, 0.01)), 0)
    assert right(question) == "not at all: up to 0.01 itself"
    assert set(question.options[1:]) == {"up to 0.1", "up to 1"}


def test_without_a_recommendation_there_is_nothing_to_overshoot():
    run = made.run(learning_rate=None)
    assert overshoot(run, 0) is None
    assert much_smaller(run) is None


@pytest.mark.parametrize(
    ("loss", "words", "lesson"),
    [
        (0.3, "lower", False),
        (0.43, "less than a tenth", True),
        (0.45, "twice as high", True),
        (0.8, "or more", True),
        (INF, "not a finite", True),
    ],
)
def test_what_a_smaller_rate_did(loss, words, lesson):
    question = much_smaller(made.run({0.001: (loss, 0.5), 0.01: (0.4, 0.9)}, 0.01, (0.01, 0.01)))
    assert words in right(question)
    assert ("led less far" in question.reason) is lesson


def test_nothing_smaller_is_not_asked_about():
    assert much_smaller(made.run({0.01: (0.4, 0.9), 0.1: (0.5, 0.9)}, 0.01, (0.01, 0.01))) is None


@pytest.mark.parametrize(
    ("losses", "words"),
    [((0.4, 0.5, 0.6), "none"), ((0.4, 0.5, INF), "fewer than half"), ((0.4, INF), "half or more"), ((INF,), "all")],
)
def test_how_many_trials_diverged(losses, words):
    table = {10.0**i: (loss, 0.5) for i, loss in enumerate(losses)}
    assert words in right(how_many_diverged(made.run(table, None)))
