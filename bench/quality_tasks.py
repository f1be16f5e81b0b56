"""The jobs on which choices are judged: data x model x optimizer x batch size x epochs, and what each rate gives there.

The truth of a job is a table: the test accuracy of every learning rate of a wide grid, trained on all development rows
with several seeds. Nobody who chooses sees the test rows.
"""

from __future__ import annotations

import hashlib
import math
import tempfile
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from etascope.core.data import NO_FOLD, Dataset, Split
from etascope.core.plan import sweep
from etascope.core.recipe import Recipe, steps_per_epoch
from etascope.pipeline.prepare import prepare
from etascope.pipeline.split import divide
from etascope.training.dense.engine import DenseEngine

MODELS = {"softmax": (), "mlp": (128,), "mlp2": (256, 128), "mlp3": (128, 64, 32)}
#: Decades of the truth's grid and how many rates it has.
WINDOWS = {"sgd": (-4.0, 1.0), "momentum": (-4.0, 1.0), "adam": (-5.0, -0.5), "adamw": (-5.0, -0.5)}
RATES, SEEDS = 29, 8
#: Accuracy is smoothed over the learning rate with a kernel this wide, in decades, before its best is looked for.
SMOOTH = 0.07


@dataclass(frozen=True)
class Job:
    """A job by its name, such as `fashion2000-mlp-momentum-b32-e5-cosine`.

    The name says data set and development rows, model, optimizer, batch size, epochs, and the schedule if it is not
    constant.
    """

    name: str

    @property
    def recipe(self) -> Recipe:
        """The recipe, with seed 0."""
        _, model, optimizer, batch, epochs, *schedule = self.name.split("-")
        return Recipe(
            MODELS[model],
            optimizer,
            schedule=schedule[0] if schedule else "constant",
            batch_size=int(batch[1:]),
            epochs=int(epochs[1:]),
        )

    def split(self, folds: int) -> Split:
        """Return the prepared rows with this many folds; development and test rows are the same for any number."""
        data = self.name.split("-")[0]
        source, rows = data.rstrip("0123456789"), int(data[len(data.rstrip("0123456789")) :])
        return _split(source, rows, folds)

    @cached_property
    def truth(self) -> Truth:
        """What each rate gives: measured once, then read from the cache."""
        key = hashlib.sha256(f"{self.name} {RATES} {SEEDS} {WINDOWS}".encode()).hexdigest()[:12]
        path = Path(tempfile.gettempdir()) / "etascope-quality" / f"{self.name}-{key}.npy"
        if not path.exists():
            path.parent.mkdir(exist_ok=True)
            np.save(path, _measure(self))
        low, high = WINDOWS[self.recipe.optimizer]
        return Truth(np.linspace(low, high, RATES), np.load(path))


@dataclass(frozen=True, eq=False)
class Truth:
    """Test accuracy over log10 of the learning rate `(rates,)`, a column a seed `(rates, seeds)`."""

    log_rates: NDArray[np.float64]
    accuracy: NDArray[np.float64]

    @cached_property
    def mean(self) -> NDArray[np.float64]:
        """Mean over the seeds, in points."""
        return 100 * self.accuracy.mean(axis=1)

    def lost(self, rate: float) -> float:
        """Return the points that a rate loses against the best: linear between rates, level beyond the grid."""
        return float(self.mean.max() - np.interp(math.log10(rate), self.log_rates, self.mean))

    @cached_property
    def best(self) -> float:
        """The rate with the highest smoothed accuracy."""
        fine = np.linspace(self.log_rates[0], self.log_rates[-1], 20 * RATES)
        accuracy = np.maximum(np.interp(fine, self.log_rates, self.mean), self.mean.max() - 5)
        kernel = np.exp(-0.5 * ((fine[:, None] - fine) / SMOOTH) ** 2)
        return float(10 ** fine[(kernel @ accuracy / kernel.sum(axis=1)).argmax()])

    @property
    def error(self) -> float:
        """Standard error of the mean accuracy at the best rate over the seeds, in points."""
        return float(100 * self.accuracy[self.mean.argmax()].std(ddof=1) / math.sqrt(self.accuracy.shape[1]))


#: On none of these was anything tuned here.
JOBS = tuple(
    Job(name)
    for name in (
        "digits600-mlp-sgd-b32-e8",
        "digits600-mlp-momentum-b16-e5",
        "digits600-softmax-adam-b32-e10",
        "digits600-mlp2-adamw-b32-e8",
        "small1200-mlp-sgd-b32-e15",
        "small1200-mlp-adam-b32-e10-cosine",
        "small1200-mlp2-momentum-b32-e12-cosine",
        "small1200-softmax-momentum-b16-e8",
        "small1200-mlp2-adamw-b64-e12",
        "fashion1000-mlp-momentum-b16-e6",
        "fashion1000-mlp-adam-b32-e8",
        "fashion1000-mlp3-sgd-b16-e6",
        "fashion2000-mlp-sgd-b32-e6",
        "fashion2000-softmax-momentum-b32-e5",
        "fashion2000-mlp2-adamw-b64-e8-cosine",
        "fashion4000-mlp-adam-b64-e5",
        "fashion4000-mlp-momentum-b64-e5-cosine",
        "fashion4000-softmax-sgd-b64-e5",
    )
)


@cache
def _split(source: str, rows: int, folds: int) -> Split:
    dataset = _dataset(source)
    order = np.random.default_rng(123).permutation(len(dataset))[: rows + 4000]
    picked = Dataset(
        dataset.images[order], dataset.labels[order], dataset.class_names, source, np.arange(rows, len(order))
    )
    return prepare(divide(picked, folds=folds), Recipe())


@cache
def _dataset(source: str) -> Dataset:
    from etascope.images.open import open_images

    if source == "small":
        from sklearn.datasets import load_digits

        return open_images(load_digits())
    return open_images({"digits": "digits", "fashion": "fashion-mnist"}[source])


def _measure(job: Job) -> NDArray[np.float64]:
    """Train every rate with every seed on all development rows; the test rows validate."""
    bare, recipe = job.split(0), job.recipe
    n, tested = len(bare.y), len(bare.y_test)
    split = replace(
        bare,
        x=np.concatenate([bare.x, bare.x_test]),
        y=np.concatenate([bare.y, bare.y_test]),
        folds=np.repeat([NO_FOLD, 0], [n, tested]),
        rows=np.arange(n + tested),
        n_final=n,
    )
    steps = recipe.epochs * steps_per_epoch(split, recipe, 0)
    low, high = WINDOWS[recipe.optimizer]
    plan = sweep(recipe, steps, np.logspace(low, high, RATES).tolist(), [0], range(SEEDS))
    history = DenseEngine().train(split, recipe, replace(plan, evaluate_at=(steps,)))
    # A model that diverged guesses.
    accuracy = np.nan_to_num(history.valid_accuracy[:, -1], nan=1 / split.n_classes)
    return accuracy.reshape(SEEDS, RATES).T
