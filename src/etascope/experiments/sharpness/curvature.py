"""The curvature of the training loss: Hessian-vector products of a dense network, and their largest eigenvalue."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from etascope.training.fan_out import one_blas_thread

Floats = NDArray[np.float64]

#: Examples that the loss is a mean over: fewer are useless (32 were, in a study), more change little.
EXAMPLES = 256


@dataclass(frozen=True)
class Curvature:
    """The largest eigenvalue of a Hessian.

    Attributes
    ----------
    value
        Nats per squared unit of weight; below 0 only where the loss is concave in every direction that was met.
    lowest
        A lower eigenvalue, where power iteration met one of larger size below 0 on its way; else None.
    iterations
        Hessian-vector products taken.
    error
        Length of `H v - value v` for the unit vector `v` found: some eigenvalue is no further than that from `value`.
    converged
        Whether that length is within the tolerance.
    """

    value: float
    lowest: float | None
    iterations: int
    error: float
    converged: bool


def hessian_product(
    parameters: Sequence[NDArray[np.floating]], x: NDArray[np.floating], y: NDArray[np.int64]
) -> Callable[[Floats], Floats]:
    """Return the function `v -> H v`, with `H` the Hessian of the mean loss in all weights, exact but for rounding.

    The loss is softmax cross-entropy in nats, without any penalty on weights. A product costs about four passes
    through the network. ReLU is taken as straight on either side of 0, as its gradient is.

    Parameters
    ----------
    parameters
        Weight `(fan_in, fan_out)` and bias `(fan_out,)` of each layer in order.
    x, y
        Inputs `(examples, features)` and class numbers `(examples,)`, at least one.

    Returns
    -------
    callable
        Takes and returns `(weights,)` float64: the parameters laid end to end.

    References
    ----------
    Pearlmutter 1994, "Fast exact multiplication by the Hessian" (Neural Computation 6): apply the operator
    `R f(w) = d f(w + r v) / d r` at `r = 0` to every line of the forward and the backward pass.
    """
    weights = [np.asarray(w, np.float64) for w in parameters[::2]]
    biases = [np.asarray(b, np.float64) for b in parameters[1::2]]
    inputs = [np.asarray(x, np.float64).reshape(len(x), -1)]
    # Where a unit is lit; its slope there is 1, else 0, and curvature passes only through lit ones.
    lit = list[NDArray[np.bool_]]()
    for w, b in zip(weights[:-1], biases[:-1], strict=True):
        a = inputs[-1] @ w + b
        lit.append(a > 0)
        inputs.append(np.maximum(a, 0))
    logits = inputs[-1] @ weights[-1] + biases[-1]
    share = np.exp(logits - logits.max(axis=1, keepdims=True))
    share /= share.sum(axis=1, keepdims=True)
    delta = share.copy()
    delta[np.arange(len(y)), y] -= 1
    deltas = [delta / len(y)]
    for w, on in zip(weights[:0:-1], lit[::-1], strict=True):
        deltas.insert(0, (deltas[0] @ w.T) * on)

    def product(vector: Floats) -> Floats:
        along = _parts(vector, [p.shape for p in parameters])
        r_inputs: list[Floats] = [np.zeros_like(inputs[0])]
        r_logits = np.empty_like(logits)
        for layer, (v, u) in enumerate(zip(along[::2], along[1::2], strict=True)):
            r_a = inputs[layer] @ v + u
            if layer:
                r_a += r_inputs[layer] @ weights[layer]
            if layer < len(lit):
                r_inputs.append(r_a * lit[layer])
            else:
                r_logits = r_a
        # How softmax's shares move with the logits: diag(share) - share share', for each example.
        r_delta = share * (r_logits - (share * r_logits).sum(axis=1, keepdims=True)) / len(y)
        out = list[Floats]()
        for layer in range(len(weights) - 1, -1, -1):
            r_weight = inputs[layer].T @ r_delta
            if layer:
                r_weight += r_inputs[layer].T @ deltas[layer]
            out[:0] = [r_weight.ravel(), r_delta.sum(axis=0)]
            if layer:
                back = r_delta @ weights[layer].T + deltas[layer] @ along[2 * layer].T
                r_delta = back * lit[layer - 1]
        return np.concatenate(out)

    return product


def largest_eigenvalue(
    product: Callable[[Floats], Floats], size: int, *, tolerance: float = 0.01, iterations: int = 200
) -> Curvature:
    """Return the largest eigenvalue of a symmetric matrix by power iteration, the one nearest to plus infinity.

    Power iteration goes to the eigenvalue of the largest size, whatever its sign, and hardly anywhere where one of
    each sign are of like size. Its Rayleigh quotient `v H v` tells which it is. Where that is below 0, or half of the
    iterations did not settle it, iteration goes on with `H + s`, where `s` is the largest length of `H v` so far: there
    the largest eigenvalue of `H` is also the largest in size.

    `product` is `v -> H v` on vectors `(size,)`. It ends when the length of `H v - value v` is at most the tolerance's
    share of `value` (or 1e-12, near 0), or after so many products. The start is always the same: normal numbers from
    seed 0.

    Examples
    --------
    >>> matrix = np.diag([3.0, 1.0, -5.0])
    >>> found = largest_eigenvalue(lambda v: matrix @ v, 3)
    >>> round(found.value, 2), round(found.lowest, 2), found.converged
    (3.0, -5.0, True)
    """
    v = np.random.default_rng(0).normal(size=size)
    v /= np.linalg.norm(v)
    shift, longest, lowest = 0.0, 0.0, None
    value, error = 0.0, np.inf
    for done in range(1, iterations + 1):
        image = product(v)
        value, length = float(v @ image), float(np.linalg.norm(image))
        error, longest = float(np.linalg.norm(image - value * v)), max(longest, length)
        # For a symmetric matrix some eigenvalue is no further from the quotient than the length of what is left over.
        settled = error <= max(tolerance * abs(value), 1e-12)
        if settled and (value >= 0 or shift):
            return Curvature(value, lowest, done, error, converged=True)
        if not shift and (settled or done >= iterations // 2):
            shift, lowest = longest, value if settled else None
            if value < 0:
                # There it would stay: the next direction must hold something of all others.
                v = np.random.default_rng(1).normal(size=size)
                v /= np.linalg.norm(v)
                continue
        moved = image + shift * v
        v = moved / (float(np.linalg.norm(moved)) or 1.0)
    return Curvature(value, lowest, iterations, error, converged=False)


def sharpness(
    parameters: Sequence[NDArray[np.floating]],
    x: NDArray[np.floating],
    y: NDArray[np.int64],
    *,
    tolerance: float = 0.01,
    iterations: int = 200,
) -> Curvature:
    """Return the largest eigenvalue of the Hessian of a dense network's mean loss on a batch of `EXAMPLES` rows."""
    size = sum(p.size for p in parameters)
    with one_blas_thread():
        product = hessian_product(parameters, x, y)
        return largest_eigenvalue(product, size, tolerance=tolerance, iterations=iterations)


def _parts(vector: Floats, shapes: Sequence[tuple[int, ...]]) -> list[Floats]:
    ends = np.cumsum([int(np.prod(shape)) for shape in shapes])[:-1]
    return [part.reshape(shape) for part, shape in zip(np.split(vector, ends), shapes, strict=True)]
