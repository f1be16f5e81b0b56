"""Shapes of a plan's rows: how the learning rate moves from the first step to the last."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from etascope.core.errors import InputError, option

SCHEDULES = ("constant", "linear", "cosine", "step", "one-cycle")


def schedule_row(schedule: str, warmup: float, steps: int) -> NDArray[np.float64]:
    """Return the factors `(steps,)`, each in (0, 1], that the peak learning rate is multiplied by.

    With `s` the share of the steps after the warm-up that is done, in [0, 1):

    - `constant`: 1
    - `linear`: 1 - s (PyTorch's `LinearLR` from 1 to 0)
    - `cosine`: (1 + cos(pi s)) / 2 (Loshchilov and Hutter 2017, "SGDR"; PyTorch's `CosineAnnealingLR`)
    - `step`: 0.1 to the power of floor(3 s), two drops by ten (PyTorch's `StepLR`)
    - `one-cycle`: cosine from 1/25 up to 1 over the first 30 %, then down to 1/250,000 (Smith and Topin 2019,
      "Super-convergence"; PyTorch's `OneCycleLR`)

    Warm-up climbs linearly, (t + 1) / w at step t, over the first `w = round(warmup * steps)` steps.

    Parameters
    ----------
    schedule
        One of `SCHEDULES`.
    warmup
        Share of the steps in [0, 1) that climbs to the peak; 0 for none.
    steps
        Number of steps, at least 0.

    Raises
    ------
    InputError
        If the schedule is unknown or `warmup` is outside [0, 1).

    Examples
    --------
    >>> schedule_row("cosine", 0.25, 4).round(3).tolist()
    [1.0, 1.0, 0.75, 0.25]
    """
    option("schedule", schedule, SCHEDULES)
    if not 0 <= warmup < 1:
        raise InputError(f"warmup must be a share of the steps in [0, 1); found {warmup}. Try 0.1.")
    climb = round(warmup * steps)
    rest = steps - climb
    s = np.arange(rest) / max(rest, 1)
    if schedule == "constant":
        shape = np.ones(rest)
    elif schedule == "linear":
        shape = 1 - s
    elif schedule == "cosine":
        shape = (1 + np.cos(np.pi * s)) / 2
    elif schedule == "step":
        shape = 0.1 ** np.floor(3 * s)
    else:
        shape = _one_cycle(rest)
    return np.concatenate([(np.arange(climb) + 1) / max(climb, 1), shape])


def _one_cycle(steps: int) -> NDArray[np.float64]:
    first, last, share = 1 / 25, 1 / 25e4, 0.3
    turn, end = share * steps - 1, steps - 1
    t = np.arange(steps, dtype=np.float64)
    up = np.clip(t / turn if turn > 0 else np.ones(steps), 0, 1)
    down = np.clip((t - turn) / max(end - turn, 1e-9), 0, 1)
    rising = 1 + (first - 1) * (1 + np.cos(np.pi * up)) / 2
    falling = last + (1 - last) * (1 + np.cos(np.pi * down)) / 2
    return np.where(t <= turn, rising, falling)
