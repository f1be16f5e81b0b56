"""How far trials are trained before which of them go on, for each budget: `Budgets`, `budgets_for`."""

from __future__ import annotations

from dataclasses import dataclass

from etascope.core.numbers import percent


@dataclass(frozen=True)
class Budgets:
    """The milestones of successive halving: how far trials are trained, and how many go on.

    Attributes
    ----------
    trials
        Learning rates that come to the first milestone.
    shares
        Ascending shares of the recipe's steps, in (0, 1], at which trials are compared.
    keep
        How many trials go on from each milestone but the last.
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
        counts = (f"{self.trials} trials", *self.keep)
        parts = [f"{count} to {percent(share)}" for count, share in zip(counts, self.shares, strict=True)]
        return ", ".join(parts) + " of the steps"


#: Short trainings favour high rates: the lowest loss lay 0.31 decades too high at a sixteenth of the steps, 0.23 at a
#: quarter, 0.06 at three quarters (medians of 24 tasks). So not the best alone goes on, and the last milestone is late:
#: with one at a half, a deep network under plain SGD lost 31 points on tasks that were kept apart. Beyond 3 trainings
#: little is gained (8 or 16 saved 0.1 point), and no plan for 1 was safe (the best lost 9 points on one task).
#: From a measured study: 403 such plans were scored on 24 tasks, these on 31 (dense networks on three data sets). The
#: accuracy that their choice lost there: 0.76, 0.53, 0.45, 0.42, 0.40, 0.34, 0.31 and 0.32 points on average, without
#: the shift of `shift_mean`; with it the first loses 0.46 and the fourth 0.34 on the 18 jobs of `bench/quality.py`.
PLANS = (
    Budgets(7, (1 / 32, 3 / 8), (3,), 1.35),
    Budgets(7, (1 / 16, 1 / 4, 1 / 2), (4, 2), 1.77),
    Budgets(7, (1 / 16, 1 / 4, 1 / 2), (5, 3), 2.19),
    Budgets(7, (1 / 16, 1 / 4, 3 / 4), (5, 3), 2.94),
    Budgets(7, (1 / 16, 1 / 4, 1.0), (5, 3), 3.69),
    Budgets(7, (1 / 8, 1.0), (5,), 5.32),
    Budgets(7, (1.0,), (), 7.43),
    Budgets(14, (1.0,), (), 14.7),
)


def budgets_for(budget: float) -> Budgets:
    """Return the costliest plan that a budget pays for, in trainings; the cheapest where it pays for none.

    Examples
    --------
    >>> print(budgets_for(3))
    7 trials to 6 %, 5 to 25 %, 3 to 75 % of the steps
    """
    paid = [budgets for budgets in PLANS if budgets.cost <= budget]
    return paid[-1] if paid else PLANS[0]
