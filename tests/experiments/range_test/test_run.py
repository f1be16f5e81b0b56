import numpy as np
import pytest

import etascope
from etascope import InputError, Recipe
from etascope.experiments.range_test.record import following
from etascope.experiments.range_test.rules import RULES
from etascope.experiments.range_test.run import range_test

SMALL = Recipe(hidden=(), epochs=1)


@pytest.fixture(scope="module")
def digits():
    return etascope.open_images("digits")


@pytest.fixture(scope="module")
def run(digits):
    return range_test(digits, recipe=SMALL)


def test_every_rule_reads_one_climbing_training(run):
    assert [s.rule for s in run.suggestions] == [rule.name for rule in RULES]
    assert run.test.learning_rates[[0, -1]].tolist() == pytest.approx([1e-7, 10])
    assert run.test.losses.shape == (100,)
    assert np.isfinite(run.test.losses[:50]).all()
    assert [s.learning_rate for s in run.suggestions] == [
        rule.suggest(run.test.learning_rates, run.test.losses) for rule in RULES
    ]


def test_a_test_may_be_longer_than_the_training(run):
    assert run.test.steps_per_epoch == 50
    assert run.cost == 2


def test_the_truth_beside_is_that_of_pick(digits, run):
    assert run.measured.choice.learning_rate == etascope.pick(digits, recipe=SMALL).choice.learning_rate
    assert all(following(run.measured.choice, s.learning_rate).loss >= 0 for s in run.suggestions if s.learning_rate)


def test_the_first_step_sees_the_loss_of_the_initial_weights(digits, run):
    again = range_test(digits, recipe=SMALL, low=1e-3, high=1.0, steps=20, measure=False)
    assert again.test.losses[0] == pytest.approx(run.test.losses[0], rel=1e-5)
    assert again.measured is None


def test_own_sweeps_differ_from_the_drawn_one(digits, run):
    own = range_test(digits, recipe=SMALL, own_sweeps=True, measure=False)
    np.testing.assert_array_equal(own.test.losses, run.test.losses)
    rates = {s.rule: s.learning_rate for s in own.suggestions}
    assert rates["Lightning lr_find"] <= 1
    assert rates["torch-lr-finder steepest"] == run.suggestions[4].learning_rate
    assert rates["fastai minimum"] != run.suggestions[2].learning_rate
    assert own.cost > run.cost


def test_a_path_to_nothing_is_refused():
    with pytest.raises(InputError, match="no-such"):
        range_test("no-such-folder", measure=False)


def test_a_test_that_does_not_climb_is_refused(digits):
    with pytest.raises(InputError, match="climbs from a low"):
        range_test(digits, low=1.0, high=0.1)


def test_a_range_test_takes_a_model():
    run = range_test("digits", recipe=Recipe(model="cnn", epochs=1, batch_size=64), steps=20, measure=False)
    assert len(run.test.losses) <= 20


def test_a_climb_without_bounds_is_refused():
    with pytest.raises(InputError, match="may climb by a factor of 1e"):
        range_test("digits", recipe=Recipe(hidden=(), epochs=1), low=1e-320, high=1e300, measure=False)


def test_the_result_knows_its_images():
    ranged = range_test("digits", recipe=Recipe(hidden=(16,), epochs=1), measure=False)
    assert (ranged.data.images, ranged.data.source, ranged.data.fingerprint) == (1000, "digits", ranged.fingerprint)
