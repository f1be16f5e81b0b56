from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etascope.core.recipe import OPTIMIZERS, Recipe
from etascope.selection.cross_validation.reasons import confidence
from etascope.selection.customary import customary_rate
from etascope.selection.estimate import _digits, settle, worth_tuning
from etascope.selection.scores import WORST, Scores

X = np.linspace(-3, -1, 13)
LIMITS = (1e-7, 1e4)


def scores(best=-2.0, steep=0.5, error=0.1, units=5, sampled=1e-4, runs=1e-3):
    log_loss = np.repeat((np.log(0.4) + steep * (X - best) ** 2)[:, None], units, axis=1)
    own = tuple((0, fold) for fold in range(units))
    every = np.ones(len(X))
    return Scores(10.0**X, own, log_loss, error * every, sampled * every, runs * every, 800)


def test_the_rate_has_three_digits_and_the_basin_holds_it():
    settled = settle(scores(), "accuracy", None, LIMITS)
    assert settled.learning_rate == float(f"{settled.learning_rate:.3g}")
    assert np.log10(settled.learning_rate) == pytest.approx(-2.05, abs=0.1)
    assert settled.basin.low <= settled.learning_rate <= settled.basin.high
    assert settled.scale == pytest.approx(7.5)
    assert (settled.unit, settled.tolerance) == ("points", 1.0)
    assert settled.window == pytest.approx((0.001, 0.1))


def test_loss_is_told_in_per_cent_by_the_same_model():
    accuracy = settle(scores(), "accuracy", None, LIMITS)
    loss = settle(scores(), "loss", None, LIMITS)
    assert (loss.unit, loss.tolerance) == ("%", 5.0)
    assert loss.learning_rate == accuracy.learning_rate
    assert loss.draws.mean == pytest.approx(accuracy.draws.mean * 100 / 7.5)


def test_limits_hold_the_rate_and_the_basin():
    settled = settle(scores(best=-4.0), "accuracy", None, (0.001, 0.1))
    assert settled.learning_rate == settled.basin.low == 0.001
    assert settled.touches(-1)
    assert not settled.touches(1)


def test_an_error_of_nothing_still_has_a_scale():
    settled = settle(scores(error=0.0), "accuracy", None, LIMITS)
    assert settled.scale == pytest.approx(75 * 0.5 / 800)
    assert np.isfinite(settled.draws.regret).all()


@pytest.mark.parametrize(
    ("steep", "error", "word"), [(1.0, 0.1, "likely"), (0.05, 0.2, "probable"), (0.05, 0.7, "not settled")]
)
def test_the_word_follows_the_share(steep, error, word):
    settled = settle(scores(steep=steep, error=error, sampled=1e-3, runs=1e-2), "accuracy", 1.0, LIMITS)
    sure = confidence(settled)
    least, most = {"likely": (0.9, 1.1), "probable": (0.8, 0.9), "not settled": (0.0, 0.8)}[sure.word]
    assert least <= sure.share < most
    assert sure.word == word
    assert bool(sure.settle) is (word == "not settled")


def test_what_would_settle_it_is_more_seeds_where_runs_are_noisy_and_else_more_images():
    runs = settle(scores(steep=0.4, error=0.2, sampled=1e-6, runs=0.5), "accuracy", 0.22, LIMITS)
    images = settle(scores(steep=0.4, error=0.2, sampled=0.1, runs=0.0), "accuracy", 0.22, LIMITS)
    assert confidence(runs).word == confidence(images).word == "not settled"
    assert str(confidence(images).settle).startswith("It is likely within ")
    assert "more images" in str(confidence(images).settle)
    wider = settle(scores(steep=0.4, error=0.2, sampled=1e-6, runs=0.5), "accuracy", 0.6, LIMITS)
    assert wider.share > runs.share


