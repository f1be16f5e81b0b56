"""What a finder does before a rule looks: it climbs (`Sweep`, `run_range_test`), smooths the losses, and stops."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from etascope.core.checks import check_values
from etascope.core.data import NO_FOLD, Split
from etascope.core.errors import InputError, option
from etascope.core.plan import Plan, check_rates
from etascope.core.protocols import Engine, OnProgress, ignore
from etascope.core.recipe import Recipe, steps_per_epoch
from etascope.core.sentences import Setting, say
from etascope.experiments.range_test.record import RangeTest

Floats = NDArray[np.float64]

#: The highest rate of a test over the lowest, at most.
WIDEST = 1e30
#: What to try where the ends of a climb cannot be used: those of most finders.
CUSTOMARY_ENDS = say("Try {low} and {high}.", Setting("low", 1e-7), Setting("high", 10.0))
#: Where the steps of a sweep stand between its ends, by whose finder does so.
SPACINGS = ("to the end", "short of the end", "lightning", "ignite")


@dataclass(frozen=True)
class Sweep:
    """How a range test climbs: exponentially, `low (high / low)^r` with a share `r` for each of `steps` steps.

    Smith's own test climbs in a straight line (2015, "Cyclical learning rates for training neural networks",
    arXiv:1506.01186, section 3.3); every finder in use today climbs exponentially, as Howard's fastai did first.

    Attributes
    ----------
    low, high
        Ends of the climb, finite and above 0, low below high. Default 1e-7 and 10.
    steps
        At least 2; None is as many as the recipe's own training has. Default 100.
    spacing
        One of `SPACINGS`. With `k` counted from 0 and `n` steps, `r` is

        - `to the end`: `k / (n - 1)`; the last step has the highest rate (torch-lr-finder, and the default);
        - `short of the end`: `k / n` (fastai);
        - `lightning`: 0, then `(k + 1) / n`; its scheduler counts one too many from the second step on;
        - `ignite`: stated as `(k + 1) / n`, but trained with `max(k, 1) / n`; its scheduler sets the rate that it told
          a step before.

    Raises
    ------
    InputError
        If a field is outside its range.

    Examples
    --------
    >>> Sweep(0.001, 1.0, 4).stated(40).round(3).tolist()
    [0.001, 0.01, 0.1, 1.0]
    >>> Sweep(0.001, 1.0, 3, "ignite").trained(40).round(3).tolist()
    [0.01, 0.01, 0.1]
    """

    low: float = 1e-7
    high: float = 10.0
    steps: int | None = 100
    spacing: str = "to the end"

    def __post_init__(self) -> None:
        """Check every field."""
        check_values(self)
        option("spacing", self.spacing, SPACINGS)
        check_rates(np.array([self.low, self.high], np.float64))
        if self.low >= self.high:
            raise InputError(
                f"a range test climbs from a low to a higher learning rate; found {self.low:g} and {self.high:g}.",
                CUSTOMARY_ENDS,
            )
        if self.high / self.low > WIDEST:
            raise InputError(
                f"a range test may climb by a factor of {WIDEST:g}; found {self.low:g} and {self.high:g}.",
                CUSTOMARY_ENDS,
            )
        if self.steps is not None and not 2 <= self.steps <= 1_000_000:
            raise InputError(
                f"a range test needs 2 to 1,000,000 steps; found {self.steps}.",
                say("Try {steps}.", Setting("steps", 100)),
            )

    def length(self, training: int) -> int:
        """Return the number of steps, where the recipe's own training has `training`."""
        return max(training, 2) if self.steps is None else self.steps

    def stated(self, training: int) -> NDArray[np.float64]:
        """Return the rate that the finder tells each step to have had, `(steps,)`."""
        n = self.length(training)
        k = np.arange(n)
        shares = {
            "to the end": k / (n - 1),
            "short of the end": k / n,
            "lightning": np.where(k > 0, k + 1, 0) / n,
            "ignite": (k + 1) / n,
        }[self.spacing]
        return self._at(shares)

    def trained(self, training: int) -> NDArray[np.float64]:
        """Return the rate that each step really has, `(steps,)`; another than stated with `ignite` alone."""
        if self.spacing != "ignite":
            return self.stated(training)
        n = self.length(training)
        return self._at(np.maximum(np.arange(n), 1) / n)

    def _at(self, shares: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.exp(np.log(self.low) + shares * np.log(self.high / self.low))


def run_range_test(
    engine: Engine, split: Split, recipe: Recipe, sweep: Sweep, progress: OnProgress = ignore
) -> RangeTest:
    """Train the one climbing row on all development rows, as the finders do, and return what its losses were."""
    per_epoch = steps_per_epoch(split, recipe, NO_FOLD)
    training = per_epoch * recipe.epochs
    rates = sweep.trained(training)
    plan = Plan(rates[None], np.array([recipe.seed], np.int64), np.array([NO_FOLD], np.int64))
    # The rates are in the plan: for a sweep that is longer than the training only the number of epochs has to grow.
    longer = replace(recipe, epochs=max(recipe.epochs, -(-plan.steps // per_epoch)))
    history = engine.train(split, longer, plan, progress)
    losses = history.step_loss[0].astype(np.float64)
    # From the first loss that is no finite number on all are NaN, whatever an engine leaves there.
    lost = np.flatnonzero(~np.isfinite(losses))
    if lost.size:
        losses[lost[0] :] = np.nan
    return RangeTest(sweep.stated(training), losses, recipe.seed, per_epoch, history.seconds)


def corrected_average(losses: Floats, beta: float, ahead: int = 0) -> Floats:
    """Return the exponential moving average over steps, divided by what its start at 0 takes away.

    `a_k = beta a_(k-1) + (1 - beta) loss_k`, divided by `1 - beta^(k + 1 + ahead)` for `k` from 0. `beta` weighs the
    past; `ahead` is 0 where the correction is exact.

    Examples
    --------
    >>> corrected_average(np.array([2.0, 2.0, 2.0]), 0.98).round(9).tolist()
    [2.0, 2.0, 2.0]
    """
    average, out = 0.0, np.empty(len(losses))
    for k, loss in enumerate(losses.tolist()):
        average = beta * average + (1 - beta) * loss
        out[k] = average / (1 - beta ** (k + 1 + ahead))
    return out


def plain_average(losses: Floats, weight: float) -> Floats:
    """Return the exponential moving average over steps that starts at the first loss; `weight` weighs the new.

    Examples
    --------
    >>> plain_average(np.array([2.0, 1.0, 1.0]), 0.5).tolist()
    [2.0, 1.5, 1.25]
    """
    out = losses.astype(np.float64).tolist()
    for k, loss in enumerate(out[1:], 1):
        out[k] = weight * loss + (1 - weight) * out[k - 1]
    return np.array(out, np.float64)


def until_diverged(losses: Floats, times: float) -> Floats:
    """Return the losses up to the first above `times` the lowest so far, that one included.

    A loss that is no number stops nothing: comparisons with it are false.

    Examples
    --------
    >>> until_diverged(np.array([2.0, 1.0, 3.0, 4.5, 9.0]), 4.0).tolist()
    [2.0, 1.0, 3.0, 4.5]
    """
    best = float("inf")
    for k, loss in enumerate(losses.tolist()):
        best = loss if loss < best else best
        if loss > times * best:
            return losses[: k + 1]
    return losses
