"""A classifier for scikit-learn that finds its own learning rate: `LearningRateClassifier`."""

from __future__ import annotations

import math
import warnings
from dataclasses import replace
from numbers import Integral
from typing import Any, Self, cast

import numpy as np
from numpy.typing import NDArray

from etascope.core.data import NO_FOLD, Split
from etascope.core.errors import InputError
from etascope.core.extras import load_library
from etascope.core.plan import Checkpoint, sweep
from etascope.core.protocols import Method
from etascope.core.recipe import Recipe, steps_per_epoch
from etascope.integrations.rows import learn_scaling, rows_to_split, summary
from etascope.selection.automatic import method_of
from etascope.training.dense.engine import DenseEngine
from etascope.workbench import search_split


def _part(name: str) -> Any:
    return load_library(f"sklearn.{name}")


#: A class needs its base classes at once; nothing else in etascope loads this module.
_base = _part("base")


class LearningRateClassifier(_base.ClassifierMixin, _base.BaseEstimator):
    """Softmax regression or a ReLU network that searches its own learning rate, by scikit-learn's conventions.

    `fit` cross-validates many learning rates on the rows that it is given, chooses one with its basin, and trains once
    more on all of them. Rows that should judge the model stay outside, as with every estimator.

    Parameters
    ----------
    hidden
        Units of each hidden layer; `()` is softmax regression. Default `(128,)`.
    optimizer, schedule, warmup, batch_size, epochs, momentum, weight_decay, drop_last
        As in `etascope.Recipe`, with its defaults.
    scale
        How numbers are brought to where a network learns well, learned in `fit`. `auto` (default): `pixels` for images,
        `columns` for rows. `columns`: each feature minus its mean, divided by its deviation. `pixels`: divided by 255
        where they are uint8, else by the largest. `none`: as they are, for pipelines that scale before.
    folds
        Folds of the cross-validation; 1 holds out a tenth once. None (default) takes 5 below 10,000 rows, else 1.
    budget, low, high, target, tolerance, method
        What to look for, and where, as in `etascope.pick`.
    n_jobs
        Workers of the engine, as in scikit-learn: None is 1 outside of a joblib context, -1 all cores. The model is
        the same bits for any number.
    random_state
        Seed of folds, initial weights and order. Default 0; None draws one.

    Attributes
    ----------
    classes_
        `(n_classes,)`: the labels, sorted.
    learning_rate_
        The peak rate that the model was trained at: the recommended one. Where the search cannot tell yet, the one of
        lowest validation loss, with a `ConvergenceWarning` that says why.
    basin_
        The rates that cannot be told apart from it, a `Basin` with `low` and `high`; None where it cannot be told yet.
    confidence_
        How sure it is, a `Confidence` with `word` and `tolerance`, or None.
    run_
        The search, an `etascope.Run` without a trace.
    scaling_
        What was learned of the numbers.
    checkpoint_
        The weights of the model.
    image_shape_
        Shape of one image that `fit` saw, or None for rows.
    n_features_in_, feature_names_in_
        As in scikit-learn; an image counts its pixels.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> model = LearningRateClassifier(hidden=()).fit(*load_iris(return_X_y=True))
    >>> model.basin_.low <= model.learning_rate_ <= model.basin_.high
    True
    """

    def __init__(
        self,
        hidden: tuple[int, ...] = (128,),
        optimizer: str = "momentum",
        *,
        schedule: str = "constant",
        warmup: float = 0.0,
        batch_size: int = 16,
        epochs: int = 5,
        momentum: float | None = None,
        weight_decay: float | None = None,
        drop_last: bool = False,
        scale: str = "auto",
        folds: int | None = None,
        budget: float | None = None,
        low: float | None = None,
        high: float | None = None,
        target: str | None = None,
        tolerance: float | None = None,
        method: Method | None = None,
        n_jobs: int | None = None,
        random_state: int | np.random.RandomState | None = 0,
    ) -> None:
        self.hidden = hidden
        self.optimizer = optimizer
        self.schedule = schedule
        self.warmup = warmup
        self.batch_size = batch_size
        self.epochs = epochs
        self.momentum = momentum
        self.weight_decay = weight_decay
        self.drop_last = drop_last
        self.scale = scale
        self.folds = folds
        self.budget = budget
        self.low = low
        self.high = high
        self.target = target
        self.tolerance = tolerance
        self.method = method
        self.n_jobs = n_jobs
        self.random_state = random_state

    def fit(self, X: Any, y: Any) -> Self:
        """Search a learning rate and train the model at it.

        Parameters
        ----------
        X
            Features `(n, d)`, or images `(n, h, w)` or `(n, h, w, c)`; finite numbers.
        y
            `(n,)`: a label each, of any type.

        Raises
        ------
        InputError
            If something given cannot be used, or every rate diverged.
        """
        flat, shape = _flattened(X)
        rows, labels = _part("utils.validation").validate_data(self, flat, y, dtype="numeric")
        _part("utils.multiclass").check_classification_targets(labels)
        self.classes_, numbers = np.unique(labels, return_inverse=True)
        self.image_shape_ = shape
        self.scaling_ = learn_scaling(rows, self.scale, images=shape is not None)
        recipe, names = self._recipe(), [str(label) for label in self.classes_.tolist()]
        split = rows_to_split(
            self.scaling_(rows), numbers.astype(np.int64), names, self.folds, recipe.seed,
            self.scaling_.sentence,
        )  # fmt: skip
        self._search(split, recipe, shape or (rows.shape[1],))
        return self

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the likeliest label of each row `(n,)`; `X` as in `fit`."""
        likeliest = self._logits(X).argmax(axis=1)
        return self.classes_[likeliest]

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Return the probability of each class `(n, n_classes)`, in the order of `classes_`; `X` as in `fit`."""
        logits = self._logits(X)
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        return powers / powers.sum(axis=1, keepdims=True)

    def _recipe(self) -> Recipe:
        given = self.random_state
        seed = cast("int", given)
        if not isinstance(given, Integral):
            seed = int(_part("utils").check_random_state(given).randint(2**31 - 1))
        names = ("optimizer", "schedule", "warmup", "batch_size", "epochs", "momentum", "weight_decay", "drop_last")
        return Recipe(hidden=self.hidden, seed=seed, **{name: getattr(self, name) for name in names})

    def _search(self, split: Split, recipe: Recipe, shape: tuple[int, ...]) -> None:
        workers = load_library("joblib").effective_n_jobs(self.n_jobs)
        engine = DenseEngine(workers)
        words = {name: getattr(self, name) for name in ("budget", "low", "high", "target", "tolerance")}
        method = method_of(self.method, **words)
        self.run_ = search_split(split, summary(split, shape), recipe, engine, method)
        choice = self.run_.choice
        self.basin_, self.confidence_ = choice.basin, choice.confidence
        self.learning_rate_ = self._rate_of_lowest_loss() if choice.learning_rate is None else choice.learning_rate
        self.checkpoint_ = _trained(engine, split, recipe, self.learning_rate_)

    def _rate_of_lowest_loss(self) -> float:
        """Return the tried rate of lowest validation loss, and warn that it is not a recommendation."""
        landscape, why = self.run_.choice.landscape, " ".join(map(str, self.run_.choice.reasons))
        loss = landscape.mean_loss
        if not np.isfinite(loss).any():
            raise InputError(f"a model needs a learning rate that does not diverge; found none. {why}")
        best = float(landscape.learning_rates[int(np.nanargmin(loss))])
        warnings.warn(
            f"The learning rate cannot be told yet; the model was trained at {best:g}, the one of lowest validation "
            f"loss. {why}",
            _part("exceptions").ConvergenceWarning,
            stacklevel=4,
        )
        return best

    def _logits(self, X: Any) -> NDArray[np.float64]:
        validation = _part("utils.validation")
        validation.check_is_fitted(self)
        flat, shape = _flattened(X)
        if shape is not None and self.image_shape_ is not None and shape != self.image_shape_:
            raise InputError(f"images must be of shape {self.image_shape_}, as in fit; found {shape}. Resize them.")
        rows: NDArray[Any] = validation.validate_data(self, flat, reset=False, dtype="numeric")
        # In float64, because in float32 what a row gives would depend on the rows beside it, in the seventh digit.
        values, parameters = self.scaling_(rows).astype(np.float64), self.checkpoint_.parameters
        for weights, bias in zip(parameters[:-2:2], parameters[1:-2:2], strict=True):
            values = np.maximum(values @ weights.astype(np.float64) + bias, 0)
        return values @ parameters[-2].astype(np.float64) + parameters[-1]

    def __sklearn_tags__(self) -> Any:
        """Say that images are taken too."""
        tags: Any = _base.ClassifierMixin.__sklearn_tags__(self)
        tags.input_tags.three_d_array = True
        return tags


def _flattened(x: Any) -> tuple[Any, tuple[int, ...] | None]:
    """Return images `(n, h, w[, c])` as rows with the shape of one, and anything else as it is with None."""
    if getattr(x, "ndim", 2) <= 2:
        return x, None
    images: NDArray[Any] = np.asarray(x)
    if images.ndim > 4:
        raise InputError(
            f"X must be rows (n, d) or images (n, h, w) or (n, h, w, c); found shape {images.shape}. Reshape it."
        )
    return images.reshape(len(images), math.prod(images.shape[1:])), images.shape[1:]


def _trained(engine: DenseEngine, split: Split, recipe: Recipe, learning_rate: float) -> Checkpoint:
    steps = steps_per_epoch(split, recipe, NO_FOLD) * recipe.epochs
    plan = replace(sweep(recipe, steps, [learning_rate], [NO_FOLD]), keep_checkpoints=True)
    checkpoint = engine.train(split, recipe, plan).checkpoints[0]
    if checkpoint is None:
        raise InputError(
            f"the final training at {learning_rate:g} diverged, although none of the search did there. Give another "
            "random_state, or more rows."
        )
    return checkpoint