def test_units_narrow_the_basin():
    def width(units):
        settled = settle(scores(units=units, steep=0.3, runs=0.05), "accuracy", None, LIMITS)
        return np.log10(settled.basin.high / settled.basin.low)

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
    settled = settle(replace(flat, log_loss=broken), "accuracy", None, LIMITS)
    diverged = 10.0 ** X[X >= -1.3][0]
    assert settled.learning_rate < diverged
    assert settled.draws.basin().high == pytest.approx(diverged)
    assert diverged * 0.9 < settled.basin.high < diverged


@pytest.mark.parametrize(("depth", "low", "high"), [(0.0, 1e-4, 2e-3), (0.05, 0.02, 0.05)])
def test_a_dip_in_a_plateau_is_the_answer_though_the_basin_fills_the_window(depth, low, high):
    x = np.linspace(-7, 0, 29)
    log_loss = np.log(3.4) - depth * np.exp(-(((x + 1.5) / 0.4) ** 2))
    every = np.ones(len(x))
    own = tuple((0, fold) for fold in range(5))
    table = np.repeat(log_loss[:, None], 5, axis=1)
    settled = settle(
        Scores(10.0**x, own, table, 0.95 * every, 1e-3 * every, 1e-2 * every, 300), "accuracy", None, LIMITS
    )
    assert np.log10(settled.basin.high / settled.basin.low) > 5
    assert low < settled.learning_rate < high


def settled(best, target="accuracy", steep=2.0):
    table = scores(best=best, steep=steep)
    error = np.minimum(0.1 + 0.075 * steep * (X - best) ** 2, 0.9)
    return settle(replace(table, error=error), target, None, LIMITS)


def test_the_customary_rate_is_that_of_the_optimizer():
    assert {name: customary_rate(Recipe(optimizer=name)) for name in OPTIMIZERS} == {
        "sgd": 0.01, "momentum": 0.01, "nesterov": 0.01, "adagrad": 0.01,
        "adam": 0.001, "adamw": 0.001, "rmsprop": 0.001,
    }  # fmt: skip


def test_within_the_curve_it_is_read_from_the_draws():
    worth = worth_tuning(settled(-1.7), Recipe())
    assert worth.learning_rate == 0.01
    assert worth.cost == pytest.approx(7.5 * 2 * 0.3**2, rel=0.5)
    assert worth.low < worth.cost < worth.high


def test_the_best_rate_itself_costs_about_nothing():
    worth = worth_tuning(settled(-2.0), Recipe())
    assert abs(worth.cost) < 0.2
    assert worth.low <= worth.cost <= worth.high


def test_far_away_it_is_the_measured_difference_of_error_with_its_sampling():
    here = settled(-1.0, steep=20.0)
    worth = worth_tuning(here, Recipe(optimizer="adam"))
    assert here.draws.learning_rates[0] > 0.001
    assert worth.cost == pytest.approx(100 * (0.9 - 0.1), rel=0.05)
    error = 164.5 * np.sqrt((0.9 * 0.1 + 0.1 * 0.9) / 800)
    assert worth.high - worth.low == pytest.approx(2 * error, rel=0.1)
    loss = worth_tuning(settled(-1.0, "loss", steep=20.0), Recipe(optimizer="adam"))
    assert loss.cost == pytest.approx(100 * 20 * 4, rel=0.1)


def test_outside_of_what_was_tried_nothing_is_said():
    away = settle(replace(scores(), learning_rates=10.0 ** (X + 2.5)), "accuracy", None, LIMITS)
    assert worth_tuning(away, Recipe()) is None


def test_no_cost_is_told_where_the_errors_that_were_counted_are_none():
    settled = settle(scores(best=-1.4), "accuracy", None, LIMITS)
    assert settled.draws.cost_of(0.01, settled.learning_rate)[1] > 0
    flawless = replace(settled, scores=replace(settled.scores, error=np.zeros(len(settled.scores.error))))
    worth = worth_tuning(flawless, Recipe())
    assert worth.cost == 0
    assert worth.low < 0 < worth.high
