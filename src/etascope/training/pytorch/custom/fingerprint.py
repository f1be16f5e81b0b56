"""Digests that prove that a model and the generators are what they were: `fingerprint`."""

from __future__ import annotations

import hashlib
from typing import Any, cast

import numpy as np

from etascope.training.pytorch.generators import RandomState, states_of
from etascope.training.pytorch.library import Module, load_torch
from etascope.training.pytorch.networks import is_lazy
from etascope.training.pytorch.packing import to_array


def fingerprint(model: object, *loaders: object) -> dict[str, str]:
    """Return digests of a model (nothing for a factory), the global generators and those of loaders."""
    torch = load_torch()
    digests = dict[str, str]()
    if isinstance(model, torch.nn.Module):
        digests |= _of_module(model)
    state = RandomState.now()
    digests["Python"] = _digest(repr(state.python).encode())
    digests["NumPy"] = _digest(_bytes(state.numpy))
    digests["PyTorch"] = _digest(b"".join(s.cpu().numpy().tobytes() for s in (state.torch, *state.cuda)))
    digests["loaders"] = _digest(b"".join(_bytes(one) for one in states_of(*loaders)))
    return digests


def _of_module(model: Module) -> dict[str, str]:
    weights, gradients = hashlib.sha256(), hashlib.sha256()
    tensors = [*model.named_parameters(remove_duplicate=False), *model.named_buffers(remove_duplicate=False)]
    for name, tensor in tensors:
        weights.update(repr((name, str(tensor.dtype), str(tensor.device), tensor.requires_grad)).encode())
        if is_lazy(tensor):
            continue
        weights.update(to_array(tensor).tobytes())
        if tensor.grad is not None:
            gradients.update(name.encode())
            gradients.update(to_array(tensor.grad).tobytes())
    modes = repr([(name, part.training) for name, part in model.named_modules()])
    return {
        "weights and buffers": weights.hexdigest(),
        "gradients": gradients.hexdigest(),
        "modes": _digest(modes.encode()),
    }


def _bytes(state: Any) -> bytes:  # noqa: ANN401 - of three libraries, or a loader's own
    if isinstance(state, load_torch().Tensor):
        return to_array(state).tobytes()
    if isinstance(state, np.ndarray):
        return state.tobytes()
    if isinstance(state, dict):
        return _bytes(sorted(cast("dict[Any, Any]", state).items(), key=repr))
    if isinstance(state, list | tuple):
        return b"(" + b",".join(_bytes(part) for part in cast("list[Any]", state)) + b")"
    return repr(state).encode()


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
