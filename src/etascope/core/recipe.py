"""Everything about a training except its learning rate (`Recipe`), and what a method may know of a job (`Task`)."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from etascope.core.blind import BlindGuess
from etascope.core.checks import check_values
from etascope.core.data import NO_FOLD, Split
from etascope.core.epoch import SMALL, ends_high, epoch_rows, last_batch
from etascope.core.errors import InputError, option
from etascope.core.measure import PLAIN, Measure
from etascope.core.renamed import renamed_fields
from etascope.core.schedules import SCHEDULES, schedule_row
from etascope.core.sentences import Setting, say

OPTIMIZERS = ("sgd", "momentum", "nesterov", "adam", "adamw", "rmsprop", "adagrad")
PIXELS = ("unit", "standard")


@dataclass(frozen=True)
class Recipe:
    """Everything about a training except the learning rate.

    Attributes
    ----------
    hidden
        Units of each hidden layer (ReLU), 1 to 20,000; `()` is softmax regression. Default one layer of 128. Always
        `()` where there is a `model`.
    optimizer
        One of `OPTIMIZERS`, with PyTorch's defaults. Default `momentum` (SGD with momentum 0.9).
    schedule, warmup
        Shape of the learning rate over the steps, and the share of the steps that climbs to the peak in [0, 1).
        Default constant, 0.
    batch_size
        Examples a step, at least 1; the last batch of an epoch may be smaller. Default 16.
    epochs
        Passes over the training rows, 1 to 100,000. Default 5.
    momentum
        In [0, 1), of `momentum` and `nesterov` only. None takes 0.9 for these two and 0 for all others.
    weight_decay
        At least 0; coupled (L2) except for `adamw`. None takes 0.01 for `adamw` and 0 for all others.
    pixels
        `unit` divides by 255; `standard` also removes the training mean and divides by the training deviation.
    seed
        Seed of initial weights and data order, 0 to 2**32 - 1. Default 0.
    model
        A model for images in place of the dense network, which the PyTorch engine trains: `cnn`, `path.py:factory`,
        `timm:NAME`, `torchvision:NAME`, `transformers:NAME`, or any name where the engine was given a factory. None,
        the default, is the dense network of `hidden`.
    drop_last
        Whether an epoch leaves out the rows that do not fill its last batch; of less than a batch it leaves out none.
        Default False.

    Raises
    ------
    InputError
        If a value is outside its range or an option is unknown.

    Examples
    --------
    >>> Recipe(optimizer="adamw", hidden=(256, 128)).weight_decay
    0.01
    """

    hidden: tuple[int, ...] = (128,)
    optimizer: str = "momentum"
    schedule: str = "constant"
    warmup: float = 0.0
    batch_size: int = 16
    epochs: int = 5
    momentum: float | None = None
    weight_decay: float | None = None
    pixels: str = "unit"
    seed: int = 0
    model: str | None = None
    drop_last: bool = False

    def __post_init__(self) -> None:
        """Check every value and fill in the defaults that depend on the optimizer."""
        option("optimizer", self.optimizer, OPTIMIZERS)
        option("schedule", self.schedule, SCHEDULES)
        option("pixels", self.pixels, PIXELS)
        check_values(self)
        if self.model is not None:
            self._replace_network(self.model)
        for units in self.hidden:
            _whole("hidden units", units, 1, 20_000)
        _whole("the batch size", self.batch_size, 1)
        # A plan has a column a step, so more would fill any memory.
        _whole("epochs", self.epochs, 1, 10**5)
        _whole("seed", self.seed, 0, 2**32 - 1)
        _within("warmup", self.warmup, 1)
        with_momentum = self.optimizer in ("momentum", "nesterov")
        momentum = (0.9 if with_momentum else 0.0) if self.momentum is None else self.momentum
        _within("momentum", momentum, 1)
        if momentum and not with_momentum:
            raise InputError(
                f"momentum belongs to the optimizers momentum and nesterov; found {momentum} with {self.optimizer}.",
                say(
                    "Leave {momentum} out, or choose {optimizer}.",
                    Setting("momentum"),
                    Setting("optimizer", "momentum"),
                ),
            )
        decay = (0.01 if self.optimizer == "adamw" else 0.0) if self.weight_decay is None else self.weight_decay
        _within("the weight decay", decay, math.inf)
        object.__setattr__(self, "momentum", float(momentum))
        object.__setattr__(self, "weight_decay", float(decay))

    def _replace_network(self, model: str) -> None:
        if not model.strip():
            raise InputError(f"model must be a name, like cnn; found {model!r}. Leave it out for a dense network.")
        if self.hidden not in ((), (128,)):
            raise InputError(
                f"hidden units belong to the dense network; found {', '.join(map(str, self.hidden))} with the model "
                f"{model}. Leave one of them out."
            )
        object.__setattr__(self, "hidden", ())


@dataclass(frozen=True)
class Task:
    """What a method may know of a job: the recipe and the numbers of the split, never the rows.

    Attributes
    ----------
    recipe
        How to train.
    n_classes
        Number of classes. 0 with a measure.
    n_development
        Rows that selection may use.
    n_folds
        1 for a holdout, k for k-fold cross-validation, 0 when nothing validates.
    steps_per_epoch
        Optimisation steps an epoch of a trial that holds a fold out.
    n_features
        Numbers an input: with the recipe's layers, what a training costs. Default 784.
    measure
        What trials are compared by: cross-entropy over classes in nats, or what a script or a loop of your own reports
        after each epoch; an epoch is one step then.
    forward
        Multiply-adds of one forward pass of one example, where the recipe has a model that is no dense network; None
        where that is not known.
    n_valid
        Validation rows that stand beside the development rows, where a loader of its own gives them; None where they
        are development rows, held out.
    guess
        What the classes' shares alone get on the rows that validate; None where the labels are not known.
    epoch_rows, held_out
        Rows that a trial trains on in an epoch, and development rows of the largest fold; None where not known.
    checked
        Images that are trained before the search begins, to see whether a model can be searched at all.
    """

    recipe: Recipe
    n_classes: int
    n_development: int
    n_folds: int
    steps_per_epoch: int
    n_features: int = 784
    measure: Measure = PLAIN
    forward: float | None = None
    n_valid: int | None = None
    guess: BlindGuess | None = None
    epoch_rows: int | None = None
    held_out: int | None = None
    checked: int = 0
    if not TYPE_CHECKING:
        __getattr__ = renamed_fields(chance="majority")

    @classmethod
    def of(cls, split: Split, recipe: Recipe) -> Task:
        """Describe `split` under `recipe`."""
        return cls(
            recipe, split.n_classes, len(split.y), split.n_folds,
            steps_per_epoch(split, recipe, 0 if split.n_folds else NO_FOLD), math.prod(split.x.shape[1:]),
            guess=BlindGuess.of(np.bincount(split.y), split.class_names) if len(split.y) else None,
            epoch_rows=epoch_size(split, recipe, 0 if split.n_folds else NO_FOLD),
            held_out=len(split.y) - split.train_size(0 if split.n_folds else NO_FOLD),
        )  # fmt: skip

    @classmethod
    def of_reports(cls, epochs: int, seed: int, measure: Measure) -> Task:
        """Describe trainings of which nothing is known but what they report, once an epoch.

        Raises
        ------
        InputError
            If epochs or seed are outside their range.

        Examples
        --------
        >>> Task.of_reports(10, 0, Measure("loss")).steps
        10
        """
        recipe = Recipe(hidden=(), batch_size=1, epochs=epochs, seed=seed)
        return cls(recipe, n_classes=0, n_development=1, n_folds=1, steps_per_epoch=1, n_features=1, measure=measure)

    @property
    def blind(self) -> BlindGuess:
        """What a guess gets that knows the classes' shares and nothing of the images; of equal shares, if unknown."""
        return self.guess or BlindGuess.even(self.n_classes)

    @property
    def majority(self) -> float:
        """The share that always naming the largest class gets right."""
        return self.blind.accuracy

    @property
    def last_batch(self) -> int:
        """Rows of the last batch of an epoch that trains on all development rows."""
        rows, batch = self.n_development, self.recipe.batch_size
        return min(rows, batch) if self.recipe.drop_last else last_batch(rows, batch)

    @property
    def ends_small(self) -> bool:
        """Whether the training on all rows ends with a step on a small batch, at a rate that is still high.

        Examples
        --------
        >>> [Task(Recipe(batch_size=32, drop_last=drop), 10, 1000, 5, 25).ends_small for drop in (False, True)]
        [True, False]
        """
        recipe = self.recipe
        if self.steps_per_epoch < 2 or self.last_batch > SMALL * recipe.batch_size:
            return False
        return ends_high(schedule_row(recipe.schedule, recipe.warmup, self.steps))

    @property
    def steps(self) -> int:
        """Steps of a whole training that holds a fold out."""
        return self.steps_per_epoch * self.recipe.epochs

    @property
    def multiplications(self) -> float:
        """Multiply-adds of one whole training on all development rows: a backward pass takes twice a forward one."""
        if self.forward is not None:
            return 3.0 * self.forward * self.n_development * self.recipe.epochs
        sizes = (self.n_features, *self.recipe.hidden, self.n_classes)
        weights = sum(fan_in * fan_out for fan_in, fan_out in itertools.pairwise(sizes))
        return 3.0 * weights * self.n_development * self.recipe.epochs


