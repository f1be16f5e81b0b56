"""The small last batch of an epoch, whose noise stays in the model: `epoch_shares`, `last_batch_advice`."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from etascope.core.choice import Basin
from etascope.core.recipe import Task
from etascope.core.sentences import Sentence, Setting
from etascope.core.trials import Trial
from etascope.selection.words.reasons import Reason

#: The step is said to cost something from this many points on, and from this many standard errors.
POINTS, ERRORS = 0.3, 2.0


def epoch_shares(task: Task, shares: Sequence[float]) -> tuple[float, ...]:
    """Return shares of a training at which it is scored: where it ends small, at the ends of epochs alone.

    The final training ends there, and not in the middle of an epoch, after a step on a whole batch.

    Examples
    --------
    >>> from etascope.core.recipe import Recipe
    >>> task = Task(Recipe(batch_size=32, epochs=8), 10, n_development=1000, n_folds=5, steps_per_epoch=25)
    >>> epoch_shares(task, (0.8, 0.9, 1.0))
    (0.75, 0.875, 1.0)
    """
    if not task.ends_small:
        return tuple(shares)
    epochs = task.recipe.epochs
    return tuple(sorted({max(round(share * epochs), 1) / epochs for share in shares}))


def before_last_step(task: Task) -> tuple[int, ...]:
    """Return where else to evaluate, so that what the last step costs is seen: before it, if it is on a small batch."""
    return (task.steps - 1,) if task.ends_small else ()


def last_batch_advice(task: Task, trials: Sequence[Trial], basin: Basin) -> tuple[Sentence, ...]:
    """Return that a small last batch costs accuracy, and how to do without it; nothing where it does not.

    What it costs is read off trials in the basin that were evaluated before their last step and after it: the mean
    loss of accuracy in that step, which has to be told from 0. Where none was, nobody knows, and that is said.
    """
    if not task.ends_small:
        return ()
    costs = [cost for trial in trials if basin.holds(trial.learning_rate) for cost in _cost(task, trial)]
    numbers = {"last": task.last_batch, "batch": task.recipe.batch_size}
    if not costs:
        return (Reason.LAST_BATCH(Setting("drop_last", True), **numbers),)
    mean = float(np.mean(costs))
    error = float(np.std(costs, ddof=1)) / math.sqrt(len(costs)) if len(costs) > 1 else math.inf
    if mean < max(POINTS, ERRORS * error):
        return ()
    return (Reason.LAST_BATCH_COST(Setting("drop_last", True), points=mean, **numbers),)


def _cost(task: Task, trial: Trial) -> list[float]:
    at = {int(step): float(right) for step, right in zip(trial.evaluated_at, trial.valid_accuracy, strict=True)}
    pair = at.get(task.steps - 1, math.nan), at.get(task.steps, math.nan)
    return [100 * (pair[0] - pair[1])] if all(map(math.isfinite, pair)) else []
