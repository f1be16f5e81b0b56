"""A verdict for each trial, in words with the number behind them: `verdicts`."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from etascope.core.choice import Basin, Landscape, Verdict, Walls
from etascope.core.data import NO_FOLD
from etascope.core.recipe import Task
from etascope.core.trials import Trial, plain_losses
from etascope.selection.scores import LEAST

#: A trial whose validation loss stays above this share of a blind guess's has hardly learned.
HARDLY = 0.95
#: The training loss bounces when it rises from one epoch to the next by more than this share.
BOUNCE = 0.05
#: A rate is near the edge when one at most this many times as large diverged.
EDGE = 2.0


@dataclass(frozen=True)
class Evidence:
    """What the rules look at, for one trial.

    Attributes
    ----------
    rate, loss
        Learning rate, and the trial's validation loss at its end in nats (inf when it diverged).
    trained
        Training loss an epoch, in nats.
    ending
        How it diverged, in words; empty when it did not.
    blind
        Loss of a blind guess, `log(n_classes)`.
    best, best_loss
        The recommended rate and its mean validation loss; None and NaN when there is none.
    basin
        The rates that cannot be told apart from the best; None when there is no best.
    edge
        The lowest rate, from this one up, that diverged on any unit; inf when none did.
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

    @property
    def blinded(self) -> bool:
        """Whether it hardly beats a blind guess: by its loss, and by what it gets right."""
        return self.loss > HARDLY * self.blind and not self.right > self.guessing

    @property
    def worse(self) -> str:
        """What shows that the best rate is better: this trial's loss, all losses at this rate, errors, or nothing."""
        if self.mean_loss <= self.best_loss:
            if self.mean_right < self.best_right:
                fewer = f"but {100 * self.mean_right:.1f} % right on average at this rate, against "
                return f"{_at(self)}, {fewer}{100 * self.best_right:.1f} % at the best one"
            more = f"a plain loss of {_loss(self.plain)} on average, against {_loss(self.best_plain)} near the best"
            return f"{_at(self)}, but {more}" if self.plain > self.best_plain else ""
        if self.loss < self.best_loss:
            return (
                f"{_at(self)} in this trial, {_loss(self.mean_loss)} on average at this rate, against "
                f"{_loss(self.best_loss)} at the best one"
            )
        return f"{_at(self)}, against {_loss(self.best_loss)} at the best rate"

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
        """The largest rise of the training loss between epochs, as a share, and the epoch it happened in."""
        pairs = zip(self.trained, self.trained[1:], strict=False)
        rises = [(after / max(before, 1e-9) - 1, epoch) for epoch, (before, after) in enumerate(pairs, 2)]
        return max(rises, default=(-math.inf, 0))


Rule = tuple[str, Callable[[Evidence], bool], Callable[[Evidence], str]]

#: Word, when it applies, the number behind it. The first rule that applies gives the verdict.
RULES: tuple[Rule, ...] = (
    ("not judged", lambda s: math.isnan(s.loss), lambda s: "this trial held nothing out to validate on"),
    ("diverged", lambda s: math.isinf(s.loss), lambda s: s.ending),
    (
        "best",
        lambda s: s.rate == s.best,
        lambda s: f"{_at(s)}; {s.crown or f'the mean at this rate, {_loss(s.best_loss)}, is the lowest'}",
    ),
    (
        "learned nothing",
        lambda s: s.best is None and s.blinded,
        lambda s: f"{_at(s)}, {_guess(s)}",
    ),
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
        lambda s: f"training loss rose by {s.rise[0]:.0%} in epoch {s.rise[1]}, {_at(s)} at the end",
    ),
    (
        "near the edge",
        lambda s: s.edge <= EDGE * s.rate,
        lambda s: f"{_at(s)}, but {_edge(s)} diverged",
    ),
    ("too large", lambda s: s.above and bool(s.worse), lambda s: s.worse),
    (
        "not judged",
        lambda s: s.below or s.above,
        lambda s: (
            f"{_at(s)}; outside the basin, and yet {_loss(s.mean_loss)} on average, against {_loss(s.best_loss)} at "
            "the best rate"
        ),
    ),
    ("good", lambda s: True, lambda s: f"{_at(s)}, cannot be told apart from the best"),
)


def verdict(evidence: Evidence) -> Verdict:
    """Return the verdict of the first rule in `RULES` that applies.

    Examples
    --------
    >>> print(verdict(Evidence(0.001, 2.21, (2.3, 2.2), "", 2.3026, 0.1, 0.45, Basin(0.05, 0.2), 1.0)))
    too small: validation loss 2.21, hardly below a blind guess (2.30)
    """
    for word, applies, because in RULES:
        if applies(evidence):
            return Verdict(word, because(evidence))
    raise AssertionError("the last rule always applies")


