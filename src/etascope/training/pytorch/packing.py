"""Nested state with tensors, as modules and optimizers give it, to arrays and a text, and back: never pickle."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from etascope.core.errors import InputError
from etascope.training.pytorch.library import Tensor, load_torch

Arrays = tuple[NDArray[Any], ...]


def pack_state(state: object, what: str) -> Arrays:
    """Return nested state as arrays: a text that says how it is nested, then every tensor.

    State is tensors, numbers, texts, None, and dicts, lists and tuples of them; keys are texts or whole numbers. Raises
    `InputError`, which calls it `what`, if there is anything else in it.

    Examples
    --------
    >>> packed = pack_state({0: {"lr": 0.1, "betas": (0.9, 0.99)}}, "the optimizer")
    >>> unpack_state(packed)
    {0: {'lr': 0.1, 'betas': (0.9, 0.99)}}
    """
    tensors = list[NDArray[Any]]()
    document = _to_document(state, tensors, what)
    text = np.frombuffer(json.dumps(document).encode("utf-8"), np.uint8)
    return text, *tensors


def unpack_state(arrays: Sequence[NDArray[Any]]) -> Any:  # noqa: ANN401 - whatever was packed
    """Return what `pack_state` packed, tensors on the processor, bit for bit."""
    return _from_document(json.loads(arrays[0].tobytes().decode("utf-8")), arrays[1:])


def to_array(tensor: Tensor) -> NDArray[Any]:
    """Return a copy of a tensor's values; types that NumPy lacks (bfloat16) as integers of the same bits."""
    torch = load_torch()
    kept = tensor.detach().cpu().contiguous()
    if kept.dtype == torch.bfloat16:
        kept = kept.view(torch.int16)
    elif kept.dtype.itemsize == 1 and kept.dtype.is_floating_point:
        kept = kept.view(torch.uint8)
    return np.array(kept.numpy(), copy=True)


def to_tensor(array: NDArray[Any], dtype: str) -> Tensor:
    """Return the tensor of the type `dtype` (as `float32`) that `to_array` made the array of."""
    torch = load_torch()
    tensor: Any = torch.from_numpy(np.array(array, copy=True))
    kind = getattr(torch, dtype)
    return tensor if tensor.dtype == kind else tensor.view(kind)


def _to_document(value: Any, tensors: list[NDArray[Any]], what: str) -> Any:  # noqa: ANN401 - state, and JSON
    torch, kind = load_torch(), type(value).__name__
    if isinstance(value, torch.Tensor):
        tensors.append(to_array(value))
        return {"tensor": len(tensors) - 1, "dtype": str(value.dtype).removeprefix("torch.")}
    if isinstance(value, dict):
        items = cast("dict[Any, Any]", value)
        if all(isinstance(key, str) or (isinstance(key, int) and not isinstance(key, bool)) for key in items):
            return {"dict": [[key, _to_document(part, tensors, what)] for key, part in items.items()]}
    elif isinstance(value, tuple | list):
        parts = [_to_document(part, tensors, what) for part in cast("Sequence[object]", value)]
        return {"tuple" if isinstance(value, tuple) else "list": parts}
    elif value is None or isinstance(value, bool | int | str):
        return value
    elif isinstance(value, float):
        # As hexadecimal text, so that every bit and infinity comes back.
        return {"float": float(value).hex()}
    raise InputError(
        f"{what} must be made of tensors, numbers, texts, lists and dicts, so that a training can go on from it later; "
        f"found a {kind} in it."
    )


def _from_document(document: object, tensors: Sequence[NDArray[Any]]) -> Any:  # noqa: ANN401 - JSON, and what it was
    if not isinstance(document, dict):
        return cast("Any", document)
    node = cast("dict[str, Any]", document)
    if "tensor" in node:
        number: int = node["tensor"]
        return to_tensor(tensors[number], node["dtype"])
    if "float" in node:
        return float.fromhex(node["float"])
    if "dict" in node:
        return {key: _from_document(part, tensors) for key, part in node["dict"]}
    parts = [_from_document(part, tensors) for part in node.get("tuple", node.get("list", ()))]
    return tuple(parts) if "tuple" in node else parts
