"""What an adviser may look at (`Bench`), what it answers (`Advice`), and what it is (`Adviser`)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from etascope.core.data import Split
from etascope.core.history import History
from etascope.core.plan import Plan
from etascope.core.protocols import Engine, OnProgress, Progress, ignore
from etascope.core.recipe import Recipe, Task
from etascope.core.trials import trials
from etascope.selection.cost import search_cost

Predict = Callable[[NDArray[Any]], NDArray[np.int64]]


@dataclass(frozen=True, eq=False)
class Bench:
    """The recipe and the development rows of one question to an adviser. There are no test rows here.

    Attributes
    ----------
    split
        Prepared, with folds; its test part is empty.
    recipe
        How to train; its seed is the question's.
    engine, progress
        Trains plans; receives `Progress`.
    """

    split: Split
    recipe: Recipe
    engine: Engine
    progress: OnProgress = ignore

    @property
    def task(self) -> Task:
        """What a method may know of the job."""
        return Task.of(self.split, self.recipe)

    def train(self, plan: Plan) -> History:
        """Train a plan; what it costs is counted by `equivalents`."""
        return self.engine.train(self.split, self.recipe, plan, self.progress)

    def equivalents(self, histories: Sequence[History]) -> float:
        """Return what trainings cost, in trainings that hold a fold out and validate each epoch (`search_cost`)."""
        return search_cost(self.task, trials(self.task, histories), histories).training_equivalents

    def tell(self, done: float, total: float, unit: str) -> None:
        """Report how far an adviser is that asks for one training after the other."""
        self.progress(Progress("training", done, total, unit))


@dataclass(frozen=True)
class Advice:
    """What an adviser answers.

    Attributes
    ----------
    learning_rate
        Peak rate for the recipe; None when it cannot tell, or brings its own optimizer.
    equivalents
        What the answer cost, in training equivalents.
    train
        For an adviser that brings its own optimizer: given a seed, trains on all development rows and returns what
        predicts class numbers `(n,)` for inputs `(n, features)`. None for all others.
    """

    learning_rate: float | None
    equivalents: float
    train: Callable[[int], Predict] | None = None


class Adviser(Protocol):
    """Somebody who says what learning rate to use; a frozen dataclass."""

    @property
    def name(self) -> str:
        """A name, for people."""
        ...

    @property
    def about(self) -> str:
        """How it is asked, in a sentence: what it trains, over which rates, what it looks at."""
        ...

    @property
    def needs(self) -> tuple[str, ...]:
        """Modules that must be installed to ask it."""
        ...

    def advise(self, bench: Bench) -> Advice:
        """Look at the bench and answer."""
        ...
