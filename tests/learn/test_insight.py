import math
import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etascope.core.choice import Basin, Curve
from etascope.core.numbers import rate
from etascope.core.trace import Evaluation
from etascope.learn.insight import choice_insight, trace_insight
from tests.learn import made

BLIND = math.log(10)

TEST = Evaluation(0.865, 0.5)


def insight_of(losses, learning_rate=0.01, evaluation=TEST):
    return trace_insight(
        learning_rate, made.epochs(losses, step_loss=made.batches([1.0] * len(losses))), evaluation, BLIND, 200
    )


def test_a_healthy_training_is_told_with_its_numbers_and_the_noise_of_the_test():
    assert insight_of(made.HEALTHY) == (
        "At a learning rate of 0.01 the training loss fell from 1.90 nats in epoch 1 to 0.28 in epoch 5.",
        "The last epoch still took off 23 % of the loss: it had not reached its floor.",
        "On 200 test images 86.5 % were right; with that many, luck alone moves the number by 4.7 points either way.",
    )


@pytest.mark.parametrize(
    ("losses", "words"),
    [
        ((2.30, 2.29, 2.28), "the steps are probably too small; try ten times the rate, 0.1"),
        ((2.12, 1.98, 2.50, 2.20, 2.11), "2.50 at its highest and 2.11 at the end: the steps are probably too large"),
        ((4.21, 2.76, 2.70), "too large; try a tenth, 0.001"),
        ((1.78, 1.59, 1.75, 1.63), "It rose once from one epoch to the next"),
        ((2.26, 2.15, 2.02, 1.86, 1.68), "No epoch won more than the last one, 0.18 nats"),
        ((1.0, 0.5, 0.49), "changed the loss by only 2 %"),
        ((1.9,), "one epoch shows that it learns"),
        ((2.3,), "after a single epoch"),
    ],
)
def test_the_meaning_follows_the_curve(losses, words):
    assert words in insight_of(losses)[1]


def test_a_rise_within_the_noise_of_an_epoch_is_not_held_against_the_rate():
    assert "rose" not in insight_of((1.0, 0.5, 0.505))[1]
    assert "rose once" in insight_of((1.0, 0.5, 0.515))[1]


def test_a_diverged_training_names_the_epoch_and_the_next_rate():
    first, second = insight_of((2.0, math.nan, math.nan), 3.0, None)
    assert "stopped being a finite number in epoch 2 of 3" in first
    assert "0.3, is the next to try" in second


def test_a_choice_tells_the_price_of_a_tenth_and_of_ten_times():
    table = {0.001: (1.80, 0.62), 0.01: (0.45, 0.87), 0.02: (0.5, 0.87), 0.1: (0.80, 0.82)}
    prices, basin, test = choice_insight(made.choice(table, 0.01, (0.01, 0.02)), TEST, BLIND, 200)
    assert prices == (
        "On the validation images, about a tenth of the rate (0.001) costs 1.35 nats of loss and 25.0 points of "
        "accuracy; about ten times the rate (0.1) costs 0.35 nats of loss and 5.0 points of accuracy."
    )
    assert "From 0.01 to 0.02, a factor of 2," in basin
    assert "4.7 points" in test


def test_divergence_and_missing_neighbours_are_told_as_such():
    table = {0.01: (0.45, 0.87), 0.1: (math.inf, math.nan)}
    prices, basin = choice_insight(made.choice(table, 0.01, (0.01, 0.01)), None, BLIND, 200)
    assert prices == "On the validation images, nothing lower was tried; about ten times the rate (0.1) diverged."
    assert "Every other rate" in basin


def test_losses_and_accuracies_that_disagree_are_both_told():
    table = {0.001: (1.8, 0.95), 0.01: (0.4, 0.9)}
    assert (
        "costs 1.40 nats of loss and wins 5.0 points of accuracy"
        in choice_insight(made.choice(table, 0.01), None, BLIND)[0]
    )


