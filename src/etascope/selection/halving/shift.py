"""How far above the whole training's best rate a ladder's best one lies: `shift_mean`."""

from __future__ import annotations

#: Decades, for a constant schedule: of a trial that ran to the last step, of each share of the steps that it did not,
#: and at most. Read off 24 jobs with a known truth (dense networks on three data sets), at tops of 3/8, 1/2, 3/4 and 1.
AT_THE_END, MISSING, MOST = 0.08, 0.4, 0.25


def shift_mean(schedule: str, share: float) -> float:
    """Return how far the best rate of a holdout lies above that of the full training, in decades.

    Shorter trainings on fewer rows favour higher rates, where the rate stays constant:

        min(0.25, 0.08 + 0.4 (1 - share))

    Where the schedule brings the rate down, trials follow the full-length schedule, and there is no shift (measured
    with cosine alone).

    Parameters
    ----------
    schedule
        Of the recipe.
    share
        Share of the recipe's steps that the best trials came to, in (0, 1].

    Examples
    --------
    >>> [round(shift_mean("constant", share), 2) for share in (0.5, 0.75, 1)], shift_mean("cosine", 0.75)
    ([0.25, 0.18, 0.08], 0.0)
    """
    if schedule != "constant":
        return 0.0
    return min(MOST, AT_THE_END + MISSING * (1 - share))
