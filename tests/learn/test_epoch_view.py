import math

import numpy as np
import pytest

from etascope.learn.epoch_view import look


def see(train, valid=None, batches=(), steps=1):
    train = np.array(train, float)
    batches = np.array(batches if len(batches) else train, float)
    return look(train, None if valid is None else np.array(valid), np.full(len(train), 0.5), 10, batches, steps)


def test_changes_are_relative_to_the_epoch_before():
    first, second, third = see([2.0, 1.0, 1.5])
    assert math.isnan(first.change)
    assert (second.drop, second.change) == (1.0, -0.5)
    assert (third.drop, third.change, third.earlier_change) == (-0.5, 0.5, -0.5)


def test_movements_too_small_in_nats_are_none():
    _, second = see([0.004, 0.001])
    assert second.change == 0
    assert second.exact_change == pytest.approx(-0.75)


def test_the_largest_fall_leaves_out_falls_from_above_a_blind_guess():
    assert [v.best_drop for v in see([5.0, 2.0, 1.5, 1.4])] == pytest.approx([0, 0, 0.5, 0.5])


def test_the_lowest_validation_loss_is_remembered_with_its_epoch():
    views = see([1.0, 0.9, 0.8], valid=[0.5, 0.4, 0.6])
    assert [(v.lowest_valid, v.lowest_epoch) for v in views] == [(0.5, 1), (0.4, 2), (0.4, 2)]
    assert views[2].valid_rise == pytest.approx(0.5)
    assert math.isnan(see([1.0])[0].valid_rise)


def test_within_an_epoch_the_first_batch_and_the_last_quarter_are_compared():
    (view,) = see([1.0], batches=[2.0, 9.0, 9.0, 9.0, 9.0, 9.0, 0.5, 1.5], steps=8)
    assert (view.first_batch, view.last_quarter, view.change_inside) == (2.0, 1.0, -0.5)
    assert view.spikes == pytest.approx(5 / 8)


def test_the_broken_step_is_counted_within_its_epoch():
    first, second, third = see(
        [1.0, math.nan, math.nan], batches=[1, 1, 1, 1, math.inf, math.nan, *[math.nan] * 3], steps=3
    )
    assert (first.broken_at, first.diverged_in) == (0, 0)
    assert (second.broken_at, second.diverged_in, second.steps) == (2, 2, 3)
    assert third.diverged_in == 2
