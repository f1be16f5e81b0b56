from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etascope.selection.estimate import _digits, confidence, settle
from etascope.selection.scores import WORST, Scores

X = np.linspace(-3, -1, 13)
LIMITS = (1e-7, 1e4)


def scores(best=-2.0, steep=0.5, error=0.1, units=5, sampled=1e-4, runs=1e-3):
    log_loss = np.repeat((np.log(0.4) + steep * (X - best) ** 2)[:, None], units, axis=1)
    own = tuple((0, fold) for fold in range(units))
    every = np.ones(len(X))
    return Scores(10.0**X, own, log_loss, error * every, sampled * every, runs * every, 800)


def test_the_rate_has_three_digits_and_the_basin_holds_it():
    told = settle(scores(), "accuracy", None, LIMITS)
    assert told.learning_rate == float(f"{told.learning_rate:.3g}")
    assert np.log10(told.learning_rate) == pytest.approx(-2.05, abs=0.1)
    assert told.basin.low <= told.learning_rate <= told.basin.high
    assert told.scale == pytest.approx(7.5)
    assert (told.unit, told.tolerance) == ("points", 1.0)
    assert told.window == pytest.approx((0.001, 0.1))


def test_loss_is_told_in_per_cent_by_the_same_model():
    accuracy = settle(scores(), "accuracy", None, LIMITS)
    loss = settle(scores(), "loss", None, LIMITS)
    assert (loss.unit, loss.tolerance) == ("%", 5.0)
    assert loss.learning_rate == accuracy.learning_rate
    assert loss.draws.mean == pytest.approx(accuracy.draws.mean * 100 / 7.5)


def test_limits_hold_the_rate_and_the_basin():
    told = settle(scores(best=-4.0), "accuracy", None, (0.001, 0.1))
    assert told.learning_rate == told.basin.low == 0.001
    assert told.touches(-1)
    assert not told.touches(1)


def test_an_error_of_nothing_still_has_a_scale():
    told = settle(scores(error=0.0), "accuracy", None, LIMITS)
    assert told.scale == pytest.approx(75 * 0.5 / 800)
    assert np.isfinite(told.draws.regret).all()


@pytest.mark.parametrize(
    ("steep", "error", "word"), [(1.0, 0.1, "likely"), (0.05, 0.2, "probable"), (0.05, 0.7, "not settled")]
)
def test_the_word_follows_the_share(steep, error, word):
    told = settle(scores(steep=steep, error=error, sampled=1e-3, runs=1e-2), "accuracy", 1.0, LIMITS)
    sure = confidence(told)
    least, most = {"likely": (0.9, 1.1), "probable": (0.8, 0.9), "not settled": (0.0, 0.8)}[sure.word]
    assert least <= sure.share < most
    assert sure.word == word
    assert (sure.settle != "") is (word == "not settled")


def test_what_would_settle_it_is_more_seeds_where_runs_are_noisy_and_else_more_images():
    runs = settle(scores(steep=0.4, error=0.2, sampled=1e-6, runs=0.5), "accuracy", 0.22, LIMITS)
    images = settle(scores(steep=0.4, error=0.2, sampled=0.1, runs=0.0), "accuracy", 0.22, LIMITS)
    assert confidence(runs).word == confidence(images).word == "not settled"
    assert confidence(images).settle.startswith("It is likely within ")
    assert "more images" in confidence(images).settle
    wider = settle(scores(steep=0.4, error=0.2, sampled=1e-6, runs=0.5), "accuracy", 0.6, LIMITS)
    assert wider.share > runs.share


def test_units_narrow_the_basin():
    def width(units):
        told = settle(scores(units=units, steep=0.3, runs=0.05), "accuracy", None, LIMITS)
        return np.log10(told.basin.high / told.basin.low)

    assert width(15) < width(3)


@given(st.floats(1e-7, 1e4))
def test_rounding_outwards_keeps_three_digits_and_never_goes_inwards(rate):
    low, high = _digits(rate, np.floor), _digits(rate, np.ceil)
    assert low <= rate * (1 + 1e-9)
    assert high >= rate * (1 - 1e-9)
    assert high / low < 1.0101
    assert low == float(f"{low:.3g}")
    three = float(f"{rate:.3g}")
    assert _digits(three, np.floor) == _digits(three, np.ceil) == three


def test_what_diverged_is_not_in_the_basin():
    flat = scores(best=-1.2, steep=0.2, error=0.4, runs=0.1)
    broken = flat.log_loss.copy()
    broken[X >= -1.3, 0] = WORST
    told = settle(replace(flat, log_loss=broken), "accuracy", None, LIMITS)
    diverged = 10.0 ** X[X >= -1.3][0]
    assert told.learning_rate < diverged
    assert told.draws.basin().high == pytest.approx(diverged)
    assert diverged * 0.9 < told.basin.high < diverged


@pytest.mark.parametrize(("depth", "low", "high"), [(0.0, 1e-4, 2e-3), (0.05, 0.02, 0.05)])
def test_a_dip_in_a_plateau_is_the_answer_though_the_basin_fills_the_window(depth, low, high):
    x = np.linspace(-7, 0, 29)
    log_loss = np.log(3.4) - depth * np.exp(-(((x + 1.5) / 0.4) ** 2))
    every = np.ones(len(x))
    own = tuple((0, fold) for fold in range(5))
    table = np.repeat(log_loss[:, None], 5, axis=1)
    told = settle(Scores(10.0**x, own, table, 0.95 * every, 1e-3 * every, 1e-2 * every, 300), "accuracy", None, LIMITS)
    assert np.log10(told.basin.high / told.basin.low) > 5
    assert low < told.learning_rate < high
