"""Metrics of the trials that were trained furthest, on the validation loader: `metrics_of`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from etascope.core.errors import InputError, one_line
from etascope.core.history import History
from etascope.core.plan import Checkpoint, trial_rates
from etascope.core.recipe import Task
from etascope.training.pytorch.custom.broadcasting import refuse_mixed
from etascope.training.pytorch.library import autocast, load_torch
from etascope.training.pytorch.memory import is_out_of_memory
from etascope.training.pytorch.unit import Training

#: Called with outputs and targets, returns one number a batch.
Metric = Callable[[Any, Any], Any]


def check_metrics(metrics: Mapping[str, Metric], outputs: Any, targets: Any) -> None:  # noqa: ANN401 - whatever they take
    """Raise `InputError` where a metric raises, returns no number, or compares each output with every target."""
    for name, metric in metrics.items():
        refuse_mixed(metric, outputs, targets, f"the metric {name}")
        _number(name, metric, outputs, targets)


def metrics_of(
    training: Training, task: Task, histories: Sequence[History], metrics: Mapping[str, Metric]
) -> dict[float, dict[str, float]]:
    """Return the mean of each metric over the validation examples, by learning rate.

    Of the trials whose last checkpoint stands furthest. Raises `InputError` if a metric raises, or returns no number.
    """
    latest: dict[float, Checkpoint] = {}
    for history in histories:
        rates = trial_rates(task, history.plan).tolist()
        for learning_rate, checkpoint in zip(rates, history.checkpoints, strict=False):
            if checkpoint is not None:
                latest[learning_rate] = checkpoint
    last = max((checkpoint.step for checkpoint in latest.values()), default=0)
    return {r: _measured(training, task, r, latest[r], metrics) for r in sorted(latest) if latest[r].step == last}


def _measured(
    training: Training, task: Task, learning_rate: float, checkpoint: Checkpoint, metrics: Mapping[str, Metric]
) -> dict[str, float]:
    torch, settings = load_torch(), training.settings
    trial = training.start(task.recipe.seed, learning_rate, checkpoint)
    trial.evaluating()
    sums, examples = dict.fromkeys(metrics, 0.0), 0
    with torch.no_grad():
        for given in training.batches.valid(task.recipe.seed, 0):
            batch = given.fresh()
            with autocast(settings.device, settings.precision):
                outputs = trial.module(batch.inputs)
            for name, metric in metrics.items():
                if not examples:
                    refuse_mixed(metric, outputs, batch.targets, f"the metric {name}")
                sums[name] += _number(name, metric, outputs, batch.targets) * batch.size
            examples += batch.size
    return {name: total / examples for name, total in sums.items()}


def _number(name: str, metric: Metric, outputs: Any, targets: Any) -> float:  # noqa: ANN401 - whatever it takes
    try:
        return float(metric(outputs, targets))
    except Exception as error:
        if is_out_of_memory(error):
            raise
        raise InputError(
            f"the metric {name} must return one number of outputs and targets; it raised {one_line(error)}."
        ) from error
