import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etascope.training.random_streams import epoch_order, initial_parameters, pass_seed, step_seed


@pytest.mark.parametrize("sizes", [(784, 10), (784, 128, 10), (3, 5, 4, 2)])
def test_weights_are_uniform_as_in_pytorchs_linear(sizes):
    parameters = initial_parameters(sizes, seed=0)
    assert len(parameters) == 2 * (len(sizes) - 1)
    for layer, fan_in in enumerate(sizes[:-1]):
        weights, bias = parameters[2 * layer : 2 * layer + 2]
        assert weights.shape == (fan_in, sizes[layer + 1])
        assert bias.shape == (sizes[layer + 1],)
        bound = 1 / np.sqrt(fan_in)
        for values in (weights, bias):
            assert values.dtype == np.float32
            assert np.abs(values).max() <= bound * (1 + 1e-6)
        if weights.size > 1000:
            assert np.abs(weights).max() > 0.99 * bound
            assert abs(weights.mean()) < 0.05 * bound
            np.testing.assert_allclose(weights.std(), bound / np.sqrt(3), rtol=0.05)


def test_pytorchs_own_linear_has_the_same_spread():
    import torch

    with torch.random.fork_rng():
        torch.manual_seed(0)
        theirs = torch.nn.Linear(400, 100)
    weights, bias = initial_parameters((400, 100), seed=0)
    np.testing.assert_allclose(weights.std(), theirs.weight.std().item(), rtol=0.03)
    np.testing.assert_allclose(np.abs(bias).max(), theirs.bias.abs().max().item(), rtol=0.1)


def test_a_seed_decides_the_weights_and_nothing_can_change_them():
    first = initial_parameters((20, 4), seed=1)
    initial_parameters.cache_clear()
    again, other = initial_parameters((20, 4), seed=1), initial_parameters((20, 4), seed=2)
    np.testing.assert_array_equal(first[0], again[0])
    assert (first[0] != other[0]).mean() > 0.9
    with pytest.raises(ValueError, match="read-only"):
        first[0][0, 0] = 1


def test_the_weights_of_a_version_stay_what_they_were():
    """Stored runs are compared with new ones by their seeds: a change here must be meant."""
    weights, bias = initial_parameters((4, 2), seed=0)
    np.testing.assert_array_equal(weights[0], np.array([0.3506242036819458, 0.13696163892745972], np.float32))
    np.testing.assert_array_equal(epoch_order(np.arange(8), 8, 0, -1, 0), [1, 3, 7, 6, 0, 4, 2, 5])
    assert bias.shape == (2,)


@given(
    rows=st.lists(st.integers(0, 500), min_size=1, max_size=40, unique=True),
    left_out=st.integers(0, 3),
    seed=st.integers(0, 2**32),
    fold=st.integers(-1, 9),
    epoch=st.integers(0, 99),
)
def test_an_epoch_goes_through_its_rows_once(rows, left_out, seed, fold, epoch):
    size = max(len(rows) - left_out, 0)
    order = epoch_order(np.array(rows), size, seed, fold, epoch)
    assert len(order) == size == len(set(order.tolist()))
    assert set(order.tolist()) <= set(rows)
    np.testing.assert_array_equal(order, epoch_order(np.array(rows), size, seed, fold, epoch))


def test_orders_differ_by_seed_fold_and_epoch():
    rows = np.arange(50)
    orders = [epoch_order(rows, 50, *key).tobytes() for key in ((0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1), (0, -1, 0))]
    assert len(set(orders)) == 5


def test_each_epoch_leaves_another_surplus_row_out():
    rows = np.arange(11)
    left = {(set(range(11)) - set(epoch_order(rows, 10, 0, 0, epoch).tolist())).pop() for epoch in range(40)}
    assert len(left) > 5


def test_steps_and_passes_have_seeds_of_their_own():
    steps = {step_seed(seed, fold, step) for seed in (0, 1) for fold in (-1, 0) for step in range(50)}
    seeds = {pass_seed(seed, fold, epoch) for seed in (0, 1) for fold in (-1, 0) for epoch in range(50)}
    assert len(steps | seeds) == 400
    assert all(0 <= seed < 2**32 for seed in steps | seeds)
