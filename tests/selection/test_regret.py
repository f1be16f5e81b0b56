import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etascope.selection.regret import CAP, CHEAP, DEAR, Draws, factor, regret_draws, run_around_best

X = np.linspace(-3, -1, 13)


def drawn(best=-2.0, steep=6.0, variance=0.01, scale=8.0, constants=CHEAP, **more):
    points = steep * (X - best) ** 2
    return regret_draws(X, points - points.min(), np.full(len(X), variance), scale, constants, **more)


@given(best=st.floats(-2.6, -1.5), steep=st.floats(3, 60))
@settings(max_examples=15, deadline=None)
def test_the_bottom_of_a_parabola_is_found_and_moved_by_the_shift(best, steep):
    draws = drawn(best, steep)
    assert np.log10(draws.best()) == pytest.approx(best - CHEAP.shift_mean, abs=0.12)
    basin = draws.basin()
    assert basin.low <= draws.best() <= basin.high


def test_the_basin_is_the_shortest_with_its_share_of_the_best_rates():
    regret = np.ones((10, 5))
    regret[np.arange(10), [0, 2, 2, 2, 3, 3, 3, 3, 3, 4]] = 0
    draws = Draws(10.0 ** np.arange(5), regret)
    assert (draws.basin(0.8).low, draws.basin(0.8).high) == (100.0, 1000.0)
    assert draws.basin(0.9).high - draws.basin(0.9).low == pytest.approx(10_000 - 100)
    assert draws.basin(1.0).low == 1.0
    widened = draws.basin(0.8, include=20.0)
    assert (widened.low, widened.high) == (20.0, 1000.0)


def test_more_noise_and_flatter_curves_widen_the_basin():
    def width(draws):
        return np.log10(draws.basin().high / draws.basin().low)

    assert width(drawn(variance=0.001)) < width(drawn(variance=1.0))
    assert width(drawn(steep=60)) < width(drawn(steep=6)) < width(drawn(steep=1))
    assert width(drawn(constants=CHEAP)) < width(drawn(constants=DEAR))


def test_equal_arguments_give_equal_draws_and_another_seed_gives_others():
    assert np.array_equal(drawn().regret, drawn().regret)
    assert not np.array_equal(drawn().regret, drawn(seed=1).regret)
    assert drawn(draws=50).regret.shape == (50, len(drawn().learning_rates))


def test_regret_is_at_least_zero_and_zero_somewhere_on_every_curve():
    regret = drawn().regret
    assert regret.min() >= 0
    assert (regret.min(axis=1) == 0).all()


def test_confidence_cost_and_curve_are_read_from_the_curves():
    draws = Draws(np.array([0.01, 0.1, 1.0]), np.array([[0.0, 1.0, 3.0], [2.0, 0.0, 1.0]]))
    assert draws.confidence(0.1, 0.9) == 0.5
    assert draws.confidence(0.1, 1.0) == 1.0
    assert draws.confidence(10**-1.5, 0.5) == 0.5
    assert draws.regret_at(1.0, 1.0) == 3.0
    assert draws.cost_of(1.0, 0.1) == pytest.approx((1.5, 1.05, 1.95))
    assert draws.cost_of(2.0, 0.1) is None
    assert draws.best() == 0.1
    curve = draws.curve("points")
    assert curve.mean.tolist() == [1.0, 0.5, 2.0]
    assert curve.low == pytest.approx([0.1, 0.05, 1.1])
    assert curve.unit == "points"
    assert draws.times(2).mean.tolist() == [2.0, 1.0, 4.0]


def test_what_lies_beyond_six_points_is_left_out_but_for_one_rate_a_side():
    points = np.array([9.0, 1.0, 7.0, 5.0, 0.0, 2.0, 6.5, 20.0, 0.5])
    assert run_around_best(points) == slice(2, 7)
    far = regret_draws(np.arange(9.0), points, np.full(9, 0.01), 8.0, CHEAP, draws=10)
    assert far.learning_rates[[0, -1]] == pytest.approx([1e2, 1e6])
    wall = regret_draws(X, np.where(X < -1.5, (X + 2) ** 2, 500.0), np.full(13, 0.01), 8.0, CHEAP)
    assert wall.mean.max() < 3 * CAP


def test_one_rate_is_its_own_best():
    draws = regret_draws(np.array([-2.0]), np.array([0.0]), np.array([0.1]), 8.0, CHEAP)
    assert draws.best() == pytest.approx(0.01)
    assert draws.basin().low == draws.basin().high == pytest.approx(0.01)
    assert draws.confidence(0.01, 0.1) == 1.0


@pytest.mark.parametrize("variance", [0.0, 1e-12, 1e3])
def test_no_noise_and_very_much_noise_are_drawn(variance):
    assert np.isfinite(drawn(variance=variance).regret).all()
    assert np.isfinite(drawn(variance=variance, scale=1e-3).regret).all()


def test_a_covariance_that_has_no_choleskyfactor_gets_a_root():
    singular = np.array([[1.0, 2.0], [2.0, 1.0]])
    root = factor(singular)
    assert root @ root.T == pytest.approx(np.array([[1.5, 1.5], [1.5, 1.5]]))