def epoch_size(split: Split, recipe: Recipe, fold: int) -> int:
    """Return how many rows a trial trains on in one epoch (`epoch_rows`)."""
    return epoch_rows(split, recipe.batch_size, fold, drop_last=recipe.drop_last)


def steps_per_epoch(split: Split, recipe: Recipe, fold: int) -> int:
    """Return how many batches an epoch has when `fold` is held out, the last and smaller one included."""
    return -(-epoch_size(split, recipe, fold) // recipe.batch_size)


def require_dense(recipe: Recipe, what: str) -> None:
    """Raise `InputError` where a recipe has a model in place of the dense network that `what` is for.

    Examples
    --------
    >>> require_dense(Recipe(model="cnn"), "sharpness")
    Traceback (most recent call last):
    etascope.core.errors.InputError: sharpness is for the dense networks of etascope; found the model cnn. Leave it out.
    """
    if recipe.model is not None:
        raise InputError(f"{what} is for the dense networks of etascope; found the model {recipe.model}. Leave it out.")


def _whole(name: str, value: int, least: int, most: int = 10**9) -> None:
    if value < least:
        raise InputError(
            f"{name} must be a whole number of at least {least}; found {value!r}. Leave it out for the default."
        )
    if value > most:
        raise InputError(f"{name} must be at most {most:,}; found {value:,}. Give a smaller number.")


def _within(name: str, value: float, end: float) -> None:
    if not 0 <= value < end:
        limit = "finite and at least 0" if end == math.inf else f"in [0, {end:g})"
        raise InputError(f"{name} must be {limit}; found {value!r}. Leave it out for the default.")
