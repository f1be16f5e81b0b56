import dataclasses
import math

import numpy as np
import pytest

from etascope.core.choice import Curve
from etascope.core.recipe import Recipe
from etascope.experiments.range_test.record import Following, RangeTest, RangeTestRun, Suggestion, following
from tests.experiments.made import nothing_known
from tests.learn import made


def curve(mean=(8.0, 0.0, -0.2, 4.0), unit="points"):
    mean = np.array(mean)
    return Curve(np.array([0.001, 0.01, 0.1, 1.0]), mean, mean - 1, mean + 1, unit)


def finished(*rates):
    test = RangeTest(np.array([0.1, 1.0]), np.array([2.0, 1.0]), 0, 10)
    suggested = tuple(Suggestion(f"rule {i}", "somewhere 1.0", rate) for i, rate in enumerate(rates))
    return RangeTestRun(nothing_known("digits"), Recipe(), test, suggested, own_sweeps=False, cost=0.5)


def test_a_test_knows_where_it_diverged():
    assert RangeTest(np.ones(3), np.array([2.0, np.nan, np.nan]), 0, 10).diverged_at == 1
    assert RangeTest(np.ones(3), np.ones(3), 0, 10).diverged_at == -1


def test_the_spread_is_the_highest_over_the_lowest():
    assert finished(0.1, None, 0.001).spread == pytest.approx(100)
    assert finished(0.1, None).spread is None
    assert finished().spread is None


@pytest.mark.parametrize(
    ("rate", "loss", "at_least"),
    [(0.001, 8, False), (0.01**0.5 * 0.001**0.5, 4, False), (0.05, 0, False), (1e-6, 8, True), (3.0, 4, True)],
)
def test_what_following_loses_is_read_off_the_curve(rate, loss, at_least):
    choice = dataclasses.replace(made.choice(), curve=curve())
    assert following(choice, rate) == Following(pytest.approx(loss), at_least, "points")


def test_the_curves_unit_goes_with_it():
    choice = dataclasses.replace(made.choice(), curve=curve(unit="%"))
    assert following(choice, 0.001).unit == "%"


def test_without_a_curve_it_is_read_off_the_accuracies():
    choice = made.choice()
    assert following(choice, 0.01).loss == pytest.approx(0, abs=1e-9)
    assert following(choice, 0.1).loss == pytest.approx(5)
    assert following(choice, 0.1).at_least is False
    assert following(choice, 1e-5) == Following(pytest.approx(25.5), True, "points")


def test_a_rate_beyond_one_that_diverged_loses_at_least_what_the_last_one_lost():
    assert following(made.choice(), 5.0) == Following(pytest.approx(45.9), True, "points")


def test_nothing_measured_says_nothing():
    choice = made.choice({0.1: (math.inf, math.nan)}, learning_rate=None)
    assert following(choice, 0.1) is None
