import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from etascope.experiments.referee.adviser import Advice
from etascope.experiments.referee.score import lost_table, mean_difference, told_losses
from etascope.experiments.referee.truth import Truth
from tests.experiments.referee.made import split

TRUTH = Truth(np.array([0.01, 0.1, 1.0]), np.array([[0.5, 0.9, 0.1], [0.7, 0.8, 0.1]]), (4, 5))


def test_a_rate_loses_its_regret_and_no_rate_that_of_the_customary_one():
    table = lost_table(TRUTH, [Advice(0.1, 1.0), Advice(None, 1.0)], 0.01, split())
    assert table == pytest.approx(np.array([[0, 0], [40, 10]]), abs=1e-9)
    assert told_losses(TRUTH, table, own_optimizer=False) == pytest.approx((0, 25), abs=1e-9)


def test_an_optimizer_of_its_own_is_trained_with_the_seeds_of_the_truth_and_may_win():
    known, asked = split(), []

    def train(seed):
        asked.append(seed)
        return lambda x: known.y_test if seed == 4 else np.full(len(x), 10)

    advice = [Advice(None, 1.0, train)] * 3
    table = lost_table(TRUTH, advice, 0.01, known)
    assert asked == [4, 5]
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
    chance, hit = np.random.default_rng(1), 0
    for _ in range(60):
        _, low, high = mean_difference(chance.normal(0.3, 1, (1, 6)), np.zeros((1, 6)))
        hit += low <= 0.3 <= high
    assert 46 <= hit <= 60
