"""The networks of a group of trials as one: forward, backward and update of all of them together.

Layout: the first layer has the trials side by side as columns (see `first_layer`); deeper layers are batched
products with the trial as first axis; logits are class-major, `(classes, trials, batch)`, where sums over classes run
along long rows.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from etascope.core.history import TEMPERATURES
from etascope.core.plan import Checkpoint
from etascope.training.dense.first_layer import Packed, first_layer
from etascope.training.dense.optimizers import Array, Rule, flush


@dataclass(eq=False)
class _Buffers:
    """Work space for one batch size: what leaves each hidden layer, its gradient, logits, and their scratch."""

    hidden: list[Array]
    gradients: list[Array]
    logits: Array
    scratch: Array
    flat: Array
    flat_gradient: Array


class Stack:
    """Networks of `sizes` (features, hidden units of each layer, classes) for every trial of a group.

    Each goes on from its checkpoint in `starts`. `block` is the rows of the largest block of batches; 0 moves the
    weights after every batch. `train` are the development rows that train, best in the order in which they first do;
    None for all of them.
    """

    def __init__(
        self,
        sizes: tuple[int, ...],
        starts: list[Checkpoint],
        packed: Packed,
        rule: Rule,
        block: int,
        train: NDArray[np.int64] | None = None,
    ) -> None:
        self.sizes = sizes
        self._packed = packed
        self._rule = rule
        self.trials = len(starts)
        first, self._deeper = self._stack([start.parameters for start in starts])
        states = [self._stack([start.state[name] for start in starts]) for name in rule.state_names]
        self._deeper_state = tuple(deeper for _, deeper in states)
        self.first = first_layer(packed, first, tuple(array for array, _ in states), rule, block, sizes[1], train)
        self._prepare()

    def _stack(self, trials: list[tuple[Array, ...]]) -> tuple[Array, Array]:
        """Return the first layer's arrays side by side, and the deeper layers' in one row a trial."""
        # Trials that begin share one tuple of arrays, which is laid out once.
        if all(arrays is trials[0] for arrays in trials):
            first, deeper = self._stack_one(trials[0])
            return np.tile(first, len(trials)), np.tile(deeper, (len(trials), 1))
        firsts, deepers = zip(*map(self._stack_one, trials), strict=True)
        return np.hstack(firsts), np.stack(deepers)

    def _stack_one(self, arrays: tuple[Array, ...]) -> tuple[Array, Array]:
        first = np.vstack([arrays[0][self._packed.columns], arrays[1]])
        return first, np.concatenate([np.empty(0, np.float32), *(array.ravel() for array in arrays[2:])])

    def _prepare(self) -> None:
        self._gradient, self._scratch = np.empty_like(self._deeper), np.empty_like(self._deeper)
        self._layers, self._gradients = self._by_layer(self._deeper), self._by_layer(self._gradient)
        self._buffers: dict[int, _Buffers] = {}

    def _by_layer(self, deeper: Array) -> list[tuple[Array, Array]]:
        """Return views `(trials, in, out)` and `(trials, 1, out)` of the weights and the bias of each deeper layer."""
        layers: list[tuple[Array, Array]] = []
        at = 0
        for fan_in, fan_out in itertools.pairwise(self.sizes[1:]):
            weights, at = deeper[:, at : at + fan_in * fan_out], at + fan_in * fan_out
            bias, at = deeper[:, None, at : at + fan_out], at + fan_out
            layers.append((weights.reshape(-1, fan_in, fan_out), bias))
        return layers

    def unpack(self, step: int, frozen: list[tuple[Array, ...]], last_rates: list[float]) -> list[Checkpoint]:
        """Return a checkpoint a trial; features without gradient keep the weights that `frozen` has for the trial."""
        first = self.first.arrays()
        deeper = [self._by_layer(array) for array in (self._deeper, *self._deeper_state)]
        zeros = tuple(np.zeros_like(p) for p in frozen[0])
        return [
            Checkpoint(
                step,
                self._unstack(first[0], deeper[0], trial, frozen[trial]),
                {
                    name: self._unstack(first[i], deeper[i], trial, zeros)
                    for i, name in enumerate(self._rule.state_names, 1)
                },
                last_rates[trial],
            )
            for trial in range(self.trials)
        ]

    def _unstack(
        self, first: Array, deeper: list[tuple[Array, Array]], trial: int, frozen: tuple[Array, ...]
    ) -> tuple[Array, ...]:
        columns = first[:, trial * self.sizes[1] : (trial + 1) * self.sizes[1]]
        weights = frozen[0].copy()
        weights[self._packed.columns] = columns[:-1]
        rest = [array.copy() for layer, bias in deeper for array in (layer[trial], bias[trial, 0])]
        return (weights, columns[-1].copy(), *rest)

    def keep(self, trials: NDArray[np.int64]) -> None:
        """Go on with these trials only."""
        units = self.sizes[1]
        self.first = self.first.keep((trials[:, None] * units + np.arange(units)).ravel())
        self._deeper = self._deeper[trials]
        self._deeper_state = tuple(array[trials] for array in self._deeper_state)
        self.trials = len(trials)
        self._prepare()

    def flush(self) -> None:
        """Clear optimizer state that decays towards denormal numbers."""
        self.first.flush()
        for array in self._deeper_state:
            flush(array)

    def step(self, start: int, stop: int, onehot: Array, rates: Array, number: int) -> tuple[Array, Array]:
        """Train on one batch of the block that `first.begin` opened: its rows `start` to `stop`; steps count from 1.

        `onehot` is `(classes, 1, batch)` and `rates` `(trials,)`, both float32. Returns the loss summed over the batch
        and how many were right, `(trials,)` each, before the update.
        """
        batch = stop - start
        work = self._work(batch)
        self.first.forward(start, stop, work.flat)
        self._propagate(work)
        loss, right = cross_entropy(work.logits, onehot, work.scratch)
        work.logits -= onehot
        work.logits *= np.float32(1 / batch)
        self._back_propagate(work)
        self._rule.update(self._deeper, self._gradient, self._deeper_state, rates[:, None], number, self._scratch)
        self.first.update(start, stop, work.flat_gradient, np.repeat(rates, self.sizes[1]), number)
        return loss, right

    def finite(self) -> NDArray[np.bool_]:
        """Return which trials have finite weights only, `(trials,)`."""
        first = self.first.finite().reshape(-1, self.sizes[1]).all(axis=1)
        return np.asarray(first & np.isfinite(self._deeper).all(axis=1))

    def evaluate(self, rows: NDArray[np.int64], example_losses: Array | None = None) -> tuple[Array, Array]:
        """Return the summed loss and the number right, `(trials,)` each, of these development rows.

        The loss of each example at each of `TEMPERATURES` is written to `example_losses`
        `(trials, temperatures, rows)` if given.
        """
        work = self._work(len(rows))
        self.first.outputs(rows, work.flat)
        self._propagate(work)
        onehot = self._packed.onehot[:, None, rows]
        if example_losses is not None:
            tempered_losses(work.logits, onehot, example_losses)
        return cross_entropy(work.logits, onehot, work.scratch)

    def _work(self, batch: int) -> _Buffers:
        if batch not in self._buffers:
            trials, units = self.trials, self.sizes[1]
            flat, flat_gradient = (np.empty((batch, trials * units), np.float32) for _ in range(2))
            by_trial = [a.reshape(batch, trials, units).transpose(1, 0, 2) for a in (flat, flat_gradient)]
            deep = [[np.empty((trials, batch, size), np.float32) for size in self.sizes[2:-1]] for _ in range(2)]
            logits, scratch = (np.empty((self.sizes[-1], trials, batch), np.float32) for _ in range(2))
            self._buffers[batch] = _Buffers(
                [by_trial[0], *deep[0]], [by_trial[1], *deep[1]], logits, scratch, flat, flat_gradient
            )
        return self._buffers[batch]

    def _propagate(self, work: _Buffers) -> None:
        if len(self.sizes) == 2:
            np.copyto(work.logits, work.hidden[0].transpose(2, 0, 1))
            return
        np.maximum(work.flat, 0, out=work.flat)
        for i, (weights, bias) in enumerate(self._layers[:-1]):
            out = work.hidden[i + 1]
            np.matmul(work.hidden[i], weights, out=out)
            out += bias
            np.maximum(out, 0, out=out)
        weights, bias = self._layers[-1]
        by_trial = work.logits.transpose(1, 0, 2)
        np.matmul(weights.transpose(0, 2, 1), work.hidden[-1].transpose(0, 2, 1), out=by_trial)
        work.logits += bias.transpose(2, 0, 1)

    def _back_propagate(self, work: _Buffers) -> None:
        """Leave the first layer's delta in `flat_gradient`, and the gradients of all deeper parameters."""
        if len(self.sizes) == 2:
            np.copyto(work.gradients[0], work.logits.transpose(1, 2, 0))
            return
        delta = work.logits.transpose(1, 2, 0)
        for i in range(len(work.hidden) - 1, -1, -1):
            hidden, upstream = work.hidden[i], work.gradients[i]
            weights, bias = self._gradients[i]
            np.matmul(hidden.transpose(0, 2, 1), delta, out=weights)
            np.add.reduce(delta, axis=1, keepdims=True, out=bias)
            np.matmul(delta, self._layers[i][0].transpose(0, 2, 1), out=upstream)
            upstream *= hidden > 0
            delta = upstream


