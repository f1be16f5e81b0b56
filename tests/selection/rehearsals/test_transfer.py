import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etascope.selection.rehearsals.drift import Drift
from etascope.selection.rehearsals.transfer import Rehearsed, transfer_draws

X = np.linspace(-3, -0.5, 9)


def valley(best, steps, x=X, width=1.0):
    return Rehearsed(steps, x, 6 * ((x - best) / width) ** 2, np.full(len(x), 0.02))


@given(best=st.floats(-2.2, -1.2))
@settings(max_examples=10, deadline=None)
def test_at_the_whole_length_the_best_rate_is_that_of_the_curve(best):
    drawn = transfer_draws([valley(best, 1000)], 1000, Drift(0.3, 0.2), 8.0, -1.7)
    assert np.log10(drawn.best()) == pytest.approx(best, abs=0.12)


def test_an_expected_drift_is_taken_off_and_an_uncertain_one_widens_the_basin():
    one = [valley(-1.5, 100)]
    sure, unsure = (transfer_draws(one, 1000, Drift(0.5, sd), 8.0, -2.0) for sd in (0.02, 0.4))
    assert np.log10(sure.best()) == pytest.approx(-2.0, abs=0.12)
    width = [np.log10(drawn.basin().high / drawn.basin().low) for drawn in (sure, unsure)]
    assert width[1] > width[0] + 0.3


def test_lengths_that_disagree_tell_the_drift():
    levels = [valley(-1.0, 30), valley(-1.5, 300)]
    drawn = transfer_draws(levels, 3000, Drift(0.1, 0.3), 8.0, -1.7)
    alone = transfer_draws(levels[1:], 3000, Drift(0.1, 0.3), 8.0, -1.7)
    assert np.log10(drawn.best()) < np.log10(alone.best()) - 0.1


def test_equal_arguments_give_equal_draws_and_regret_is_never_negative():
    one, other = (transfer_draws([valley(-1.5, 100)], 1000, Drift(0.2, 0.2), 8.0, -2.0) for _ in range(2))
    np.testing.assert_array_equal(one.regret, other.regret)
    assert one.regret.min() == 0.0
    assert one.regret.shape[0] == 3000


def test_a_single_rate_is_an_answer():
    drawn = transfer_draws([Rehearsed(10, np.array([-2.0]), np.zeros(1), np.zeros(1))], 100, Drift(0, 0.1), 5.0, -2.0)
    assert np.log10(drawn.best()) == pytest.approx(-2.0, abs=0.3)
