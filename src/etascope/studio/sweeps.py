"""Many learning rates, dealt out to the pool: `landscape`, all of the dial, and `race`, some of them step by step."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence

import numpy as np

from etascope.core.history import History
from etascope.core.plain import Document, number
from etascope.core.recipe import Recipe
from etascope.core.run import Run
from etascope.core.trials import trials
from etascope.report.files.document import trial_document
from etascope.selection.cross_validation.method import CrossValidation
from etascope.studio.bounds import Bounds, Limit
from etascope.studio.dialect import run_document
from etascope.studio.library import Source
from etascope.studio.requests import dial_rates
from etascope.studio.worker import describe, train
from etascope.studio.worker_pool import WorkerPool

#: Trials of a part: few, so that the first points come soon, and enough to be worth training together.
PART = 5


async def landscape(
    pool: WorkerPool,
    page: str,
    source: Source,
    recipe: Recipe,
    folds: int = 1,
    also: float | None = None,
    seconds: float = Bounds().landscape,
) -> AsyncIterator[Document]:
    """Yield `begin`, then `trials` as they are trained, then the whole run as `pick_document` writes it.

    Each rate of the dial, and the one of `also`, is trained on so many of five folds; the processes may work for so
    many seconds.
    """
    began, limit = time.perf_counter(), Limit("a landscape", seconds)
    rates = sorted({*dial_rates(), *(() if also is None else (also,))})
    described = asyncio.ensure_future(pool.run(page, describe, source, recipe, limit=limit))
    working = [
        asyncio.ensure_future(pool.run(page, train, source, recipe, part, (fold,), limit=limit))
        for fold in range(folds)
        for part in _parts(rates)
    ]
    histories = list[History]()
    try:
        # Its work is in the queue when this is yielded, before that of questions that come later.
        yield {"event": "begin", "rates": rates, "folds": folds, "epochs": recipe.epochs}
        task, data = await described
        for done in asyncio.as_completed(working):
            histories.append(await done)
            yield {
                "event": "trials",
                "trials": [trial_document(trial, task) for trial in trials(task, histories[-1:])],
            }
    finally:
        for one in (described, *working):
            one.cancel()
    # By fold and by each part's lowest rate: the order in which they came is chance.
    history = History.stack(sorted(histories, key=lambda h: (int(h.plan.folds[0]), float(np.min(h.plan.rates)))))
    choice = await asyncio.to_thread(CrossValidation().choose, task, [history])
    run = Run(data, task, (history,), choice, None, time.perf_counter() - began)
    yield {"event": "run", "run": run_document(run)}


async def race(
    pool: WorkerPool, page: str, source: Source, recipe: Recipe, rates: Sequence[float], seconds: float = Bounds().race
) -> Document:
    """Return each rate's training loss after every step, with what it is after every epoch.

    All start from the same weights and see the same batches. Rates ascend.
    """
    limit = Limit("a race", seconds)
    parts = [tuple(rates[i :: pool.workers]) for i in range(min(pool.workers, len(rates)))]
    (task, data), *histories = await asyncio.gather(
        pool.run(page, describe, source, recipe, limit=limit),
        *(pool.run(page, train, source, recipe, part, limit=limit) for part in parts),
    )
    runners = sorted((trial for h in histories for trial in trials(task, [h])), key=lambda trial: trial.learning_rate)
    return {
        "steps": task.steps,
        "steps_per_epoch": task.steps_per_epoch,
        "blind": task.blind.loss,
        "class_names": list(data.class_names),
        "runners": [
            {
                **trial_document(trial, task),
                "step_loss": [number(float(loss)) for loss in trial.step_loss],
                "diverged_at": trial.diverged_at,
            }
            for trial in runners
        ],
    }


def _parts(rates: Sequence[float]) -> list[tuple[float, ...]]:
    """Return the rates in parts that each go over the whole axis: the first points show the landscape from afar.

    Examples
    --------
    >>> _parts([float(i) for i in range(11)])
    [(0.0, 3.0, 6.0, 9.0), (1.0, 4.0, 7.0, 10.0), (2.0, 5.0, 8.0)]
    """
    parts = -(-len(rates) // PART)
    return [tuple(rates[i::parts]) for i in range(parts)]
