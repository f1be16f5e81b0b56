"""The very first update of one weight, with real numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from etascope.core.data import Split
from etascope.core.plan import Checkpoint, Plan
from etascope.core.protocols import Engine
from etascope.core.recipe import Recipe

Arrays = tuple[NDArray[Any], ...]


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
    place
        Where the weight stands among those of the first layer, where the model is no dense network; else None.
    """

    feature: int
    unit: int
    before: float
    gradient: float
    rate: float
    after: float
    place: tuple[int, ...] | None = None

    def sentence(self, optimizer: str) -> str:
        """Write the update out as arithmetic where it is plain, else name what the optimizer made of the gradient."""
        where = f"the weight from feature {self.feature} to unit {self.unit}"
        if self.place is not None:
            where = f"the weight at ({', '.join(map(str, self.place))}) of the model's first layer"
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
    which = 0 if recipe.model is None else _first_that_moves(before, stepped)
    first, rate = before[which], float(one.rates[0, 0])
    gradient = first - (stepped[which] if stepped else np.full_like(first, np.nan))
    place = tuple(int(i) for i in np.unravel_index(int(np.abs(gradient * first).argmax()), gradient.shape))
    moved = float(after[which][place]) if after else math.nan
    numbers = float(first[place]), float(gradient[place]), rate, moved
    if recipe.model is None:
        feature, unit = place
        return Update(feature, unit, *numbers)
    return Update(0, 0, *numbers, place)


def _first_that_moves(before: Arrays, stepped: Arrays) -> int:
    """Return the number of the first array with more than one axis that a step moves; else of the first array."""
    for number, (a, b) in enumerate(zip(before, stepped, strict=False)):
        if a.ndim > 1 and a.dtype.kind == "f" and not np.array_equal(a, b):
            return number
    return 0


def _weights(engine: Engine, split: Split, recipe: Recipe, plan: Plan) -> Arrays:
    checkpoint: Checkpoint | None = engine.train(split, recipe, plan).checkpoints[0]
    return () if checkpoint is None else checkpoint.parameters
