"""Where the first layer's weights are kept between blocks of batches: as weights, or as coefficients of examples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from etascope.training.dense.optimizers import TINY, Array, flush

Rows = NDArray[np.int64]


class Basis(Protocol):
    """Weights `W` and velocity `V` of side-by-side trials, `(features + 1, columns)`, in some form."""

    @property
    def columns(self) -> int:
        """Trials times units."""
        ...

    def products(self, rows: Rows) -> tuple[Array, Array | None, Array]:
        """Return `x W`, `x V` (None without momentum) and `x x'` for these rows `x` of the data."""
        ...

    def absorb(self, rows: Rows, q: Array, p: Array, a: np.float32, c: Array) -> None:
        """Set `W = W - c V - x' q`, then `V = a V + x' p`."""
        ...

    def outputs(self, rows: Rows, out: Array) -> None:
        """Write `x W` for these rows of the data."""
        ...

    def arrays(self) -> list[Array]:
        """Return `[W]`, or `[W, V]` with momentum."""
        ...

    def finite(self) -> NDArray[np.bool_]:
        """Return which columns are finite numbers only."""
        ...

    def keep(self, columns: Rows) -> Basis:
        """Return these columns alone."""
        ...

    def flush(self) -> None:
        """Clear the velocity of denormal numbers."""
        ...


class WeightBasis:
    """The weights themselves: for data with more rows than features."""

    def __init__(self, x: Array, weights: Array, velocity: Array | None) -> None:
        self._x, self._weights, self._velocity = x, weights, velocity
        self._product = np.empty_like(weights)

    @property
    def columns(self) -> int:
        """Trials times units."""
        return self._weights.shape[1]

    def products(self, rows: Rows) -> tuple[Array, Array | None, Array]:
        """Multiply the rows out."""
        self._block = x = self._x[rows]
        return x @ self._weights, None if self._velocity is None else x @ self._velocity, x @ x.T

    def absorb(self, rows: Rows, q: Array, p: Array, a: np.float32, c: Array) -> None:
        """Move weights and velocity; `rows` are those of the last `products`."""
        x, product = self._block, self._product
        if self._velocity is not None:
            np.multiply(self._velocity, c, out=product)
            self._weights -= product
            np.matmul(x.T, p, out=product)
            self._velocity *= a
            self._velocity += product
        np.matmul(x.T, q, out=product)
        self._weights -= product

    def outputs(self, rows: Rows, out: Array) -> None:
        """Multiply the rows out."""
        np.matmul(self._x[rows], self._weights, out=out)

    def arrays(self) -> list[Array]:
        """Return weights and velocity."""
        return [self._weights] if self._velocity is None else [self._weights, self._velocity]

    def finite(self) -> NDArray[np.bool_]:
        """Look at the weights."""
        return np.asarray(np.isfinite(self._weights).all(axis=0))

    def keep(self, columns: Rows) -> WeightBasis:
        """Return these columns alone."""
        weights, *velocity = (np.ascontiguousarray(array[:, columns]) for array in self.arrays())
        return WeightBasis(self._x, weights, velocity[0] if velocity else None)

    def flush(self) -> None:
        """Clear the velocity of denormal numbers."""
        if self._velocity is not None:
            flush(self._velocity)


@dataclass(frozen=True, eq=False)
class Examples:
    """What the example forms of trials with equal batches and equal first weights share.

    Attributes
    ----------
    x
        `(n, features + 1)`: the data.
    train
        Rows that train, best in the order in which they first do.
    first
        `(features + 1, units)`: the weights that trials start from.
    gram
        `(n, len(train))`: `x @ x[train].T`.
    outputs
        `(n, units)`: `x @ first`.
    place
        `(n,)`: where a row stands in `train`, -1 where it does not.
    """

    x: Array
    train: Rows
    first: Array
    gram: Array
    outputs: Array
    place: Rows

    @classmethod
    def of(cls, x: Array, gram: Array, train: Rows, first: Array) -> Examples:
        """Choose and multiply out; `gram` is `x @ x.T`."""
        place = np.full(len(x), -1)
        place[train] = np.arange(len(train))
        return cls(x, train, first, gram.take(train, axis=1), x @ first, place)

    def serve(self, train: Rows, first: Array) -> bool:
        """Return whether these are the examples for such trials."""
        return np.array_equal(train, self.train) and np.array_equal(first, self.first)


class ExampleBasis:
    """A coefficient a training example, for data with few rows: gradient descent never leaves their span.

    Every update of the first layer is a sum of training inputs, so from the weights `W0` and velocity `V0` at the
    start of the plan

        W = W0 - s V0 - x' Q            V = b V0 + x' P

    with a row of `Q` and `P` per row that trains. The outputs are then `x W = x W0 - s x V0 - G Q` with the Gram matrix
    `G = x x'` of the data, computed once for all trials; an update only adds rows to `Q` and `P`, so the product that
    usually makes the gradient falls away. (The dual form of the perceptron and of kernel methods: Aizerman, Braverman
    and Rozonoer 1964.)
    """

    def __init__(self, examples: Examples, weights: Array, velocity: Array | None) -> None:
        self._examples, self._start = examples, [weights] if velocity is None else [weights, velocity]
        self._x, self._gram, self._place = examples.x, examples.gram, examples.place
        # Coefficients stand in the order in which rows are first used: those of the first `used` may differ from zero,
        # so that a training that has just begun multiplies with few of them.
        self._used = 0
        # Trials of a new training all start from the same weights, so one trial's product serves all.
        same = np.array_equal(weights, np.tile(examples.first, weights.shape[1] // examples.first.shape[1]))
        self._xw = examples.outputs if same else examples.x @ weights
        # A velocity of zeros, as at the start of a training, needs no product.
        self._xv = examples.x @ velocity if velocity is not None and velocity.any() else None
        self._q = np.zeros((len(examples.train), self.columns), np.float32)
        self._p = None if velocity is None else np.zeros_like(self._q)
        self._s, self._b = np.zeros(self.columns, np.float32), np.float32(1)
        self._prepare()

    def _prepare(self) -> None:
        # Work space is kept: fresh megabytes for every block would be page faults for every block.
        self._gram_rows = np.empty_like(self._gram)
        self._xw_rows = np.empty_like(self._xw)
        shape = (len(self._x), self.columns)
        self._products, self._scratch = (np.empty(shape, np.float32) for _ in range(2))
        self._velocity_products = None if self._p is None else np.empty(shape, np.float32)

    @property
    def columns(self) -> int:
        """Trials times units."""
        return self._start[0].shape[1]

    def products(self, rows: Rows) -> tuple[Array, Array | None, Array]:
        """Multiply the Gram matrix's rows with the coefficients."""
        xw, xv = self._products[: len(rows)], None
        gram = self._write_outputs(rows, xw)
        if self._p is not None and self._velocity_products is not None:
            used = slice(self._used)
            xv = np.matmul(gram[:, used], self._p[used], out=self._velocity_products[: len(rows)])
            if self._xv is not None:
                xv += self._xv[rows] * self._b
        return xw, xv, gram.take(self._place[rows], axis=1)

    def _write_outputs(self, rows: Rows, out: Array) -> Array:
        # No row is out of range; where it may raise, `take` goes through a buffer of its own, and a copy more.
        gram = self._gram.take(rows, axis=0, out=self._gram_rows[: len(rows)], mode="clip")
        np.matmul(gram[:, : self._used], self._q[: self._used], out=out)
        start = self._xw.take(rows, axis=0, out=self._xw_rows[: len(rows)], mode="clip")
        by_trial = out.reshape(len(rows), -1, start.shape[1])
        np.subtract(start[:, None, :], by_trial, out=by_trial)
        if self._xv is not None:
            out -= self._xv[rows] * self._s
        return gram

    def absorb(self, rows: Rows, q: Array, p: Array, a: np.float32, c: Array) -> None:
        """Add the block's coefficients."""
        if self._p is not None:
            # V here is the velocity that the block began with: it moves W before it moves itself.
            before = self._p[: self._used]
            self._q[: self._used] += np.multiply(before, c, out=self._scratch[: self._used])
            before *= a
            self._s += c * self._b
            self._b *= a
            self._add(self._p, rows, p)
        self._add(self._q, rows, q)
        self._used = max(self._used, int(self._place[rows].max()) + 1)

    def _add(self, coefficients: Array, rows: Rows, more: Array) -> None:
        places = self._place[rows]
        total = coefficients.take(places, axis=0, out=self._scratch[: len(rows)], mode="clip")
        total += more
        coefficients[places] = total

    def outputs(self, rows: Rows, out: Array) -> None:
        """Multiply the Gram matrix's rows with the coefficients."""
        self._write_outputs(rows, out)

    def arrays(self) -> list[Array]:
        """Return weights and velocity, multiplied out."""
        trained = self._x[self._examples.train]
        weights: Array = np.subtract(self._start[0], trained.T @ self._q, dtype=np.float32)
        if self._p is None:
            return [weights]
        velocity: Array = np.add(self._start[1] * self._b, trained.T @ self._p, dtype=np.float32)
        weights -= self._start[1] * self._s
        flush(velocity)
        return [weights, velocity]

    def finite(self) -> NDArray[np.bool_]:
        """Look at the coefficients, and whether the weights that they add up to can overflow."""
        # One fast pass tells the usual case: squares that can be added up belong to sums that can be.
        if np.isfinite(np.vdot(self._q, self._q)):
            return np.ones(self.columns, np.bool_)
        return np.isfinite(np.abs(self._q).sum(axis=0) * np.abs(self._x).max())

    def keep(self, columns: Rows) -> ExampleBasis:
        """Return these columns alone."""
        kept = object.__new__(ExampleBasis)
        kept._examples, kept._b, kept._used = self._examples, self._b, self._used
        kept._x, kept._gram, kept._place = self._x, self._gram, self._place
        kept._start = [np.ascontiguousarray(array[:, columns]) for array in self._start]
        # Where one trial's product served all of them, each that is left gets its own.
        kept._xw = np.ascontiguousarray(self._xw[:, columns % self._xw.shape[1]])
        kept._q = np.ascontiguousarray(self._q[:, columns])
        kept._xv, kept._p = (
            None if array is None else np.ascontiguousarray(array[:, columns]) for array in (self._xv, self._p)
        )
        kept._s = self._s[columns]
        kept._prepare()
        return kept

    def flush(self) -> None:
        """Clear the velocity's coefficients of denormal numbers, and the start velocity where it has faded."""
        if self._p is not None:
            flush(self._p)
        if self._b < TINY:
            self._b = np.float32(0)
