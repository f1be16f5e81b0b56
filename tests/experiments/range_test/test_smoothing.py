import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etascope.experiments.range_test.smoothing import corrected_average, plain_average, until_diverged

curves = st.lists(st.floats(0, 100), min_size=1, max_size=40).map(lambda values: np.array(values, np.float64))


@given(curves, st.sampled_from([0.5, 0.9, 0.98]))
def test_the_corrected_average_is_a_weighted_mean(losses, beta):
    smooth = corrected_average(losses, beta)
    for k in range(len(losses)):
        weights = beta ** np.arange(k, -1, -1)
        assert smooth[k] == pytest.approx(np.average(losses[: k + 1], weights=weights))


@given(curves)
def test_a_correction_one_step_ahead_is_too_low_at_the_start(losses):
    exact, ahead = corrected_average(losses, 0.98), corrected_average(losses, 0.98, ahead=1)
    k = np.arange(len(losses))
    np.testing.assert_allclose(ahead, exact * (1 - 0.98 ** (k + 1)) / (1 - 0.98 ** (k + 2)), atol=1e-12)


@given(curves)
def test_the_plain_average_starts_at_the_first_loss(losses):
    smooth = plain_average(losses, 0.05)
    assert smooth[0] == losses[0]
    np.testing.assert_allclose(smooth[1:], 0.05 * losses[1:] + 0.95 * smooth[:-1])


@given(curves, st.sampled_from([4.0, 5.0]))
def test_a_finder_stops_after_the_first_loss_far_above_the_lowest(losses, times):
    kept = until_diverged(losses, times)
    lowest = np.minimum.accumulate(losses)
    np.testing.assert_array_equal(kept, losses[: len(kept)])
    assert not (kept[:-1] > times * lowest[: len(kept) - 1]).any()
    if len(kept) < len(losses):
        assert kept[-1] > times * lowest[len(kept) - 1]


def test_no_number_stops_no_finder_and_stays_in_the_averages():
    losses = np.array([2.0, np.nan, 1.0, 1.0])
    assert len(until_diverged(losses, 4.0)) == 4
    for smooth in (corrected_average(losses, 0.98), plain_average(losses, 0.05)):
        assert np.isnan(smooth[1:]).all()
        assert np.isfinite(smooth[0])


def test_the_losses_given_are_left_alone():
    losses = np.array([2.0, 1.0, 3.0])
    plain_average(losses, 0.05)[0] = 9
    assert losses.tolist() == [2, 1, 3]
