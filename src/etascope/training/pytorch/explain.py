"""What each layer of any module makes of its inputs, seen by hooks on the leaves: `explain_module`."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from etascope.core.trace import Layer
from etascope.training.pytorch.generators import random_state_kept
from etascope.training.pytorch.library import Device, Module, Tensor, load_torch

#: Activations in which nothing is below 0.
RECTIFYING = ("ReLU", "ReLU6", "Softplus", "Sigmoid", "Hardsigmoid")
#: Other activations that work on each number alone.
_BENDING = (
    "LeakyReLU", "PReLU", "ELU", "CELU", "SELU", "GELU", "SiLU", "Mish", "Tanh", "Hardtanh", "Hardswish", "Softsign",
    "LogSigmoid", "Tanhshrink", "Softshrink", "Hardshrink", "Threshold", "RReLU",
)  # fmt: skip
#: Where activations that have ends have them.
_ENDS = {
    "Sigmoid": (0.0, 1.0), "Hardsigmoid": (0.0, 1.0), "Tanh": (-1.0, 1.0), "Softsign": (-1.0, 1.0), "ReLU6": (0.0, 6.0),
}  # fmt: skip
#: Leaves that leave their inputs as they are when nothing trains.
_IDENTITIES = ("Identity", "Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "AlphaDropout", "DropPath", "Flatten",
               "Unflatten", "StochasticDepth")  # fmt: skip
#: Inputs go through in pieces of this many; layers between are left out where they would hold more numbers than that.
PIECE, MOST_NUMBERS = 128, 1 << 25
#: Where PyTorch keeps what makes a module's weights.
_MADE = "parametrizations"


@dataclass(frozen=True, eq=False)
class _LeafOutput:
    path: str
    module: Module
    output: Tensor


def explain_module(module: Module, x: NDArray[np.float32], device: Device) -> tuple[Layer, ...]:
    """Return the inputs `x`, what leaves each leaf, and the logits `(n, classes)`; the module is put into eval mode.

    An activation belongs to the leaf before it. Left out are leaves that only pass on what they get (dropout, flatten),
    those whose output does not have an input a row (a sequence that comes first), and all layers between where they
    would hold more than 2**25 numbers. Of several outputs, as a recurrent layer has, the first counts.
    """
    torch = load_torch()
    module.eval()
    with torch.no_grad(), random_state_kept():
        one, two = (_observed(module, np.concatenate([x[:1]] * n), device)[0] for n in (1, 2))
        whole = sum(leaf.output.numel() for leaf in one) * len(x) <= MOST_NUMBERS
        # That an output has as many rows as there are inputs can be chance; that it follows two numbers is not.
        rows = [len(a.output) == 1 and len(b.output) == 2 for a, b in zip(one, two, strict=False)]
        shown = rows if whole else []
        pieces = [_look(module, x[i : i + PIECE], device, shown) for i in range(0, max(len(x), 1), PIECE)]
    layers = [
        replace(parts[0], values=np.concatenate([part.values for part in parts])) for parts in zip(*pieces, strict=True)
    ]
    return Layer("input", "input", (), np.asarray(x, np.float32)), *layers


def _look(module: Module, x: NDArray[np.float32], device: Device, shown: Sequence[bool]) -> list[Layer]:
    if any(shown):
        leaves, outputs = _observed(module, x, device)
    else:
        leaves, outputs = [], module(_to(x, device))
    layers = list[Layer]()
    for one, show in zip(leaves, shown, strict=False):
        kind = _kind(one.module)
        if kind in _IDENTITIES or not show:
            continue
        activation = kind in RECTIFYING or kind in _BENDING
        values = _numbers(one.output)
        shape = "relu" if kind in RECTIFYING else "hidden"
        if activation and layers and layers[-1].values.shape == values.shape:
            before = layers.pop()
            layers.append(Layer(f"{before.name} + {kind}", shape, before.weights, values, _ENDS.get(kind)))
        else:
            layers.append(Layer(_title(one), shape, _weights(one.module), values, _ENDS.get(kind)))
    logits = _numbers(outputs)
    last = layers.pop() if layers and np.array_equal(layers[-1].values, logits) else None
    layers.append(Layer(last.name if last else "output", "logits", last.weights if last else (), logits))
    return layers


def _observed(module: Module, x: NDArray[np.float32], device: Device) -> tuple[list[_LeafOutput], Tensor]:
    """Run a module and return what left its leaves, in order, and its output."""
    torch, leaves = load_torch(), list[_LeafOutput]()
    # How a weight is made of others, as weight norm does, is no layer.
    paths = dict[Module, str]()
    for path, leaf in module.named_modules():
        if {name for name, _ in leaf.named_children()} <= {_MADE} and _MADE not in path.split("."):
            paths[leaf] = path

    def note(leaf: Module, _: Any, output: Any) -> None:  # noqa: ANN401 - whatever a leaf returns
        first = _first(output)
        if isinstance(first, torch.Tensor) and first.is_floating_point() and first.dim():
            # A copy: what follows may work in place.
            leaves.append(_LeafOutput(paths[leaf], leaf, first.detach().clone()))

    hooks = [leaf.register_forward_hook(note) for leaf in paths]
    try:
        outputs = module(_to(x, device))
    finally:
        for hook in hooks:
            hook.remove()
    return leaves, outputs


def _first(output: Any) -> Any:  # noqa: ANN401 - whatever a leaf returns
    """Return the first of several outputs."""
    return output[0] if isinstance(output, tuple) and output else output  # pyright: ignore[reportUnknownVariableType]


def _title(leaf: _LeafOutput) -> str:
    kind = _kind(leaf.module)
    path = leaf.path or kind
    return path if kind == "Linear" else f"{path} ({kind})"


def _kind(leaf: Module) -> str:
    """Return the name of a module's class, as it was before its weights were made of others."""
    return importlib.import_module("torch.nn.utils.parametrize").type_before_parametrizations(leaf).__name__


def _weights(leaf: Module) -> tuple[int, ...]:
    weight: Any = getattr(leaf, "weight", None)
    if not isinstance(weight, load_torch().Tensor):
        return ()
    shape = tuple(int(size) for size in weight.shape)
    return shape[::-1] if len(shape) == 2 else shape


def _numbers(tensor: Tensor) -> NDArray[np.float32]:
    return np.asarray(tensor.detach().float().cpu().numpy(), np.float32)


def _to(x: NDArray[np.float32], device: Device) -> Tensor:
    return load_torch().from_numpy(np.array(x, np.float32)).to(device)
