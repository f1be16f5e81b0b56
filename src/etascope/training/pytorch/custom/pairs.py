"""What a loader gives, as a batch: `batch_of`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np

from etascope.core.errors import InputError, one_line
from etascope.training.pytorch.batches import Batch
from etascope.training.pytorch.library import load_torch, tensors_in


def batch_of(name: str, number: int, given: object) -> Batch:
    """Return a pair of inputs and targets as a batch.

    Parameters
    ----------
    name
        Of the loader.
    number
        Of the batch, from 0.
    given
        What the loader gave.

    Raises
    ------
    InputError
        If it is no such pair, is empty, or has numbers that are not finite.
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
