"""The measured learning rates, a row a rate: loss, accuracy, and the verdict in words."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass

from etascope.core.measure import PLAIN, Measure
from etascope.core.numbers import nats, rate
from etascope.core.run import Run


@dataclass(frozen=True)
class RateRow:
    """One learning rate.

    Attributes
    ----------
    learning_rate
        Peak rate.
    loss, accuracy
        Means over its units, nats and share; inf and NaN where it diverged, NaN where nothing was measured.
    verdict
        The words its trials got, the most frequent first.
    chosen, within
        Whether it is the recommended one, and whether it lies in the basin.
    measure
        What the trials were compared by.
    """

    learning_rate: float
    loss: float
    accuracy: float
    verdict: str
    chosen: bool
    within: bool
    measure: Measure = PLAIN

    @property
    def cells(self) -> tuple[str, ...]:
        """Rate, loss and accuracy as text, or rate and metric; empty where there is no number."""
        if self.measure.reported:
            return rate(self.learning_rate), self.measure.written(self.loss) if math.isfinite(self.loss) else ""
        loss = f"{self.loss:.3f}" if self.loss < 100 else nats(self.loss) if math.isfinite(self.loss) else ""
        accuracy = f"{100 * self.accuracy:.1f} %" if math.isfinite(self.accuracy) else ""
        return rate(self.learning_rate), loss, accuracy


def rate_header(run: Run) -> tuple[str, ...]:
    """Return what the cells of the rows are called."""
    return ("rate", run.task.measure.name) if run.task.measure.reported else ("rate", "loss", "accuracy")


def rate_rows(run: Run) -> tuple[RateRow, ...]:
    """Return a row for each rate of the landscape, ascending, and one for the recommended rate if it lies between."""
    choice, landscape = run.choice, run.choice.landscape
    words: dict[float, Counter[str]] = {}
    for trial, verdict in zip(run.trials, choice.verdicts, strict=True):
        words.setdefault(trial.learning_rate, Counter())[verdict.word] += 1
    rows: list[RateRow] = []
    table = zip(
        landscape.learning_rates.tolist(), landscape.mean_loss.tolist(), landscape.mean_accuracy.tolist(), strict=True
    )
    for tried, loss, accuracy in table:
        counted = words.get(tried, Counter())
        rows.append(
            RateRow(
                learning_rate=tried,
                loss=loss,
                accuracy=accuracy,
                verdict=_in_words(counted) or ("diverged" if math.isinf(loss) else "not tried"),
                chosen=tried == choice.learning_rate,
                within=choice.basin is not None and choice.basin.holds(tried),
                measure=choice.measure,
            )
        )
    if choice.learning_rate is not None and not any(row.chosen for row in rows):
        # Under halving nothing was trained at this rate: its numbers are read off its neighbours.
        read = ", and its numbers too" if choice.regime == "dear" else ""
        chosen = f"recommended, between rates that were tried{read}"
        rows.append(
            RateRow(
                choice.learning_rate, choice.valid_loss, accuracy_at_the_end(run), chosen, chosen=True, within=True,
                measure=choice.measure,
            )
        )  # fmt: skip
    return tuple(sorted(rows, key=lambda row: row.learning_rate))


def accuracy_at_the_end(run: Run) -> float:
    """Return the mean validation accuracy that the recommended rate's trainings on fresh seeds ended with, a share.

    The choice's own, which cross-validation takes over the last fifth of the training, where there were none.
    """
    choice = run.choice
    seeds = () if choice.luck is None else choice.luck.seeds
    again = [t for t in run.trials if t.learning_rate == choice.learning_rate and t.seed in seeds]
    ends = [float(t.valid_accuracy[-1]) for t in again if t.valid_accuracy.size]
    return sum(ends) / len(ends) if ends else choice.valid_accuracy


def _in_words(counted: Counter[str]) -> str:
    if len(counted) == 1:
        return next(iter(counted))
    return ", ".join(f"{word} ({count} of {counted.total()})" for word, count in counted.most_common())
