"""What the verdicts of trials that ran to the end are made of: `verdicts`."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from etascope.core.choice import Basin, Landscape, Verdict, Walls
from etascope.core.data import NO_FOLD
from etascope.core.recipe import Task
from etascope.core.trials import Trial, plain_losses
from etascope.selection.words.verdicts import Evidence, above_chance, not_finite, verdict


def verdicts(
    task: Task, trials: Sequence[Trial], landscape: Landscape, learning_rate: float | None, basin: Basin | None, *,
    best_loss: float | None = None, best_right: float | None = None, measure: str = "validation loss", crown: str = "",
    walls: Walls | None = None, as_good: Sequence[float] = (),
) -> tuple[Verdict, ...]:  # fmt: skip
    """Return a verdict for each trial, in order.

    Where a rate stands (below the basin, in it, above it) is decided by all trials of the rate; the numbers in
    the sentence are the trial's own: its loss in the landscape of the same trials, or its last validation loss where it
    is not there. `learning_rate` and `basin` are None where nothing can be recommended; loss and accuracy at that rate,
    where None, are its means in the landscape. `as_good` did as well outside the basin; for the rest see `Evidence`.
    """
    diverged = landscape.learning_rates[np.isinf(landscape.valid_loss).any(axis=1)]
    at_best = landscape.learning_rates == learning_rate
    if best_loss is None:
        best_loss = float(landscape.mean_loss[at_best][0]) if at_best.any() else math.nan
    if best_right is None:
        best_right = float(landscape.mean_accuracy[at_best][0]) if at_best.any() else math.nan
    rows = {rate: row for row, rate in enumerate(landscape.learning_rates.tolist())}
    mean_loss, mean_right = (np.append(means, math.nan) for means in (landscape.mean_loss, landscape.mean_accuracy))
    guessing, plain = above_chance(task), plain_losses(trials)
    near = min(plain, key=lambda one: abs(math.log(one / learning_rate))) if plain and learning_rate else None
    judged: list[Verdict] = []
    for trial in trials:
        loss, ending = _end(task, trial)
        loss = loss if ending else _in_landscape(landscape, trial, loss)
        evidence = Evidence(
            rate=trial.learning_rate,
            loss=loss,
            trained=tuple(trial.train_loss[trial.epoch_ends(task.steps_per_epoch)].tolist()),
            ending=ending,
            blind=task.blind.loss,
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
            unjudged="this trial held nothing out to validate on" if math.isnan(loss) else "",
        )
        judged.append(verdict(evidence))
    return tuple(judged)


def _end(task: Task, trial: Trial) -> tuple[float, str]:
    if trial.diverged:
        return math.inf, not_finite("the training loss", "step", trial.diverged_at, task.steps)
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
