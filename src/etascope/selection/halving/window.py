"""The learning rates that successive halving begins with, and the next one beyond them: `Window`, `window_of`."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from etascope.core.recipe import Recipe
from etascope.selection.customary import customary_middle
from etascope.selection.grid import LIMITS

#: The first window reaches this far on either side of its middle, in decades. In the study a middle that was a decade
#: too low did no harm where the window grew (`read_state`); where it could not, 20 to 25 of 100 searches failed.
REACH = 1.25
#: Rates of a narrow window stand at least this far apart, in decades: nearer ones cannot be told apart.
NEAREST = 0.1


@dataclass(frozen=True)
class Window:
    """The first learning rates, ascending, and how far it goes on from there.

    Attributes
    ----------
    first
        Rates that are tried first, each rounded to three digits, so that what is printed is what is trained.
    spacing
        Between neighbours, in decades.
    low, high
        No rate beyond these is tried.
    """

    first: tuple[float, ...]
    spacing: float
    low: float
    high: float

    def beyond(self, rates: Collection[float], rate: float) -> float | None:
        """Return the next rate beyond `rate`, where that is an end of `rates`; None within them and at a limit."""
        if rate <= min(rates) and rate > self.low:
            return max(self.low, _three_digits(rate / 10**self.spacing))
        if rate >= max(rates) and rate < self.high:
            return min(self.high, _three_digits(rate * 10**self.spacing))
        return None


def window_of(
    recipe: Recipe, trials: int, low: float | None = None, high: float | None = None, middle: float | None = None
) -> Window:
    """Return the first window: rates evenly spaced on the logarithmic axis, 1.25 decades to either side of a middle.

    The middle, where none is given, is customary for the optimizer (0.1 for SGD, 0.03 with momentum 0.9, 0.003 for Adam
    and its kin); with another momentum it goes with `1 - momentum`, as the size of a step does. The rates are shifted
    by a random share of their spacing, drawn from the recipe's seed, so that no rate is favoured. Where a limit (1e-7
    and 1e4 without one) lies within the window, the window ends there and its last rate is the limit.

    Examples
    --------
    >>> window_of(Recipe(), 7, low=0.01, high=0.04).first
    (0.01, 0.0126, 0.0159, 0.02, 0.0252, 0.0317, 0.04)
    """
    least = float(f"{low or min(LIMITS[0], high or math.inf):.12g}")
    most = float(f"{high or max(LIMITS[1], low or 0.0):.12g}")
    bottom, top, centre = math.log10(least), math.log10(most), math.log10(middle or customary_middle(recipe))
    reach = min(REACH, (top - bottom) / 2)
    centre = min(max(centre, bottom + reach), top - reach)
    start, end = centre - reach, centre + reach
    narrow = top - bottom <= 2 * REACH
    if narrow:
        count = 1 if least == most else max(2, min(trials, 1 + int(2 * reach / NEAREST)))
        spacing = 2 * reach / max(count - 1, 1)
        marks = start + np.arange(count) * spacing
    else:
        spacing = 2 * reach / trials
        shift = float(np.random.default_rng([recipe.seed, trials]).random())
        shift = 0.0 if start - bottom < 1e-9 else 1.0 if top - end < 1e-9 else shift
        marks = start + (np.arange(trials) + shift) * spacing
    rates = [_three_digits(10.0**mark) for mark in marks.tolist()]
    # A limit that the window touches is tried itself, with all of its digits.
    if start - bottom < 1e-9:
        rates[0] = least
    if narrow or top - end < 1e-9:
        rates[-1] = most
    held = sorted({min(max(rate, least), most) for rate in rates})
    return Window(tuple(held), spacing, least, most)


def _three_digits(rate: float) -> float:
    return float(f"{rate:.3g}")
