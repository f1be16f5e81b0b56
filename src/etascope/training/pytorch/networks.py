"""How a trial's module and optimizer come to be, and what of them a checkpoint keeps: `Networks`, `AnyNetworks`."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from etascope.core.errors import InputError, one_line
from etascope.core.plan import Checkpoint
from etascope.core.recipe import Recipe
from etascope.training.pytorch.library import Module, Optimizer, Tensor, load_torch
from etascope.training.pytorch.memory import is_out_of_memory
from etascope.training.pytorch.packing import pack_state, unpack_state


class Networks(Protocol):
    """Makes modules and optimizers, and keeps them."""

    def build(self, seed: int) -> Module:
        """Return a new module with the initial weights of this seed."""
        ...

    def optimizers(self, module: Module, learning_rate: float) -> list[Optimizer]:
        """Return what updates a module's weights: usually one optimizer."""
        ...

    def pack(self, module: Module, optimizers: Sequence[Optimizer], step: int, last_rate: float) -> Checkpoint:
        """Return all that is needed to go on."""
        ...

    def restore(self, module: Module, optimizers: Sequence[Optimizer], checkpoint: Checkpoint) -> None:
        """Bring a new module and its optimizers to where a checkpoint stands."""
        ...


@dataclass(frozen=True, eq=False)
class AnyNetworks:
    """Any module, with its `state_dict` and those of its optimizers.

    In a checkpoint, `parameters` are the tensors of the module's `state_dict`, weights and buffers, in order;
    `state` has under `module` and `optimizers` how they are nested, and the optimizers' tensors, and under `buffers`
    those that are not persistent, if there are any.

    Attributes
    ----------
    make
        Returns a new module for a seed.
    update
        Returns the optimizers of a module at a learning rate.
    """

    make: Callable[[int], Module]
    update: Callable[[Module, float], list[Optimizer]]

    def build(self, seed: int) -> Module:
        """Return a new module."""
        return self.make(seed)

    def optimizers(self, module: Module, learning_rate: float) -> list[Optimizer]:
        """Return its optimizers."""
        return self.update(module, learning_rate)

    def pack(self, module: Module, optimizers: Sequence[Optimizer], step: int, last_rate: float) -> Checkpoint:
        """Return weights, buffers and the state of the optimizers."""
        nesting, *tensors = pack_state(dict(module.state_dict()), "the state of the model")
        states = pack_state([_state_of(o) for o in optimizers], "the state of the optimizer")
        state, others = {"module": (nesting,), "optimizers": states}, _not_kept(module)
        if others:
            state["buffers"] = pack_state(others, "the buffers of the model")
        return Checkpoint(step, tuple(tensors), state, last_rate)

    def restore(self, module: Module, optimizers: Sequence[Optimizer], checkpoint: Checkpoint) -> None:
        """Load them."""
        if "module" not in checkpoint.state:
            raise InputError(
                "a checkpoint must be of the model that goes on; found one of a dense network. Go on with the recipe "
                "that it was trained with."
            )
        load_weights(module, checkpoint)
        for optimizer, state in zip(optimizers, unpack_state(checkpoint.state["optimizers"]), strict=True):
            try:
                optimizer.load_state_dict(state)
            except Exception as error:
                raise _unkept(optimizer, "load_state_dict", error) from error


def _state_of(optimizer: Optimizer) -> Any:  # noqa: ANN401 - of an optimizer
    try:
        return optimizer.state_dict()
    except Exception as error:
        raise _unkept(optimizer, "state_dict", error) from error


def _unkept(optimizer: Optimizer, name: str, error: Exception) -> Exception:
    if is_out_of_memory(error):
        return error
    return InputError(
        "optimizer must give its state with state_dict() and take it back with load_state_dict(), as those of "
        f"torch.optim do, so that a trial can go on later; {name} of {type(optimizer).__name__} raised "
        f"{one_line(error)}. Write both, or call torch.optim.Optimizer's __init__ in its own."
    )


