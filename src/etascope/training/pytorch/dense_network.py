"""The recipe's dense network as a module, with checkpoints that the dense engine reads too: `DenseNetworks`."""

from __future__ import annotations

import itertools
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from etascope.core.errors import InputError
from etascope.core.plan import Checkpoint
from etascope.core.recipe import Recipe
from etascope.training.dense.optimizers import rule_of
from etascope.training.pytorch.library import Module, Optimizer, Tensor, load_torch
from etascope.training.pytorch.networks import recipe_optimizer
from etascope.training.random_streams import initial_parameters

#: What PyTorch's optimizers call the dense engine's state.
_NAMES = {
    "sgd": {}, "momentum": {"velocity": "momentum_buffer"}, "nesterov": {"velocity": "momentum_buffer"},
    "adam": {"mean": "exp_avg", "square": "exp_avg_sq"}, "adamw": {"mean": "exp_avg", "square": "exp_avg_sq"},
    "rmsprop": {"square": "square_avg"}, "adagrad": {"square": "sum"},
}  # fmt: skip
#: Optimizers that count their steps.
_COUNTING = ("adam", "adamw", "rmsprop", "adagrad")


@dataclass(frozen=True)
class DenseNetworks:
    """Softmax regression and ReLU networks of `nn.Linear`, from the weights of `training.random_streams`.

    A checkpoint has weights `(fan_in, fan_out)`, biases and optimizer state as the dense engine writes them, so a
    training can change engines in the middle.

    Attributes
    ----------
    sizes
        Features, hidden units of each layer, classes.
    recipe
        Gives the optimizer.
    """

    sizes: tuple[int, ...]
    recipe: Recipe

    @property
    def forward(self) -> float:
        """Multiply-adds of one forward pass of one example."""
        return float(sum(fan_in * fan_out for fan_in, fan_out in itertools.pairwise(self.sizes)))

    def build(self, seed: int) -> Module:
        """Return the network with the initial weights of this seed."""
        return dense_module(initial_parameters(self.sizes, seed))

    def optimizers(self, module: Module, learning_rate: float) -> list[Optimizer]:
        """Return the recipe's optimizer."""
        return [recipe_optimizer(self.recipe, list(module.parameters()), learning_rate)]

    def pack(self, module: Module, optimizers: Sequence[Optimizer], step: int, last_rate: float) -> Checkpoint:
        """Return weights and optimizer state in the dense engine's form."""
        parameters = list(module.parameters())
        states = [optimizers[0].state.get(parameter, {}) for parameter in parameters]
        weights = tuple(map(_from_tensor, parameters))
        names = _NAMES[self.recipe.optimizer].items()
        return Checkpoint(
            step,
            weights,
            {
                ours: tuple(
                    np.zeros_like(array) if state.get(theirs) is None else _from_tensor(state[theirs])
                    for array, state in zip(weights, states, strict=True)
                )
                for ours, theirs in names
            },
            last_rate,
        )

    def restore(self, module: Module, optimizers: Sequence[Optimizer], checkpoint: Checkpoint) -> None:
        """Load them."""
        torch = load_torch()
        parameters, names = list(module.parameters()), rule_of(self.recipe).state_names
        shapes = [shape for pair in itertools.pairwise(self.sizes) for shape in (pair, pair[1:])]
        if [p.shape for p in checkpoint.parameters] != shapes or set(checkpoint.state) != set(names):
            raise InputError(
                f"a checkpoint must fit the recipe: a {'-'.join(map(str, self.sizes))} network and optimizer state "
                f"{', '.join(names) or 'none'}; found state {', '.join(checkpoint.state) or 'none'} and other weights. "
                "Go on with the recipe that it was trained with."
            )
        with torch.no_grad():
            for parameter, array in zip(parameters, checkpoint.parameters, strict=True):
                parameter.copy_(_to_tensor(array))
        if not checkpoint.step:
            return
        for i, parameter in enumerate(parameters):
            state: dict[str, Any] = {
                theirs: _to_tensor(checkpoint.state[ours][i]).to(parameter.device)
                for ours, theirs in _NAMES[self.recipe.optimizer].items()
            }
            if self.recipe.optimizer in _COUNTING:
                state["step"] = torch.tensor(float(checkpoint.step))
            optimizers[0].state[parameter] = state


def dense_module(parameters: Sequence[NDArray[np.float32]]) -> Module:
    """Return a network of `nn.Linear` and ReLU with weights `(fan_in, fan_out)` and biases, layer by layer."""
    torch = load_torch()
    layers = OrderedDict[str, Any]()
    pairs = list(zip(parameters[::2], parameters[1::2], strict=True))
    for number, (weights, bias) in enumerate(pairs, 1):
        linear = torch.nn.utils.skip_init(torch.nn.Linear, *weights.shape)
        with torch.no_grad():
            linear.weight.copy_(_to_tensor(weights))
            linear.bias.copy_(_to_tensor(bias))
        if number == len(pairs):
            layers["output"] = linear
        else:
            layers[f"dense {number}"] = linear
            layers[f"relu {number}"] = torch.nn.ReLU()
    return torch.nn.Sequential(layers)


def _from_tensor(tensor: Tensor) -> NDArray[np.float32]:
    return np.ascontiguousarray(tensor.detach().cpu().numpy().T).copy()


def _to_tensor(array: NDArray[np.float32]) -> Tensor:
    return load_torch().from_numpy(np.array(array.T, np.float32, order="C"))
