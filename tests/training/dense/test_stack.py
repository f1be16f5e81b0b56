import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etascope.core.plan import Checkpoint
from etascope.core.recipe import Recipe
from etascope.training.dense.engine import DenseEngine
from etascope.training.dense.first_layer import BlockedFirstLayer, DirectFirstLayer, pack
from etascope.training.dense.optimizers import Adam, Sgd
from etascope.training.dense.stack import Stack, cross_entropy
from etascope.training.random_streams import epoch_order, initial_parameters
from tests.training import made

MOMENTUM = Sgd(0.9)


def loss_of(parameters, x, y):
    """Mean cross-entropy in float64, written without looking at the engine."""
    for number, (weights, bias) in enumerate(zip(parameters[::2], parameters[1::2], strict=True)):
        x = np.maximum(x, 0) if number else x
        x = x @ weights + bias
    top = x.max(axis=1, keepdims=True)
    each = top[:, 0] + np.log(np.exp(x - top).sum(axis=1)) - x[np.arange(len(y)), y]
    return each.mean()


def central_differences(parameters, x, y, reach=1e-6):
    gradients = []
    for parameter in parameters:
        gradient = np.zeros_like(parameter)
        for at in np.ndindex(parameter.shape):
            value, ends = parameter[at], []
            for moved in (value + reach, value - reach):
                parameter[at] = moved
                ends.append(loss_of(parameters, x, y))
            parameter[at] = value
            gradient[at] = (ends[0] - ends[1]) / (2 * reach)
        gradients.append(gradient)
    return gradients


@pytest.mark.parametrize("hidden", [(), (8,), (8, 6)], ids=str)
@pytest.mark.parametrize(("rows", "batch"), [(30, 12), (16, 12), (100, 90)], ids=["weights", "examples", "direct"])
def test_gradients_equal_finite_differences(hidden, rows, batch):
    """One step of descent at rate 1 moves the weights by exactly the gradient, in every form of the first layer."""
    split = made.split(rows=rows, side=4, dark=2)
    recipe = Recipe(hidden, "sgd", batch_size=batch, epochs=1)
    checkpoint = DenseEngine(1).train(split, recipe, made.kept(made.constant([1.0], 1))).checkpoints[0]
    begun = [p.astype(np.float64) for p in initial_parameters((16, *hidden, 3), seed=0)]
    now = epoch_order(np.arange(rows), rows, seed=0, fold=-1, epoch=0)[:batch]
    gradients = central_differences(begun, split.x[now].astype(np.float64), split.y[now])
    assert max(np.abs(g).max() for g in gradients) > 0.01
    for before, after, gradient in zip(begun, checkpoint.parameters, gradients, strict=True):
        np.testing.assert_allclose(before - after, gradient, rtol=1e-4, atol=1e-6)


