import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etascope.core.recipe import Recipe
from etascope.training.dense.basis import ExampleBasis, Examples, WeightBasis
from etascope.training.dense.engine import DenseEngine
from etascope.training.dense.optimizers import TINY
from tests.training import made

ROWS, FEATURES, COLUMNS = 12, 5, 6
ALL = np.arange(ROWS)


def examples(x, first, train=None):
    return Examples.of(x, x @ x.T, np.arange(len(x)) if train is None else train, first)


def pair(seed=0, momentum=True, started=True, alike=False, train=None):
    """Return a basis of each kind with the same start; `train` are the rows that may be absorbed, None for all."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(-1, 1, (ROWS, FEATURES)).astype(np.float32)
    weights = rng.normal(size=(FEATURES, COLUMNS)).astype(np.float32)
    if alike:
        weights = np.tile(weights[:, :2], 3)
    velocity = (started * rng.normal(size=(FEATURES, COLUMNS))).astype(np.float32) if momentum else None
    as_weights = WeightBasis(x, weights.copy(), None if velocity is None else velocity.copy())
    return as_weights, ExampleBasis(examples(x, weights[:, :2], train), weights.copy(), velocity)


def absorb(basis, rows, seed, columns=slice(None)):
    """Do what a block of batches does to a basis, with coefficients made up from the seed."""
    rng = np.random.default_rng(seed)
    q, p = (rng.normal(size=(len(rows), COLUMNS)).astype(np.float32)[:, columns] for _ in range(2))
    basis.products(rows)
    basis.absorb(rows, q, p, np.float32(0.8), rng.random(COLUMNS, np.float32)[columns])


def same(ours, theirs):
    if theirs is None:
        assert ours is None
    else:
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-4)


@given(
    seed=st.integers(0, 999),
    momentum=st.booleans(),
    started=st.booleans(),
    alike=st.booleans(),
    train=st.none() | st.lists(st.sampled_from(ALL.tolist()), min_size=4, unique=True).map(sorted).map(np.array),
    blocks=st.lists(st.integers(1, ROWS), max_size=4),
    keep=st.lists(st.integers(0, COLUMNS - 1), min_size=1, max_size=COLUMNS, unique=True),
)
@settings(deadline=None)
def test_weights_and_coefficients_are_two_forms_of_the_same(seed, momentum, started, alike, train, blocks, keep):
    bases = pair(seed, momentum, started, alike, train)
    trained = ALL if train is None else train
    rng = np.random.default_rng(seed)
    for i, size in enumerate(blocks):
        rows = rng.permutation(trained)[:size]
        for basis in bases:
            absorb(basis, rows, seed + i)
    kept = [basis.keep(np.array(keep)) for basis in bases]
    for weights, examples, columns in ((*bases, slice(None)), (*kept, keep)):
        for ours, theirs in zip(examples.products(trained[:4]), weights.products(trained[:4]), strict=True):
            same(ours, theirs)
        rows = rng.permutation(ROWS)[:7]
        outs = [np.empty((7, basis.columns), np.float32) for basis in (examples, weights)]
        examples.outputs(rows, outs[0])
        weights.outputs(rows, outs[1])
        same(*outs)
        assert len(examples.arrays()) == len(weights.arrays()) == 1 + momentum
        for ours, theirs in zip(examples.arrays(), weights.arrays(), strict=True):
            same(ours, theirs)
        for basis, of in zip((weights, examples), bases, strict=True):
            same(basis.arrays()[0], of.arrays()[0][:, columns])


def test_an_update_is_what_the_formula_says():
    for basis in pair():
        x, (weights, velocity) = basis._x.astype(float), (a.astype(float) for a in basis.arrays())
        rng = np.random.default_rng(5)
        q, p, c = rng.normal(size=(4, COLUMNS)), rng.normal(size=(4, COLUMNS)), rng.random(COLUMNS)
        rows = np.array([3, 0, 11, 7])
        basis.products(rows)
        basis.absorb(rows, *(a.astype(np.float32) for a in (q, p)), np.float32(0.5), c.astype(np.float32))
        same(basis.arrays()[0], weights - c * velocity - x[rows].T @ q)
        same(basis.arrays()[1], 0.5 * velocity + x[rows].T @ p)


def test_nothing_learned_gives_the_start_weights_back_bit_for_bit():
    for basis in pair(started=False):
        before = basis.arrays()[0].copy()
        outputs = np.empty((ROWS, COLUMNS), np.float32)
        basis.outputs(ALL, outputs)
        np.testing.assert_array_equal(basis.arrays()[0], before)
        np.testing.assert_array_equal(basis.arrays()[1], 0)


@pytest.mark.parametrize("kind", [0, 1])
def test_columns_that_are_not_numbers_are_told_apart(kind):
    basis = pair()[kind]
    assert basis.finite().all()
    q = np.zeros((ROWS, COLUMNS), np.float32)
    q[2, 1], q[3, 4] = np.nan, np.inf
    with np.errstate(all="ignore"):
        basis.products(ALL)
        basis.absorb(ALL, q, np.zeros_like(q), np.float32(1), np.zeros(COLUMNS, np.float32))
    np.testing.assert_array_equal(basis.finite(), [True, False, True, True, False, True])


@pytest.mark.parametrize("kind", [0, 1])
def test_finite_coefficients_whose_sum_overflows_are_not_finite_weights(kind):
    x = np.ones((4, 3), np.float32)
    weights = np.zeros((3, 2), np.float32)
    basis = (WeightBasis(x, weights, None), ExampleBasis(examples(x, weights[:, :1]), weights, None))[kind]
    q = np.full((4, 2), [2e38, 1], np.float32)
    with np.errstate(all="ignore"):
        basis.products(np.arange(4))
        basis.absorb(np.arange(4), q, q, np.float32(1), np.zeros(2, np.float32))
        np.testing.assert_array_equal(np.isfinite(basis.arrays()[0]).all(axis=0), [False, True])
        np.testing.assert_array_equal(basis.finite(), [False, True])
        np.testing.assert_array_equal(basis.keep(np.array([1])).finite(), [True])


@pytest.mark.parametrize("kind", [0, 1])
def test_a_velocity_that_fades_is_cleared_before_it_is_denormal(kind):
    basis = pair()[kind]
    nothing = np.zeros((1, COLUMNS), np.float32)
    row, still = np.array([0]), np.zeros(COLUMNS, np.float32)
    for _ in range(70):
        basis.products(row)
        basis.absorb(row, nothing, nothing, np.float32(0.9**10), still)
    assert 0 < np.abs(basis.products(row)[1]).max() < TINY
    basis.flush()
    np.testing.assert_array_equal(basis.arrays()[1], 0)
    np.testing.assert_array_equal(basis.products(row)[1], 0)


def test_a_velocity_multiplied_out_holds_no_denormal_numbers():
    x, still = np.full((2, 2), 1e-3, np.float32), np.zeros((2, 1), np.float32)
    basis = ExampleBasis(examples(x, still[:, :1]), still, still)
    basis.products(np.arange(2))
    basis.absorb(np.arange(2), still, np.full((2, 1), 1e-36, np.float32), np.float32(1), np.zeros(1, np.float32))
    np.testing.assert_array_equal(basis.arrays()[1], 0)


@pytest.mark.parametrize("side", [10, 6], ids=["examples", "weights"])
@pytest.mark.parametrize("steps", [800, 900, 1190])
def test_a_long_training_with_a_dead_unit_keeps_no_denormal_velocity(side, steps):
    """Unit 0 dies, as its bias is set far below zero; from then on its velocity only decays."""
    split = made.split(rows=40, side=side)
    recipe = Recipe((3,), batch_size=4, epochs=120)
    start = made.kept(made.constant([0.02], 10))
    begun = DenseEngine(1).train(split, recipe, start)
    checkpoint = begun.checkpoints[0]
    checkpoint.parameters[1][0] = -1e3
    plan = made.kept(made.constant([0.02], steps, start=10, resume=(checkpoint,)))
    ended = DenseEngine(1).train(split, recipe, plan).checkpoints[0]
    for array in ended.state["velocity"]:
        size = np.abs(array)
        assert not ((size > 0) & (size < np.finfo(np.float32).tiny)).any()
    assert np.abs(checkpoint.state["velocity"][0][:, 0]).max() > 0
    assert np.abs(ended.state["velocity"][0][:, 0]).max() < 1e-20
    assert np.abs(ended.state["velocity"][0][:, 1:]).max() > 0
