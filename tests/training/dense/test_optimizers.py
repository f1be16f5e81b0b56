import numpy as np
import pytest

from etascope.core.recipe import OPTIMIZERS, Recipe
from etascope.training.dense.engine import DenseEngine
from etascope.training.dense.optimizers import TINY, flush, rule_of
from etascope.training.random_streams import initial_parameters
from tests.training import made, reference

#: Rates at which a hundred steps learn a good part of the made-up data.
RATES = {"sgd": (0.1, 0.02), "momentum": (0.02, 0.005), "nesterov": (0.02, 0.005), "adagrad": (0.03, 0.01)}


@pytest.mark.usefixtures("one_torch_thread")
@pytest.mark.parametrize("hidden", [(), (16,), (24, 12)], ids=str)
@pytest.mark.parametrize("weight_decay", [0.0, 0.03])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_hundred_steps_follow_pytorch(optimizer, weight_decay, hidden):
    split = made.split(rows=100, side=6, dark=4)
    recipe = Recipe(hidden, optimizer, batch_size=8, epochs=8, weight_decay=weight_decay)
    plan = made.kept(made.constant(RATES.get(optimizer, (0.003, 0.001)), 100))
    history = DenseEngine(1).train(split, recipe, plan)
    begun = initial_parameters((36, *hidden, 3), seed=0)[0]
    assert np.abs(history.checkpoints[1].parameters[0] - begun).max() > 0.01
    for trial in range(len(plan)):
        reference.agrees(split, recipe, history, trial)


@pytest.mark.usefixtures("one_torch_thread")
def test_momentum_of_another_size_follows_pytorch():
    split = made.split()
    recipe = Recipe((16,), "momentum", batch_size=8, epochs=8, momentum=0.5)
    history = DenseEngine(1).train(split, recipe, made.kept(made.constant([0.05], 100)))
    reference.agrees(split, recipe, history, 0)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_each_trial_moves_at_its_own_rate_and_no_faster(optimizer):
    """One parameter of three trials side by side moves as three parameters alone, whatever the shape of the rate."""
    rule, rng = rule_of(Recipe(optimizer=optimizer, weight_decay=0.1)), np.random.default_rng(0)
    rates = np.array([0.1, 0.01, 0.001], np.float32)
    start, gradients = rng.normal(size=(5, 3)), rng.normal(size=(4, 5, 3))

    def moved(columns):
        parameter = start[:, columns].astype(np.float32)
        state = tuple(np.zeros_like(parameter) for _ in rule.state_names)
        for step, gradient in enumerate(gradients, 1):
            scratch = np.full_like(parameter, np.nan)
            now = gradient[:, columns].astype(np.float32)
            rule.update(parameter, now, state, rates[columns], step, scratch)
        return parameter

    together = moved([0, 1, 2])
    for i in range(3):
        np.testing.assert_array_equal(together[:, [i]], moved([i]))
    assert not np.array_equal(together, start.astype(np.float32))


def test_state_has_the_names_that_checkpoints_use():
    names = {name: rule_of(Recipe(optimizer=name)).state_names for name in OPTIMIZERS}
    assert names["sgd"] == ()
    assert names["momentum"] == names["nesterov"] == ("velocity",)
    assert names["adam"] == names["adamw"] == ("mean", "square")
    assert names["rmsprop"] == names["adagrad"] == ("square",)
    assert rule_of(Recipe(optimizer="momentum", momentum=0.0)).state_names == ()


def test_flush_clears_what_decays_towards_denormal_numbers_and_nothing_else():
    state = np.array([1e-45, -1e-39, 5e-31, -5e-31, 2e-30, -2e-30, 0, 1, np.inf], np.float32)
    flush(state)
    np.testing.assert_array_equal(state, np.array([0, 0, 0, 0, 2e-30, -2e-30, 0, 1, np.inf], np.float32))
    assert np.finfo(np.float32).tiny < TINY * np.float32(0.9) ** 128


def test_flush_leaves_nan_for_the_record_to_find():
    state = np.array([np.nan, 1e-40], np.float32)
    flush(state)
    assert np.isnan(state[0])
    assert state[1] == 0
