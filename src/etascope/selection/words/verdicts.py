"""The one table of verdicts, for trials of both methods: `RULES` on an `Evidence`, `verdict`."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field

from etascope.core.choice import Basin, Verdict, Walls
from etascope.core.numbers import rate
from etascope.core.recipe import Task
from etascope.selection.scores import LEAST

#: A trial whose validation loss stays above this share of a blind guess's has hardly learned.
HARDLY = 0.95
#: The training loss bounces when it rises from one part of the training to the next by more than this share.
BOUNCE = 0.05
#: A rate is near the edge when one at most this many times as large diverged: a step of that size is often taken by
#: hand. Six rates a decade are tried, so the next two are looked at.
NEAR_EDGE = 2.0
#: In halving's first window the next rate is 2.3 times as large, so it is that one which is looked at.
NEXT_EDGE = 2.5


@dataclass(frozen=True)
class Evidence:
    """What the rules look at, for one trial.

    Attributes
    ----------
    rate, loss
        Learning rate, and the trial's validation loss at its end (inf when it diverged).
    trained
        Mean training losses of the parts of the training, in nats: epochs, or quarters (`part`).
    ending
        How it diverged or failed, in words; empty when it did not.
    blind
        Loss of a blind guess by the classes' shares; inf where that is no measure.
    best, best_loss
        The recommended rate, or the trial that stands for it, and its mean validation loss; None and NaN without one.
    basin
        The rates that cannot be told apart from the best; None when there is no best.
    edge
        The lowest rate, from this one up, that diverged on any unit; inf when none did.
    near
        How many times as large it may be for the edge to be near.
    measure
        What the losses are called.
    crown
        What is said of the recommended rate behind its own loss; empty says that its mean is the lowest.
    walls
        The nearest rates that are clearly worse. One may be an end of the basin; what was measured there decides.
    right
        Validation accuracy of the trial at its end, a share; NaN where it has none.
    guessing
        The share that a blind guess gets right, give or take two standard errors: with more, a model has learned.
    mean_loss, mean_right
        Means of loss and accuracy over all trials at this rate.
    best_right
        Accuracy at the recommended rate.
    plain, best_plain
        Mean plain loss of the rate's trials that came to the end, and of the rate nearest to the recommended one.
    as_good
        Whether what was measured at this rate contradicts that the recommended one is better (`refuted`).
    unjudged
        Why it cannot be compared at all; empty where it can.
    failed, beyond
        Whether its script broke off; how the trial at the edge ended.
    where
        Where the loss was measured, ` at step 20 of 320`, and what else to say of it; empty at the end of the training.
    rival
        The best trial and its loss at the same step, where trials end at different ones; None where they do not.
    even, early
        Whether it was no worse than that one; whether it was left behind before the last milestone.
    written
        Writes a loss.
    """

    rate: float
    loss: float
    trained: tuple[float, ...]
    ending: str
    blind: float
    best: float | None
    best_loss: float
    basin: Basin | None
    edge: float
    measure: str = "validation loss"
    crown: str = ""
    walls: Walls = field(default_factory=Walls)
    right: float = math.nan
    guessing: float = 1.0
    mean_loss: float = math.nan
    mean_right: float = math.nan
    best_right: float = math.nan
    plain: float = math.nan
    best_plain: float = math.nan
    as_good: bool = False
    near: float = NEAR_EDGE
    unjudged: str = ""
    failed: bool = False
    beyond: str = "diverged"
    part: str = "epoch {}"
    where: str = ""
    rival: tuple[float, float] | None = None
    even: bool = False
    early: bool = False
    written: Callable[[float], str] = field(default_factory=lambda: _exact)

    @property
    def blinded(self) -> bool:
        """Whether it hardly beats a blind guess: by its loss, and by what it gets right."""
        return self.loss > HARDLY * self.blind and not self.right > self.guessing

    @property
    def worse(self) -> str:
        """What shows that the best rate is better: this trial's loss, all losses at this rate, errors, or nothing."""
        if self.where:
            return "" if self.even else _at(self) + _rival(self)
        best = self.written(self.best_loss)
        if self.mean_loss <= self.best_loss:
            if self.mean_right < self.best_right:
                fewer = f"but {100 * self.mean_right:.1f} % right on average at this rate, against "
                return f"{_at(self)}, {fewer}{100 * self.best_right:.1f} % at the best one"
            more = f"a plain loss of {self.written(self.plain)} on average, against {self.written(self.best_plain)}"
            return f"{_at(self)}, but {more} near the best" if self.plain > self.best_plain else ""
        if self.loss < self.best_loss:
            mean = self.written(self.mean_loss)
            return f"{_at(self)} in this trial, {mean} on average at this rate, against {best} at the best one"
        return f"{_at(self)}, against {best} at the best rate"

    @property
    def below(self) -> bool:
        """Whether the rate is lower than the basin, or the wall at its low end."""
        return self.basin is not None and (self.rate < self.basin.low or self.rate == self.walls.low)

    @property
    def above(self) -> bool:
        """Whether the rate is higher than the basin, or the wall at its high end."""
        return self.basin is not None and (self.rate > self.basin.high or self.rate == self.walls.high)

    @property
    def rise(self) -> tuple[float, int]:
        """The largest rise of the training loss between its parts, as a share, and the part it happened in."""
        pairs = zip(self.trained, self.trained[1:], strict=False)
        rises = [(after / max(before, 1e-9) - 1, part) for part, (before, after) in enumerate(pairs, 2)]
        return max(rises, default=(-math.inf, 0))


