import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etascope.core.recipe import Recipe
from etascope.training.dense.basis import ExampleBasis, Examples, WeightBasis
from etascope.training.dense.engine import DenseEngine
from etascope.training.dense.first_layer import GRAM_ROWS_PER_COLUMN, BlockedFirstLayer, DirectFirstLayer, pack
from etascope.training.dense.optimizers import Sgd
from tests.training import made, reference

#: Rows, image side and batch size that lead to each form of the first layer; all have a smaller last batch.
FORMS = {"examples": (100, 10, 8), "weights": (100, 6, 8), "direct": (230, 6, 96)}
RULES = {"sgd": Sgd(), "momentum": Sgd(0.9), "nesterov": Sgd(0.9, nesterov=True)}


@pytest.mark.usefixtures("one_torch_thread")
@pytest.mark.parametrize("hidden", [(), (16,), (24, 12)], ids=str)
@pytest.mark.parametrize("optimizer", RULES)
@pytest.mark.parametrize("form", FORMS)
def test_a_hundred_steps_follow_pytorch_in_every_form(form, optimizer, hidden):
    rows, side, batch = FORMS[form]
    split = made.split(rows, side)
    assert (pack(split, every_feature=False).gram is not None) == (form == "examples")
    recipe = Recipe(hidden, optimizer, batch_size=batch, epochs=40)
    plan = made.kept(made.constant((0.1, 0.02) if optimizer == "sgd" else (0.02, 0.005), 100))
    history = DenseEngine(1).train(split, recipe, plan)
    for trial in range(len(plan)):
        reference.agrees(split, recipe, history, trial)


@given(
    rule=st.sampled_from(list(RULES.values())),
    blocks=st.lists(st.lists(st.integers(1, 6), min_size=1, max_size=4), min_size=1, max_size=4),
    basis=st.sampled_from(["weights", "examples"]),
    started=st.booleans(),
    seed=st.integers(0, 99),
)
@settings(deadline=None, max_examples=60)
def test_blocks_of_any_batches_move_the_weights_as_single_batches_do(rule, blocks, basis, started, seed):
    """Deltas and rates made up: the forms must agree for any, not only for those of a network."""
    rng = np.random.default_rng(seed)
    x = rng.random((30, 5), np.float32)
    weights = rng.normal(size=(5, 6)).astype(np.float32)
    velocity = (rng.normal(size=(5, 6)) * started).astype(np.float32) if rule.momentum else None
    state = () if velocity is None else (velocity.copy(),)
    direct = DirectFirstLayer(x, weights.copy(), state, rule)
    if basis == "weights":
        held = WeightBasis(x, weights.copy(), None if velocity is None else velocity.copy())
    else:
        held = ExampleBasis(Examples.of(x, x @ x.T, np.arange(30), weights[:, :3]), weights.copy(), velocity)
    blocked = BlockedFirstLayer(held, rule, 24)
    step = 0
    for block in blocks:
        rows = rng.permutation(30)[: sum(block)]
        direct.begin(rows)
        blocked.begin(rows)
        for start, stop in itertools.pairwise([0, *np.cumsum(block)]):
            step += 1
            outs = [np.full((stop - start, 6), np.nan, np.float32) for _ in range(2)]
            direct.forward(start, stop, outs[0])
            blocked.forward(start, stop, outs[1])
            np.testing.assert_allclose(outs[1], outs[0], rtol=1e-4, atol=1e-4)
            delta = rng.normal(size=(stop - start, 6)).astype(np.float32)
            rate = rng.uniform(0.01, 0.1, 6).astype(np.float32)
            direct.update(start, stop, delta.copy(), rate, step)
            blocked.update(start, stop, delta.copy(), rate, step)
        direct.end()
        blocked.end()
        for ours, theirs in zip(blocked.arrays(), direct.arrays(), strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-4)


def layers(rule):
    rng = np.random.default_rng(0)
    x, weights = rng.random((8, 4), np.float32), rng.normal(size=(4, 6)).astype(np.float32)
    velocities = [rng.normal(size=(4, 6)).astype(np.float32) for _ in rule.state_names]
    start = velocities[0] if velocities else None
    copy = None if start is None else start.copy()
    return weights, {
        "direct": DirectFirstLayer(x, weights.copy(), tuple(v.copy() for v in velocities), rule),
        "weights": BlockedFirstLayer(WeightBasis(x, weights.copy(), copy), rule, 8),
        "examples": BlockedFirstLayer(
            ExampleBasis(Examples.of(x, x @ x.T, np.arange(8), weights[:, :2]), weights.copy(), start), rule, 8
        ),
    }


