"""Who chooses a learning rate, and what each is told: the development rows, the recipe and a seed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from etascope.core.data import Split
from etascope.core.history import History
from etascope.core.plan import sweep
from etascope.core.protocols import Method
from etascope.core.recipe import Recipe, Task
from etascope.experiments.referee.adviser import Adviser, Bench
from etascope.training.dense.engine import DenseEngine

ADAPTIVE = ("adam", "adamw")
#: Where Optuna and random search look, as their users would write it.
SEARCH = {False: (1e-4, 10.0), True: (1e-5, 0.3)}


@dataclass(frozen=True)
class Answer:
    """A chosen rate, its cost in training equivalents, and what was said of it.

    Attributes
    ----------
    rate
        None when it cannot be told.
    cost
        In training equivalents, validation passes included at a third.
    basin, word
        Its basin and the word of confidence, None where nobody says.
    accuracy
        Test accuracy of a model that was trained with an optimizer of its own, in points; None for all others.
    """

    rate: float | None
    cost: float
    basin: tuple[float, float] | None = None
    word: str | None = None
    accuracy: float | None = None


class Chooser(Protocol):
    """Somebody who chooses."""

    @property
    def name(self) -> str:
        """For the table."""
        ...

    def choose(self, split: Split, recipe: Recipe) -> Answer:
        """Choose for this recipe and its seed; the split has five folds."""
        ...


@dataclass(frozen=True)
class Etascope:
    """A method of etascope."""

    name: str
    method: Method

    def choose(self, split: Split, recipe: Recipe) -> Answer:
        """Run the search without the final training."""
        task, histories = Task.of(split, recipe), list[History]()
        while (plan := self.method.propose(task, histories)) is not None:
            histories.append(DenseEngine().train(split, recipe, plan))
        choice = self.method.choose(task, histories)
        basin = None if choice.basin is None else (choice.basin.low, choice.basin.high)
        word = None if choice.confidence is None else choice.confidence.word
        return Answer(choice.learning_rate, choice.cost.training_equivalents, basin, word)


@dataclass(frozen=True)
class Customary:
    """The rate that everybody starts from: 0.01, or 0.001 for Adam."""

    name: str = "customary default"

    def choose(self, split: Split, recipe: Recipe) -> Answer:
        """Train nothing."""
        return Answer(0.001 if recipe.optimizer in ADAPTIVE else 0.01, 0.0)


@dataclass(frozen=True)
class Grid:
    """Evenly spaced rates on one holdout, the lowest final validation loss wins."""

    trials: int

    @property
    def name(self) -> str:
        """For the table."""
        return f"grid of {self.trials}"

    def choose(self, split: Split, recipe: Recipe) -> Answer:
        """Train all rates to the end."""
        low, high = SEARCH[recipe.optimizer in ADAPTIVE]
        rates = np.geomspace(low, high, self.trials).tolist()
        losses, cost = finals(split, recipe, rates)
        return Answer(rates[int(np.argmin(losses))], cost)


@dataclass(frozen=True)
class Tpe:
    """Optuna's default sampler on one holdout; the objective is the final validation loss."""

    trials: int

    @property
    def name(self) -> str:
        """For the table."""
        return f"Optuna TPE, {self.trials} trials"

    def choose(self, split: Split, recipe: Recipe) -> Answer:
        """Ask, train, tell."""
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=recipe.seed))
        low, high = SEARCH[recipe.optimizer in ADAPTIVE]
        cost = 0.0
        for _ in range(self.trials):
            trial = study.ask()
            losses, one = finals(split, recipe, [trial.suggest_float("learning_rate", low, high, log=True)])
            study.tell(trial, losses[0])
            cost += one
        return Answer(study.best_params["learning_rate"], cost)


def finals(split: Split, recipe: Recipe, rates: Sequence[float]) -> tuple[list[float], float]:
    """Return the final loss of each rate on fold 0 (large where it diverged), and the cost in training equivalents."""
    task = Task.of(split, recipe)
    plan = replace(sweep(recipe, task.steps, rates, [0]), evaluate_at=(task.steps,))
    history = DenseEngine().train(split, recipe, plan)
    forward = len(split.valid_rows(0)) / 3 * (~np.isnan(history.valid_loss)).sum()
    losses = [loss if math.isfinite(loss) else 1e9 for loss in history.valid_loss[:, -1].tolist()]
    return losses, (float(history.examples.sum()) + float(forward)) / (task.n_development * recipe.epochs)


@dataclass(frozen=True)
class Advised:
    """An adviser of `etascope referee`: a rule on a range test, or an optimizer that finds its own rate."""

    adviser: Adviser

    @property
    def name(self) -> str:
        """For the table."""
        return self.adviser.name

    def choose(self, split: Split, recipe: Recipe) -> Answer:
        """Ask; models with their own optimizer are tested at once."""
        advice = self.adviser.advise(Bench(split, recipe, DenseEngine()))
        accuracy = None
        if advice.train is not None:
            accuracy = 100 * float((advice.train(recipe.seed)(split.x_test) == split.y_test).mean())
        return Answer(advice.learning_rate, advice.equivalents, accuracy=accuracy)
