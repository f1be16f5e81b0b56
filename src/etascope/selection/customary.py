"""Customary learning rates, a row an optimizer: `CUSTOMARY`, `customary_rate`, `customary_middle`."""

from __future__ import annotations

import math
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
    middle
        Where the best rate is expected, for batches of 32 of a constant rate, and momentum 0.9 where there is momentum.
    """

    rate: float
    walls: float
    middle: float


# What people take lost 10.6 points in the study (24 tasks). Middles are means over the 40 jobs of a later one, whose best
# rates lay about them with deviations of 0.4 to 0.7 decades: no answers, but where to begin. The walls have the middles
# of the first grid search, and move until they are seen. Rows of other optimizers repeat one of these.
CUSTOMARY = {
    "sgd": Customary(0.01, walls=-0.5, middle=0.12),
    "momentum": Customary(0.01, walls=-1.5, middle=0.03),
    "nesterov": Customary(0.01, walls=-1.5, middle=0.03),
    "adam": Customary(0.001, walls=-2.5, middle=1.2e-3),
    "adamw": Customary(0.001, walls=-2.5, middle=1.2e-3),
    "rmsprop": Customary(0.001, walls=-2.5, middle=1.2e-3),
    "adagrad": Customary(0.01, walls=-1.5, middle=0.03),
}
#: What a schedule that brings the rate down makes of the middle, for Adam and its kin, and for others.
SHAPED_ADAM, SHAPED = 4.0, 2.0
#: The batch size of the middles, and what another one makes of them at most.
BATCH, MOST = 32, 4.0
#: Optimizers that divide by the size of recent gradients, so that their rates lie lower.
ADAM_KIN = frozenset(("adam", "adamw", "rmsprop"))


def customary_rate(recipe: Recipe) -> float:
    """Return the learning rate that is customary for the recipe's optimizer."""
    return CUSTOMARY[recipe.optimizer].rate


def customary_middle(recipe: Recipe) -> float:
    """Return where the best rate of a recipe is expected, before anything is trained.

    That of the optimizer with a constant rate, times 4 (Adam and its kin) or 2 where a schedule brings the rate down;
    with momentum it goes with `1 - momentum`, as the size of a step does, and without Adam's division with the root of
    the batch size, by 4 at most.

    Examples
    --------
    >>> round(customary_middle(Recipe(optimizer="sgd", batch_size=8)), 3), customary_middle(Recipe(optimizer="adam"))
    (0.06, 0.0012)
    """
    middle = CUSTOMARY[recipe.optimizer].middle
    adaptive = recipe.optimizer in ADAM_KIN
    if recipe.schedule != "constant":
        middle *= SHAPED_ADAM if adaptive else SHAPED
    if recipe.momentum:
        middle *= (1 - recipe.momentum) / 0.1
    return middle if adaptive else middle * min(max(math.sqrt(recipe.batch_size / BATCH), 1 / MOST), MOST)
