import math
from dataclasses import replace

import numpy as np
import pytest
from bench.grid_search import GridSearch
from hypothesis import given
from hypothesis import strategies as st

from etascope.core.choice import Basin
from etascope.core.errors import InputError
from etascope.core.recipe import Recipe
from etascope.experiments.scaling.record import Setting
from etascope.experiments.scaling.run import (
    HALF,
    fit_power_law,
    in_words,
    judge,
    recipes_by_batch,
    recipes_by_epochs,
    recipes_by_width,
    scaling,
)
from etascope.images.open import open_images
from etascope.training.dense.engine import DenseEngine
from tests.learn import made

SMALL = Recipe(hidden=(), epochs=1)
QUICK = GridSearch(per_decade=2)


def setting(value, rate, low=None, high=None):
    choice = made.run(learning_rate=None if rate is None else 0.018).choice
    basin = None if rate is None else Basin(low or rate / 1.5, high or rate * 1.5)
    return Setting(value, Recipe(), replace(choice, learning_rate=rate, basin=basin))


values = st.lists(st.integers(1, 512), min_size=3, max_size=6, unique=True)


@given(values, st.data())
def test_the_fit_is_that_of_polyfit(xs, data):
    rates = data.draw(st.lists(st.floats(1e-4, 1), min_size=len(xs), max_size=len(xs)))
    halves = data.draw(st.lists(st.floats(0.1, 2), min_size=len(xs), max_size=len(xs)))
    law = fit_power_law(xs, rates, halves)
    deviations = np.array(halves) / HALF
    x, y = np.log(xs), np.log(rates)
    (b, a), covariance = np.polyfit(x, y, 1, w=1 / deviations, cov="unscaled")
    chi = (((y - a - b * x) / deviations) ** 2).sum() / (len(xs) - 2)
    half = HALF * math.sqrt(covariance[0, 0] * max(chi, 1))
    assert law.exponent == pytest.approx(b, rel=1e-5, abs=1e-6)
    assert law.factor == pytest.approx(math.exp(a), rel=1e-4)
    assert law.high - law.exponent == pytest.approx(half, rel=1e-4)
    assert law.exponent - law.low == pytest.approx(half, rel=1e-4)


@given(values, st.floats(-2, 2), st.floats(1e-3, 1))
def test_a_power_law_is_found_again(xs, exponent, factor):
    law = fit_power_law(xs, [factor * x**exponent for x in xs], [0.3] * len(xs))
    assert law.exponent == pytest.approx(exponent, abs=1e-6)
    assert law.at(7) == pytest.approx(factor * 7**exponent, rel=1e-6)


def test_the_interval_covers_the_exponent_as_often_as_it_says():
    rng, hit, xs = np.random.default_rng(0), 0, np.array([1, 2, 4, 8])
    for _ in range(300):
        rates = np.exp(-0.5 * np.log(xs) + rng.normal(0, 0.4, 4))
        law = fit_power_law(xs, rates, [HALF * 0.4] * 4)
        hit += law.low <= -0.5 <= law.high
    assert 0.87 <= hit / 300 <= 0.98


def test_points_that_scatter_beyond_their_basins_widen_the_interval():
    quiet, loud = (fit_power_law([1, 2, 4, 8], rates, [0.1] * 4) for rates in ([1, 1, 1, 1], [1, 3, 1, 3]))
    assert quiet.high - quiet.low < 0.2 < loud.high - loud.low


def test_two_points_make_a_law():
    law = fit_power_law([1, 4], [0.1, 0.05], [0.2, 0.2])
    assert law.exponent == pytest.approx(-0.5)
    assert law.high - law.exponent == pytest.approx(0.2 * math.sqrt(2) / math.log(4))


def test_a_rate_outside_of_a_longer_trainings_basin_is_warned_of():
    axis = judge("epochs", [setting(5, 0.02), setting(10, 0.015), setting(20, 0.005)])
    assert axis.law.moves
    assert axis.finding.startswith("the best rate falls as epochs^-1.00 (90 %: -1.")
    assert axis.warnings == (
        "the rate chosen at 5 epochs, 0.02, lies above the basin at 20 epochs, 0.00333 .. 0.0075; "
        "a training that short is too short to choose by",
    )


