import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from etascope.core.data import NO_FOLD
from etascope.core.plan import sweep
from etascope.experiments.referee.adviser import Advice
from etascope.experiments.referee.truth import (
    Truth,
    examined,
    lost_table,
    mean_difference,
    measure_truth,
    told_losses,
    truth_rates,
)
from etascope.training.dense.engine import DenseEngine
from tests.experiments.referee.made import SMALL, split

RATES = np.geomspace(1e-3, 1.0, 7)
tables = arrays(np.float64, (4, 7), elements=st.floats(0, 1))


@given(tables, st.floats(1e-5, 1e3))
def test_regret_is_by_its_definition_and_never_negative(accuracy, rate):
    truth = Truth(RATES, accuracy, (0, 1, 2, 3))
    mean = accuracy.mean(axis=0)
    clipped = min(max(rate, RATES[0]), RATES[-1])
    expected = 100 * (mean.max() - np.interp(np.log(clipped), np.log(RATES), mean))
    assert truth.lost(rate).mean() == pytest.approx(expected, abs=1e-9)
    assert truth.lost(rate).mean() >= -1e-9


@given(tables)
def test_the_best_rate_loses_nothing_on_any_seed(accuracy):
    truth = Truth(RATES, accuracy, (0, 1, 2, 3))
    assert truth.lost(RATES[truth.best]) == pytest.approx(np.zeros(4), abs=1e-9)


def test_regret_of_a_closed_form_curve():
    axis = np.log10(RATES)
    truth = Truth(RATES, np.tile(0.9 - 0.1 * np.abs(axis + 1), (2, 1)), (0, 1))
    assert truth.lost(10**-1.5) == pytest.approx([5, 5])
    assert truth.lost(0.1) == pytest.approx([0, 0], abs=1e-9)
    assert truth.lost(100.0) == pytest.approx([10, 10])


def test_the_floor_is_nothing_without_noise_and_something_with_it():
    assert Truth(RATES, np.tile(RATES, (4, 1)), (0, 1, 2, 3)).floor() == 0
    noisy = np.random.default_rng(0).random((8, 7))
    assert Truth(RATES, noisy, tuple(range(8))).floor() > 5
    assert Truth(RATES, noisy[:1], (0,)).floor() is None


@pytest.mark.parametrize(("optimizer", "low", "high"), [("momentum", 1e-4, 10), ("adam", 1e-5, 0.3)])
def test_the_rates_of_a_family(optimizer, low, high):
    rates = truth_rates(optimizer)
    assert (len(rates), rates[0], rates[-1]) == (29, pytest.approx(low), pytest.approx(high))
    assert np.diff(np.log(rates)) == pytest.approx(np.full(28, np.log(high / low) / 28))


def test_all_development_rows_train_and_the_test_rows_score():
    known, together = split(), examined(split())
    assert together.train_size(0) == len(known.y)
    assert np.array_equal(together.x[together.train_rows(0)], known.x)
    assert np.array_equal(together.x[together.valid_rows(0)], known.x_test)
    assert np.array_equal(together.y[together.valid_rows(0)], known.y_test)


def test_accuracies_are_those_of_trained_models_on_test_rows():
    known = split()
    truth = measure_truth(known, SMALL, DenseEngine(1), (5, 6))
    assert truth.accuracy.shape == (2, 29)
    together, plan = examined(known), sweep(SMALL, 50, [truth.learning_rates[15]], [0], (6,))
    history = DenseEngine(1).train(together, SMALL, plan)
    assert truth.accuracy[1, 15] == pytest.approx(history.valid_accuracy[0, -1], abs=0.011)
    assert 0.7 < truth.accuracy.mean(axis=0).max() < 0.95


def test_the_truth_does_not_look_at_folds():
    one, five = (measure_truth(split(folds), SMALL, DenseEngine(1), (5,)).accuracy for folds in (1, 5))
    assert np.array_equal(one, five)
    assert NO_FOLD in examined(split()).folds


TRUTH = Truth(np.array([0.01, 0.1, 1.0]), np.array([[0.5, 0.9, 0.1], [0.7, 0.8, 0.1]]), (4, 5))


def test_a_rate_loses_its_regret_and_no_rate_that_of_the_customary_one():
    table = lost_table(TRUTH, [Advice(0.1, 1.0), Advice(None, 1.0)], 0.01, split())
    assert table == pytest.approx(np.array([[0, 0], [40, 10]]), abs=1e-9)
    assert told_losses(TRUTH, table, own_optimizer=False) == pytest.approx((0, 25), abs=1e-9)


def test_an_optimizer_of_its_own_is_trained_with_the_seeds_of_the_truth_and_may_win():
    known, requests = split(), []

    def train(seed):
        requests.append(seed)
        return lambda x: known.y_test if seed == 4 else np.full(len(x), 10)

    advice = [Advice(None, 1.0, train)] * 3
    table = lost_table(TRUTH, advice, 0.01, known)
    assert requests == [4, 5]
    assert table == pytest.approx(np.array([[-10, 80]]))
    assert told_losses(TRUTH, table, own_optimizer=True) == pytest.approx((-15, 85))


@settings(max_examples=20)
@given(arrays(np.float64, (3, 8), elements=st.floats(0, 50)), arrays(np.float64, (1, 8), elements=st.floats(0, 50)))
def test_the_interval_of_a_difference_turns_round_with_it(one, other):
    mean, low, high = mean_difference(one, other)
    back = mean_difference(other, one)
    assert mean == pytest.approx(one.mean() - other.mean())
    assert back[0] == pytest.approx(-mean)
    assert low <= high
    assert mean_difference(one + 5, other)[0] == pytest.approx(mean + 5)


def test_what_seeds_share_cancels():
    shared = np.random.default_rng(0).normal(0, 10, (1, 8))
    mean, low, high = mean_difference(shared + 1, shared)
    assert (mean, low, high) == pytest.approx((1, 1, 1))


def test_the_interval_covers_as_often_as_it_says():
    rng, hit = np.random.default_rng(1), 0
    for _ in range(60):
        _, low, high = mean_difference(rng.normal(0.3, 1, (1, 6)), np.zeros((1, 6)))
        hit += low <= 0.3 <= high
    assert 46 <= hit <= 60
