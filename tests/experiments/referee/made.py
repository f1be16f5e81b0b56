"""A small question for advisers, with the real parts, and the findings of a referee."""

from dataclasses import replace
from functools import cache

import numpy as np

from etascope.core.recipe import Recipe
from etascope.experiments.referee.adviser import Bench
from etascope.experiments.referee.record import Followed, Referee
from etascope.images.open import open_images
from etascope.pipeline.prepare import prepare
from etascope.pipeline.split import divide
from etascope.training.dense.engine import DenseEngine
from tests.experiments.referee.test_record import DATA

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


OWN = Followed("etascope pick", "its search", (0.02, 0.02), (0.02, 0.02), 60.0, (0.3, 0.5))


def row(name="TPE", lost=(0.1, 0.2), difference=(-0.25, -0.5, 0.1), rates=(0.01, 0.03), **more):
    return Followed(name, "asked so", rates, more.pop("scored", rates), 16.0, lost, difference, **more)


def judged(*rows, floor=0.4, left_out=()):
    followed = tuple(sorted((OWN, *rows), key=lambda r: r.mean))
    accuracy = np.array([[0.5, 0.9, 0.1], [0.9, 0.8, 0.1]])
    rates = np.array([0.01, 0.1, 1.0])
    return Referee(DATA, Recipe(), rates, accuracy, (7, 8), followed, OWN.adviser, left_out, floor, 1.0)
