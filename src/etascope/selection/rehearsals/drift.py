"""What is expected of a job before any training: its best rate, `expected_rate`, and how it moves, `drift_of`."""

from __future__ import annotations

import math
from dataclasses import dataclass

from etascope.core.recipe import Recipe
from etascope.selection.customary import ADAM_KIN

#: Steps that momentum takes to gather speed count so many times over.
GATHERS = 3.0


@dataclass(frozen=True)
class Drift:
    """What is expected of a job before any of its trainings.

    In a training of n steps the best rate lies above that of one of N steps, whose schedule is stretched with it, by

        slope log10(N / n) + log10((1 + 3 memory / n) / (1 + 3 memory / N))     decades

    Attributes
    ----------
    mean, deviation
        Of the slope: mean over jobs of the family, and deviation between them.
    memory
        Steps over which momentum gathers speed, 1 / (1 - momentum); 0 without. In fewer, a higher rate makes up for it.
    """

    mean: float
    deviation: float
    memory: float = 0.0

    def gathering(self, steps: int, total: int) -> float:
        """Return the second part: what momentum misses in a training of `steps` steps against one of `total`."""
        return math.log10((1 + GATHERS * self.memory / steps) / (1 + GATHERS * self.memory / total))

    def expected(self, steps: int, total: int) -> float:
        """Return how far above, in decades, the best rate of `steps` steps is expected to lie."""
        return self.mean * math.log10(total / steps) + self.gathering(steps, total)


# From a study on 40 jobs of 1,000 to 3,000 steps: dense nets, convolutional ones with and without BatchNorm, a small
# transformer, fine-tuning; the slope of a line through the best rates of seven or eight lengths of each. It is steep
# where a training overfits (label noise, few images, many epochs: 0.6 to 0.7) and about 0 where it does not.
SLOPES = {"sgd": (0.10, 0.20), "adagrad": (0.10, 0.20), "momentum": (0.14, 0.25), "nesterov": (0.14, 0.25)}
#: Of Adam and its kin, where the rate stays constant, and where it comes down.
ADAM_CONSTANT, ADAM_SHAPED = (0.40, 0.25), (0.22, 0.18)


def drift_of(recipe: Recipe) -> Drift:
    """Return what is expected for the optimizer and the schedule of a recipe.

    Examples
    --------
    >>> short, long = (drift_of(Recipe(optimizer="momentum")).expected(steps, 4000) for steps in (20, 400))
    >>> round(short, 2), round(long, 2)
    (0.72, 0.17)
    """
    if recipe.optimizer in ADAM_KIN:
        return Drift(*(ADAM_CONSTANT if recipe.schedule == "constant" else ADAM_SHAPED))
    memory = 1 / (1 - recipe.momentum) if recipe.momentum else 0.0
    return Drift(*SLOPES[recipe.optimizer], memory)


# Means over the same jobs, for batches of 32, a constant rate, and momentum 0.9 where there is momentum; best rates lay
# about them with deviations of 0.4 to 0.7 decades. The study had one job each of RMSprop and Adagrad.
RATES = {
    "sgd": 0.12, "adagrad": 0.03, "momentum": 0.03, "nesterov": 0.03, "adam": 1.2e-3, "adamw": 1.2e-3,
    "rmsprop": 1.2e-3,
}  # fmt: skip
#: What a schedule that brings the rate down makes of it, for Adam and its kin, and for others.
SHAPED_ADAM, SHAPED = 4.0, 2.0
#: The batch size of these, and what another one makes of them at most.
BATCH, MOST = 32, 4.0


def expected_rate(recipe: Recipe) -> float:
    """Return where the best peak rate of a whole training is expected, before anything is trained.

    That of the optimizer, times 4 (Adam and its kin) or 2 where a schedule brings the rate down; with momentum it goes
    with `1 - momentum`, as the size of a step does, and without Adam's division with the root of the batch size, by 4
    at most.

    Examples
    --------
    >>> expected_rate(Recipe(optimizer="sgd", batch_size=8)), expected_rate(Recipe(optimizer="adam"))
    (0.06, 0.0012)
    """
    rate, adaptive = RATES[recipe.optimizer], recipe.optimizer in ADAM_KIN
    if recipe.schedule != "constant":
        rate *= SHAPED_ADAM if adaptive else SHAPED
    if recipe.momentum:
        rate *= (1 - recipe.momentum) / 0.1
    return rate if adaptive else rate * min(max(math.sqrt(recipe.batch_size / BATCH), 1 / MOST), MOST)
