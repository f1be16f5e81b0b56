"""How the best learning rate moves with the length of a training, before one is seen: `Drift`, `drift_of`."""

from __future__ import annotations

from dataclasses import dataclass

from etascope.core.recipe import Recipe


@dataclass(frozen=True)
class Drift:
    """What is expected of a job before any of its trainings.

    Attributes
    ----------
    mean, deviation
        How far, in decades, the best rate of a training lies above that of one ten times as long whose schedule is
        stretched with it: mean over jobs of the family, and deviation between them.
    """

    mean: float
    deviation: float


# Measured on jobs of all families, of 1,000 to 3,000 steps: what the best rate of a rehearsal lay above the best one of
# the whole length, over the decades between their lengths.
DRIFTS = {
    "sgd": Drift(0.08, 0.12),
    "momentum": Drift(0.25, 0.20),
    "nesterov": Drift(0.25, 0.20),
    "adam": Drift(0.10, 0.20),
    "adamw": Drift(0.10, 0.20),
    "rmsprop": Drift(0.15, 0.20),
    "adagrad": Drift(0.10, 0.15),
}


def drift_of(recipe: Recipe) -> Drift:
    """Return what is expected for the optimizer of a recipe.

    Examples
    --------
    >>> drift_of(Recipe(optimizer="momentum")).mean > drift_of(Recipe(optimizer="sgd")).mean
    True
    """
    return DRIFTS[recipe.optimizer]
