"""The first layer of a group of trials, `first_layer`, over development rows as it wants them, `Packed`.

Nearly all the arithmetic of a small network is here.
The trials stand side by side as columns of one weight matrix, the bias as a last row that meets a column of ones in
the inputs, so one matrix product serves all trials of the group. Work comes in blocks of batches: `begin` a block,
then `forward` and `update` for each of its batches, then `end`; between `end` and `begin` the weights are true.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from etascope.core.data import Split
from etascope.training.dense.basis import Basis, ExampleBasis, Examples, WeightBasis
from etascope.training.dense.optimizers import Array, Rule, Sgd, flush

#: Up to this many rows a column, coefficients of examples take less arithmetic than weights (see `basis`): a batch
#: multiplies its rows once with coefficients of all rows, but twice with weights of all columns, forward and back.
GRAM_ROWS_PER_COLUMN = 2.0


@dataclass(frozen=True, eq=False)
class Packed:
    """The development rows as the engine wants them.

    Attributes
    ----------
    x
        `(n, columns + 1)` float32: the features that carry a gradient, and a last column of ones.
    columns
        Which features those are. A feature that is zero in every development row has a gradient of exactly zero, so
        its weights never move (unless they decay) and it can stay out; handwritten digits have a quarter of these.
    onehot
        `(classes, n)` float32.
    features
        Number of all features.
    gram
        `(n, n)` float32, `x @ x.T`, where the data are few enough for it to save work, else None.
    latest
        What the last group of trials worked out of these and the next can use again.
    """

    x: Array
    columns: NDArray[np.int64]
    onehot: Array
    features: int
    gram: Array | None
    latest: dict[str, Examples] = field(default_factory=dict[str, Examples], repr=False)


def pack(split: Split, every_feature: bool) -> Packed:
    """Lay out the development rows of a prepared split; `every_feature` keeps those that are always zero too."""
    inputs: Array = split.x
    features = inputs.shape[1]
    lit = np.asarray(inputs.any(axis=0))
    columns: NDArray[np.int64] = np.flatnonzero(lit | every_feature)
    x = np.ones((len(inputs), len(columns) + 1), np.float32)
    x[:, :-1] = inputs if len(columns) == features else inputs[:, columns]
    onehot = np.zeros((split.n_classes, len(split.y)), np.float32)
    onehot[split.y, np.arange(len(split.y))] = 1
    few = len(x) <= GRAM_ROWS_PER_COLUMN * x.shape[1]
    return Packed(x, columns, onehot, features, x @ x.T if few else None)


Rows = NDArray[np.int64]


class FirstLayer(Protocol):
    """A first layer of side-by-side trials; rows are numbers of development rows."""

    def begin(self, rows: Rows) -> None:
        """Start a block of batches."""
        ...

    def forward(self, start: int, stop: int, out: Array) -> None:
        """Write the outputs `(stop - start, columns)` of these rows of the block, with the weights as they are now."""
        ...

    def update(self, start: int, stop: int, delta: Array, rate: Array, step: int) -> None:
        """Do step number `step` (from 1): `delta` `(stop - start, columns)`, `rate` `(columns,)`."""
        ...

    def end(self) -> None:
        """Finish the block."""
        ...

    def outputs(self, rows: Rows, out: Array) -> None:
        """Write the outputs of any rows, between blocks."""
        ...

    def arrays(self) -> list[Array]:
        """Return the weights `(features + 1, columns)` and the rule's state for them, between blocks."""
        ...

    def finite(self) -> NDArray[np.bool_]:
        """Return which columns are finite numbers only."""
        ...

    def keep(self, columns: Rows) -> FirstLayer:
        """Return the layer with these columns alone."""
        ...

    def flush(self) -> None:
        """Clear optimizer state of denormal numbers."""
        ...


class DirectFirstLayer:
    """Moves the weights after every batch; for any update rule."""

    def __init__(self, x: Array, weights: Array, state: tuple[Array, ...], rule: Rule) -> None:
        self._x, self._weights, self._state, self._rule = x, weights, state, rule
        self._gradient, self._scratch = np.empty_like(weights), np.empty_like(weights)

    def begin(self, rows: Rows) -> None:
        """Fetch the block's inputs."""
        self._block = self._x[rows]

    def forward(self, start: int, stop: int, out: Array) -> None:
        """Multiply inputs with weights."""
        np.matmul(self._block[start:stop], self._weights, out=out)

    def update(self, start: int, stop: int, delta: Array, rate: Array, step: int) -> None:
        """Do one step on the whole matrix."""
        np.matmul(self._block[start:stop].T, delta, out=self._gradient)
        self._rule.update(self._weights, self._gradient, self._state, rate, step, self._scratch)

    def end(self) -> None:
        """Nothing is left to do."""

    def outputs(self, rows: Rows, out: Array) -> None:
        """Multiply inputs with weights."""
        np.matmul(self._x[rows], self._weights, out=out)

    def arrays(self) -> list[Array]:
        """Return weights and state."""
        return [self._weights, *self._state]

    def finite(self) -> NDArray[np.bool_]:
        """Look at the weights."""
        return np.asarray(np.isfinite(self._weights).all(axis=0))

    def keep(self, columns: Rows) -> DirectFirstLayer:
        """Return the layer with these columns alone."""
        weights, *state = (np.ascontiguousarray(array[:, columns]) for array in self.arrays())
        return DirectFirstLayer(self._x, weights, tuple(state), self._rule)

    def flush(self) -> None:
        """Clear optimizer state of denormal numbers."""
        for array in self._state:
            flush(array)


