"""Whether the best learning rate moves with the size of a training: `Scaling`."""

from __future__ import annotations

from dataclasses import dataclass

from etascope.core.choice import Choice
from etascope.core.recipe import Recipe
from etascope.experiments.outcome import Outcome


@dataclass(frozen=True, eq=False)
class Setting:
    """One repetition of the choice.

    Attributes
    ----------
    value
        Epochs, images a step or units of the first hidden layer, by its axis.
    recipe
        What the choice was made for.
    choice
        The answer.
    """

    value: int
    recipe: Recipe
    choice: Choice


@dataclass(frozen=True)
class PowerLaw:
    """The best rate as `factor * value ** exponent`, fitted on logarithmic axes.

    Attributes
    ----------
    exponent, low, high
        And its 90 % interval.
    factor
        The best rate at a value of 1.
    """

    exponent: float
    low: float
    high: float
    factor: float

    @property
    def moves(self) -> bool:
        """Whether the interval of the exponent leaves 0 out."""
        return not self.low <= 0 <= self.high

    def at(self, value: float) -> float:
        """Return the rate at a value."""
        return self.factor * value**self.exponent


@dataclass(frozen=True, eq=False)
class Axis:
    """What was varied, and what the best rate did.

    Attributes
    ----------
    name
        `epochs`, `batch size` or `width`.
    settings
        At least one, values ascending.
    law
        None where fewer than two settings have an answer.
    finding
        What the best rate does, in a sentence.
    warnings
        Where a rate does not carry over from one setting to another, and what could not be told; a sentence each.
    """

    name: str
    settings: tuple[Setting, ...]
    law: PowerLaw | None
    finding: str
    warnings: tuple[str, ...]


@dataclass(frozen=True, eq=False, repr=False)
class Scaling(Outcome):
    """How far an answer reaches: the choice repeated at other lengths, batch sizes or widths.

    Attributes
    ----------
    data, recipe, versions
        As every `Outcome` has them; each axis departs from this recipe.
    axes
        At least one.
    seconds
        Wall time.
    """

    axes: tuple[Axis, ...]
    seconds: float

    @property
    def answered(self) -> bool:
        """Whether any setting has an answer."""
        return any(s.choice.learning_rate is not None for axis in self.axes for s in axis.settings)
