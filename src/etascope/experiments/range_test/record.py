"""A learning rate range test, what rules read off it, and the truth beside: `RangeTestRun`."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from etascope.core.choice import Choice
from etascope.core.run import Run
from etascope.experiments.outcome import Outcome


@dataclass(frozen=True, eq=False)
class RangeTest:
    """One training whose learning rate climbs from step to step.

    Attributes
    ----------
    learning_rates
        `(steps,)` float64: the rate that a step is told to have had. One finder tells another than it trained with.
    losses
        `(steps,)` float64, nats: mean training loss of the step's batch before its update, as measured, not smoothed;
        NaN from the step on in which training diverged.
    seed
        Of initial weights and data order.
    steps_per_epoch
        Of this training.
    seconds
        Wall time.
    """

    learning_rates: NDArray[np.float64]
    losses: NDArray[np.float64]
    seed: int
    steps_per_epoch: int
    seconds: float = 0.0

    @property
    def diverged_at(self) -> int:
        """The step, counted from 0, whose loss was no finite number, or -1."""
        lost = np.flatnonzero(~np.isfinite(self.losses))
        return int(lost[0]) if lost.size else -1


@dataclass(frozen=True)
class Suggestion:
    """What one published rule reads off a range test.

    Attributes
    ----------
    rule
        Its name, as `fastai valley`.
    source
        Whose rule it is, with version and file.
    learning_rate
        The suggestion; None where the rule finds none.
    """

    rule: str
    source: str
    learning_rate: float | None


@dataclass(frozen=True)
class Following:
    """What following a suggestion would lose.

    Attributes
    ----------
    loss
        Against the best measured rate, in `unit`, at least 0.
    at_least
        Whether the suggestion lies beyond the measured rates, or by one that diverged, so that it may lose more.
    unit
        `points` (hundredths) of accuracy, or `%` of loss.
    """

    loss: float
    at_least: bool
    unit: str


@dataclass(frozen=True, eq=False, repr=False)
class RangeTestRun(Outcome):
    """A range test with the suggestions of the rules and, if it was measured, the truth.

    Attributes
    ----------
    data, recipe, versions
        As every `Outcome` has them.
    test
        The range test that is drawn.
    suggestions
        One a rule.
    own_sweeps
        Whether each rule read its own finder's customary sweep, and not `test`.
    cost
        Training examples gone through over those of one whole training.
    measured
        A search over the same images with the same recipe; None when it was not asked for.
    command
        The one that searches with the same options, where a command asked for the test; else empty.
    """

    test: RangeTest
    suggestions: tuple[Suggestion, ...]
    own_sweeps: bool
    cost: float
    measured: Run | None = None
    command: str = ""

    @property
    def spread(self) -> float | None:
        """The highest suggestion over the lowest; None where there are not two."""
        rates = [s.learning_rate for s in self.suggestions if s.learning_rate is not None]
        return max(rates) / min(rates) if len(rates) > 1 else None


def following(choice: Choice, learning_rate: float) -> Following | None:
    """Return what a rate loses against the best: read off the choice's curve, or else off its landscape.

    Both are read linearly in the logarithm of the rate. The landscape's is its highest mean accuracy less the mean
    accuracy there. Beyond the measured rates, and above one that diverged, it is "at least" what the nearest rate
    that was trained loses.

    None where nothing was measured.
    """
    x = math.log(learning_rate)
    curve = choice.curve
    if curve is not None and len(curve.learning_rates):
        rates, values, unit = curve.learning_rates, np.maximum(curve.mean, 0.0), curve.unit
        top = float(rates[-1])
    else:
        accuracy = choice.landscape.mean_accuracy
        fine = np.isfinite(accuracy) & np.isfinite(choice.landscape.mean_loss)
        if not fine.any():
            return None
        rates, unit = choice.landscape.learning_rates[fine], "points"
        values = 100 * (accuracy[fine].max() - accuracy[fine])
        # A rate that diverged has no accuracy to draw a line to: from the first of them above the best on, all that is
        # known is that it loses more.
        lost = choice.landscape.learning_rates[np.isinf(choice.landscape.mean_loss)]
        lost = lost[lost > rates[np.argmin(values)]]
        top = min(float(rates[-1]), float(lost.min())) if lost.size else float(rates[-1])
    loss = float(np.interp(x, np.log(rates), values))
    return Following(loss, not float(rates[0]) <= learning_rate <= top, unit)
