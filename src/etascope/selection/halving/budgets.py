"""How far a ladder's trials are trained before which of them go on, for each budget: `Rungs`, `rungs_for`."""

from __future__ import annotations

from dataclasses import dataclass

from etascope.core.numbers import percent


@dataclass(frozen=True)
class Rungs:
    """The rungs of a ladder.

    Attributes
    ----------
    trials
        Learning rates on the first rung.
    shares
        Ascending shares of the recipe's steps, in (0, 1], at which trials are compared.
    keep
        How many trials go on from each rung but the last.
    cost
        In trainings: steps of all trials over those of one, as measured, with the window's growth and what is saved on
        trials that diverge.
    """

    trials: int
    shares: tuple[float, ...]
    keep: tuple[int, ...]
    cost: float

    def steps(self, share: float, total: int) -> int:
        """Return the step, at least 1, of `total` that a share is."""
        return min(total, max(1, round(share * total)))

    def __str__(self) -> str:
        """Say it as `7 trials to 6 %, 5 to 25 %, 3 to 75 % of the steps`."""
        counts = (self.trials, *self.keep)
        parts = [f"{count} to {percent(share)}" for count, share in zip(counts, self.shares, strict=True)]
        return ", ".join([parts[0].replace(" ", " trials ", 1), *parts[1:]]) + " of the steps"


#: From a measured study of 31 tasks (dense networks on three data sets), which 403 such plans were scored on. The
#: accuracy that their choice lost there: 0.76, 0.53, 0.45, 0.42, 0.40, 0.34, 0.31 and 0.32 points on average, without
#: the shift of `shift_mean`; with it the first loses 0.46 and the fourth 0.34 on the 18 jobs of `bench/quality.py`.
PLANS = (
    Rungs(7, (1 / 32, 3 / 8), (3,), 1.35),
    Rungs(7, (1 / 16, 1 / 4, 1 / 2), (4, 2), 1.77),
    Rungs(7, (1 / 16, 1 / 4, 1 / 2), (5, 3), 2.19),
    Rungs(7, (1 / 16, 1 / 4, 3 / 4), (5, 3), 2.94),
    Rungs(7, (1 / 16, 1 / 4, 1.0), (5, 3), 3.69),
    Rungs(7, (1 / 8, 1.0), (5,), 5.32),
    Rungs(7, (1.0,), (), 7.43),
    Rungs(14, (1.0,), (), 14.7),
)


def rungs_for(budget: float) -> Rungs:
    """Return the costliest plan that a budget pays for, in trainings; the cheapest where it pays for none.

    Examples
    --------
    >>> print(rungs_for(3))
    7 trials to 6 %, 5 to 25 %, 3 to 75 % of the steps
    """
    paid = [rungs for rungs in PLANS if rungs.cost <= budget]
    return paid[-1] if paid else PLANS[0]
