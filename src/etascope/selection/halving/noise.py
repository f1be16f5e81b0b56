"""How uncertain what trials lose against the best is, `noise_variance`, and how far its rate lies off, `shift_mean`."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from etascope.selection.halving.state import Scored, State
from etascope.selection.regret import CAP

Array = NDArray[np.float64]

#: Deviation of log loss by the sampling of examples, where a trial kept no losses of examples.
UNKNOWN = 0.03
#: Being left behind adds a deviation: so much of the root of the scale, and of the points lost. In the first eighth of
#: the steps, and later.
EARLY, LATE = (0.4, 0.2), (0.3, 0.15)
#: The study that these constants come from had part of the shift (`shift_mean`) in its noise. 0.7 was found with it on
#: 24 jobs; 0.6 came of the benchmark, where basins were 0.66 decades wide with 0.7, and 0.65 was the target.
OF_THE_STUDY = 0.6


def noise_variance(
    state: State, scored: Mapping[float, Scored], best: float, points: Array, scale: float, steps: int, target: str
) -> Array:
    """Return the noise variance of each rate's loss against the best finalist, `(rates,)` in points squared.

        0.6 (scale^2 (vex + wob / 2) + (0.025 (scale + 2 d))^2 + pen^2)

    - `vex`: variance of the difference of the two trials' example losses, each over its mean, averaged over the
      evaluations of the rate's last milestone, over the number of examples: the sampling of validation examples
    - `wob`: variance between those evaluations of the difference in log loss, over their number
    - `d`: points lost, at most 8
    - `pen`: 0 for a finalist; 0.4 sqrt(scale) + 0.2 d where it was left behind in the first eighth of the steps, and
      0.3 sqrt(scale) + 0.15 d later

    The search is at its end, `best` the finalist with the lowest score, `points` what each rate lost. One unit of log
    loss is worth `scale` points, and a whole training has so many `steps`. The target `loss` looks at plain losses.
    """
    lost = np.minimum(points, CAP)
    variance = np.empty(len(points))
    # Two trials share batches and holdout, so what is uncertain is their difference: each is paired with the best.
    for k, rate in enumerate(state.rates):
        level = state.left.get(rate, len(state.reached) - 1)
        step = state.reached[level].step
        examples, wobble = _paired(scored[rate], scored[best], step, target)
        # Who left early was compared when high rates were favoured most (`PLANS`).
        early, growing = EARLY if step <= steps / 8 else LATE
        penalty = early * math.sqrt(scale) + growing * lost[k] if rate in state.left else 0.0
        random = scale**2 * (examples + wobble / 2) + (0.025 * (scale + 2 * lost[k])) ** 2 + penalty**2
        variance[k] = OF_THE_STUDY * random
    return variance


def paired_variance(rate: Scored, best: Scored, step: int, target: str) -> float:
    """Return `vex` of a trial against the best, at a length that both came to (`noise_variance`)."""
    return _paired(rate, best, step, target)[0]


def _paired(rate: Scored, best: Scored, step: int, target: str) -> tuple[float, float]:
    """Return `vex` and `wob` of a trial against the best, over the evaluations before a milestone that both have."""
    if rate.stopped(step) or rate is best:
        return 0.0, 0.0
    shared = np.intersect1d(rate.trial.evaluated_at[rate.within(step)], best.trial.evaluated_at)
    if not len(shared):
        return UNKNOWN**2, 0.0
    here, there = (np.searchsorted(s.trial.evaluated_at, shared) for s in (rate, best))
    apart = rate.log_loss[here] - best.log_loss[there]
    wobble = float(apart.var(ddof=1)) / len(shared) if len(shared) > 1 else 0.0
    a, b = _relative(rate, here, target), _relative(best, there, target)
    if a is None or b is None or len(a) < 2:
        return UNKNOWN**2, wobble
    return float((a - b).var(ddof=1)) / len(a), wobble


def _relative(scored: Scored, evaluations: NDArray[np.int64], target: str) -> Array | None:
    """Return each example's loss over the mean of all, averaged over evaluations, `(rows,)`."""
    if scored.trial.example_losses is None:
        return None
    losses = np.nan_to_num(scored.trial.example_losses[evaluations].astype(np.float64), nan=0.0, posinf=1e6)
    if target == "loss":
        losses = losses[:, :1]
    means = losses.mean(axis=-1)
    coolest = means.argmin(axis=-1)
    chosen = np.take_along_axis(losses, coolest[:, None, None], axis=1)[:, 0]
    return (chosen / np.maximum(chosen.mean(axis=-1, keepdims=True), 1e-9)).mean(axis=0)


#: Decades, for a constant schedule: of a trial that ran to the last step, of each share of the steps that it did not,
#: and at most. Read off 24 jobs with a known truth (dense networks on three data sets), at tops of 3/8, 1/2, 3/4 and 1.
AT_THE_END, MISSING, MOST = 0.08, 0.4, 0.25


def shift_mean(schedule: str, share: float) -> float:
    """Return how far the best rate of a holdout lies above that of the full training, in decades.

    Shorter trainings on fewer rows favour higher rates, where the rate stays constant:

        min(0.25, 0.08 + 0.4 (1 - share))

    Where the schedule brings the rate down, trials follow the full-length schedule, and there is no shift (measured
    with cosine alone). The share of the recipe's steps that the best trials came to lies in (0, 1].

    Examples
    --------
    >>> [round(shift_mean("constant", share), 2) for share in (0.5, 0.75, 1)], shift_mean("cosine", 0.75)
    ([0.25, 0.18, 0.08], 0.0)
    """
    if schedule != "constant":
        return 0.0
    return min(MOST, AT_THE_END + MISSING * (1 - share))
