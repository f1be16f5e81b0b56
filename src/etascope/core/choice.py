"""The answer of a selection: `Choice`, with the `Landscape` it was read from."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from etascope.core.measure import PLAIN, Measure
from etascope.core.numbers import rate
from etascope.core.renamed import renamed_fields
from etascope.core.sentences import Dialect, Sentence, Setting

LIMITS = ("low", "high", "budget")  # Settings that a reason may name for another search.


@dataclass(frozen=True)
class Basin:
    """The learning rates that cannot be told apart from the best: from `low` to `high`."""

    low: float
    high: float

    def holds(self, learning_rate: float) -> bool:
        """Return whether a rate lies in it, as rates are written: no page says otherwise than its numbers.

        Examples
        --------
        >>> Basin(0.01, 0.1).holds(0.00996), Basin(0.01, 0.1).holds(0.009999)
        (False, True)
        """
        return float(rate(self.low)) <= float(rate(learning_rate)) <= float(rate(self.high))


@dataclass(frozen=True)
class Walls:
    """The two ends that a search must have seen; None where it did not.

    Attributes
    ----------
    low, high
        The highest rate below the best that learned clearly too little in this budget, and the lowest above it that
        diverged or was clearly worse.
    """

    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Confidence:
    """How sure it is that the recommended rate is within a tolerance of the best, in a word that was calibrated.

    Attributes
    ----------
    word
        `likely`, `probable` or `not settled`.
    tolerance
        In accuracy points (hundredths), or per cent of loss where loss is the target.
    settle
        What would settle it; empty when it is settled.
    share
        Share of the posterior's draws in which it is so, in [0, 1]: what the word was read from.
    """

    word: str
    tolerance: float
    settle: Sentence
    share: float


@dataclass(frozen=True)
class Verdict:
    """What became of a trial, in a word, and the number behind it.

    Attributes
    ----------
    word
        `best`, `good`, `behind`, `slow`, `too small`, `too large`, `bouncing`, `near the edge`, `diverged`, `failed`,
        `learned nothing` or `not judged`; a method of your own may have other words.
    because
        A clause with the number. Empty where there is none.

    Examples
    --------
    >>> str(Verdict("slow", "validation loss 0.9, against 0.4 at the best rate"))
    'slow: validation loss 0.9, against 0.4 at the best rate'
    """

    word: str
    because: str = ""

    def __str__(self) -> str:
        """Write the word and what is behind it."""
        return f"{self.word}: {self.because}" if self.because else self.word


@dataclass(frozen=True)
class Luck:
    """How much of the winner's score was luck, in accuracy points (hundredths).

    Attributes
    ----------
    expected, spread
        How much such a winner's score falls on fresh seeds: mean, and standard deviation between single cases.
    shown
        The accuracy that the search saw at the winner, a share in [0, 1].
    fresh, seeds
        The accuracy of the same rate on fresh seeds, a share, None when it was not run again; and those seeds.
    """

    expected: float
    spread: float
    shown: float
    fresh: float | None = None
    seeds: tuple[int, ...] = ()


@dataclass(frozen=True)
class WorthTuning:
    """What the recipe's customary learning rate would have cost, in the curve's unit.

    Attributes
    ----------
    learning_rate
        0.01 for SGD and its kin, 0.001 for Adam and its kin.
    cost, low, high
        Posterior mean and 90 % interval of what it loses against the recommended rate.
    """

    learning_rate: float
    cost: float
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class Curve:
    """What following each learning rate would lose against the best: what the basin was read from.

    Attributes
    ----------
    learning_rates, mean, low, high
        `(points,)` float64: rates, ascending; posterior mean and the 5 % and 95 % quantiles there.
    unit
        `points` (hundredths) of accuracy, or `%` of loss.
    """

    learning_rates: NDArray[np.float64]
    mean: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    unit: str


@dataclass(frozen=True, eq=False)
class Landscape:
    """Validation results over learning rate, at the end of training.

    Attributes
    ----------
    learning_rates
        `(rates,)` float64, ascending, no rate twice.
    units
        The `(seed, fold)` pairs that were compared, one a column below.
    valid_loss, valid_accuracy
        `(rates, units)` float64; NaN where a rate was not trained on that unit; loss inf where it diverged.
    """

    learning_rates: NDArray[np.float64]
    units: tuple[tuple[int, int], ...]
    valid_loss: NDArray[np.float64]
    valid_accuracy: NDArray[np.float64]

    @property
    def full(self) -> NDArray[np.bool_]:
        """`(rates,)`: whether a rate was trained on as many units as any: only these may win."""
        counts = (~np.isnan(self.valid_loss)).sum(axis=1)
        return counts == counts.max(initial=0)

    @property
    def mean_loss(self) -> NDArray[np.float64]:
        """`(rates,)`: mean over the units a rate was trained on; inf where one diverged, NaN where there is none."""
        return _row_means(self.valid_loss)

    @property
    def mean_accuracy(self) -> NDArray[np.float64]:
        """`(rates,)`: mean over the units that have an accuracy; NaN where there is none."""
        return _row_means(self.valid_accuracy)


def _row_means(table: NDArray[np.float64]) -> NDArray[np.float64]:
    known = ~np.isnan(table)
    count = known.sum(axis=1)
    total = np.where(known, table, 0.0).sum(axis=1)
    return np.divide(total, count, out=np.full(len(table), np.nan), where=count > 0)


@dataclass(frozen=True)
class Cost:
    """What an answer cost.

    Attributes
    ----------
    trials, epochs
        Trials trained, and epochs of a whole training.
    training_equivalents
        Training examples gone through, over those of one whole training on all development rows; a validated example
        counts as a third of a trained one (forward, but no backward pass and no update).
    seconds
        Wall time of the training.
    """

    trials: int
    epochs: int
    training_equivalents: float
    seconds: float


@dataclass(frozen=True, eq=False, kw_only=True)
class Choice:
    """A learning rate with its evidence, or "cannot tell yet" and why.

    Attributes
    ----------
    learning_rate
        The recommended peak rate; None when it cannot be told yet.
    basin
        The rates that cannot be told apart from it; None when that is not known.
    valid_loss, valid_accuracy
        Means over the units at the recommended rate; NaN when it cannot be told yet. This is the number that
        ranked the trials, so it is a little lucky.
    reasons
        Why, a sentence each. Where there is no answer, settings in them say where to search (`search_again`).
    not_tried
        What the search did not look at, in one sentence.
    landscape
        What the basin was read from.
    verdicts
        A verdict a trial, in the order of `core.trials.trials`.
    cost
        What the search cost, the final training not counted.
    target
        What "best" means: `accuracy` or `loss`.
    regime
        `cheap`, where every trial runs to the end under cross-validation, `dear`, by halving or rehearsals.
    confidence, walls, luck, worth_tuning, curve
        See there; None where the method does not say or there is no answer.
    measure
        The task's. Where a script or a loop of your own reported it, losses are distances from its best value.
    """

    learning_rate: float | None = None
    basin: Basin | None = None
    valid_loss: float = math.nan
    valid_accuracy: float = math.nan
    reasons: tuple[Sentence, ...] = ()
    not_tried: Sentence = field(default=Sentence(""))
    landscape: Landscape
    verdicts: tuple[Verdict, ...]
    cost: Cost
    target: str = "accuracy"
    regime: str = "cheap"
    confidence: Confidence | None = None
    walls: Walls = Walls()
    luck: Luck | None = None
    worth_tuning: WorthTuning | None = None
    curve: Curve | None = None
    measure: Measure = PLAIN
    if not TYPE_CHECKING:
        __getattr__ = renamed_fields(reason="reasons, each a Sentence: str(reason) is the text,")

    @property
    def search_again(self) -> tuple[Setting, ...]:
        """Limits of the rates, or a budget, to set in another search, those without a value to be left out."""
        return tuple(one for reason in self.reasons for one in reason.settings if one.name in LIMITS)

    @classmethod
    def at(cls, landscape: Landscape, index: int, **facts: Any) -> Choice:  # noqa: ANN401 - fields
        """Return the choice of a rate of a landscape, with the means that were measured there; `facts` is the rest."""
        rates, loss, accuracy = landscape.learning_rates, landscape.mean_loss, landscape.mean_accuracy
        measured = {"valid_loss": float(loss[index]), "valid_accuracy": float(accuracy[index])}
        return cls(learning_rate=float(rates[index]), landscape=landscape, **measured, **facts)

    def written(self, dialect: Dialect) -> Choice:
        """Return the same choice, with all that it says in the words of a door."""

        def spoken(sentence: Sentence) -> Sentence:
            return replace(sentence, template=sentence.written(dialect), values={})

        sure = self.confidence
        return replace(
            self,
            reasons=tuple(one for sentence in self.reasons if (one := spoken(sentence))),
            not_tried=spoken(self.not_tried),
            confidence=None if sure is None else replace(sure, settle=spoken(sure.settle)),
        )
