"""What the worker processes do: prepare a data set once, train rows of a plan, lay a training open."""

from __future__ import annotations

import multiprocessing
import os
import threading
from dataclasses import replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from etascope.core.data import Dataset, Split
from etascope.core.history import History
from etascope.core.plain import Document
from etascope.core.plan import Plan, sweep
from etascope.core.recipe import Recipe, Task
from etascope.core.run import DataSummary
from etascope.core.trace import Trace
from etascope.experiments.sharpness.report import sharpness_document
from etascope.experiments.sharpness.run import sharpness
from etascope.pipeline.prepare import prepare
from etascope.pipeline.split import divide
from etascope.studio.library import Source
from etascope.training.dense.engine import DenseEngine
from etascope.workbench import trace

#: Folds that the development rows are divided into.
FOLDS = 5


def end_with_the_server() -> None:
    """End this process when the server's has ended; one that was killed can tell nobody."""

    def wait() -> None:
        server = multiprocessing.parent_process()
        if server is not None:
            server.join()
            os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def warm() -> None:
    """Do once what the first training of a process would wait for."""
    train(Source("digits"), Recipe(hidden=(), epochs=1), (0.01,))


def train(source: Source, recipe: Recipe, rates: tuple[float, ...], folds: tuple[int, ...] = (0,)) -> History:
    """Train every rate on every fold, evaluated after every epoch."""
    split = _split(source, recipe.pixels, recipe.seed)
    plan = sweep(recipe, Task.of(split, recipe).steps, rates, folds)
    return DenseEngine(workers=1).train(split, recipe, plan)


def groups(source: Source, recipe: Recipe, plan: Plan) -> list[NDArray[np.int64]]:
    """Return the rows of a plan that one piece of work trains together."""
    return DenseEngine(workers=1).groups(_split(source, recipe.pixels, recipe.seed), recipe, plan)


def train_plan(source: Source, recipe: Recipe, plan: Plan) -> History:
    """Train a part of a plan."""
    return DenseEngine(workers=1).train(_split(source, recipe.pixels, recipe.seed), recipe, plan)


def describe(source: Source, recipe: Recipe) -> tuple[Task, DataSummary]:
    """Return what a method may know of the job, and what is told of the data."""
    (dataset, whole), split = _opened(source), _split(source, recipe.pixels, recipe.seed)
    return Task.of(split, recipe), replace(DataSummary.of(dataset, split), whole=whole)


def lay_open(source: Source, recipe: Recipe, learning_rate: float, image: int) -> Trace:
    """Train once on all development rows and lay the training open, a test image followed through it."""
    return trace(
        _dataset(source), learning_rate=learning_rate, recipe=recipe, image=image, engine=DenseEngine(workers=1)
    )


def sharpness_along(source: Source, recipe: Recipe, learning_rate: float) -> Document:
    """Return the sharpness of the loss along one training; the wall that is measured stands on the dial."""
    engine = DenseEngine(workers=1)
    wall = sharpness(_dataset(source), recipe=recipe, learning_rate=learning_rate, measure=False, engine=engine)
    return sharpness_document(wall)


def prepared(source: Source, recipe: Recipe) -> tuple[Dataset, Split]:
    """Return a data set and its rows as the recipe's network takes them."""
    return _dataset(source), _split(source, recipe.pixels, recipe.seed)


def _dataset(source: Source) -> Dataset:
    return _opened(source)[0]


@lru_cache(maxsize=4)
def _opened(source: Source) -> tuple[Dataset, int]:
    return source.open()


@lru_cache(maxsize=4)
def _split(source: Source, pixels: str, seed: int) -> Split:
    return prepare(divide(_dataset(source), folds=FOLDS, seed=seed), Recipe(pixels=pixels))
