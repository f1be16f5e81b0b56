"""The test accuracy over the learning rate, which no adviser sees (`Truth`), and what advice loses against it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from etascope.core.data import NO_FOLD, Split
from etascope.core.plan import Plan, sweep
from etascope.core.protocols import Engine, OnProgress, ignore
from etascope.core.recipe import Recipe, Task
from etascope.experiments.referee.adviser import Advice
from etascope.selection.basin import student_quantile
from etascope.selection.customary import ADAM_KIN

#: About six a decade, so that a straight line between two neighbours bridges less than a fifth of one.
RATES = 29
#: Resamples of the bootstrap.
RESAMPLES = 2000
#: Quantile 95 % of the normal distribution.
NORMAL = 1.6448536269514722
#: Halves of the seeds that the noise is estimated from.
HALVES = 200


@dataclass(frozen=True, eq=False)
class Truth:
    """Test accuracy of a recipe over learning rate and seed.

    Attributes
    ----------
    learning_rates
        `(rates,)` float64, ascending, two at least.
    accuracy
        `(seeds, rates)` float64, shares in [0, 1].
    seeds
        One a row.
    """

    learning_rates: NDArray[np.float64]
    accuracy: NDArray[np.float64]
    seeds: tuple[int, ...]

    @property
    def best(self) -> int:
        """Index of the rate with the highest mean accuracy, the lower rate in a tie."""
        return int(self.accuracy.mean(axis=0).argmax())

    def at(self, rate: float) -> NDArray[np.float64]:
        """Return the accuracy of each seed `(seeds,)` at a rate, linear in the logarithm of the rate.

        Beyond the table's ends it is that of the end.
        """
        axis = np.log(self.learning_rates)
        above = min(max(int(axis.searchsorted(math.log(rate))), 1), len(axis) - 1)
        share = min(max((math.log(rate) - float(axis[above - 1])) / float(axis[above] - axis[above - 1]), 0.0), 1.0)
        return (1 - share) * self.accuracy[:, above - 1] + share * self.accuracy[:, above]

    def lost(self, rate: float) -> NDArray[np.float64]:
        """Return what a rate loses against the best rate, `(seeds,)`, in points (hundredths) of test accuracy.

        The mean over the seeds, the regret, is `100 (max over rates of the mean accuracy - mean accuracy at the
        rate)`, and at least 0. A single seed's may lie below 0.

        Examples
        --------
        >>> truth = Truth(np.array([0.01, 0.1, 1.0]), np.array([[0.5, 0.9, 0.1], [0.7, 0.8, 0.1]]), (0, 1))
        >>> truth.lost(0.1).tolist(), truth.lost(0.01).round(6).tolist()
        ([0.0, 0.0], [40.0, 10.0])
        """
        return self.lost_by(self.at(rate))

    def lost_by(self, accuracy: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what other accuracies of the same seeds `(seeds,)` lose against the best rate, in points."""
        # One best rate for all seeds, as a rate that is advised is one: a seed's own best would make luck a loss.
        return 100 * (self.accuracy[:, self.best] - accuracy)

    def floor(self) -> float | None:
        """Return what choosing by the test accuracy of half of the seeds loses on the other half, in points.

        The mean over 200 random halves; None for fewer than two seeds.
        """
        count = len(self.accuracy)
        if count < 2:
            return None
        # Who knows the truth knows it by some seeds: what half of them praise is judged by the others, which are fresh.
        lost, random = list[float](), np.random.default_rng(0)
        for _ in range(HALVES):
            half, rest = np.split(random.permutation(self.accuracy), [count // 2])
            other = rest.mean(axis=0)
            lost.append(float(other.max() - other[half.mean(axis=0).argmax()]))
        return 100 * float(np.mean(lost))


def truth_rates(optimizer: str) -> NDArray[np.float64]:
    """Return 29 rates evenly spaced on the log axis: 1e-5 to 0.3 for Adam and its kin, 1e-4 to 10 for all others."""
    low, high = (1e-5, 0.3) if optimizer in ADAM_KIN else (1e-4, 10.0)
    return np.geomspace(low, high, RATES)


def measure_truth(
    split: Split, recipe: Recipe, engine: Engine, seeds: tuple[int, ...], progress: OnProgress = ignore
) -> Truth:
    """Train the recipe at every rate with every seed on all development rows, and score it on the test rows.

    Nothing is held out, as in the final training of `etascope pick`. A training that diverged counts as a blind guess.
    No adviser may train on one of the seeds.
    """
    rates, together = truth_rates(recipe.optimizer), examined(split)
    steps = Task.of(together, recipe).steps
    plan = sweep(recipe, steps, rates.tolist(), [0], seeds)
    history = engine.train(together, recipe, Plan(plan.rates, plan.seeds, plan.folds, evaluate_at=(steps,)), progress)
    accuracy = np.where(history.diverged, np.nan, history.valid_accuracy[:, -1]).reshape(len(seeds), len(rates))
    return Truth(rates, np.where(np.isnan(accuracy), 1 / split.n_classes, accuracy), seeds)


def examined(split: Split) -> Split:
    """Return a split whose one fold is the test rows: all development rows train, the test rows validate."""
    development, test = len(split.y), len(split.y_test)
    return replace(
        split,
        x=np.concatenate([split.x, split.x_test]),
        y=np.concatenate([split.y, split.y_test]),
        folds=np.concatenate([np.full(development, NO_FOLD), np.zeros(test, np.int64)]),
        rows=np.concatenate([split.rows, split.test_rows]),
        x_test=split.x_test[:0],
        y_test=split.y_test[:0],
        test_rows=split.test_rows[:0],
        n_final=development,
    )


def lost_table(truth: Truth, advice: Sequence[Advice], customary: float, split: Split) -> NDArray[np.float64]:
    """Return what each answer of one adviser loses, `(answers, seeds)`, in points of accuracy on the split's test rows.

    Where there is no answer, the customary rate is followed. An optimizer of its own is trained with the truth's seeds,
    so that seeds pair, and once for all answers: it advises the same each time.
    """
    own = next((answer.train for answer in advice if answer.train is not None), None)
    if own is not None:
        right = [np.count_nonzero(np.equal(own(seed)(split.x_test), split.y_test)) for seed in truth.seeds]
        return truth.lost_by(np.array(right) / len(split.y_test))[None]
    return np.stack([truth.lost(answer.learning_rate or customary) for answer in advice])


def told_losses(truth: Truth, table: NDArray[np.float64], own_optimizer: bool) -> tuple[float, ...]:
    """Return what to tell of a table: a mean over the truth's seeds an answer, the regret of its rate.

    An optimizer of its own gives one answer, and its trainings differ among themselves: there, one number a training,
    what it lost against the mean accuracy of the best rate.
    """
    if not own_optimizer:
        return tuple(table.mean(axis=1).tolist())
    best = truth.accuracy[:, truth.best]
    return tuple((table[0] - 100 * (best - best.mean())).tolist())


def mean_difference(one: NDArray[np.float64], other: NDArray[np.float64]) -> tuple[float, float, float]:
    """Return the mean of one table less that of another, with its 90 % interval by the bootstrap.

    Seeds of the truth, the columns, are drawn for both tables together, since they are paired; answers, the rows, are
    drawn for each table by itself. Quantiles 5 % and 95 % of 2,000 resamples. With few seeds these lie too close to the
    mean, so their distance from it is widened by `t(0.95, S - 1) / z(0.95) * sqrt(S / (S - 1))` for `S` seeds
    (Hesterberg 2015, "What teachers should know about the bootstrap", The American Statistician 69).

    Tables are `(answers, seeds)`, equal in seeds, two at least.

    Examples
    --------
    >>> mean_difference(np.full((3, 8), 0.5), np.full((2, 8), 0.25))
    (0.25, 0.25, 0.25)
    """
    random, seeds = np.random.default_rng(0), one.shape[1]
    columns = random.integers(0, seeds, (RESAMPLES, seeds))

    def resampled(table: NDArray[np.float64]) -> NDArray[np.float64]:
        rows = random.integers(0, len(table), (RESAMPLES, len(table)))
        return table[rows[:, :, None], columns[:, None, :]].mean(axis=(1, 2))

    low, high = np.quantile(resampled(one) - resampled(other), [0.05, 0.95]).tolist()
    mean = float(one.mean() - other.mean())
    wider = student_quantile(0.95, seeds - 1) / NORMAL * math.sqrt(seeds / (seeds - 1))
    return mean, mean + wider * (low - mean), mean + wider * (high - mean)
