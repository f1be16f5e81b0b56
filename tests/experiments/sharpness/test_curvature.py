import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from etascope.experiments.sharpness.curvature import hessian_product, largest_eigenvalue, sharpness
from etascope.training.random_streams import initial_parameters

SIZES = ((5, 3), (6, 4, 3), (6, 5, 4, 2))


def problem(sizes, n=7, seed=0, scale=1.0):
    rng = np.random.default_rng(seed)
    parameters = [scale * p.astype(np.float64) for p in initial_parameters(sizes, seed)]
    return parameters, rng.normal(size=(n, sizes[0])), rng.integers(0, sizes[-1], n)


def flat(parameters):
    return np.concatenate([np.ravel(p) for p in parameters])


def unflat(vector, parameters):
    ends = np.cumsum([p.size for p in parameters])[:-1]
    return [part.reshape(p.shape) for part, p in zip(np.split(vector, ends), parameters, strict=True)]


def torch_hessian_product(parameters, x, y, vector):
    """The same by differentiating twice with autograd."""
    import torch

    weights = [torch.tensor(p, dtype=torch.float64, requires_grad=True) for p in parameters]
    h = torch.tensor(x, dtype=torch.float64)
    for i in range(0, len(weights), 2):
        h = h @ weights[i] + weights[i + 1]
        if i < len(weights) - 2:
            h = torch.relu(h)
    loss = torch.nn.functional.cross_entropy(h, torch.tensor(y))
    gradient = torch.autograd.grad(loss, weights, create_graph=True)
    along = [torch.tensor(v) for v in unflat(vector, parameters)]
    second = torch.autograd.grad(sum((g * v).sum() for g, v in zip(gradient, along, strict=True)), weights)
    return flat([g.numpy() for g in second])


def gradient(parameters, x, y):
    """The gradient alone, written for this test."""
    inputs, masks = [x], []
    for w, b in zip(parameters[:-2:2], parameters[1:-2:2], strict=True):
        a = inputs[-1] @ w + b
        masks.append(a > 0)
        inputs.append(a * masks[-1])
    logits = inputs[-1] @ parameters[-2] + parameters[-1]
    delta = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    delta[np.arange(len(y)), y] -= 1
    delta /= len(y)
    out = []
    for layer in range(len(inputs) - 1, -1, -1):
        out[:0] = [inputs[layer].T @ delta, delta.sum(axis=0)]
        if layer:
            delta = (delta @ parameters[2 * layer].T) * masks[layer - 1]
    return flat(out)


@pytest.mark.parametrize("sizes", SIZES, ids=str)
@pytest.mark.usefixtures("one_torch_thread")
def test_products_are_those_of_differentiating_twice(sizes):
    parameters, x, y = problem(sizes, scale=2.0)
    vector = np.random.default_rng(3).normal(size=flat(parameters).size)
    expected = torch_hessian_product(parameters, x, y, vector)
    np.testing.assert_allclose(hessian_product(parameters, x, y)(vector), expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_products_are_differences_of_gradients(sizes):
    parameters, x, y = problem(sizes)
    vector = np.random.default_rng(4).normal(size=flat(parameters).size)
    step = 1e-6
    ends = [gradient(unflat(flat(parameters) + s * step * vector, parameters), x, y) for s in (1, -1)]
    difference = (ends[0] - ends[1]) / (2 * step)
    np.testing.assert_allclose(hessian_product(parameters, x, y)(vector), difference, rtol=1e-5, atol=1e-8)


def test_the_product_is_linear_and_symmetric():
    parameters, x, y = problem((6, 4, 3), n=20)
    product, rng = hessian_product(parameters, x, y), np.random.default_rng(0)
    u, v = rng.normal(size=(2, flat(parameters).size))
    np.testing.assert_allclose(product(2 * u - v), 2 * product(u) - product(v), atol=1e-12)
    assert u @ product(v) == pytest.approx(v @ product(u))


@pytest.mark.parametrize("sizes", SIZES, ids=str)
@pytest.mark.parametrize("scale", [1.0, 4.0])
def test_sharpness_is_the_largest_eigenvalue_of_the_whole_hessian(sizes, scale):
    parameters, x, y = problem(sizes, n=12, scale=scale)
    product, size = hessian_product(parameters, x, y), flat(parameters).size
    known = np.linalg.eigvalsh(np.stack([product(row) for row in np.eye(size)]))[-1]
    measured = sharpness(parameters, x, y, tolerance=1e-4, iterations=3000)
    assert measured.converged
    assert measured.value == pytest.approx(known, rel=1e-3)


@settings(deadline=None)
@example([0.0, -0.8515625, -0.859375], 0)
@given(
    values=st.lists(st.floats(-10, 10), min_size=1, max_size=8),
    seed=st.integers(0, 1000),
)
def test_a_converged_value_is_near_the_largest_eigenvalue_or_says_it_is_not(values, seed):
    turn, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(len(values), len(values))))
    matrix = turn @ np.diag(values) @ turn.T
    eigenvalue = largest_eigenvalue(lambda v: matrix @ v, len(values), tolerance=1e-6, iterations=2000)
    assert min(abs(eigenvalue.value - value) for value in values) <= eigenvalue.error + 1e-9
    assert eigenvalue.value <= max(values) + 1e-9
    if eigenvalue.converged and sorted(values)[-1] - sorted([*values, -99.0])[-2] > 0.5:
        assert eigenvalue.value == pytest.approx(max(values), abs=1e-4)


def test_a_larger_negative_eigenvalue_is_not_taken_for_the_sharpness():
    matrix = np.diag([2.0, 0.5, -8.0])
    eigenvalue = largest_eigenvalue(lambda v: matrix @ v, 3, tolerance=1e-6, iterations=1000)
    assert eigenvalue.converged
    assert (eigenvalue.value, eigenvalue.lowest) == (pytest.approx(2), pytest.approx(-8))


def test_eigenvalues_of_equal_size_and_other_sign_are_told_apart():
    matrix = np.diag([5.0, 1.0, -5.0])
    eigenvalue = largest_eigenvalue(lambda v: matrix @ v, 3, tolerance=1e-6, iterations=200)
    assert eigenvalue.converged
    assert eigenvalue.value == pytest.approx(5)


def test_a_loss_that_is_concave_everywhere_has_a_value_below_0():
    matrix = np.diag([-1.0, -3.0])
    assert largest_eigenvalue(lambda v: matrix @ v, 2, tolerance=1e-6).value == pytest.approx(-1, abs=1e-4)


def test_too_few_iterations_say_so():
    matrix = np.diag([1.0, 0.999, 0.5, -0.9])
    eigenvalue = largest_eigenvalue(lambda v: matrix @ v, 4, tolerance=1e-9, iterations=5)
    assert not eigenvalue.converged
    assert eigenvalue.iterations == 5
    assert eigenvalue.error > 1e-9


def test_the_same_network_gives_the_same_bits():
    parameters, x, y = problem((6, 4, 3), n=20)
    assert sharpness(parameters, x, y) == sharpness(parameters, x, y)


def test_a_matrix_of_zeros_has_none():
    eigenvalue = largest_eigenvalue(lambda v: 0 * v, 4)
    assert (eigenvalue.value, eigenvalue.converged, eigenvalue.iterations) == (0, True, 1)