def test_the_same_rate_everywhere_is_no_movement_and_no_warning():
    axis = judge("width", [setting(64, 0.02), setting(128, 0.02)])
    assert axis.finding == "no movement with width that can be told from none: width^0.00 (90 %: -0.83 .. 0.83)"
    assert axis.warnings == ()


def test_a_setting_without_an_answer_is_said_and_left_out_of_the_fit():
    axis = judge("batch size", [setting(8, None), setting(16, 0.02), setting(32, 0.08)])
    assert axis.law.exponent == pytest.approx(2)
    assert axis.warnings[0] == "at batch size 8 the best rate cannot be told yet"
    assert "batch size 16, 0.02, lies below the basin at batch size 32" in axis.warnings[1]
    assert judge("epochs", [setting(1, None), setting(2, 0.02)]).law is None
    assert in_words("epochs", None).startswith("fewer than two answers")


def test_a_basin_of_one_rate_does_not_claim_certainty():
    axis = judge("epochs", [setting(1, 0.02, 0.02, 0.02), setting(2, 0.02, 0.02, 0.02)])
    assert axis.law.high - axis.law.low == pytest.approx(2 * math.log(10) / 16 * math.sqrt(2) / math.log(2))


def test_recipes_along_each_axis():
    recipe = Recipe(hidden=(64, 32), epochs=3)
    assert {v: r.epochs for v, r in recipes_by_epochs(recipe, [4, 1]).items()} == {12: 12, 3: 3}
    assert {v: r.batch_size for v, r in recipes_by_batch(recipe, [8]).items()} == {8: 8}
    assert {v: r.hidden for v, r in recipes_by_width(recipe, [128, 1]).items()} == {128: (128, 64), 1: (1, 1)}


@pytest.mark.parametrize(
    ("make", "given", "sentence"),
    [
        (recipes_by_epochs, [1, 0], "a multiple of the epochs must be a whole number of at least 1; found 0"),
        (recipes_by_batch, [-8], "a batch size must be .* found -8. Try batch_sizes="),
        (recipes_by_width, [0], "a width must be .* found 0. Try widths="),
        (recipes_by_width, [64], r"first hidden layer; found hidden=\(\). Leave widths out."),
    ],
)
def test_bad_input_is_a_sentence(make, given, sentence):
    with pytest.raises(InputError, match=sentence):
        make(SMALL, given)


@pytest.fixture(scope="module")
def dataset():
    return open_images("digits")


def test_a_real_scaling_over_two_axes_trains_no_recipe_twice(dataset):
    stages = []
    run = scaling(
        dataset, recipe=SMALL, times=(2, 1), batch_sizes=(16, 64), method=QUICK, engine=DenseEngine(1),
        progress=lambda event: stages.append(event.stage),
    )  # fmt: skip
    epochs, batch = run.axes
    assert [s.value for s in epochs.settings] == [1, 2]
    assert [s.value for s in batch.settings] == [16, 64]
    assert batch.settings[0].choice is epochs.settings[0].choice
    assert batch.settings[1].choice.learning_rate > batch.settings[0].choice.learning_rate
    assert run.answered
    assert run.data.development == 800
    assert stages[0] == "epochs 1, round 1"
    assert "batch size 16, round 1" not in stages


def test_the_choice_is_that_of_the_search_and_the_epochs_are_the_default_axis(dataset):
    run = scaling(dataset, recipe=SMALL, method=QUICK, engine=DenseEngine(1))
    assert [[s.value for s in axis.settings] for axis in run.axes] == [[1, 2, 4]]
    from etascope.workbench import pick

    assert (
        run.axes[0].settings[0].choice.learning_rate == pick(dataset, recipe=SMALL, method=QUICK).choice.learning_rate
    )


def test_a_scaling_without_any_answer_says_so(dataset):
    run = scaling(dataset, recipe=SMALL, times=(1, 2), method=GridSearch(low=1e-9, high=2e-9), engine=DenseEngine(1))
    assert not run.answered
    assert len(run.axes[0].warnings) == 2
