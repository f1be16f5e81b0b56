"""All rates of the dial, trained from far apart to close together and told as they come: `landscape`."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence

import numpy as np

from etascope.core.history import History
from etascope.core.recipe import Recipe
from etascope.core.run import Run
from etascope.core.trials import trials
from etascope.learn.quiz import run_quiz
from etascope.report.files.document import Document, pick_document, trial_document
from etascope.selection.cross_validation.method import CrossValidation
from etascope.studio.bounds import Bounds, Limit
from etascope.studio.requests import dial_rates
from etascope.studio.source import Source
from etascope.studio.worker import Asked, describe, train
from etascope.studio.worker_pool import Crew

#: Trials of a part: few, so that the first points come soon, and enough to be worth training together.
PART = 5


async def landscape(
    crew: Crew,
    page: str,
    source: Source,
    recipe: Recipe,
    folds: int = 1,
    also: float | None = None,
    seconds: float = Bounds().landscape,
) -> AsyncIterator[Document]:
    """Yield `begin`, then `trials` as they are trained, then the whole run as `pick_document` tells it.

    Parameters
    ----------
    crew
        Trains.
    page
        Whose work it is.
    source, recipe
        What to train, and on which images.
    folds
        How many of five folds each rate is trained on. Default 1, which is quick.
    also
        A rate to train besides those of the dial. Default none.
    seconds
        For how long the processes may work for it.

    Raises
    ------
    InputError
        If it takes longer.
    """
    began, limit = time.perf_counter(), Limit("a landscape", seconds)
    rates = sorted({*dial_rates(), *(() if also is None else (also,))})
    asked = [Asked(source, recipe, part, (fold,)) for fold in range(folds) for part in _spread(rates)]
    described = asyncio.ensure_future(crew.run(page, describe, source, recipe, limit=limit))
    working = [asyncio.ensure_future(crew.run(page, train, one, limit=limit)) for one in asked]
    histories = list[History]()
    try:
        # Its work is in the queue when this is told, before that of questions that come later.
        yield {"event": "begin", "rates": rates, "folds": folds, "epochs": recipe.epochs}
        task, data = await described
        for done in asyncio.as_completed(working):
            histories.append(await done)
            found = trials(task, histories[-1:])
            yield {"event": "trials", "trials": [trial_document(trial, task) for trial in found]}
    finally:
        for one in (described, *working):
            one.cancel()
    history = _in_order(histories)
    choice = await asyncio.to_thread(CrossValidation().choose, task, [history])
    run = Run(data, task, (history,), choice, None, time.perf_counter() - began)
    yield {"event": "run", "run": pick_document(run, run_quiz(run))}


def _spread(rates: Sequence[float]) -> list[tuple[float, ...]]:
    """Return the rates in parts that each go over the whole axis.

    Examples
    --------
    >>> _spread([float(i) for i in range(11)])
    [(0.0, 3.0, 6.0, 9.0), (1.0, 4.0, 7.0, 10.0), (2.0, 5.0, 8.0)]
    """
    parts = -(-len(rates) // PART)
    return [tuple(rates[i::parts]) for i in range(parts)]


def _in_order(histories: Sequence[History]) -> History:
    """Return one history, by fold and by each part's lowest rate: the order in which they came is chance."""
    ordered = sorted(histories, key=lambda h: (int(h.plan.folds[0]), float(np.min(h.plan.rates))))
    return History.stack(ordered)
