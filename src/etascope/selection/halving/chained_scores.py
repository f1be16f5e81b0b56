"""What each of a ladder's trials would score at its top: `chained_scores`."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from etascope.selection.halving.state import Climb, Scored
from etascope.selection.scores import WORST


def chained_scores(climbed: Climb, scored: Mapping[float, Scored]) -> NDArray[np.float64]:
    """Return what each rate of the window would score on the last rung, `(rates,)` in log loss.

    A trial that was left behind has the score of its last rung, and from each later rung what the score of the trial
    nearest to it there, in decades, changed by since the rung before. A trial that diverged has log 10.
    """
    return np.array([_chained(climbed, scored, rate) for rate in climbed.rates], np.float64)


def _chained(climbed: Climb, scored: Mapping[float, Scored], rate: float) -> float:
    rung = climbed.left.get(rate, len(climbed.reached) - 1)
    if rate not in climbed.reached[rung].rates:
        return WORST
    total = scored[rate].score(climbed.reached[rung].step)
    for before, after in zip(climbed.reached[rung:], climbed.reached[rung + 1 :], strict=False):
        both = [r for r in after.rates if r in before.rates]
        if both:
            near = min(both, key=lambda other: (abs(np.log10(other / rate)), other))
            total += scored[near].score(after.step) - scored[near].score(before.step)
    return total