def _not_kept(module: Module) -> dict[str, Tensor]:
    """Return the buffers that are no part of the `state_dict`, of those that can be kept."""
    torch, kept = load_torch(), module.state_dict()
    return {
        name: buffer.resolve_conj()
        for name, buffer in module.named_buffers()
        if name not in kept and not is_lazy(buffer) and buffer.layout == torch.strided and not buffer.is_quantized
    }


def _take_buffers(module: Module, buffers: Mapping[str, Tensor]) -> None:
    """Put the buffers back that are no part of the `state_dict`."""
    torch = load_torch()
    for name, value in buffers.items():
        path, _, last = name.rpartition(".")
        part = module.get_submodule(path)
        there = part._buffers.get(last)
        if there is not None and there.shape == value.shape and there.dtype == value.dtype:
            with torch.no_grad():
                there.copy_(value)
        else:
            parameter = next(iter(module.parameters()), value)
            part._buffers[last] = value.to(parameter.device if there is None else there.device)


def load_weights(module: Module, checkpoint: Checkpoint) -> None:
    """Load the weights and buffers of a checkpoint into a module of the same model.

    Raises `InputError` if it is another model.
    """
    state: dict[str, Any] = unpack_state([*checkpoint.state["module"], *checkpoint.parameters])
    try:
        module.load_state_dict(state)
        if "buffers" in checkpoint.state:
            _take_buffers(module, unpack_state(checkpoint.state["buffers"]))
    except (RuntimeError, AttributeError) as error:
        raise InputError(
            "a checkpoint must be of the model that goes on; found one whose weights do not fit it. Go on with the "
            "model that it was trained with."
        ) from error


def recipe_optimizer(recipe: Recipe, parameters: Sequence[Any], learning_rate: float) -> Optimizer:
    """Return the recipe's optimizer, with PyTorch's defaults for all that the recipe does not say."""
    optim = load_torch().optim
    decay = recipe.weight_decay
    if recipe.optimizer in ("sgd", "momentum", "nesterov"):
        nesterov = recipe.optimizer == "nesterov"
        return optim.SGD(parameters, lr=learning_rate, momentum=recipe.momentum, nesterov=nesterov, weight_decay=decay)
    kinds = {"adam": optim.Adam, "adamw": optim.AdamW, "rmsprop": optim.RMSprop, "adagrad": optim.Adagrad}
    return kinds[recipe.optimizer](parameters, lr=learning_rate, weight_decay=decay)


def trainable(module: Module) -> list[Any]:
    """Return the parameters that are not frozen; raise `InputError` if all are, or there are none."""
    parameters = [parameter for parameter in module.parameters() if parameter.requires_grad]
    if not parameters:
        raise InputError(
            "a model needs at least one parameter that trains; found "
            f"{sum(1 for _ in module.parameters())} parameters, all frozen. Leave requires_grad on in some layer."
        )
    return parameters


def finite_weights(module: Module) -> bool:
    """Return whether every parameter holds finite numbers only."""
    torch = load_torch()
    return all(bool(torch.isfinite(parameter).all()) for parameter in module.parameters() if not is_lazy(parameter))


def is_lazy(tensor: Tensor) -> bool:
    """Return whether a parameter or buffer waits for the first batch to find its shape, as those of `LazyLinear`."""
    return bool(load_torch().nn.parameter.is_lazy(tensor))


def spoil(module: Module) -> None:
    """Make every parameter that trains NaN: an update was so large that PyTorch refused its number."""
    torch = load_torch()
    with torch.no_grad():
        for parameter in module.parameters():
            if parameter.requires_grad:
                parameter.fill_(np.nan)


def distance(one: Sequence[Tensor], other: Sequence[Tensor], moved: tuple[Sequence[Tensor], Sequence[Tensor]]) -> float:
    """Return how far two sets of weights are apart, as a share of how far they moved between two times."""
    if [part.shape for part in one] != [part.shape for part in other]:
        return math.inf
    apart, way = _length(one, other), _length(*moved)
    if not (math.isfinite(apart) and math.isfinite(way)):
        return 0.0
    return apart / way if way else math.inf if apart else 0.0


def _length(one: Sequence[Tensor], other: Sequence[Tensor]) -> float:
    return math.sqrt(sum(float((a.double() - b.double()).square().sum()) for a, b in zip(one, other, strict=False)))