def cross_entropy(logits: Array, onehot: Array, scratch: Array) -> tuple[Array, Array]:
    """Turn logits into softmax probabilities in place and return loss and number right, summed over the batch.

    `logits` and `scratch` are `(classes, trials, batch)`, `onehot` `(classes, 1, batch)`. The loss is
    `log(sum(exp(logits))) - logits[label]` in nats; an example is right when no logit is above its label's.
    """
    logits -= np.maximum.reduce(logits, axis=0)
    np.multiply(logits, onehot, out=scratch)
    target = np.add.reduce(scratch, axis=0)
    # With the highest taken off, the label's own logit is 0 where none is above it; NaN is never right.
    right = np.count_nonzero(target >= 0, axis=1).astype(np.float32)
    np.exp(logits, out=logits)
    total = np.add.reduce(logits, axis=0)
    logits /= total
    return np.add.reduce(np.log(total) - target, axis=1), right


def tempered_losses(logits: Array, onehot: Array, out: Array) -> None:
    """Write `log(sum(exp(logits / t))) - logits[label] / t` in nats for each `t` of `TEMPERATURES`.

    `logits` is `(classes, trials, rows)`, `onehot` `(classes, 1, rows)`, `out` `(trials, temperatures, rows)`.
    """
    highest = np.maximum.reduce(logits, axis=0)
    below = logits - highest
    missed = np.add.reduce(below * onehot, axis=0)
    for i, temperature in enumerate(TEMPERATURES):
        out[:, i] = np.log(np.add.reduce(np.exp(below / np.float32(temperature)), axis=0)) - missed / temperature
