"""A small question for advisers, with the real parts."""

from dataclasses import replace
from functools import cache

from etascope.core.recipe import Recipe
from etascope.experiments.referee.adviser import Bench
from etascope.images.open import open_images
from etascope.pipeline.prepare import prepare
from etascope.pipeline.split import divide
from etascope.training.dense.engine import DenseEngine

SMALL = Recipe(hidden=(), epochs=1)


@cache
def dataset():
    return open_images("digits")


@cache
def split(folds=5):
    return prepare(divide(dataset(), folds=folds), SMALL)


def bench(recipe=SMALL, **changes):
    known = split()
    hidden = replace(known, x_test=known.x_test[:0], y_test=known.y_test[:0], test_rows=known.test_rows[:0])
    return Bench(hidden, recipe, DenseEngine(1), **changes)