def test_the_outermost_rate_stands_in_where_none_is_near():
    prices = choice_insight(made.choice({0.001: (1.8, 0.6), 0.018: (0.4, 0.9)}), None, BLIND)[0]
    assert "the lowest rate tried (0.001) costs 1.40 nats" in prices
    assert "nothing higher was tried" in prices


def test_the_test_is_left_out_where_its_noise_cannot_be_told():
    assert not any("right" in s for s in choice_insight(made.choice(), TEST, BLIND))


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({0.1: (2.4, 0.1), 1.0: (2.9, 0.1)}, ("2.40 nats, at 0.1", "0.10 above knowing nothing")),
        ({0.1: (math.inf, math.nan)}, ("nothing to choose from", "even that would have been better")),
    ],
)
def test_no_recommendation_says_how_far_it_got(table, words):
    said = choice_insight(made.choice(table, None), None, BLIND)
    assert len(said) == 2
    for sentence, part in zip(said, words, strict=True):
        assert part in sentence


@given(
    losses=st.lists(st.one_of(st.floats(0, 100), st.just(math.nan)), min_size=1, max_size=6),
    accuracy=st.floats(0, 1),
    learning_rate=st.floats(1e-6, 100),
)
def test_any_training_gets_two_or_three_plain_sentences(losses, accuracy, learning_rate):
    bad = next((i for i, x in enumerate(losses) if math.isnan(x)), len(losses))
    losses = losses[:bad] + [math.nan] * (len(losses) - bad)
    evaluation = Evaluation(accuracy, 1.0) if bad == len(losses) else None
    said = insight_of(losses, learning_rate, evaluation)
    assert 2 <= len(said) <= 3
    assert all(s.isascii() and s.endswith(".") and "nan" not in s for s in said)


def test_under_halving_prices_come_from_the_curve():
    rates = np.geomspace(0.01, 1, 21)
    lost = 3 * np.log10(rates / 0.1) ** 2
    curve = Curve(rates, lost, lost - 1, lost + 1, "points")
    dear = replace(made.choice(), learning_rate=0.1, basin=Basin(0.05, 0.2), regime="dear", curve=curve)
    price = choice_insight(dear, None, BLIND)[0]
    expected = 3 * np.log10(2.5) ** 2
    assert price == (
        f"By the curve through the trials, 0.04, 2.5 times lower, would lose about {expected:.1f} points of accuracy; "
        f"0.25, 2.5 times higher, would lose about {expected:.1f} points of accuracy."
    )
    assert "stopped early" in choice_insight(replace(dear, curve=None), None, BLIND)[0]
    narrow = replace(dear, learning_rate=0.02)
    assert "lower" not in choice_insight(narrow, None, BLIND)[0]


def test_a_single_rate_is_not_said_to_beat_any_other():
    prices = choice_insight(made.choice({0.02: (0.4, 0.9)}, 0.02, (0.02, 0.02)), None, BLIND)
    assert prices == ("0.02 was the only learning rate tried, so nothing is known of any other.",)


def test_a_recommended_rate_between_rates_tried_names_the_one_it_is_measured_by():
    table = {0.001: (1.80, 0.62), 0.01: (0.45, 0.87), 0.1: (0.80, 0.82)}
    between = choice_insight(made.choice(table, 0.011, (0.01, 0.02)), None, BLIND)[0]
    assert between.startswith("On the validation images, against 0.01, the nearest rate tried, about a tenth")


@st.composite
def choices(draw):
    """Choices of both kinds, with a basin anywhere about the rate and a price anywhere on the curve."""
    chosen = draw(st.floats(1e-4, 1))
    basin = Basin(chosen / draw(st.floats(1, 30)), chosen * draw(st.floats(1, 30)))
    tried = draw(st.lists(st.floats(0.05, 20), min_size=1, max_size=8, unique=True))
    table = {chosen * factor: (draw(st.floats(0.01, 3)), draw(st.floats(0, 1))) for factor in (1.0, *tried)}
    rates = np.geomspace(chosen / 40, chosen * 40, 41)
    lost = draw(st.floats(0, 30)) * np.abs(np.log10(rates / chosen))
    curve = draw(st.none() | st.just(Curve(rates, lost, lost / 2, lost * 2, draw(st.sampled_from(["points", "%"])))))
    regime = draw(st.sampled_from(["dear", "cheap"]))
    return replace(made.choice(table, chosen), learning_rate=chosen, basin=basin, regime=regime, curve=curve)


