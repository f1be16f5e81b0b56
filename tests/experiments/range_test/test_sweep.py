import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etascope.core.data import NO_FOLD, Split
from etascope.core.errors import InputError
from etascope.core.recipe import Recipe
from etascope.experiments.range_test.sweep import (
    SPACINGS,
    Sweep,
    corrected_average,
    plain_average,
    run_range_test,
    until_diverged,
)
from tests.selection.closed_form import BLIND, ClosedForm, flat, task


class Recorded:
    """An engine whose losses are known in closed form, two steps an epoch, with what it was asked for."""

    def __init__(self, known):
        self.known, self.plans, self.recipes = known, [], []

    def train(self, split, recipe, plan, progress):
        self.plans.append(plan)
        self.recipes.append(recipe)
        return self.known.train(task(epochs=plan.steps // 2), plan)


def run(sweep, known, seed=0):
    engine, rows = Recorded(known), np.arange(32)
    split = Split(rows, rows % 2, np.full(32, NO_FOLD), rows[:0], rows[:0], rows, rows[:0], ("a", "b"))
    return run_range_test(engine, split, Recipe(epochs=5, seed=seed), sweep), engine


@given(st.floats(1e-9, 1e-2), st.floats(1.5, 1e6), st.integers(2, 200))
def test_a_row_climbs_by_equal_factors_from_end_to_end(low, times, steps):
    row = Sweep(low, low * times, steps).stated(9)
    assert len(row) == steps
    assert row[[0, -1]].tolist() == pytest.approx([low, low * times])
    np.testing.assert_allclose(np.diff(np.log(row)), np.log(times) / (steps - 1), rtol=1e-6)


def test_where_the_steps_stand_between_the_ends():
    shares = {
        spacing: np.log10(Sweep(1.0, 10.0, 4, spacing).stated(9)).round(9).tolist() for spacing in SPACINGS
    }  # fmt: skip
    assert shares == {
        "to the end": [0, 0.333333333, 0.666666667, 1],
        "short of the end": [0, 0.25, 0.5, 0.75],
        "lightning": [0, 0.5, 0.75, 1],
        "ignite": [0.25, 0.5, 0.75, 1],
    }


@pytest.mark.parametrize("spacing", SPACINGS)
def test_only_ignite_trains_with_another_rate_than_it_tells(spacing):
    sweep = Sweep(1.0, 10.0, 4, spacing)
    same = np.array_equal(sweep.stated(9), sweep.trained(9))
    assert same is (spacing != "ignite")
    if not same:
        assert np.log10(sweep.trained(9)).round(9).tolist() == [0.25, 0.25, 0.5, 0.75]


def test_a_sweep_without_a_length_is_as_long_as_the_training():
    assert len(Sweep(steps=None).stated(250)) == 250
    assert len(Sweep(steps=30).stated(250)) == 30


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"low": 1.0, "high": 1.0}, "from a low to a higher learning rate; found 1 and 1"),
        ({"low": 0.0}, "finite number above 0; found 0"),
        ({"high": float("inf")}, "finite number above 0; found inf"),
        ({"steps": 1}, "needs 2 to 1,000,000 steps; found 1"),
        ({"spacing": "lightening"}, "Did you mean 'lightning'"),
    ],
)
def test_a_sweep_that_does_not_climb_is_refused(fields, message):
    with pytest.raises(InputError, match=message):
        Sweep(**fields)


def test_the_test_is_a_plan_of_one_climbing_row():
    test, engine = run(Sweep(1e-3, 1.0, 10), ClosedForm(flat(BLIND)), seed=7)
    (plan,) = engine.plans
    assert plan.rates.shape == (1, 10)
    assert (plan.seeds.tolist(), plan.folds.tolist()) == ([7], [NO_FOLD])
    np.testing.assert_allclose(plan.rates[0], np.geomspace(1e-3, 1.0, 10))
    np.testing.assert_array_equal(test.learning_rates, plan.rates[0])
    assert test.losses.dtype == np.float64
    assert (test.losses.shape, test.seed, test.steps_per_epoch, test.diverged_at) == ((10,), 7, 2, -1)


@pytest.mark.parametrize(("steps", "epochs"), [(4, 5), (10, 5), (12, 6), (None, 5)])
def test_a_sweep_that_is_longer_than_the_training_gets_more_epochs(steps, epochs):
    test, engine = run(Sweep(steps=steps), ClosedForm(flat(BLIND)))
    assert [recipe.epochs for recipe in engine.recipes] == [epochs]
    assert len(test.losses) == (steps or 10)


def test_losses_after_divergence_are_nan():
    test, _ = run(Sweep(1e-3, 1.0, 10), ClosedForm(flat(BLIND), wall=-1.0))
    assert np.isnan(test.losses).all()
    assert test.diverged_at == 0


def test_ignites_rates_are_told_one_step_ahead():
    test, engine = run(Sweep(1e-3, 1.0, 10, "ignite"), ClosedForm(flat(BLIND)))
    np.testing.assert_allclose(test.learning_rates[:-1], engine.plans[0].rates[0, 1:])


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
