"""What the worker processes do: prepare a data set once, train rows of a plan, lay a training open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from etascope.core.data import Dataset, Split
from etascope.core.history import History
from etascope.core.plan import sweep
from etascope.core.recipe import Recipe, Task
from etascope.core.run import DataSummary
from etascope.core.trace import Trace
from etascope.images.open import open_images
from etascope.pipeline.prepare import prepare
from etascope.pipeline.split import divide
from etascope.training.dense import DenseEngine
from etascope.workbench import trace

#: Folds that the development rows are divided into.
FOLDS = 5


@dataclass(frozen=True)
class Asked:
    """Trials to train: a recipe on a data set, learning rates, and the folds that each holds out.

    Attributes
    ----------
    source
        What `open_images` takes.
    recipe
        How to train.
    rates, folds
        Every rate is trained on every fold.
    keep_checkpoints
        Whether the weights are wanted.
    """

    source: str
    recipe: Recipe
    rates: tuple[float, ...]
    folds: tuple[int, ...] = (0,)
    keep_checkpoints: bool = False


def warm() -> None:
    """Do once what the first training of a process would wait for."""
    train(Asked("digits", Recipe(hidden=(), epochs=1), (0.01,)))


def train(asked: Asked) -> History:
    """Train the trials, evaluated after every epoch."""
    split, recipe = _split(asked.source, asked.recipe.pixels, asked.recipe.seed), asked.recipe
    task = Task.of(split, recipe)
    plan = sweep(recipe, task.steps, asked.rates, asked.folds)
    return DenseEngine(workers=1).train(split, recipe, replace(plan, keep_checkpoints=asked.keep_checkpoints))


def describe(source: str, recipe: Recipe) -> tuple[Task, DataSummary]:
    """Return what a method may know of the job, and what is told of the data."""
    dataset, split = _dataset(source), _split(source, recipe.pixels, recipe.seed)
    return Task.of(split, recipe), DataSummary.of(dataset, split)


def lay_open(source: str, recipe: Recipe, learning_rate: float, image: int) -> Trace:
    """Train once on all development rows and lay the training open, a test image followed through it."""
    return trace(
        _dataset(source), learning_rate=learning_rate, recipe=recipe, image=image, engine=DenseEngine(workers=1)
    )


def pictures(source: str, recipe: Recipe, numbers: Sequence[int]) -> list[tuple[int, np.ndarray, int]]:
    """Return test images by number, as `(number, image (height, width, channels) uint8, label)`."""
    dataset, split = _dataset(source), _split(source, recipe.pixels, recipe.seed)
    return [(i, dataset.images[split.test_rows[i]], int(split.y_test[i])) for i in numbers if i < len(split.y_test)]


def prepared(source: str, recipe: Recipe) -> tuple[Dataset, Split]:
    """Return a data set and its rows as the recipe's network takes them."""
    return _dataset(source), _split(source, recipe.pixels, recipe.seed)


@lru_cache(maxsize=4)
def _dataset(source: str) -> Dataset:
    return open_images(source)


@lru_cache(maxsize=8)
def _split(source: str, pixels: str, seed: int) -> Split:
    return prepare(divide(_dataset(source), folds=FOLDS, seed=seed), Recipe(pixels=pixels))
