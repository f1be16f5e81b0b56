"""Some learning rates side by side, from the same weights, on the same batches: `race`."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import numpy as np

from etascope.core.recipe import Recipe, Task
from etascope.core.trials import trials
from etascope.report.files.document import Document, number, trial_document
from etascope.studio.bounds import Bounds, Limit
from etascope.studio.source import Source
from etascope.studio.worker import Asked, describe, train
from etascope.studio.worker_pool import Crew


async def race(
    crew: Crew, page: str, source: Source, recipe: Recipe, rates: Sequence[float], seconds: float = Bounds().race
) -> Document:
    """Return each rate's training loss after every step, with what it is after every epoch.

    Parameters
    ----------
    crew, page
        Who trains, and for whom.
    source, recipe
        What to train, and on which images.
    rates
        Ascending.
    seconds
        For how long the processes may work for it.

    Raises
    ------
    InputError
        If it takes longer.
    """
    limit = Limit("a race", seconds)
    parts = [tuple(rates[i :: crew.workers]) for i in range(min(crew.workers, len(rates)))]
    (task, data), *histories = await asyncio.gather(
        crew.run(page, describe, source, recipe, limit=limit),
        *(crew.run(page, train, Asked(source, recipe, part), limit=limit) for part in parts),
    )
    assert isinstance(task, Task)
    every = sorted((trial for h in histories for trial in trials(task, [h])), key=lambda trial: trial.learning_rate)
    return {
        "steps": task.steps,
        "steps_per_epoch": task.steps_per_epoch,
        "blind": float(np.log(task.n_classes)),
        "class_names": list(data.class_names),
        "runners": [
            {
                **trial_document(trial, task),
                "step_loss": [number(float(loss)) for loss in trial.step_loss],
                "diverged_at": trial.diverged_at,
            }
            for trial in every
        ],
    }