Rule = tuple[str, Callable[[Evidence], bool], Callable[[Evidence], str]]

#: Word, when it applies, the number behind it. The first rule that applies gives the verdict.
RULES: tuple[Rule, ...] = (
    ("failed", lambda s: s.failed, lambda s: s.ending),
    ("diverged", lambda s: bool(s.ending), lambda s: s.ending),
    ("not judged", lambda s: bool(s.unjudged), lambda s: s.unjudged),
    (
        "best",
        lambda s: s.rate == s.best,
        lambda s: f"{_at(s)}; {s.crown or f'the mean at this rate, {s.written(s.best_loss)}, is the lowest'}",
    ),
    ("learned nothing", lambda s: s.best is None and s.blinded, lambda s: f"{_at(s)}, {_guess(s)}"),
    ("not judged", lambda s: s.best is None, lambda s: f"{_at(s)}, and there is no best rate to compare it with yet"),
    (
        "not judged",
        lambda s: s.as_good,
        lambda s: f"{_at(s)}; by accuracy and plain loss this rate did no worse than the recommended one",
    ),
    ("too small", lambda s: s.below and s.blinded, lambda s: f"{_at(s)}, {_guess(s)}"),
    ("slow", lambda s: s.below and bool(s.worse), lambda s: s.worse),
    (
        "bouncing",
        lambda s: s.above and s.rise[0] > BOUNCE,
        lambda s: (
            f"training loss rose by {s.rise[0]:.0%} in {s.part.format(s.rise[1])}, {_at(s)}"
            f"{'' if s.where else ' at the end'}"
        ),
    ),
    ("near the edge", lambda s: s.edge <= s.near * s.rate, lambda s: f"{_at(s)}, but {_edge(s)} {s.beyond}"),
    ("too large", lambda s: s.above and bool(s.worse), lambda s: s.worse),
    (
        "not judged",
        lambda s: s.below or s.above,
        lambda s: f"{_at(s)}{_rival(s)}; outside the basin, and yet {_yet(s)}",
    ),
    ("behind", lambda s: s.early, lambda s: f"{_at(s)}{_rival(s)}; too early to tell it from the best"),
    ("good", lambda s: True, lambda s: f"{_at(s)}{_rival(s)}, cannot be told apart from the best"),
)


def verdict(evidence: Evidence) -> Verdict:
    """Return the verdict of the first rule in `RULES` that applies; the last one always does.

    Examples
    --------
    >>> print(verdict(Evidence(0.001, 2.21, (2.3, 2.2), "", 2.3026, 0.1, 0.45, Basin(0.05, 0.2), 1.0)))
    too small: validation loss 2.21, hardly below a blind guess (2.30)
    """
    word, _, because = next(rule for rule in RULES if rule[1](evidence))
    return Verdict(word, because(evidence))


def not_finite(what: str, part: str, at: int, total: int) -> str:
    """Return how a trial diverged: `at` counts from 0."""
    return f"{what} was no longer a finite number at {part} {at + 1} of {total}"


def passed(times: float, at: int, total: int) -> str:
    """Return how the loss of a trial was blown up: `at` counts from 0."""
    return f"the training loss had passed {times:.0f} times its first by step {at + 1} of {total}"


def above_chance(task: Task, folds: int = 1) -> float:
    """Return the share of right answers on so many folds above which a rate beats a guess, by two standard errors.

    Examples
    --------
    >>> from etascope.core.recipe import Recipe
    >>> above_chance(Task(Recipe(), n_classes=2, n_development=500, n_folds=5, steps_per_epoch=1))
    0.6
    """
    rows = task.n_valid or folds * task.n_development / max(task.n_folds, 1)
    return task.majority + 2 * math.sqrt(task.majority * (1 - task.majority) / max(rows, 1))


def _exact(loss: float) -> str:
    """Write a loss in three digits, in which rates that are compared differ; nothing below 0.001 nats is told apart."""
    return "at most 0.001" if loss <= LEAST * (1 + 1e-9) else f"{loss:#.3g}"


def _guess(s: Evidence) -> str:
    return f"{'hardly below' if s.loss < s.blind else 'no lower than'} a blind guess ({s.written(s.blind)})"


def _at(s: Evidence) -> str:
    return f"{s.measure} {s.written(s.loss)}{s.where}"


def _rival(s: Evidence) -> str:
    return f", where {rate(s.rival[0])} had {s.written(s.rival[1])}" if s.rival else ""


def _yet(s: Evidence) -> str:
    if s.where:
        return "no worse as far as it came"
    return f"{s.written(s.mean_loss)} on average, against {s.written(s.best_loss)} at the best rate"


def _edge(s: Evidence) -> str:
    return "the same rate in another trial" if s.edge == s.rate else f"{s.edge / s.rate:.2g} times this rate"