def verdicts(
    task: Task, trials: Sequence[Trial], landscape: Landscape, learning_rate: float | None, basin: Basin | None, *,
    best_loss: float | None = None, best_right: float | None = None, measure: str = "validation loss", crown: str = "",
    walls: Walls | None = None, as_good: Sequence[float] = (),
) -> tuple[Verdict, ...]:  # fmt: skip
    """Return a verdict for each trial, in order.

    Where a rate stands (below the basin, in it, above it) is decided by all trials of the rate; the numbers in
    the sentence are the trial's own: its loss in the landscape, or its last validation loss where it is not there.

    Parameters
    ----------
    task
        Gives the loss of a blind guess and the steps of an epoch.
    trials
        What became of each trial.
    landscape
        The same trials over learning rate.
    learning_rate, basin
        The recommended rate and its basin, or None for both when nothing can be recommended.
    best_loss, best_right
        Loss and accuracy at the recommended rate; None takes its means in the landscape.
    measure, crown, walls
        See `Evidence`.
    as_good
        Rates that did as well as the recommended one, and yet lie outside its basin.
    """
    diverged = landscape.learning_rates[np.isinf(landscape.valid_loss).any(axis=1)]
    at_best = landscape.learning_rates == learning_rate
    if best_loss is None:
        best_loss = float(landscape.mean_loss[at_best][0]) if at_best.any() else math.nan
    if best_right is None:
        best_right = float(landscape.mean_accuracy[at_best][0]) if at_best.any() else math.nan
    rows = {learning_rate: row for row, learning_rate in enumerate(landscape.learning_rates.tolist())}
    mean_loss, mean_right = (np.append(means, math.nan) for means in (landscape.mean_loss, landscape.mean_accuracy))
    guessing, plain = above_chance(task), plain_losses(trials)
    near = min(plain, key=lambda one: abs(math.log(one / learning_rate))) if plain and learning_rate else None
    judged: list[Verdict] = []
    for trial in trials:
        loss, ending = _end(task, trial)
        evidence = Evidence(
            rate=trial.learning_rate,
            loss=loss if ending else _in_landscape(landscape, trial, loss),
            trained=tuple(trial.train_loss[trial.epoch_ends(task.steps_per_epoch)].tolist()),
            ending=ending,
            blind=math.log(task.n_classes),
            best=learning_rate,
            best_loss=best_loss,
            basin=basin,
            edge=float(diverged.min(initial=math.inf, where=diverged >= trial.learning_rate)),
            measure=measure,
            crown=crown,
            walls=walls or Walls(),
            right=float(trial.valid_accuracy[-1]) if len(trial.valid_accuracy) else math.nan,
            guessing=guessing,
            mean_loss=float(mean_loss[rows.get(trial.learning_rate, -1)]),
            mean_right=float(mean_right[rows.get(trial.learning_rate, -1)]),
            best_right=best_right,
            plain=plain.get(trial.learning_rate, math.nan),
            best_plain=math.nan if near is None else plain[near],
            as_good=trial.learning_rate in as_good,
        )
        judged.append(verdict(evidence))
    return tuple(judged)


def _end(task: Task, trial: Trial) -> tuple[float, str]:
    if trial.diverged:
        at = trial.diverged_at + 1
        return math.inf, f"the training loss was no longer a finite number at step {at} of {task.steps}"
    if trial.fold == NO_FOLD:
        return math.nan, ""
    loss = float(trial.valid_loss[-1])
    if not math.isfinite(loss):
        return math.inf, "the validation loss is not a finite number"
    return loss, ""


def _in_landscape(landscape: Landscape, trial: Trial, otherwise: float) -> float:
    unit, row = (trial.seed, trial.fold), landscape.learning_rates == trial.learning_rate
    if unit not in landscape.units or not row.any():
        return otherwise
    return float(landscape.valid_loss[row][0, landscape.units.index(unit)])


def above_chance(task: Task) -> float:
    """Return the share of right answers above which a trial does better than a guess, by two standard errors.

    Examples
    --------
    >>> from etascope.core.recipe import Recipe
    >>> above_chance(Task(Recipe(), n_classes=2, n_development=500, n_folds=5, steps_per_epoch=1))
    0.6
    """
    rows = task.n_valid or task.n_development / max(task.n_folds, 1)
    return task.majority + 2 * math.sqrt(task.majority * (1 - task.majority) / max(rows, 1))


def _guess(evidence: Evidence) -> str:
    how = "hardly below" if evidence.loss < evidence.blind else "no lower than"
    return f"{how} a blind guess ({evidence.blind:#.3g})"


def _at(evidence: Evidence) -> str:
    return f"{evidence.measure} {_loss(evidence.loss)}"


def _loss(loss: float) -> str:
    """Write a loss; scores tell none apart below 0.001 nats."""
    return "at most 0.001" if loss <= LEAST * (1 + 1e-9) else f"{loss:#.3g}"


def _edge(evidence: Evidence) -> str:
    same = evidence.edge == evidence.rate
    return "the same rate in another trial" if same else f"{evidence.edge / evidence.rate:.2g} times this rate"
