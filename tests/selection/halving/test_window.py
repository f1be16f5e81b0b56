import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etascope.core.recipe import OPTIMIZERS, Recipe
from etascope.selection.halving.window import window_of


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@given(seed=st.integers(0, 10_000))
def test_rates_are_evenly_spaced_within_one_and_a_quarter_decades(optimizer, seed):
    window = window_of(Recipe(optimizer=optimizer, seed=seed), 7)
    x = np.log10(window.first)
    assert len(x) == 7
    assert np.diff(x) == pytest.approx(2.5 / 7, abs=0.01)
    middle = np.log10({"sgd": 0.1, "momentum": 0.03, "nesterov": 0.03, "adagrad": 0.03}.get(optimizer, 0.003))
    assert np.abs(x - middle).max() <= 1.26
    assert all(rate == float(f"{rate:.3g}") for rate in window.first)


def test_the_seed_shifts_the_rates():
    assert window_of(Recipe(seed=1), 7) == window_of(Recipe(seed=1), 7)
    assert window_of(Recipe(seed=1), 7).first != window_of(Recipe(seed=2), 7).first


def test_more_momentum_means_lower_rates():
    few = window_of(Recipe(momentum=0.9), 7).first
    more = window_of(Recipe(momentum=0.99), 7).first
    assert np.log10(few) - np.log10(more) == pytest.approx(1, abs=0.01)


@given(low=st.floats(-9, 5), span=st.floats(0, 8), trials=st.integers(1, 14))
def test_no_rate_is_beyond_a_limit_and_a_limit_that_is_touched_is_tried(low, span, trials):
    bottom, top = 10**low, 10 ** (low + span)
    window = window_of(Recipe(), trials, bottom, top)
    assert window.low == pytest.approx(bottom)
    assert window.high == pytest.approx(top)
    assert all(window.low <= rate <= window.high for rate in window.first)
    assert list(window.first) == sorted(set(window.first))
    assert len(window.first) <= max(trials, 2)
    if span <= 2.5 and trials > 1:
        assert (window.first[0], window.first[-1]) == (window.low, window.high)


def test_one_rate_is_a_window_of_its_own():
    window = window_of(Recipe(), 7, 0.1, 0.1)
    assert window.first == (0.1,)
    assert window.beyond(window.first, 0.1) is None


def test_beyond_goes_on_outside_and_stops_at_the_limits():
    window = window_of(Recipe(), 7, low=1e-4)
    assert window.beyond(window.first, window.first[3]) is None
    above = window.beyond(window.first, window.first[-1])
    assert np.log10(above / window.first[-1]) == pytest.approx(2.5 / 7, abs=0.01)
    rates = list(window.first)
    while (lower := window.beyond(rates, min(rates))) is not None:
        rates.append(lower)
    assert min(rates) == 1e-4
