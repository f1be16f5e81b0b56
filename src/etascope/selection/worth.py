"""What the customary learning rate would have cost: `worth_tuning`."""

from __future__ import annotations

import math

import numpy as np

from etascope.core.choice import WorthTuning
from etascope.core.recipe import Recipe
from etascope.selection.estimate import Settled

#: What people take when they do not search; 0.01 for all others.
CUSTOMARY = {"adam": 0.001, "adamw": 0.001, "rmsprop": 0.001}
#: Normal quantile of a 90 % interval.
NINETY = 1.645


def customary_rate(recipe: Recipe) -> float:
    """Return the learning rate that is customary for the recipe's optimizer."""
    return CUSTOMARY.get(recipe.optimizer, 0.01)


def worth_tuning(settled: Settled, recipe: Recipe) -> WorthTuning | None:
    """Return what the customary rate loses against the recommended one, with a 90 % interval.

    Within the curve it is read from the draws, unless errors that were counted contradict them: then, and outside of
    the curve, where the loss is large, it is measured outright. That is the difference of validation error (or of log
    loss, where loss is the target), interpolated over log rate between the rates that were tried, with the interval of
    a share measured on that many examples. None outside of what was tried.
    """
    rate = customary_rate(recipe)
    drawn = settled.draws.cost_of(rate, settled.learning_rate) if len(settled.draws.learning_rates) > 1 else None
    outright = _measured(settled, rate)
    if drawn is None:
        return outright
    if settled.target == "accuracy" and outright is not None and outright.cost <= 0 < drawn[1]:
        return outright
    return WorthTuning(rate, *drawn)


def _measured(settled: Settled, rate: float) -> WorthTuning | None:
    scores, x = settled.scores, np.log10(settled.scores.learning_rates)
    if not scores.learning_rates[0] <= rate <= scores.learning_rates[-1]:
        return None
    table = scores.mean if settled.target == "loss" else scores.error
    there, here = (float(np.interp(math.log10(r), x, table)) for r in (rate, settled.learning_rate))
    if settled.target == "loss":
        variance = float(np.interp(math.log10(rate), x, scores.example_variance))
    else:
        # Where nothing is wrong, half an example stands for what might be.
        half = 0.5 / scores.examples
        shares = (min(max(share, half), 1 - half) for share in (there, here))
        variance = sum(share * (1 - share) for share in shares) / scores.examples
    error = 100 * NINETY * math.sqrt(max(variance, 0.0))
    cost = 100 * (there - here)
    return WorthTuning(rate, cost, cost - error, cost + error)
