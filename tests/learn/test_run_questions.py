import math
from dataclasses import replace

import numpy as np
import pytest

from etascope.core.choice import Basin, Verdict
from etascope.learn.run_questions import (
    best_of_three,
    comparable_loss,
    how_many_diverged,
    much_smaller,
    overshoot,
    too_high,
)
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
    ("table", "expected"),
    [
        ({0.01: (0.4, 0.9), 0.1: (0.42, 0.9), 1.0: (0.43, 0.9)}, False),
        ({0.01: (0.4, 0.9), 0.1: (0.421, 0.9), 1.0: (0.43, 0.9)}, True),
        ({0.01: (0.4, 0.9), 0.1: (INF, NAN), 1.0: (INF, NAN)}, True),
        ({0.1: (INF, NAN), 1.0: (INF, NAN)}, False),
    ],
)
def test_rates_too_close_to_the_best_are_not_asked_about(table, expected):
    assert (best_of_three(made.run(table, None), 0) is not None) is expected


def test_overshooting_ends_at_the_upper_end_of_the_basin():
    question = overshoot(made.run(), 0)
    assert right(question) == "up to 0.056"
    assert set(question.options) == {"up to 0.056", "up to 0.1", "up to 0.3", "not at all: up to 0.018 itself"}
    assert "3.1 times the recommended rate" in question.reason


def test_how_far_is_written_as_people_write_it():
    question = overshoot(made.run({0.01: (0.4, 0.9), 10.0: (0.6, 0.9)}, 0.01, (0.01, 1.17)), 0)
    assert "1.17, 120 times the recommended rate" in question.reason


def test_a_rate_at_the_upper_end_of_its_basin_may_not_be_overshot():
    question = overshoot(made.run({0.01: (0.4, 0.9), 0.2: (0.6, 0.9)}, 0.01, (0.01, 0.01)), 0)
    assert right(question) == "not at all: up to 0.01 itself"
    assert set(question.options[1:]) == {"up to 0.2", "up to 0.1"}
    assert "times" not in question.reason


def test_where_nothing_higher_was_tried_no_overshoot_is_known():
    assert overshoot(made.run({0.01: (0.4, 0.9)}, 0.01, (0.01, 0.01)), 0) is None
    assert overshoot(made.run({0.01: (0.4, 0.9), 0.02: (0.4, 0.9)}, 0.01, (0.01, 0.02)), 0) is None


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


def halving(stopped, verdicts=None):
    """A search in the dear regime on one fold; `stopped` has a rate's steps of 40, and its loss then."""
    table = {r: (loss, 0.5) for r, (_, loss) in stopped.items()}
    run = made.run(table, None)
    history = run.histories[0]
    parts = []
    for r, (steps, _) in stopped.items():
        row = np.flatnonzero((history.plan.learning_rates == r) & (history.plan.folds == 0))
        parts.append(history_to(history, row, steps))
    words = ["good"] * len(parts) if verdicts is None else verdicts
    choice = replace(run.choice, regime="dear", verdicts=tuple(map(Verdict, words)))
    return replace(run, histories=tuple(parts), choice=choice)


def history_to(history, row, steps):
    """The trials `row` of a history, stopped after `steps`."""
    columns = history.evaluated_at <= steps
    tables = ("train_loss", "train_accuracy", "valid_loss", "valid_accuracy")
    plan = history.plan
    return replace(
        history,
        plan=replace(plan, rates=plan.rates[row, :steps], seeds=plan.seeds[row], folds=plan.folds[row]),
        step_loss=history.step_loss[row, :steps],
        evaluated_at=history.evaluated_at[columns],
        **{name: getattr(history, name)[row][:, columns] for name in tables},
        status=tuple(history.status[i] for i in row),
        diverged_at=history.diverged_at[row],
        examples=history.examples[row],
    )


def test_rates_that_halving_stopped_early_are_not_compared_with_those_that_went_on():
    early = halving({0.001: (40, 2.2), 0.01: (160, 0.5), 0.1: (160, 0.9), 1.0: (40, 2.1)})
    assert np.isnan(comparable_loss(early)).tolist() == [True, False, False, True]
    assert best_of_three(early, 0) is None
    reason = too_high(early, 0).reason
    assert "1, was given up at step 40 of 200, with a validation loss of 2.10" in reason
    assert "ended" not in reason
    chosen = replace(early, choice=replace(early.choice, learning_rate=0.01, basin=Basin(0.01, 0.01)))
    assert much_smaller(chosen) is None


def test_rates_that_went_equally_far_under_halving_are_compared():
    level = halving({0.001: (160, 2.2), 0.01: (160, 0.5), 0.1: (160, 0.9)})
    assert right(best_of_three(level, 0)) == "0.01"


def test_a_trial_that_was_judged_to_have_blown_up_counts_as_diverged():
    run = halving({0.01: (160, 0.5), 10.0: (40, 22.0)}, ["good", "diverged"])
    assert right(how_many_diverged(run)) == "half or more, but not all"
    assert "1 of 2 trials diverged, the lowest of them at 10." in too_high(run, 0).reason


def test_one_trial_is_asked_about_in_the_singular():
    question = how_many_diverged(halving({0.01: (160, 0.5)}))
    assert question.text == "This run had one trial. Did it diverge?"
    assert right(question) == "no"


def test_a_recommended_rate_between_rates_tried_is_not_given_their_losses():
    question = much_smaller(made.run({0.001: (0.8, 0.5), 0.01: (0.4, 0.9)}, 0.011, (0.01, 0.02)))
    assert question.text.endswith("at 0.001, compared with 0.01?")
