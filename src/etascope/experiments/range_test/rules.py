"""The published rules that read one learning rate off a range test, as their libraries compute them.

Each rule takes the rates `(steps,)` and the raw batch losses `(steps,)` in nats of a climbing training, NaN after it
diverged. It smooths, stops and skips as its finder does. All compute in float64, where fastai, Lightning and ignite
hold losses in float32. They were written from the sources of the versions named, and compared with them.

The range test is Smith's (2015, "Cyclical learning rates for training neural networks", arXiv:1506.01186).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np

from etascope.experiments.range_test.fastai_rules import Minimum, Slide, Steep, Valley
from etascope.experiments.range_test.record import RangeTest, Suggestion
from etascope.experiments.range_test.sweep import Floats, Sweep, corrected_average, plain_average, until_diverged

#: How the finders climb when their users set nothing.
TORCH_LR_FINDER = Sweep(1e-7, 10.0, 100, "to the end")
LIGHTNING = Sweep(1e-8, 1.0, 100, "lightning")
IGNITE = Sweep(1e-7, 10.0, None, "ignite")


class SuggestionRule(Protocol):
    """Reads one learning rate off a range test.

    Attributes
    ----------
    name, source
        Its name, and whose rule it is with version and file.
    sweep
        How the rule's own finder climbs when its user sets nothing.
    """

    name: ClassVar[str]
    source: ClassVar[str]

    @property
    def sweep(self) -> Sweep:
        """How the rule's own finder climbs."""
        ...

    def smooth(self, losses: Floats) -> Floats:
        """Return the finder's smoothed losses up to the step after which it stops."""
        ...

    def suggest(self, rates: Floats, losses: Floats) -> float | None:
        """Return the suggestion, or None where the rule finds none."""
        ...


@dataclass(frozen=True)
class TorchLrFinderSteepest:
    """torch-lr-finder's `steepest`: where the smoothed loss falls fastest.

    Axis: per step, `numpy.gradient` over neighbours. Smoothing: moving average with the new loss weighed 0.05,
    starting at the first loss. Stops after the first above 5 times the lowest. Skips the first 10 and the last 5
    steps it took. Where the loss became NaN before that, NumPy's argmin takes the NaN for the minimum, here as in
    the original, and the last rate with a number is suggested. None where fewer than two losses are left.

    Source: torch-lr-finder 0.2.2, `range_test` and `plot` in `torch_lr_finder/lr_finder.py`; the same computation in
    the repository davidtvs/pytorch-lr-finder at commit 00abb90.
    """

    name: ClassVar[str] = "torch-lr-finder steepest"
    source: ClassVar[str] = "torch-lr-finder 0.2.2, torch_lr_finder/lr_finder.py"
    weight: float = 0.05
    stop: float = 5.0
    skip_start: int = 10
    skip_end: int = 5
    sweep: Sweep = TORCH_LR_FINDER

    def smooth(self, losses: Floats) -> Floats:
        """Return the smoothed losses up to the stop."""
        return until_diverged(plain_average(losses, self.weight), self.stop)

    def suggest(self, rates: Floats, losses: Floats) -> float | None:
        """Return the rate at the steepest fall."""
        smoothed = self.smooth(losses)
        part = slice(self.skip_start, max(len(smoothed) - self.skip_end, 0))
        if len(smoothed[part]) < 2:
            return None
        return float(rates[part][np.gradient(smoothed[part]).argmin()])


@dataclass(frozen=True)
class LightningSteepest:
    """Lightning's `lr_find`: where the smoothed loss falls fastest on the plain axis of the rate.

    Axis: per learning rate, not per logarithm, by `torch.gradient` with the rates as coordinates, which is
    `numpy.gradient` (second order inside, first order at the ends). A fall between tiny rates has tiny steps beneath
    it, so it counts as steep. Smoothing: moving average with the past weighed 0.98; its correction is one step ahead
    of its start. Stops after the first, from the second step on, above 4 times the lowest. Skips the first 10 steps,
    the last one, and then what is not finite. None where fewer than two losses are left.

    Source: pytorch-lightning 2.6.6, `_LRFinder.suggestion` and `_LRCallback` in
    `pytorch_lightning/tuner/lr_finder.py`; the same computation in the repository Lightning-AI/pytorch-lightning at
    commit 0012782.
    """

    name: ClassVar[str] = "Lightning lr_find"
    source: ClassVar[str] = "pytorch-lightning 2.6.6, pytorch_lightning/tuner/lr_finder.py"
    beta: float = 0.98
    stop: float = 4.0
    skip_start: int = 10
    skip_end: int = 1
    sweep: Sweep = LIGHTNING

    def smooth(self, losses: Floats) -> Floats:
        """Return the smoothed losses up to the stop."""
        return until_diverged(corrected_average(losses, self.beta, ahead=1), self.stop)

    def suggest(self, rates: Floats, losses: Floats) -> float | None:
        """Return the rate at the steepest fall."""
        smoothed = self.smooth(losses)
        part = slice(self.skip_start, max(len(smoothed) - self.skip_end, 0))
        rates, smoothed = rates[part], smoothed[part]
        fine = np.isfinite(smoothed)
        if fine.sum() < 2:
            return None
        return float(rates[fine][np.gradient(smoothed[fine], rates[fine]).argmin()])


@dataclass(frozen=True)
class IgniteSteepest:
    """ignite's `FastaiLRFinder`: where the smoothed loss falls fastest before its minimum.

    Axis: per step, half the difference of the two neighbours, ends left out. Smoothing: moving average with the new
    loss weighed 0.05, starting at the first loss. Stops after the first above 5 times the lowest. Skips what comes
    after the minimum, and nothing at the start. torch's argmin takes a NaN for the minimum, so after a NaN all
    before it is looked at. None where fewer than three losses fall to the minimum: ignite raises a RuntimeError.

    Its customary sweep is as long as the training and starts at the optimizer's own rate, for which 1e-7 stands.

    Source: pytorch-ignite 0.5.5, `FastaiLRFinder` in `ignite/handlers/lr_finder.py`; the same computation in the
    repository pytorch/ignite at commit 036765e.
    """

    name: ClassVar[str] = "ignite steepest"
    source: ClassVar[str] = "pytorch-ignite 0.5.5, ignite/handlers/lr_finder.py"
    weight: float = 0.05
    stop: float = 5.0
    sweep: Sweep = IGNITE

    def smooth(self, losses: Floats) -> Floats:
        """Return the smoothed losses up to the stop."""
        return until_diverged(plain_average(losses, self.weight), self.stop)

    def suggest(self, rates: Floats, losses: Floats) -> float | None:
        """Return the rate at the steepest fall."""
        smoothed = self.smooth(losses)
        falling = smoothed[: int(smoothed.argmin()) + 1]
        if len(falling) < 3:
            return None
        return float(rates[1 + int((0.5 * (falling[2:] - falling[:-2])).argmin())])


#: Every rule, in the order in which they are listed.
RULES: tuple[SuggestionRule, ...] = (
    Valley(), Slide(), Minimum(), Steep(), TorchLrFinderSteepest(), LightningSteepest(), IgniteSteepest(),
)  # fmt: skip


def suggestions(test: RangeTest, rules: Sequence[SuggestionRule] = RULES) -> tuple[Suggestion, ...]:
    """Return what each rule reads off one range test."""
    return tuple(Suggestion(r.name, r.source, r.suggest(test.learning_rates, test.losses)) for r in rules)