@pytest.mark.parametrize("form", FORMS)
def test_kept_columns_go_on_as_before(form):
    columns, rows = np.array([1, 4]), np.arange(8)
    rng = np.random.default_rng(1)
    deltas, rate = rng.normal(size=(2, 8, 6)).astype(np.float32), np.full(6, 0.1, np.float32)
    whole, other = (layers(RULES["momentum"])[1][form] for _ in range(2))

    def block(layer, delta, rate):
        layer.begin(rows)
        layer.update(0, 8, np.ascontiguousarray(delta), rate, 1)
        layer.end()

    block(whole, deltas[0], rate)
    block(other, deltas[0], rate)
    kept = other.keep(columns)
    block(whole, deltas[1], rate)
    block(kept, deltas[1][:, columns], rate[columns])
    out, all_out = np.empty((8, 2), np.float32), np.empty((8, 6), np.float32)
    kept.outputs(rows, out)
    whole.outputs(rows, all_out)
    np.testing.assert_allclose(out, all_out[:, columns], rtol=1e-5, atol=1e-5)
    for ours, theirs in zip(kept.arrays(), whole.arrays(), strict=True):
        np.testing.assert_allclose(ours, theirs[:, columns], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("form", FORMS)
def test_a_column_that_is_no_number_is_told_apart_and_stays_alone(form):
    _, forms = layers(RULES["sgd"])
    layer = forms[form]
    delta = np.ones((8, 6), np.float32)
    delta[3, 2] = np.inf
    assert layer.finite().all()
    with np.errstate(all="ignore"):
        layer.begin(np.arange(8))
        layer.update(0, 8, delta, np.full(6, 0.1, np.float32), 1)
        layer.end()
    np.testing.assert_array_equal(layer.finite(), [True, True, False, True, True, True])
    assert np.isfinite(layer.keep(np.array([0, 1, 3, 4, 5])).arrays()[0]).all()


def test_features_that_are_zero_in_every_row_stay_out():
    split = made.split(rows=30, side=4, dark=5)
    packed = pack(split, every_feature=False)
    np.testing.assert_array_equal(packed.columns, np.arange(5, 16))
    np.testing.assert_array_equal(packed.x[:, :-1], split.x[:, 5:])
    assert packed.features == 16


def test_a_feature_lit_in_one_row_only_stays_in():
    split = made.split(rows=30, side=4, dark=5)
    split.x[17, 2] = 1e-3
    assert pack(split, every_feature=False).columns.tolist() == [2, *range(5, 16)]


def test_every_feature_is_kept_when_weights_decay():
    split = made.split(rows=30, side=4, dark=5)
    packed = pack(split, every_feature=True)
    np.testing.assert_array_equal(packed.columns, np.arange(16))
    np.testing.assert_array_equal(packed.x[:, :-1], split.x)


def test_the_last_column_is_ones_and_labels_are_one_hot():
    split = made.split(rows=30, side=4)
    packed = pack(split, every_feature=False)
    assert packed.x.dtype == packed.onehot.dtype == np.float32
    np.testing.assert_array_equal(packed.x[:, -1], 1)
    np.testing.assert_array_equal(packed.onehot.argmax(axis=0), split.y)
    np.testing.assert_array_equal(packed.onehot.sum(axis=0), 1)
    assert packed.onehot.shape == (3, 30)


@pytest.mark.parametrize(("rows", "few"), [(34, True), (35, False)])
def test_products_of_all_rows_are_there_where_rows_are_few(rows, few):
    packed = pack(made.split(rows=rows, side=4), every_feature=False)
    assert int(GRAM_ROWS_PER_COLUMN * 17) == 34
    assert (packed.gram is not None) == few
    if few:
        np.testing.assert_allclose(packed.gram, packed.x @ packed.x.T, rtol=1e-6)


def test_the_split_is_left_as_it_was():
    split = made.split(rows=30, side=4)
    before = split.x.copy()
    pack(split, every_feature=True).x[:] = 7
    np.testing.assert_array_equal(split.x, before)
