import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etascope.learn.observations import (
    ABOVE_BLIND,
    CONVERGING,
    FAST,
    LEARNED,
    NEAR_BLIND,
    OVERFITTING,
    RULES,
    SPIKE,
    SPIKES,
    STILL,
    STILL_NATS,
    look,
    match,
    observe,
)


def see(train, valid=None, batches=(), steps=1):
    train = np.array(train, float)
    batches = np.array(batches if len(batches) else train, float)
    return look(train, None if valid is None else np.array(valid), np.full(len(train), 0.5), BLIND, batches, steps)


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


BLIND = math.log(10)
NAN = math.nan
BIT = 1e-6


def views(losses, valid=None, batches=None):
    """Each epoch's batches equal its mean loss, unless given."""
    losses = np.array(losses, float)
    batches = np.repeat(losses, 50) if batches is None else np.array(batches, float)
    return look(
        losses,
        None if valid is None else np.array(valid, float),
        np.full(len(losses), 0.5),
        BLIND,
        batches,
        len(batches) // len(losses),
    )


def last_rule(losses, valid=None, batches=None):
    return match(views(losses, valid, batches)[-1]).name


def last_sentence(losses, valid=None, batches=None):
    view = views(losses, valid, batches)[-1]
    return match(view).sentence(view)


def first_epoch(start, end, mean=1.0):
    """One epoch of 100 batches: the first at `start`, the last quarter at `end`."""
    return [mean], None, [start] + [mean] * 74 + [end] * 25


THRESHOLDS = [
    # rule, arguments that meet it, arguments just short of it
    ("diverged", ([1.0, NAN],), ([1.0, 1.0],)),
    ("diverged before", ([NAN, NAN],), ([1.0, NAN],)),
    ("above the blind guess", ([1.0, (ABOVE_BLIND + BIT) * BLIND],), ([1.0, (ABOVE_BLIND - BIT) * BLIND],)),
    (
        "bouncing between epochs",
        ([1.0, 0.5, 0.5 * (1 + STILL) + BIT],),
        ([1.0, 0.5, 0.5 * (1 + STILL) - BIT],),
    ),
    ("bouncing between epochs", ([1.0, 1 + STILL + BIT, 0.5],), ([1.0, 1 + STILL - BIT, 0.5],)),
    ("bouncing between epochs", ([1.0, 0.5, 0.6],), ([1.0, 1.2, 1.4],)),
    (
        "bouncing between batches",
        ([1.0], None, [(SPIKE + BIT) * BLIND] * round(100 * SPIKES) + [1.0] * (100 - round(100 * SPIKES))),
        ([1.0], None, [(SPIKE + BIT) * BLIND] * (round(100 * SPIKES) - 1) + [1.0] * (101 - round(100 * SPIKES))),
    ),
    (
        "bouncing between batches",
        ([1.0], None, [(SPIKE + BIT) * BLIND] * 10 + [1.0] * 90),
        ([1.0], None, [(SPIKE - BIT) * BLIND] * 10 + [1.0] * 90),
    ),
    ("high loss at the start", ([(NEAR_BLIND + BIT) * BLIND],), ([(NEAR_BLIND - BIT) * BLIND],)),
    ("falling fast at the start", first_epoch(2.0, 2 * (1 - FAST - BIT)), first_epoch(2.0, 2 * (1 - FAST + BIT))),
    ("falling slowly at the start", first_epoch(1.0, 1 - BIT), first_epoch(1.0, 1 + BIT)),
    ("not falling at the start", first_epoch(1.0, 1.0), first_epoch(1.0, 1 - BIT)),
    ("rising", ([1.0, 1 + STILL + BIT],), ([1.0, 1 + STILL - BIT],)),
    ("overfitting", ([1.0, 0.5], [1.0, 1 + OVERFITTING + BIT]), ([1.0, 0.5], [1.0, 1 + OVERFITTING - BIT])),
    ("overfitting", ([1.0, 0.999], [1.0, 1.2]), ([1.0, 1.001], [1.0, 1.2])),
    (
        "overfitting",
        ([2.0, (LEARNED - BIT) * BLIND], [1.0, 1.2]),
        ([2.0, (LEARNED + BIT) * BLIND], [1.0, 1.2]),
    ),
    ("high loss", ([2.3, (NEAR_BLIND + BIT) * BLIND],), ([2.3, (NEAR_BLIND - BIT) * BLIND],)),
    ("plateau", ([1.0, 1 - STILL + BIT],), ([1.0, 1 - STILL - BIT],)),
    ("plateau", ([1.0, 1 + STILL - BIT],), ([1.0, 1 + STILL + BIT],)),
    ("plateau", ([0.01, 0.01 - STILL_NATS * BLIND + BIT],), ([0.01, 0.01 - STILL_NATS * BLIND - BIT],)),
    (
        "converging",
        ([2.0, 1.0, 1 - CONVERGING + BIT],),
        ([2.0, 1.0, 1 - CONVERGING - BIT],),
    ),
    ("falling fast", ([1.0, 1 - FAST - BIT],), ([1.0, 1 - FAST + BIT],)),
    ("falling slowly", ([1.0, 1 - STILL - BIT],), ([1.0, 1 - FAST - BIT],)),
]


@pytest.mark.parametrize(("name", "met", "missed"), THRESHOLDS)
def test_each_rule_on_both_sides_of_its_threshold(name, met, missed):
    assert last_rule(*met) == name
    assert last_rule(*missed) != name