class BlockedFirstLayer:
    """Moves the weights once a block; exact in real arithmetic for plain, momentum and Nesterov descent.

    Every gradient is `x_i' d_i`, a product of inputs and back-propagated deltas, and these rules are linear in the
    gradients. So inside a block with inputs `x`, start weights `W` and start velocity `V`, the true values are

        velocity = a V + x' p            weights = W - c V - x' q

    with a number `a`, a number `c` a trial and small coefficient matrices `p` and `q` with a row per input, on which
    the rule runs instead. A batch needs only its rows of `x W`, `x V` and `x x'`, which a `Basis` gives once a block
    as products of many rows; large products run at up to twice the speed of a batch's thin ones.
    """

    def __init__(self, basis: Basis, rule: Sgd, rows: int) -> None:
        self._basis, self._rule, self._rows = basis, rule, rows
        self._momentum = np.float32(rule.momentum)
        columns = basis.columns
        self._p, self._q, self._scratch = (np.zeros((rows, columns), np.float32) for _ in range(3))

    def begin(self, rows: Rows) -> None:
        """Get the products of the whole block's inputs with start weights, start velocity and each other."""
        self._xw, self._xv, self._gram = self._basis.products(rows)
        self._block = rows
        self._a = np.float32(1)
        self._c = np.zeros(self._basis.columns, np.float32)

    def forward(self, start: int, stop: int, out: Array) -> None:
        """Add to the block's products what the steps since its start did."""
        if not start:
            out[...] = self._xw[:stop]
            return
        np.matmul(self._gram[start:stop, :start], self._q[:start], out=out)
        np.subtract(self._xw[start:stop], out, out=out)
        if self._xv is not None:
            out -= np.multiply(self._xv[start:stop], self._c, out=self._scratch[: stop - start])

    def update(self, start: int, stop: int, delta: Array, rate: Array, step: int) -> None:
        """Run the rule on the coefficients."""
        # The gradient is x' with delta in the rows of this batch and 0 in all others, so that velocity = momentum
        # velocity + gradient is: a and p times the momentum, and delta in the rows of p, which no batch had before.
        now = slice(start, stop)
        if not self._momentum:
            np.multiply(delta, rate, out=self._q[now])
            return
        p, q, scratch = self._p[:stop], self._q[:stop], self._scratch[:stop]
        p[:start] *= self._momentum
        p[now] = delta
        self._a *= self._momentum
        reach = rate
        # What the weights then move by, rate times velocity (Nesterov: rate times gradient plus momentum velocity),
        # goes to q and c. Rows of q from this batch on still hold what the last block left there, and are written over.
        if self._rule.nesterov:
            np.multiply(delta, rate, out=q[now])
            reach = rate * self._momentum
            np.multiply(p, reach, out=scratch)
            q += scratch
        else:
            np.multiply(p, reach, out=scratch)
            q[:start] += scratch[:start]
            q[now] = scratch[now]
        self._c += reach * self._a

    def end(self) -> None:
        """Move weights and velocity to where the block's steps took them."""
        rows = len(self._block)
        self._basis.absorb(self._block, self._q[:rows], self._p[:rows], self._a, self._c)

    def outputs(self, rows: Rows, out: Array) -> None:
        """Multiply inputs with weights."""
        self._basis.outputs(rows, out)

    def arrays(self) -> list[Array]:
        """Return weights and state."""
        return self._basis.arrays()

    def finite(self) -> NDArray[np.bool_]:
        """Look at the weights."""
        return self._basis.finite()

    def keep(self, columns: Rows) -> BlockedFirstLayer:
        """Return the layer with these columns alone."""
        return BlockedFirstLayer(self._basis.keep(columns), self._rule, self._rows)

    def flush(self) -> None:
        """Clear optimizer state of denormal numbers."""
        self._basis.flush()


def first_layer(
    packed: Packed,
    weights: Array,
    state: tuple[Array, ...],
    rule: Rule,
    block: int,
    units: int,
    train: NDArray[np.int64] | None,
) -> FirstLayer:
    """Return the fastest first layer for this data and rule."""
    if not block or not isinstance(rule, Sgd):
        return DirectFirstLayer(packed.x, weights, state, rule)
    velocity = state[0] if state else None
    if packed.gram is None:
        return BlockedFirstLayer(WeightBasis(packed.x, weights, velocity), rule, block)
    train, first = np.arange(len(packed.x)) if train is None else train, weights[:, :units]
    # Groups of a unit come one after the other.
    last = packed.latest.get("examples")
    if last is None or not last.serve(train, first):
        last = packed.latest["examples"] = Examples.of(packed.x, packed.gram, train, first.copy())
    return BlockedFirstLayer(ExampleBasis(last, weights, velocity), rule, block)