@given(
    seed=st.integers(0, 999),
    classes=st.integers(2, 6),
    trials=st.integers(1, 4),
    batch=st.integers(1, 9),
    scale=st.sampled_from([0.01, 1.0, 50.0, 1e4]),
)
@settings(deadline=None)
def test_cross_entropy_is_the_one_of_the_book(seed, classes, trials, batch, scale):
    rng = np.random.default_rng(seed)
    logits = (scale * rng.normal(size=(classes, trials, batch))).astype(np.float32)
    labels = rng.integers(0, classes, batch)
    onehot = (labels == np.arange(classes)[:, None, None]).astype(np.float32)
    exact = logits.astype(np.float64) - logits.max(axis=0)
    normalizer = np.log(np.exp(exact).sum(axis=0))
    expected = (normalizer - exact[labels, :, np.arange(batch)].T).sum(axis=1)
    probabilities = logits.copy()
    loss, right = cross_entropy(probabilities, onehot, np.empty_like(logits))
    np.testing.assert_allclose(loss, expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_array_equal(right, (logits.argmax(axis=0) == labels).sum(axis=1))
    np.testing.assert_allclose(probabilities, np.exp(exact - normalizer), rtol=1e-3, atol=1e-6)


def test_the_loss_of_a_blind_guess_is_the_logarithm_of_the_classes():
    onehot = np.eye(4, dtype=np.float32)[:, None, :]
    loss, right = cross_entropy(np.zeros((4, 1, 4), np.float32), onehot, np.empty((4, 1, 4), np.float32))
    np.testing.assert_allclose(loss / 4, np.log(4), rtol=1e-6)
    assert right.tolist() == [4]


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_logit_that_is_no_number_spoils_its_own_trial_only(bad):
    logits = np.zeros((3, 2, 4), np.float32)
    logits[1, 0, 2] = bad
    onehot = np.eye(3, dtype=np.float32)[:, None, [0, 1, 2, 0]]
    with np.errstate(all="ignore"):
        loss, _ = cross_entropy(logits, onehot, np.empty_like(logits))
    assert not np.isfinite(loss[0])
    np.testing.assert_allclose(loss[1], 4 * np.log(3), rtol=1e-6)


def stack(side=6, hidden=(5, 4), trials=3, rule=MOMENTUM, block=16, dark=0):
    """Return a stack of trials that start from different weights and state, and what they started from."""
    split = made.split(rows=40, side=side, dark=dark)
    sizes = (side * side, *hidden, 3)
    rng = np.random.default_rng(1)
    starts = []
    for seed in range(trials):
        parameters = initial_parameters(sizes, seed)
        state = {n: tuple(rng.random(p.shape, np.float32) for p in parameters) for n in rule.state_names}
        for arrays in state.values():
            arrays[0][:dark] = 0
        starts.append(Checkpoint(0, parameters, state))
    packed = pack(split, every_feature=False)
    return Stack(sizes, starts, packed, rule, block), starts, packed


def one_step(stack, packed, rates):
    rows = np.arange(12)
    stack.first.begin(rows)
    loss, right = stack.step(0, 12, packed.onehot[:, None, rows], np.array(rates, np.float32), 1)
    stack.first.end()
    return loss, right


@pytest.mark.parametrize("hidden", [(), (5,), (5, 4)], ids=str)
@pytest.mark.parametrize("rule", [Sgd(), MOMENTUM, Adam()], ids=repr)
@pytest.mark.parametrize("side", [6, 10])
def test_what_was_not_trained_comes_back_as_it_was(side, rule, hidden):
    stacked, starts, _ = stack(side, hidden, rule=rule, block=0 if isinstance(rule, Adam) else 16, dark=3)
    again = stacked.unpack(7, [s.parameters for s in starts], [0.1, 0.2, 0.3])
    assert [c.step for c in again] == [7, 7, 7]
    assert [c.last_rate for c in again] == [0.1, 0.2, 0.3]
    for before, after in zip(starts, again, strict=True):
        assert list(after.state) == list(rule.state_names)
        for name in ("parameters", *rule.state_names):
            ours, theirs = (c.parameters if name == "parameters" else c.state[name] for c in (after, before))
            for a, b in zip(ours, theirs, strict=True):
                assert a.dtype == np.float32
                np.testing.assert_array_equal(a, b)


def test_checkpoints_do_not_share_memory_with_the_training_or_each_other():
    stacked, starts, packed = stack()
    first = stacked.unpack(0, [s.parameters for s in starts], [0.0] * 3)
    copies = [[p.copy() for p in c.parameters] for c in first]
    one_step(stacked, packed, [0.1, 0.1, 0.1])
    first[0].parameters[2][:] = 9
    for checkpoint, copy in list(zip(first, copies, strict=True))[1:]:
        for a, b in zip(checkpoint.parameters, copy, strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("rule", [MOMENTUM, Adam()], ids=repr)
@pytest.mark.parametrize("side", [6, 10])
def test_kept_trials_go_on_as_before(side, rule):
    whole, _, packed = stack(side, rule=rule)
    part, _, _ = stack(side, rule=rule)
    one_step(whole, packed, [0.1, 0.2, 0.3])
    one_step(part, packed, [0.1, 0.2, 0.3])
    part.keep(np.array([0, 2]))
    assert part.trials == 2
    loss, right = one_step(whole, packed, [0.1, 0.2, 0.3])
    kept_loss, kept_right = one_step(part, packed, [0.1, 0.3])
    np.testing.assert_allclose(kept_loss, loss[[0, 2]], rtol=1e-5)
    np.testing.assert_array_equal(kept_right, right[[0, 2]])
    rows = np.arange(20, 40)
    np.testing.assert_allclose(part.evaluate(rows)[0], whole.evaluate(rows)[0][[0, 2]], rtol=1e-5)


@pytest.mark.parametrize("layer", range(6))
def test_finite_looks_at_every_layer(layer):
    stacked, starts, packed = stack(rule=Adam())
    spoiled = tuple(p.copy() for p in starts[1].parameters)
    spoiled[layer].flat[0] = np.inf
    starts[1] = Checkpoint(0, spoiled, starts[1].state)
    np.testing.assert_array_equal(stacked.finite(), [True, True, True])
    np.testing.assert_array_equal(Stack(stacked.sizes, starts, packed, Adam(), 0).finite(), [True, False, True])


def test_flush_reaches_the_state_of_every_layer():
    stacked, starts, _ = stack(rule=Adam())
    tiny = [Checkpoint(0, s.parameters, {n: tuple(a * 1e-35 for a in v) for n, v in s.state.items()}) for s in starts]
    faded = Stack(stacked.sizes, tiny, stack()[2], Adam(), 0)
    faded.flush()
    for checkpoint in faded.unpack(0, [s.parameters for s in starts], [0.0] * 3):
        assert not any(array.any() for arrays in checkpoint.state.values() for array in arrays)


def test_the_first_layer_takes_the_form_that_fits_data_and_rule():
    assert isinstance(stack(rule=Adam())[0].first, DirectFirstLayer)
    assert isinstance(stack(block=0)[0].first, DirectFirstLayer)
    for side, kind in ((10, "ExampleBasis"), (4, "WeightBasis")):
        first = stack(side=side)[0].first
        assert isinstance(first, BlockedFirstLayer)
        assert type(first._basis).__name__ == kind
