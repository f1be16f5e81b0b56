"""Update rules on stacked trials, each as PyTorch computes it.

A rule works in place on one parameter of all trials of a group. `rate` broadcasts against the parameter, so every
trial moves at its own learning rate. `gradient` and `scratch` are overwritten.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from etascope.core.recipe import Recipe

Array = NDArray[np.float32]

#: Optimizer state below this size is set to zero now and then: left alone it decays into denormal numbers, on which
#: processors are a hundred times slower.
TINY = np.float32(1e-30)


class Rule(Protocol):
    """How one step moves a parameter."""

    @property
    def state_names(self) -> tuple[str, ...]:
        """The arrays that the rule keeps for each parameter, all zero at the start."""
        ...

    def update(
        self, parameter: Array, gradient: Array, state: tuple[Array, ...], rate: Array, step: int, scratch: Array
    ) -> None:
        """Do step number `step`, counted from 1, in place."""
        ...


@dataclass(frozen=True)
class Sgd:
    """Gradient descent, with momentum and Nesterov's look-ahead where asked.

    `v = momentum v + g`, then `w -= rate v`, or `w -= rate (g + momentum v)` with Nesterov; `g` includes
    `weight_decay w`. Sutskever et al. 2013, "On the importance of initialization and momentum in deep learning".
    """

    momentum: float = 0.0
    nesterov: bool = False
    weight_decay: float = 0.0

    @property
    def state_names(self) -> tuple[str, ...]:
        """One velocity a parameter when there is momentum."""
        return ("velocity",) if self.momentum else ()

    def update(
        self, parameter: Array, gradient: Array, state: tuple[Array, ...], rate: Array, step: int, scratch: Array
    ) -> None:
        """Do one step in place."""
        _decay_gradient(parameter, gradient, self.weight_decay, scratch)
        direction = gradient
        if state:
            velocity = state[0]
            velocity *= np.float32(self.momentum)
            velocity += gradient
            if self.nesterov:
                np.multiply(velocity, np.float32(self.momentum), out=scratch)
                gradient += scratch
            else:
                direction = velocity
        np.multiply(direction, rate, out=gradient)
        parameter -= gradient


@dataclass(frozen=True)
class Adam:
    """Kingma and Ba 2015, "Adam"; with `decoupled` decay Loshchilov and Hutter 2019, "AdamW".

    `m = b1 m + (1 - b1) g`, `v = b2 v + (1 - b2) g^2`,
    `w -= rate / (1 - b1^t) m / (sqrt(v / (1 - b2^t)) + 1e-8)`.
    """

    weight_decay: float = 0.0
    decoupled: bool = False
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8

    @property
    def state_names(self) -> tuple[str, ...]:
        """First and second moment of the gradient."""
        return ("mean", "square")

    def update(
        self, parameter: Array, gradient: Array, state: tuple[Array, ...], rate: Array, step: int, scratch: Array
    ) -> None:
        """Do one step in place."""
        mean, square = state
        if self.decoupled:
            parameter *= 1 - rate * np.float32(self.weight_decay)
        else:
            _decay_gradient(parameter, gradient, self.weight_decay, scratch)
        mean *= np.float32(self.beta1)
        np.multiply(gradient, np.float32(1 - self.beta1), out=scratch)
        mean += scratch
        _average_square(square, gradient, self.beta2)
        np.sqrt(square, out=scratch)
        scratch *= np.float32(1 / np.sqrt(1 - self.beta2**step))
        scratch += np.float32(self.epsilon)
        np.divide(mean, scratch, out=scratch)
        scratch *= rate * np.float32(1 / (1 - self.beta1**step))
        parameter -= scratch


@dataclass(frozen=True)
class RmsProp:
    """Tieleman and Hinton 2012, lecture 6.5: `v = 0.99 v + 0.01 g^2`, `w -= rate g / (sqrt(v) + 1e-8)`."""

    weight_decay: float = 0.0
    alpha: float = 0.99
    epsilon: float = 1e-8

    @property
    def state_names(self) -> tuple[str, ...]:
        """Running mean of the squared gradient."""
        return ("square",)

    def update(
        self, parameter: Array, gradient: Array, state: tuple[Array, ...], rate: Array, step: int, scratch: Array
    ) -> None:
        """Do one step in place."""
        _decay_gradient(parameter, gradient, self.weight_decay, scratch)
        np.copyto(scratch, gradient)
        _average_square(state[0], gradient, self.alpha)
        _divide_by_root(parameter, scratch, state[0], rate, self.epsilon, gradient)


@dataclass(frozen=True)
class Adagrad:
    """Duchi, Hazan and Singer 2011: `s = s + g^2`, `w -= rate g / (sqrt(s) + 1e-10)`."""

    weight_decay: float = 0.0
    epsilon: float = 1e-10

    @property
    def state_names(self) -> tuple[str, ...]:
        """Sum of the squared gradients."""
        return ("square",)

    def update(
        self, parameter: Array, gradient: Array, state: tuple[Array, ...], rate: Array, step: int, scratch: Array
    ) -> None:
        """Do one step in place."""
        _decay_gradient(parameter, gradient, self.weight_decay, scratch)
        np.multiply(gradient, gradient, out=scratch)
        state[0][...] += scratch
        _divide_by_root(parameter, gradient, state[0], rate, self.epsilon, scratch)


def rule_of(recipe: Recipe) -> Rule:
    """Return the update rule that the recipe names."""
    decay = recipe.weight_decay or 0.0
    match recipe.optimizer:
        case "adam":
            return Adam(decay)
        case "adamw":
            return Adam(decay, decoupled=True)
        case "rmsprop":
            return RmsProp(decay)
        case "adagrad":
            return Adagrad(decay)
        case name:
            return Sgd(recipe.momentum or 0.0, name == "nesterov", decay)


def flush(state: Array) -> None:
    """Set entries below `TINY` in size to zero, in place."""
    state[np.abs(state) < TINY] = 0


def _decay_gradient(parameter: Array, gradient: Array, weight_decay: float, scratch: Array) -> None:
    if weight_decay:
        np.multiply(parameter, np.float32(weight_decay), out=scratch)
        gradient += scratch


def _average_square(square: Array, gradient: Array, keep: float) -> None:
    square *= np.float32(keep)
    np.multiply(gradient, gradient, out=gradient)
    gradient *= np.float32(1 - keep)
    square += gradient


def _divide_by_root(
    parameter: Array, gradient: Array, square: Array, rate: Array, epsilon: float, scratch: Array
) -> None:
    np.sqrt(square, out=scratch)
    scratch += np.float32(epsilon)
    np.divide(gradient, scratch, out=scratch)
    scratch *= rate
    parameter -= scratch