@given(choices())
def test_no_rate_in_the_basin_is_said_to_cost_anything_without_that_it_cannot_be_told_apart(choice):
    low, high = (float(rate(end)) for end in (choice.basin.low, choice.basin.high))
    for sentence in choice_insight(choice, TEST, BLIND, 200)[:1]:
        for part in sentence.split(";"):
            priced = re.search(r"([0-9.e+-]+), 2.5 times|\(([0-9.e+-]+)\) (?:costs|wins)", part)
            if priced is not None:
                inside = low <= float(priced[1] or priced[2]) <= high
                assert inside == ("and yet cannot be told apart" in part), part


def test_a_rate_in_the_basin_is_told_with_both_of_its_sides():
    table = {0.001: (1.80, 0.62), 0.01: (0.45, 0.87), 0.1: (0.80, 0.82)}
    prices = choice_insight(made.choice(table, 0.01, (0.001, 0.05)), None, BLIND)[0]
    assert "25.0 points of accuracy, and yet cannot be told apart; about ten times" in prices
    assert prices.endswith("5.0 points of accuracy.")


@pytest.mark.parametrize(
    ("losses", "start", "words"),
    [
        # Still falling by what the table of epochs calls falling: more epochs are no waste.
        ((0.69, 0.68, 0.55, 0.51), 0.69, "The last epoch still took off 7 % of the loss"),
        ((2.0, 1.0, 0.9, 0.87), 2.3, "more epochs would bring little"),
        # What is no more than 2 % is a rise, too, where others are clear.
        ((1.2, 1.25, 1.1, 1.105, 1.0, 1.01), 2.3, "It rose 3 times"),
        # An untrained model that starts above a blind guess was not thrown there.
        ((2.52, 2.48, 2.46), 2.55, "the steps are probably too small; try ten times the rate, 0.1"),
        ((2.52, 2.48, 2.46), 2.30, "the steps are probably too large; try a tenth, 0.001"),
        # Nothing tells the classes apart: the rate alone need not be at fault.
        ((2.30, 2.36, 2.31), 2.30, "may be too large, or nothing may tell these images' classes apart"),
        ((2.30, 2.31, 2.30), 2.30, "though it never rose clearly"),
    ],
)
def test_the_meaning_agrees_with_the_table_of_epochs(losses, start, words):
    lines = made.epochs(losses, step_loss=made.batches([1.0] * len(losses)))
    assert words in trace_insight(0.01, lines, TEST, BLIND, 200, start)[1]


@given(st.lists(st.floats(0.01, 2.0), min_size=2, max_size=8))
def test_no_insight_contradicts_the_last_row_of_the_table(losses):
    lines = made.epochs(losses, step_loss=made.batches([1.0] * len(losses)))
    meaning = trace_insight(0.01, lines, TEST, BLIND, 200, 2.3)[1]
    if "more epochs would bring little" in meaning:
        assert not re.search("falling|rising|bouncing", lines[-1].observation)
    match = re.search(r"It rose (once|(\d+) times)", meaning)
    rows = sum(", up " in line.observation or " after going down" in line.observation for line in lines)
    assert match is None or int(match[2] or 1) >= rows


def test_a_loss_that_ends_where_it_began_did_not_fall():
    assert insight_of((1.102, 1.3, 1.101))[0] == (
        "At a learning rate of 0.01 the training loss ended where it began: 1.10 nats in epoch 1 and in epoch 3."
    )
    assert "1 test image 86.5" in trace_insight(0.01, made.epochs((1.0, 0.5)), TEST, BLIND, 1)[-1]