def test_every_rule_is_tested_on_both_sides():
    assert {rule.name for rule in RULES} == {name for name, _, _ in THRESHOLDS}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (([1.21, 0.62],), "loss 1.21 -> 0.62, down 49 %: falling fast"),
        (([1.0, 0.95],), "loss 1.00 -> 0.95, down 5 %: falling slowly"),
        (([1.0, 1.001],), "loss 1.00 -> 1.00, up 0.1 %: plateau"),
        (([1.0, 1.0],), "loss 1.00 -> 1.00, unchanged: plateau"),
        (([0.01, 0.5],), "loss 0.01 -> 0.50, up 50-fold: rising"),
        (([1.0, 0.5, 0.6],), "loss 0.50 -> 0.60, up 20 % after going down 50 %: bouncing"),
        (
            ([2.0, 1.0, 0.96],),
            "loss 1.00 -> 0.96, only 0.04 less where an earlier epoch won 1.00: converging",
        ),
        (
            ([0.5, 0.4, 0.3], [0.5, 0.4, 0.6]),
            "overfitting: training loss falls to 0.30 while validation is at 0.60, up 50 % from its lowest in epoch 2",
        ),
        (([2.3],), "high loss at the start: 2.30, close to the blind guess of 2.30; unchanged within the epoch"),
        (([2.3, 2.2],), "loss 2.30 -> 2.20, down 4 %: still a high loss, close to the blind guess of 2.30"),
        (([4.2],), "loss 4.20: above the blind guess of 2.30, worse than knowing nothing"),
        (([2.0, 4.0],), "loss 2.00 -> 4.00, up 100 %: above the blind guess of 2.30, worse than knowing nothing"),
        (
            first_epoch(2.3, 0.8, 1.4),
            "loss 2.30 in the first batch, 0.80 over the last quarter (mean 1.40, 50 % right): "
            "falling fast within the epoch",
        ),
        (
            ([NAN], None, [2.3, 900.0, NAN, NAN]),
            "diverged: the loss stopped being a finite number at step 3 of 4",
        ),
        (([math.inf, NAN],), "diverged in epoch 1: not trained any further"),
        (
            ([1.8], None, [1.0] * 18 + [3.0] * 2),
            "bouncing: mean loss 1.80, yet 10 % of the batches shot above 2.88 (a blind guess: 2.30)",
        ),
    ],
)
def test_the_sentence_cites_the_number_that_shows_it(arguments, sentence):
    assert last_sentence(*arguments) == sentence


def test_a_fall_from_above_the_blind_guess_does_not_make_the_next_one_look_small():
    assert last_rule([6.0, 2.0, 1.8]) == "falling slowly"


def test_the_default_recipe_reads_as_a_healthy_training():
    loss = np.array([1.896, 0.848, 0.508, 0.369, 0.284])
    steps = np.concatenate([np.linspace(2.3, 1.43, 50), np.repeat(loss[1:], 50)])
    said = observe(look(loss, None, np.array([0.45, 0.77, 0.86, 0.9, 0.93]), BLIND, steps, 50))
    endings = ["falling fast within the epoch", "falling fast", "falling fast", "falling fast", "converging"]
    assert [s.rsplit(": ", 1)[1] for s in said] == endings


VALID = st.one_of(st.floats(0, 1e6), st.sampled_from([NAN, 0.0, BLIND]))
LOSSES = st.one_of(VALID, st.just(math.inf))


@given(
    curve=st.lists(st.tuples(LOSSES, VALID), min_size=1, max_size=6),
    steps=st.integers(1, 5),
    n_classes=st.integers(2, 1000),
    data=st.data(),
)
def test_any_curve_gets_one_plain_sentence_an_epoch(curve, steps, n_classes, data):
    train = np.array([c[0] for c in curve])
    n = len(curve) * steps
    batches = np.array(data.draw(st.lists(LOSSES, min_size=n, max_size=n)))
    said = observe(
        look(train, np.array([c[1] for c in curve]), np.zeros(len(curve)), math.log(n_classes), batches, steps)
    )
    assert len(said) == len(curve)
    first_bad = next((i for i, x in enumerate(train) if not math.isfinite(x)), len(train))
    for i, sentence in enumerate(said):
        assert ("diverged" in sentence) == (i >= first_bad)
        assert sentence.isascii()
        assert re.search(r"\d", sentence) or "diverged" in sentence
        assert "nan" not in sentence
        assert "inf" not in sentence.replace("finite", "")


def test_validation_that_falls_again_is_not_said_to_have_risen():
    sentence = last_sentence([0.9, 0.5, 0.45, 0.4], [0.6, 0.5, 0.59, 0.56])
    assert "while validation is at 0.56, up 12 % from its lowest in epoch 2" in sentence


def test_classes_of_unequal_shares_are_judged_by_what_a_guess_that_knows_them_has():
    loss, steps = np.array([0.3, 0.19]), np.array([0.69, 0.4, 0.2, 0.18, 0.2, 0.19, 0.19, 0.18])
    first, second = observe(look(loss, None, np.array([0.9, 0.95]), 0.2, steps, 4, math.log(2)))
    assert "close to the blind guess of 0.20" in first
    assert second == "loss 0.30 -> 0.19, down 37 %: still a high loss, close to the blind guess of 0.20"
