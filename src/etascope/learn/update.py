"""The very first update of one weight, with real numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from etascope.core.data import Split
from etascope.core.plan import Checkpoint, Plan
from etascope.core.protocols import Engine
from etascope.core.recipe import Recipe


@dataclass(frozen=True)
class Update:
    """What the first batch did to the weight of the first layer whose product with its gradient is the largest.

    Attributes
    ----------
    feature, unit
        Which weight: from this feature to this unit, counted from 0.
    before, gradient, rate, after
        The weight, the gradient of the batch's loss (without weight decay) with respect to it, the learning rate of
        the step, the weight; `after` is NaN when that step left the finite numbers.
    """

    feature: int
    unit: int
    before: float
    gradient: float
    rate: float
    after: float

    def sentence(self, optimizer: str) -> str:
        """Write the update out as arithmetic where it is plain, else name what the optimizer made of the gradient."""
        where = f"the weight from feature {self.feature} to unit {self.unit}"
        step = self.rate * self.gradient
        if not math.isfinite(self.after):
            return (
                f"the first batch moved {where} from {self.before:.5f} out of the finite numbers: gradient "
                f"{self.gradient:.5f}, learning rate {self.rate:g}"
            )
        if abs(self.before - step - self.after) <= 2e-6 + 1e-4 * abs(step):
            # Plain descent, and momentum in its first step, when the velocity is the gradient.
            sign = "+" if self.gradient < 0 else "-"
            return (
                f"the first batch moved {where}: {self.before:.5f} {sign} {self.rate:g} x {abs(self.gradient):.5f} = "
                f"{_weight(self.after)} (weight before, learning rate x gradient of {self.gradient:.5f}, weight after)"
            )
        return (
            f"the first batch moved {where} from {self.before:.5f} to {_weight(self.after)}: gradient "
            f"{self.gradient:.5f}, learning rate {self.rate:g}; {optimizer} made of them a step of "
            f"{_weight(self.after - self.before, '+')}"
        )


def _weight(value: float, sign: str = "") -> str:
    return f"{value:{sign}.5f}" if abs(value) < 1e5 else f"{value:{sign}.6g}"


def first_update(engine: Engine, split: Split, recipe: Recipe, plan: Plan) -> Update:
    """Return the first update of the training that `plan`'s only trial is.

    The engine itself is asked: a plan without steps gives the weight before, one plain step at rate 1 the gradient
    (it is what such a step takes off), the plan's own first step the weight after.
    """
    probe = replace(recipe, optimizer="sgd", momentum=None, weight_decay=0.0)
    one = replace(plan, rates=plan.rates[:, :1], keep_checkpoints=True)
    before = _weights(engine, split, recipe, replace(one, rates=one.rates[:, :0]))
    stepped = _weights(engine, split, probe, replace(one, rates=np.ones((1, 1))))
    after = _weights(engine, split, recipe, one)
    gradient = before - stepped
    feature, unit = np.unravel_index(int(np.abs(gradient * before).argmax()), gradient.shape)
    place = (int(feature), int(unit))
    return Update(*place, float(before[place]), float(gradient[place]), float(one.rates[0, 0]), float(after[place]))


def _weights(engine: Engine, split: Split, recipe: Recipe, plan: Plan) -> NDArray[np.float32]:
    checkpoint: Checkpoint | None = engine.train(split, recipe, plan).checkpoints[0]
    if checkpoint is None:
        units = (*recipe.hidden, split.n_classes)[0]
        return np.full((split.x.shape[1], units), np.nan, np.float32)
    return checkpoint.parameters[0]
