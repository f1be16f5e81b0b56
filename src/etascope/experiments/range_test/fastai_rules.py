"""fastai's four rules, which share how its `lr_find` climbs, smooths, stops and skips.

Written from the sources of version 2.8.12, and compared with them. They compute in float64, fastai in float32.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from etascope.experiments.range_test.sweep import Floats, Sweep, corrected_average, until_diverged

#: How `lr_find` climbs when its user sets nothing.
SWEEP = Sweep(1e-7, 10.0, 100, "short of the end")


@dataclass(frozen=True)
class FastaiRule:
    """What fastai's `lr_find` does before any of its rules looks; the base of the four.

    Smoothing: moving average with the past weighed 0.98, corrected for its start. Stops after the first smoothed loss
    above 4 times the lowest. Skips a tenth of the planned steps at the start, the last 5, and all from the first NaN
    on. A test that stopped early skips as much at the start.
    """

    source: ClassVar[str] = "fastai 2.8.12, fastai/callback/schedule.py"
    beta: float = 0.98
    stop: float = 4.0
    skip_end: int = 5
    sweep: Sweep = SWEEP

    def smooth(self, losses: Floats) -> Floats:
        """Return the smoothed losses up to the stop."""
        return until_diverged(corrected_average(losses, self.beta), self.stop)

    def looked_at(self, rates: Floats, losses: Floats) -> tuple[Floats, Floats]:
        """Return the rates and smoothed losses that a rule looks at."""
        smoothed = self.smooth(losses)
        part = slice(len(losses) // 10, max(len(smoothed) - self.skip_end, 0))
        rates, smoothed = rates[: len(smoothed)][part], smoothed[part]
        lost = np.flatnonzero(np.isnan(smoothed))
        end = int(lost[0]) if lost.size else len(smoothed)
        return rates[:end], smoothed[:end]


@dataclass(frozen=True)
class Valley(FastaiRule):
    """fastai's `valley`, its default: within the longest falling subsequence of the losses.

    Axis: per step; only the order of the losses counts. Takes the longest strictly falling subsequence (its steps
    need not be neighbours), counts its length back from its last step, and goes half of it: a third, and half a
    third more, each rounded down. Smoothing, stop and skips are fastai's (0.98, 4 times, a tenth and 5). None where
    nothing is left to look at.

    Source: fastai 2.8.12, `valley` and `lr_find` in `fastai/callback/schedule.py`, `AvgSmoothLoss` in
    `fastai/learner.py`; the same computation in the repository fastai/fastai at commit 0a049e8.
    """

    name: ClassVar[str] = "fastai valley"

    def suggest(self, rates: Floats, losses: Floats) -> float | None:
        """Return the rate about half way down the valley."""
        rates, smoothed = self.looked_at(rates, losses)
        if not len(smoothed):
            return None
        length = np.ones(len(smoothed), np.int64)
        for i in range(1, len(smoothed)):
            length[i] = 1 + length[:i][smoothed[:i] > smoothed[i]].max(initial=0)
        last = int(length.argmax())
        if length[last] == 1:
            return float(rates[0])
        start, third = last - int(length[last]), int(length[last]) / 3
        return float(rates[start + int(third) + int(third / 2)])


@dataclass(frozen=True)
class Slide(FastaiRule):
    """fastai's `slide`: an interval slides down from the end until the slopes at its ends agree.

    Axis: per step. The interval is `width` steps long; the slope is `numpy.gradient` of the smoothed loss. It stops
    where the two slopes differ by at most `threshold` nats a step, and the suggestion is the rate of the interval's
    lower end one step before. Smoothing, stop and skips are fastai's (0.98, 4 times, a tenth and 5). None where fewer
    than `width + 1` losses are left: fastai raises an IndexError there.

    Source: fastai 2.8.12, `slide` in `fastai/callback/schedule.py` (Pereira, "Automated learning rate suggester").
    """

    name: ClassVar[str] = "fastai slide"
    width: int = 15
    threshold: float = 0.005

    def suggest(self, rates: Floats, losses: Floats) -> float | None:
        """Return the rate where the interval stops."""
        rates, smoothed = self.looked_at(rates, losses)
        n = len(smoothed)
        if n < self.width + 1:
            return None
        slope = np.gradient(smoothed)
        right = n - 1
        lower = right - self.width
        chosen = lower
        while lower >= 0 and abs(slope[right] - slope[lower]) > self.threshold:
            chosen, right, lower = lower, right - 1, lower - 1
        return float(rates[chosen])


@dataclass(frozen=True)
class Minimum(FastaiRule):
    """fastai's `minimum`: a tenth of the rate with the lowest smoothed loss.

    Axis: none. Smoothing, stop and skips are fastai's (0.98, 4 times, a tenth and 5). None where nothing is left to
    look at.

    Source: fastai 2.8.12, `minimum` in `fastai/callback/schedule.py`.
    """

    name: ClassVar[str] = "fastai minimum"

    def suggest(self, rates: Floats, losses: Floats) -> float | None:
        """Return a tenth of the rate at the minimum."""
        rates, smoothed = self.looked_at(rates, losses)
        return float(rates[smoothed.argmin()]) / 10 if len(smoothed) else None


@dataclass(frozen=True)
class Steep(FastaiRule):
    """fastai's `steep`: where the smoothed loss falls fastest.

    Axis: per natural logarithm of the rate, from one step to the next; the suggestion is the earlier of the two.
    Smoothing, stop and skips are fastai's (0.98, 4 times, a tenth and 5). None where fewer than two losses are left.

    Source: fastai 2.8.12, `steep` in `fastai/callback/schedule.py`.
    """

    name: ClassVar[str] = "fastai steep"

    def suggest(self, rates: Floats, losses: Floats) -> float | None:
        """Return the rate at the steepest fall."""
        rates, smoothed = self.looked_at(rates, losses)
        if len(smoothed) < 2:
            return None
        return float(rates[(np.diff(smoothed) / np.diff(np.log(rates))).argmin()])
