"""What following each adviser would have lost: `Referee`, with a `Followed` an adviser."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from etascope.experiments.outcome import Outcome


@dataclass(frozen=True)
class Followed:
    """What following one adviser would have lost.

    Attributes
    ----------
    adviser, about
        Its name, and how it was asked, in a sentence.
    rates
        The learning rate that it suggested, a seed; None where it gave none, or where it brings its own optimizer.
    scored
        The learning rate that was scored, a seed: the customary default where it gave none; None where it brings its
        own optimizer.
    equivalents
        Mean cost in training equivalents, as in `Cost`.
    lost
        Test accuracy lost against the best rate, in points (hundredths), a seed. Below 0 for another optimizer that
        did better than the recipe's at its best rate.
    difference
        Mean of `lost` less that of etascope's own pick, and its 90 % interval by the bootstrap: `(mean, low, high)`;
        None for etascope's own pick.
    own_optimizer
        Whether it brings its own optimizer, and so is another recipe.
    """

    adviser: str
    about: str
    rates: tuple[float | None, ...]
    scored: tuple[float | None, ...]
    equivalents: float
    lost: tuple[float, ...]
    difference: tuple[float, float, float] | None = None
    own_optimizer: bool = False

    @property
    def median(self) -> float:
        """Median over the seeds of what it lost."""
        return float(np.median(self.lost))

    @property
    def mean(self) -> float:
        """Mean over the seeds of what it lost."""
        return float(np.mean(self.lost))

    @property
    def worst(self) -> float:
        """The most that it lost."""
        return max(self.lost)

    @property
    def told_apart(self) -> str:
        """`ahead` of etascope's own pick, `behind` it, or `not told`, where the interval of the difference holds 0."""
        if self.difference is None or self.difference[1] <= 0 <= self.difference[2]:
            return "not told"
        return "ahead" if self.difference[2] < 0 else "behind"


@dataclass(frozen=True, eq=False, repr=False)
class Referee(Outcome):
    """Advisers on one recipe and one data set, scored by what following them would have lost.

    Attributes
    ----------
    data, recipe, versions
        As every `Outcome` has them.
    learning_rates
        `(rates,)` float64: the rates of the truth, ascending.
    accuracy
        `(seeds, rates)` float64: test accuracy of the recipe, a share; a diverged training counts as a blind guess.
    seeds
        Those seeds; no adviser trained on them.
    followed
        A row an adviser, what loses least first.
    own
        The name of etascope's own pick among them.
    left_out
        Advisers that could not be asked, `(name, what to do)`.
    floor
        What knowing the test accuracies of half of the seeds would still lose on the other half, in points: less than
        that is luck. None for a single seed.
    seconds
        Wall time.
    """

    learning_rates: NDArray[np.float64]
    accuracy: NDArray[np.float64]
    seeds: tuple[int, ...]
    followed: tuple[Followed, ...]
    own: str
    left_out: tuple[tuple[str, str], ...]
    floor: float | None
    seconds: float

    @property
    def best(self) -> tuple[float, float]:
        """The learning rate with the highest mean test accuracy, and that accuracy as a share."""
        mean = self.accuracy.mean(axis=0)
        index = int(mean.argmax())
        return float(self.learning_rates[index]), float(mean[index])
