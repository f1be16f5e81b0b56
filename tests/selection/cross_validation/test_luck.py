import numpy as np
import pytest

from etascope.selection.cross_validation.luck import TYPICAL, expected_luck
from etascope.selection.scores import Scores


def scores(log_loss, seeds=1):
    count, units = log_loss.shape
    own = tuple((seed, fold) for seed in range(seeds) for fold in range(units // seeds))
    zero = np.zeros(count)
    return Scores(np.logspace(-3, -1, count), own, log_loss, zero + 0.1, zero, zero, 800)


def noisy(noise, rates=12, units=5, seed=0):
    generator = np.random.default_rng(seed)
    residual = generator.normal(size=(rates, units))
    log_loss = -1 + 0.02 * (np.arange(rates)[:, None] - 6) ** 2 / 6 + noise * residual
    return scores(log_loss), 0.85 - 0.1 * noise * residual


def test_without_noise_there_is_no_luck():
    luck = expected_luck(*noisy(0.0), shown=0.85)
    assert (luck.expected, luck.spread, luck.shown, luck.fresh) == (0.0, 0.0, 0.85, None)


def test_luck_grows_with_noise_and_is_the_accuracy_that_noise_brought():
    little, much = (expected_luck(*noisy(noise), shown=0.85) for noise in (0.1, 0.5))
    assert 0 < little.expected < much.expected
    assert little.spread < much.spread
    assert expected_luck(*noisy(0.1), shown=0.85) == little


def test_where_accuracy_does_not_follow_the_score_no_luck_is_expected():
    table, _ = noisy(0.3)
    other = 0.85 + 0.03 * np.random.default_rng(5).normal(size=table.log_loss.shape)
    lucky = expected_luck(*noisy(0.3), shown=0.85).expected
    assert expected_luck(table, other, 0.85).expected < lucky
    assert expected_luck(table, np.full(table.log_loss.shape, 0.85), 0.85).expected == pytest.approx(0.0, abs=1e-12)


def test_one_unit_has_what_is_typical_and_one_rate_no_luck():
    assert expected_luck(scores(np.zeros((5, 1))), np.zeros((5, 1)), 0.9).expected == TYPICAL
    assert expected_luck(scores(np.zeros((1, 5))), np.zeros((1, 5)), 0.9).expected == 0.0


def test_rates_that_were_not_tried_on_all_units_and_diverged_ones_do_no_harm():
    table, accuracy = noisy(0.3)
    log_loss = np.vstack([table.log_loss, np.full(5, np.nan), np.full(5, np.log(10))])
    log_loss[-2, 0] = -2.0
    luck = expected_luck(scores(log_loss), np.vstack([accuracy, accuracy[:1] * np.nan, accuracy[:1] * np.nan]), 0.85)
    assert luck.expected == pytest.approx(expected_luck(table, accuracy, 0.85).expected, abs=0.3)
    assert np.isfinite(luck.spread)


def test_one_fresh_seed_against_several_spreads_more_than_the_mean_of_all():
    log_loss, accuracy = noisy(0.3, units=6)
    one = expected_luck(log_loss, accuracy, 0.85)
    three = expected_luck(scores(log_loss.log_loss, seeds=3), accuracy, 0.85)
    assert three.spread == pytest.approx(one.spread * np.sqrt(2))
