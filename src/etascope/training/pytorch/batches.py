"""The batches that the trials of a unit share, made once for all of them: `Batches`, `SplitBatches`, `batch_of`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from etascope.core.data import Split
from etascope.core.errors import InputError, one_line
from etascope.core.recipe import Recipe, epoch_size, steps_per_epoch
from etascope.training.pytorch.library import Device, Tensor, load_torch, moved, tensors_in
from etascope.training.random_streams import epoch_order

#: Validation goes in pieces of at most so many rows and numbers, so that memory does not grow with the data.
PIECE_ROWS, PIECE_NUMBERS = 512, 1 << 20


@dataclass(frozen=True, eq=False)
class Batch:
    """Inputs, targets and how many examples they are; on the device."""

    inputs: Any
    targets: Any
    size: int

    def fresh(self) -> Batch:
        """Return a copy, so that what a model does to its inputs in place is seen by no other trial, and by no loader.

        Examples
        --------
        >>> import torch
        >>> batch = Batch(torch.zeros(2), {"label": torch.ones(2)}, 2)
        >>> _ = batch.fresh().inputs.add_(1)
        >>> batch.inputs.tolist()
        [0.0, 0.0]
        """
        return Batch(_mapped(self.inputs, _clone), _mapped(self.targets, _clone), self.size)

    def take(self, rows: NDArray[np.int64]) -> Batch:
        """Return these examples alone: of every tensor that has one a row; whatever else there is stays.

        Examples
        --------
        >>> import torch
        >>> Batch({"image": torch.arange(3), "scale": 2.0}, torch.arange(3), 3).take(np.array([2])).inputs
        {'image': tensor([2]), 'scale': 2.0}
        """

        def part(tensor: Tensor) -> Tensor:
            own = tensor.dim() and len(tensor) == self.size
            return tensor[load_torch().from_numpy(rows).to(tensor.device)] if own else tensor

        return Batch(_mapped(self.inputs, part), _mapped(self.targets, part), len(rows))


class Batches(Protocol):
    """Where batches come from: the same ones for the same seed, fold and epoch."""

    def steps_per_epoch(self, fold: int) -> int:
        """Return how many steps an epoch has."""
        ...

    def valid_size(self, fold: int, count: int | None = None) -> int:
        """Return how many examples validate: all, or at most `count`."""
        ...

    def steps(self, seed: int, fold: int, epoch: int, first: int, count: int | None = None) -> Iterator[list[Batch]]:
        """Yield the steps of an epoch from the one numbered `first`; a step is one batch, or several to accumulate.

        With a `count`, every epoch has so many steps, of a fixed part of the examples.
        """
        ...

    def valid(self, seed: int, fold: int, count: int | None = None) -> Iterator[Batch]:
        """Yield the batches that validate, always in the same order; with a `count`, a fixed part of so many rows."""
        ...


def _mapped(values: Any, change: Callable[[Tensor], Tensor]) -> Any:  # noqa: ANN401 - tensors and whatever holds them
    if isinstance(values, load_torch().Tensor):
        return change(values)
    if isinstance(values, dict):
        return {key: _mapped(part, change) for key, part in cast("dict[Any, Any]", values).items()}
    if isinstance(values, tuple | list):
        parts = [_mapped(part, change) for part in cast("list[Any]", values)]
        kind = cast("Any", type(values))  # pyright: ignore[reportUnknownArgumentType]  # of any sequence
        return kind(*parts) if hasattr(kind, "_fields") else kind(parts)
    return values


def _clone(tensor: Tensor) -> Tensor:
    return tensor.clone()


@dataclass(frozen=True, eq=False)
class SplitBatches:
    """Batches of a prepared split, in the order that `training.random_streams` gives.

    Attributes
    ----------
    split, recipe
        `x` is `(n, ...)` float32; and what gives the batch size.
    device
        Where batches go.
    accumulate
        How many parts a batch goes through the model in; the gradient is that of the whole batch.
    """

    split: Split
    recipe: Recipe
    device: Device
    accumulate: int = 1

    @property
    def first(self) -> Batch:
        """The first rows that train, as many as go through the model at once."""
        rows = self.split.train_rows(0)
        return self._batch(rows[: -(-self.recipe.batch_size // self.accumulate)])

    def steps_per_epoch(self, fold: int) -> int:
        """Return how many steps an epoch has, the last and smaller batch included."""
        return steps_per_epoch(self.split, self.recipe, fold)

    def valid_size(self, fold: int, count: int | None = None) -> int:
        """Return how many rows the fold holds out, at most `count` of them."""
        return len(self.split.valid_rows(fold, count))

    def steps(self, seed: int, fold: int, epoch: int, first: int, count: int | None = None) -> Iterator[list[Batch]]:
        """Yield the steps of an epoch from the one numbered `first`; with a `count`, of a fixed part of the rows."""
        split, size = self.split, self.recipe.batch_size
        whole = epoch_size(split, self.recipe, fold)
        rows = whole if count is None else min(whole, count * size)
        order = epoch_order(split.train_rows(fold, None if count is None else rows), rows, seed, fold, epoch)
        for start in range(first * size, len(order), size):
            rows = order[start : start + size]
            parts = min(self.accumulate, len(rows))
            yield [self._batch(part) for part in np.array_split(rows, parts)]

    def valid(self, seed: int, fold: int, count: int | None = None) -> Iterator[Batch]:
        """Yield the rows that the fold holds out, or a fixed part of them, in pieces."""
        rows = self.split.valid_rows(fold, count)
        part = -(-self.recipe.batch_size // self.accumulate)
        numbers = max(self.split.x[:1].size, 1)
        piece = int(np.clip(PIECE_NUMBERS // numbers, min(part, PIECE_ROWS), PIECE_ROWS))
        for start in range(0, len(rows), piece):
            yield self._batch(rows[start : start + piece])

    def _batch(self, rows: NDArray[np.int64]) -> Batch:
        torch = load_torch()
        inputs, targets = torch.from_numpy(self.split.x[rows]), torch.from_numpy(self.split.y[rows])
        return Batch(moved(inputs, self.device), moved(targets, self.device), len(rows))


def batch_of(name: str, number: int, given: object) -> Batch:
    """Return what a loader gave as its batch `number`, counted from 0: a pair of inputs and targets.

    Raises `InputError` if it is no such pair, is empty, or has numbers that are not finite.
    """
    torch = load_torch()
    kind, pair = type(given).__name__, cast("Sequence[Any]", given if isinstance(given, tuple | list) else ())
    if len(pair) != 2:
        size = f" of {len(pair)}" if pair else ""
        raise InputError(
            f"{name} must give pairs (inputs, targets); found a {kind}{size} in batch {number + 1}. Wrap it in a class "
            "whose __iter__ yields pairs."
        )
    inputs, targets = (torch.as_tensor(part) if isinstance(part, np.ndarray) else part for part in pair)
    tensors = tensors_in(inputs)
    if not tensors or not tensors[0].dim() or not tensors_in(targets):
        raise InputError(
            f"{name} must give inputs and targets as tensors with an example a row; found {type(inputs).__name__} and "
            f"{type(targets).__name__} in batch {number + 1}."
        )
    if not len(tensors[0]):
        raise InputError(f"{name} must give batches with at least one example; batch {number + 1} is empty.")
    try:
        finite = all(bool(torch.isfinite(tensor).all()) for tensor in tensors if tensor.is_floating_point())
    except RuntimeError as error:
        raise InputError(f"{name} gave inputs that cannot be looked at: {one_line(error)}.") from error
    if not finite:
        raise InputError(
            f"{name} must give finite numbers; the inputs of batch {number + 1} hold NaN or infinity. Look at the "
            "images and at how they are normalised."
        )
    return Batch(inputs, targets, len(tensors[0]))


def shapes_by(shapes: Sequence[tuple[int, ...]]) -> str:
    """Return how shapes are written."""
    return ", ".join(str(shape) for shape in shapes)
