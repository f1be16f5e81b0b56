from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etascope.core.recipe import Recipe
from etascope.selection.predicted_cost import cheap_trainings, duration, training_seconds
from tests.selection.learning_curves import job


def test_a_training_takes_its_multiplications_over_the_speed():
    task = job(hidden=(100,))
    assert training_seconds(task) == pytest.approx(3 * (784 * 100 + 100 * 10) * 1000 * 5 / 5e10)


@pytest.mark.parametrize(("folds", "trainings"), [(1, 50), (2, 14), (5, 50), (10, 110)])
def test_cross_validation_costs_more_with_more_folds(folds, trainings):
    assert cheap_trainings(job(n_folds=folds)) == trainings


@given(st.integers(1, 20))
def test_it_grows_with_the_epochs(factor):
    once = job(epochs=1)
    more = job(epochs=factor)
    assert training_seconds(more) == pytest.approx(factor * training_seconds(once))
    assert Recipe(epochs=factor).epochs == factor


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.001, "0.1 s"), (3.14, "3.1 s"), (90, "90 s"), (150, "2.5 minutes"), (3600, "60 minutes"), (7200, "2 hours")],
)
def test_durations_are_said_in_the_unit_that_suits(seconds, said):
    assert duration(seconds) == said


def test_a_model_of_pytorch_takes_its_own_speed():
    task = replace(job(), forward=2e6)
    assert training_seconds(task) == pytest.approx(3 * 2e6 * 1000 * 5 / 5e9)
