"""Customary learning rates, a row an optimizer: `CUSTOMARY`, `customary_rate`, `customary_middle`."""

from __future__ import annotations

from dataclasses import dataclass

from etascope.core.recipe import Recipe


@dataclass(frozen=True)
class Customary:
    """What is usual for an optimizer.

    Attributes
    ----------
    rate
        What people take when they do not search.
    walls
        Middle of the first rates that cross-validation tries for its walls, as a power of ten.
    halving
        Middle of the first window of successive halving, for momentum 0.9 where there is momentum.
    """

    rate: float
    walls: float
    halving: float


# What people take lost 10.6 points in the study (24 tasks), the middles of halving 2.3: no answers, but where to begin.
# The walls have the middles of the first grid search, and move until they are seen. The study had SGD, momentum, Adam
# and AdamW; the other rows repeat one of these.
CUSTOMARY = {
    "sgd": Customary(0.01, walls=-0.5, halving=0.1),
    "momentum": Customary(0.01, walls=-1.5, halving=0.03),
    "nesterov": Customary(0.01, walls=-1.5, halving=0.03),
    "adam": Customary(0.001, walls=-2.5, halving=3e-3),
    "adamw": Customary(0.001, walls=-2.5, halving=3e-3),
    "rmsprop": Customary(0.001, walls=-2.5, halving=3e-3),
    "adagrad": Customary(0.01, walls=-1.5, halving=0.03),
}
#: Optimizers that divide by the size of recent gradients, so that their rates lie lower.
ADAM_KIN = frozenset(("adam", "adamw", "rmsprop"))


def customary_rate(recipe: Recipe) -> float:
    """Return the learning rate that is customary for the recipe's optimizer."""
    return CUSTOMARY[recipe.optimizer].rate


def customary_middle(recipe: Recipe) -> float:
    """Return the middle of the first window of successive halving: with momentum it goes with `1 - momentum`.

    That is how the size of a step goes.
    """
    middle = CUSTOMARY[recipe.optimizer].halving
    if recipe.optimizer in ("momentum", "nesterov"):
        middle *= (1 - (recipe.momentum or 0.0)) / 0.1
    return middle
