"""The learning rates that a search may try: `Grid`, fine steps with the decades marked; `check_fields`."""

from __future__ import annotations

import math
from dataclasses import dataclass

from etascope.core.errors import InputError, option
from etascope.core.sentences import Setting, say

#: No search goes further without being told to.
LIMITS = (1e-7, 1e4)
#: Rates that may be asked for: beyond them no step changes a weight of 32 bits, or every step ends it.
WITHIN = (1e-37, 1e38)


#: What gives a search rows to validate on.
FIVE_FOLDS = say("Try {folds}.", Setting("folds", 5))


@dataclass(frozen=True)
class Grid:
    """Learning rates in ascending order, evenly spaced on the logarithmic axis but for the ends.

    Attributes
    ----------
    rates
        All rates that may be tried, each rounded to three digits, so that what is printed is what is trained;
        the first and the last are the limits.
    decades
        Positions in `rates` of the powers of ten, and of the limits that the user gave.
    """

    rates: tuple[float, ...]
    decades: tuple[int, ...]

    @property
    def limits(self) -> tuple[float, float]:
        """The lowest and the highest rate that may be tried."""
        return self.rates[0], self.rates[-1]

    def nearest(self, rate: float) -> int:
        """Return the position of the rate nearest to `rate` in decades."""
        return min(range(len(self.rates)), key=lambda i: abs(math.log10(self.rates[i] / rate)))


def make_grid(per_decade: int, low: float | None = None, high: float | None = None) -> Grid:
    """Return the rates 10^(k / per_decade) for whole k within the limits, and these: 1e-7 and 1e4 where None is given.

    Examples
    --------
    >>> grid = make_grid(4, low=0.005, high=0.1)
    >>> grid.rates, grid.decades
    ((0.005, 0.00562, 0.01, 0.0178, 0.0316, 0.0562, 0.1), (0, 2, 6))
    """
    own = {float(f"{end:.12g}") for end in (low, high) if end is not None}
    first = min({LIMITS[0], *own}) if low is None else min(own)
    last = max({LIMITS[1], *own}) if high is None else max(own)
    tens = range(math.floor(math.log10(first)), math.ceil(math.log10(last)) + 1)
    powers = {float(f"1e{ten}") for ten in tens}
    steps = {float(f"{10 ** (ten + k / per_decade):.3g}") for ten in tens for k in range(per_decade)}
    rates = sorted({rate for rate in powers | steps if first < rate < last} | {first, last})
    return Grid(tuple(rates), tuple(i for i, rate in enumerate(rates) if rate in powers | own))


def check_window(low: float | None, high: float | None) -> None:
    """Raise `InputError` unless the ends of a search, where given, are finite, above 0 and in order."""
    for name, value in (("low", low), ("high", high)):
        if value is None:
            continue
        if not (math.isfinite(value) and value > 0):
            raise InputError(f"the {name} learning rate must be finite and above 0; found {value:g}. Try 0.01.")
        if not WITHIN[0] <= value <= WITHIN[1]:
            raise InputError(
                f"the {name} learning rate must lie in {WITHIN[0]:g} .. {WITHIN[1]:g}, where weights of single "
                f"precision can train; found {value:g}. Try {LIMITS[name == 'high']:g}."
            )
    if low is not None and high is not None and low > high:
        raise InputError(
            f"the low learning rate must not be above the high one; found {low:g} and {high:g}. Swap them."
        )


#: The smallest budget, in trainings: below it, even a training of 10,000 steps leaves a hundred for all rates.
LEAST_BUDGET = 0.02
#: What "best" means.
TARGETS = ("accuracy", "loss")


def check_fields(
    target: str,
    tolerance: float | None,
    low: float | None,
    high: float | None,
    budget: float | None = None,
    least: float = LEAST_BUDGET,
) -> None:
    """Raise `InputError` unless a search may be asked for so."""
    option("target", target, TARGETS)
    if tolerance is not None and not (math.isfinite(tolerance) and tolerance > 0):
        raise InputError(f"the tolerance must be a finite number above 0; found {tolerance:g}. Try 1.")
    check_window(low, high)
    if budget is not None and not (math.isfinite(budget) and budget >= least):
        trainings = "training" if least == 1 else "trainings"
        raise InputError(
            f"the budget must be a finite number of at least {least:g} {trainings}; found {budget:g}. Try 3."
        )
