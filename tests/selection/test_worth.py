from dataclasses import replace

import numpy as np
import pytest

from etascope.core.recipe import OPTIMIZERS, Recipe
from etascope.selection.estimate import settle
from etascope.selection.worth import customary_rate, worth_tuning
from tests.selection.test_estimate import LIMITS, X, scores


def settled(best, target="accuracy", steep=2.0):
    told = scores(best=best, steep=steep)
    error = np.minimum(0.1 + 0.075 * steep * (X - best) ** 2, 0.9)
    return settle(replace(told, error=error), target, None, LIMITS)


def test_the_customary_rate_is_that_of_the_optimizer():
    assert {name: customary_rate(Recipe(optimizer=name)) for name in OPTIMIZERS} == {
        "sgd": 0.01, "momentum": 0.01, "nesterov": 0.01, "adagrad": 0.01,
        "adam": 0.001, "adamw": 0.001, "rmsprop": 0.001,
    }  # fmt: skip


def test_within_the_curve_it_is_read_from_the_draws():
    told = worth_tuning(settled(-1.7), Recipe())
    assert told.learning_rate == 0.01
    assert told.cost == pytest.approx(7.5 * 2 * 0.3**2, rel=0.5)
    assert told.low < told.cost < told.high


def test_the_best_rate_itself_costs_about_nothing():
    told = worth_tuning(settled(-2.0), Recipe())
    assert abs(told.cost) < 0.2
    assert told.low <= told.cost <= told.high


def test_far_away_it_is_the_measured_difference_of_error_with_its_sampling():
    here = settled(-1.0, steep=20.0)
    told = worth_tuning(here, Recipe(optimizer="adam"))
    assert here.draws.learning_rates[0] > 0.001
    assert told.cost == pytest.approx(100 * (0.9 - 0.1), rel=0.05)
    error = 164.5 * np.sqrt((0.9 * 0.1 + 0.1 * 0.9) / 800)
    assert told.high - told.low == pytest.approx(2 * error, rel=0.1)
    loss = worth_tuning(settled(-1.0, "loss", steep=20.0), Recipe(optimizer="adam"))
    assert loss.cost == pytest.approx(100 * 20 * 4, rel=0.1)


def test_outside_of_what_was_tried_nothing_is_said():
    away = settle(replace(scores(), learning_rates=10.0 ** (X + 2.5)), "accuracy", None, LIMITS)
    assert worth_tuning(away, Recipe()) is None


def test_no_cost_is_told_where_the_errors_that_were_counted_are_none():
    told = settle(scores(best=-1.4), "accuracy", None, LIMITS)
    assert told.draws.cost_of(0.01, told.learning_rate)[1] > 0
    flawless = replace(told, scores=replace(told.scores, error=np.zeros(len(told.scores.error))))
    found = worth_tuning(flawless, Recipe())
    assert found.cost == 0
    assert found.low < 0 < found.high
