"""Metrics of the trials that were trained furthest, on the validation loader: `metrics_of`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from etascope.core.errors import InputError, one_line
from etascope.core.history import History
from etascope.core.plan import Checkpoint, trial_rates
from etascope.core.recipe import Task
from etascope.training.pytorch.library import autocast, load_torch
from etascope.training.pytorch.networks import load_weights
from etascope.training.pytorch.own_objective import refuse_mixed
from etascope.training.pytorch.random_state import seed_all
from etascope.training.pytorch.unit import Training

#: Called with outputs and targets, returns one number a batch.
Metric = Callable[[Any, Any], Any]


def metrics_of(
    training: Training, task: Task, histories: Sequence[History], metrics: Mapping[str, Metric]
) -> dict[float, dict[str, float]]:
    """Return the mean of each metric over the validation examples, by learning rate.

    Of the trials whose last checkpoint stands furthest.

    Raises
    ------
    InputError
        If a metric raises, or returns no number.
    """
    found: dict[float, Checkpoint] = {}
    for history in histories:
        rates = trial_rates(task, history.plan).tolist()
        for learning_rate, checkpoint in zip(rates, history.checkpoints, strict=False):
            if checkpoint is not None:
                found[learning_rate] = checkpoint
    last = max((checkpoint.step for checkpoint in found.values()), default=0)
    return {r: _measured(training, task, found[r], metrics) for r in sorted(found) if found[r].step == last}


def _measured(
    training: Training, task: Task, checkpoint: Checkpoint, metrics: Mapping[str, Metric]
) -> dict[str, float]:
    torch, settings = load_torch(), training.settings
    seed_all(task.recipe.seed)
    module = training.networks.build(task.recipe.seed)
    load_weights(module, checkpoint)
    module.to(settings.device).eval()
    sums, examples = dict.fromkeys(metrics, 0.0), 0
    with torch.no_grad():
        for given in training.batches.valid(task.recipe.seed, 0):
            batch = given.fresh()
            with autocast(settings.device, settings.precision):
                outputs = module(batch.inputs)
            for name, metric in metrics.items():
                if not examples:
                    refuse_mixed(metric, outputs, batch.targets, f"the metric {name}")
                try:
                    sums[name] += float(metric(outputs, batch.targets)) * batch.size
                except Exception as error:
                    raise InputError(
                        f"the metric {name} must return one number of outputs and targets; it raised {one_line(error)}."
                    ) from error
            examples += batch.size
    return {name: total / examples for name, total in sums.items()}
