"""Processes that search and keep what they find: what the tests start, kill and wait for."""

import multiprocessing
from dataclasses import dataclass, replace

import numpy as np
from bench.grid_search import GridSearch

from etascope.core.plan import Plan, sweep
from etascope.core.recipe import Recipe, Task
from etascope.core.run import DataSummary, Run
from etascope.core.stored import Job
from etascope.images.open import open_images
from etascope.pipeline.prepare import prepare
from etascope.pipeline.split import divide
from etascope.store.open import open_store
from etascope.training.dense.engine import DenseEngine
from tests.store.made import history, job, run

SECONDS = 60


def processes():
    """Return where processes come from: forked, in a blink, from one that has loaded all that they need."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__, "pytest", "sqlalchemy.dialects.sqlite", "threadpoolctl"])
    return context


@dataclass(frozen=True)
class Halves:
    """Eight rates; after each third of the steps the better half goes on from its checkpoints."""

    def propose(self, task, histories):
        if len(histories) == 3:
            return None
        ends = np.linspace(0, task.steps, 4).astype(int)
        if not histories:
            plan = sweep(task.recipe, int(ends[1]), np.geomspace(1e-3, 1, 8).tolist(), [0])
            return replace(plan, keep_checkpoints=True)
        last = histories[-1]
        loss = np.where(last.diverged, np.inf, last.valid_loss[:, -1])
        best = np.sort(np.argsort(loss, kind="stable")[: len(last.plan) // 2])
        start, end = ends[len(histories)], ends[len(histories) + 1]
        return Plan(
            np.repeat(last.plan.rates[best][:, :1], end - start, axis=1),
            last.plan.seeds[best],
            last.plan.folds[best],
            int(start),
            tuple(last.checkpoints[i] for i in best),
            keep_checkpoints=True,
        )

    def choose(self, task, histories):
        return GridSearch().choose(task, histories[-1:])


METHODS = {"grid": GridSearch(per_decade=4), "halves": Halves()}


def search(url, method, run_id=None, tell=None):
    """Search as the workbench does, keep what is found, and go on with a run where there is one."""
    tell = tell or (lambda *_: None)
    recipe = Recipe(hidden=(), epochs=1, batch_size=32)
    dataset = open_images("digits")
    split = prepare(divide(dataset, folds=5), recipe)
    task, store, engine = Task.of(split, recipe), open_store(url), DenseEngine(1)
    if run_id is None:
        shape = tuple(dataset.images.shape[1:])
        data = DataSummary(dataset.source, dataset.fingerprint, len(dataset), shape, 800, 200, dataset.class_names)
        run_id = store.begin(Job(data, task))
        tell("id", run_id)
    known = store.get(run_id)
    histories = list(known.histories)
    while not known.finished and (plan := METHODS[method].propose(task, histories)) is not None:
        tell("training", len(histories))
        histories.append(engine.train(split, recipe, plan))
        store.append(run_id, histories[-1])
        tell("kept", len(histories))
    if not known.finished:
        choice = METHODS[method].choose(task, histories)
        store.finish(run_id, Run(known.job.data, task, tuple(histories), choice, None, 1.0))
    tell("finished", run_id)


def search_and_tell(url, method, run_id, pipe):
    search(url, method, run_id, lambda *what: pipe.send(what))


def write_runs(url, name, barrier, runs, appends):
    """Keep runs of several plans each, beginning at the same moment as others."""
    barrier.wait(SECONDS)
    store = open_store(url)
    for number in range(runs):
        request = job(f"{name}/{number}")
        run_id = store.begin(request)
        for plan in range(appends):
            store.append(run_id, history((0.1 + plan,)))
        store.finish(run_id, run(request, store.get(run_id).histories))


def open_and_list(url, barrier, results):
    barrier.wait(SECONDS)
    results.put(len(open_store(url).find()))
