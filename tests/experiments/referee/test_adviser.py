import numpy as np
import pytest

from etascope.core.data import NO_FOLD
from etascope.core.plan import Plan, sweep
from tests.experiments.referee.made import SMALL, bench

#: A training that holds a fold out, and validates after its one epoch, in images; a trained one counts three times.
ONE = 3 * 640 + 160


def test_a_training_on_all_rows_costs_what_it_goes_through():
    problem = bench()
    history = problem.train(sweep(SMALL, 50, [0.01, 0.02], [NO_FOLD]))
    assert problem.equivalents([history]) == pytest.approx(2 * 3 * 800 / ONE)


def test_a_validated_example_costs_a_third_of_a_trained_one():
    problem = bench()
    history = problem.train(sweep(SMALL, 40, [0.01], [0]))
    assert problem.equivalents([history]) == pytest.approx(1)


def test_a_trial_that_diverged_is_charged_up_to_there():
    problem = bench()
    plan = sweep(SMALL, 40, [1e38, 0.01], [0])
    history = problem.train(Plan(plan.rates, plan.seeds, plan.folds, evaluate_at=(20, 40)))
    assert history.diverged.tolist() == [True, False]
    first, second = history.examples.tolist()
    assert first < second
    assert problem.equivalents([history]) == pytest.approx((3 * (first + second) + 2 * 160) / ONE)


def test_progress_is_told():
    events = []
    bench(progress=events.append).tell(3, 20, "trainings")
    assert [(p.done, p.total, p.unit) for p in events] == [(3, 20, "trainings")]


def test_there_are_no_test_rows_on_the_bench():
    assert len(bench().split.x_test) == 0
    assert np.array_equal(np.unique(bench().split.folds), np.arange(5))
