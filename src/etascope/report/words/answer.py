"""An answer in words: the headline, what there is to know of it in sentences, and a row for each rate."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass

from etascope.core.choice import Basin, Choice, Luck, Walls, WorthTuning
from etascope.core.measure import PLAIN, Measure
from etascope.core.numbers import counted, nats, noise, rate
from etascope.core.run import Run, TorchFacts
from etascope.report.words.job import Again, again_in_python, how_to_use, try_next

#: A cost below this, in the unit of the curve, is none.
NOTHING = 0.05


#: Said of plain descent alone: with momentum it was ahead in 10 trainings of 18, with Adam and AdamW in 10 of 21.
PRODIGY = (
    "Prodigy at learning rate 1 needs no tuning: in the benchmark it beat plain SGD at its best rate in 15 of 15 "
    "trainings, by 3.6 points on average; etascope referee tries it on your job"
)


def headline(choice: Choice) -> tuple[str, ...]:
    """Return the answer in up to three parts: the rate, its basin, how sure it is.

    Examples
    --------
    >>> from etascope.core.choice import Basin, Confidence, Cost, Landscape
    >>> import numpy as np
    >>> seen = Landscape(np.array([0.031]), ((0, 0),), np.array([[0.5]]), np.array([[0.9]]))
    >>> sure = Confidence("likely", 1.0, "", 0.9)
    >>> facts = {"basin": Basin(0.014, 0.066), "confidence": sure, "verdicts": (), "cost": Cost(1, 1, 1.0, 1.0)}
    >>> headline(Choice.at(seen, 0, **facts))
    ('0.031', 'basin 0.014 .. 0.066', 'likely within 1 point of the best')
    """
    if choice.learning_rate is None:
        return ("cannot tell yet",)
    parts = [rate(choice.learning_rate)]
    basin = known_basin(choice)
    if basin is not None:
        parts.append(f"basin {rate(basin.low)} .. {rate(basin.high)}")
    if choice.confidence is not None:
        parts.append(f"{choice.confidence.word}{_within(choice)}")
    return tuple(parts)


def known_basin(choice: Choice) -> Basin | None:
    """Return the basin to show: none where a single rate was tried, of which it can only be that rate."""
    alone = choice.basin is not None and choice.basin.low == choice.basin.high
    return None if alone and len(choice.landscape.learning_rates) == 1 else choice.basin


def facts(run: Run, again: Again = again_in_python) -> list[tuple[str, str]]:
    """Return what there is to know of an answer, as names and sentences; what a method does not say is left out.

    `again` says in the words of a door how to search again.
    """
    choice = run.choice
    pairs = [
        ("walls", _walls(choice.walls)),
        ("cost", _cost(run)),
        ("luck", "" if choice.luck is None else _luck(choice.luck)),
        ("worth it?", "" if choice.worth_tuning is None else _worth(choice.worth_tuning, choice)),
        ("to settle", "" if choice.confidence is None else str(choice.confidence.settle)),
        ("not tried", str(choice.not_tried)),
        ("a rival", PRODIGY if run.recipe.optimizer == "sgd" and not run.data.in_loaders else ""),
        ("validation", _validation(run)),
        ("test", _test(run)),
        ("next", _next(run, again)),
        *(() if run.torch is None else _torch_facts(run.torch)),
    ]
    return [(name, sentence) for name, sentence in pairs if sentence]


def _torch_facts(facts: TorchFacts) -> list[tuple[str, str]]:
    unit, groups = facts.loss_unit, ""
    several = [f"{ratio:g}" for row in facts.ratios for ratio in row]
    if len(several) > 1 and "1" in several:
        groups = f"the rate is that of ratio 1; parameter groups keep theirs: {', '.join(several)}"
    elif several != ["1"]:
        groups = f"parameter groups train at these multiples of the rate: {', '.join(several)}"
    metrics = [
        f"at {rate(learning_rate)}: {', '.join(f'{name} {value:.4g}' for name, value in values.items())}"
        for learning_rate, values in facts.metrics.items()
    ]
    return [
        ("losses", "" if unit == 1 else f"times {unit:.4g}; told so that the untrained model has 2.30"),
        ("groups", groups),
        ("metrics", "; ".join(metrics)),
        ("untouched", str(facts.untouched)),
    ]


def _within(choice: Choice) -> str:
    assert choice.confidence is not None
    size = f"{choice.confidence.tolerance:g}"
    unit = "%" if choice.target == "loss" else "point" if size == "1" else "points"
    loss = choice.measure.words if choice.measure.reported else "loss"
    best = f"lowest {loss}" if choice.target == "loss" else "best"
    link = ", whether it is within" if choice.confidence.word == "not settled" else " within"
    return f"{link} {size} {unit} of the {best}"


def _walls(walls: Walls) -> str:
    low = "" if walls.low is None else f"{rate(walls.low)} and below learn clearly too little in this time"
    high = "" if walls.high is None else f"{rate(walls.high)} and above diverge or are clearly worse"
    if not low and not high:
        return ""
    return f"{low or 'rates too low were not seen'}; {high or 'rates too high were not seen'}"


def _cost(run: Run) -> str:
    cost = run.choice.cost
    each = "at most" if run.choice.regime == "dear" else "each"
    return (
        f"{counted(cost.trials, 'trial')} of {counted(cost.epochs, 'epoch')} {each} = "
        f"{counted(cost.training_equivalents, 'training equivalent')}, {cost.seconds:.1f} s; {run.seconds:.1f} s in all"
    )


def _luck(luck: Luck) -> str:
    text = f"{_percent(luck.shown)} ranked the rates; such a headline typically shrinks by {luck.expected:.1f} points"
    text += f" (give or take {luck.spread:.1f})"
    if luck.fresh is None:
        return text
    seeds = (
        "a fresh seed" if len(luck.seeds) == 1 else f"{len(luck.seeds)} fresh seeds" if luck.seeds else "fresh seeds"
    )
    return f"{text}; on {seeds} it was {_percent(luck.fresh)}"


def _worth(worth: WorthTuning, choice: Choice) -> str:
    unit = "% of loss" if choice.target == "loss" else "points"
    span = f"{_tenth(worth.low)} to {_tenth(worth.high)}"
    named = f"the customary {rate(worth.learning_rate)}"
    if worth.high < NOTHING:
        return f"no: {named} would have done as well"
    if worth.low < NOTHING:
        return f"not settled: {named} would have cost {_tenth(worth.cost)} {unit} ({span})"
    if choice.basin is not None and choice.basin.holds(worth.learning_rate):
        return (
            f"not settled: {named} would have cost {_tenth(worth.cost)} {unit} ({span}), and yet lies in the basin: it "
            "cannot be told apart"
        )
    return f"yes: {named} would have cost {_tenth(worth.cost)} {unit} ({span})"


def _validation(run: Run) -> str:
    choice = run.choice
    if not math.isfinite(choice.valid_loss):
        return ""
    if choice.measure.reported:
        return f"{choice.measure.name} {choice.measure.written(choice.valid_loss)}, read off the longest trials"
    text = validated(run)
    if choice.regime == "dear":
        text += "; read off the longest trials, where they stood"
    return text if choice.luck is not None else f"{text}; it ranked the rates, so it is a little lucky"


def validated(run: Run) -> str:
    """Return accuracy and loss on the validation images, and of an accuracy what it was over, where that matters."""
    choice = run.choice
    if not math.isfinite(choice.valid_accuracy):
        return f"loss {nats(choice.valid_loss)}"
    shown, ended = _percent(choice.valid_accuracy), _percent(accuracy_at_the_end(run))
    if shown == ended:
        return f"{shown} right, loss {nats(choice.valid_loss)}"
    return f"{shown} right over the last fifth of the training, {ended} at its end with loss {nats(choice.valid_loss)}"


def _test(run: Run) -> str:
    if run.trace is None:
        return ""
    test = run.trace.evaluation
    if test is None:
        return "none: the final training diverged"
    return (
        f"{_percent(test.accuracy)} of {counted(run.data.test, 'image')} right, +- "
        f"{100 * noise(test.accuracy, run.data.test):.1f} points; loss {nats(test.loss)}; looked at once, by a final "
        f"model trained on the {run.data.development:,} others"
    )


def _next(run: Run, again: Again) -> str:
    best = run.choice.learning_rate
    return try_next(run, again) if best is None else how_to_use(run, best)


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _tenth(value: float) -> str:
    """Write a cost with one decimal, never as a negative zero."""
    return f"{round(value, 1) + 0.0:.1f}"


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
                verdict=_verdicts_in_words(counted) or ("diverged" if math.isinf(loss) else "not tried"),
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


def _verdicts_in_words(counted: Counter[str]) -> str:
    if len(counted) == 1:
        return next(iter(counted))
    return ", ".join(f"{word} ({count} of {counted.total()})" for word, count in counted.most_common())
