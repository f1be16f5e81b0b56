"""Splits made up for the engine's tests, small enough to train hundreds of networks in a second."""

import dataclasses
import itertools

import numpy as np

from etascope.core.data import NO_FOLD, Dataset
from etascope.core.plan import Checkpoint, Plan
from etascope.core.recipe import Recipe
from etascope.pipeline.prepare import prepare
from etascope.pipeline.split import divide
from etascope.training.random_streams import initial_parameters

#: Arrays of a history that a comparison bit by bit looks at.
ARRAYS = (
    "step_loss",
    "train_loss",
    "train_accuracy",
    "valid_loss",
    "valid_accuracy",
    "diverged_at",
    "examples",
)


def split(rows=100, side=10, classes=3, folds=0, dark=0, seed=0, pixels="unit"):
    """Return a prepared split of `rows` development rows with `side**2` features, the first `dark` of them zero."""
    rng = np.random.default_rng(seed)
    n = rows + 5 * classes
    labels = rng.permutation(np.arange(n) % classes)
    patterns = rng.integers(0, 256, (classes, side, side, 1))
    images = (0.4 * patterns[labels] + 0.6 * rng.integers(0, 256, (n, side, side, 1))).astype(np.uint8)
    images.reshape(n, -1)[:, :dark] = 0
    test = np.concatenate([np.flatnonzero(labels == c)[:5] for c in range(classes)])
    data = Dataset(images, labels, tuple(f"class {c}" for c in range(classes)), "made up", np.sort(test))
    return prepare(divide(data, folds=folds), Recipe(pixels=pixels))


def plan(rates, seeds=0, folds=NO_FOLD, **others):
    """Return a plan of a row of rates a trial; seeds and folds are one for all, or one a trial."""
    rates = np.asarray(rates, np.float64)
    seeds, folds = (np.broadcast_to(np.asarray(a, np.int64), len(rates)).copy() for a in (seeds, folds))
    return Plan(rates, seeds, folds, **others)


def constant(rates, steps, **others):
    """Return a plan of constant rates."""
    return plan(np.repeat(np.asarray(rates, np.float64)[:, None], steps, axis=1), **others)


def kept(plan):
    """Return the plan with checkpoints asked for."""
    return dataclasses.replace(plan, keep_checkpoints=True)


def bits(history, trials=None):
    """Return all that was measured of these trials (None: of all) as bytes, and their checkpoints' arrays as bytes."""
    trials = range(len(history.plan)) if trials is None else trials
    numbers = {name: getattr(history, name)[list(trials)].tobytes() for name in ARRAYS}
    numbers["evaluated_at"] = history.evaluated_at.tobytes()
    numbers["status"] = [history.status[i] for i in trials]
    numbers["checkpoints"] = [checkpoint_bits(history.checkpoints[i]) for i in trials] if history.checkpoints else []
    return numbers


def checkpoint_bits(checkpoint):
    if checkpoint is None:
        return None
    state = {name: [a.tobytes() for a in arrays] for name, arrays in checkpoint.state.items()}
    return checkpoint.step, checkpoint.last_rate, [a.tobytes() for a in checkpoint.parameters], state


def checkpoint(step=0, sizes=(4, 3), seed=0, state=()):
    """Return a checkpoint with the initial weights of a network and empty optimizer state of these names."""
    parameters = initial_parameters(sizes, seed)
    return Checkpoint(step, parameters, {name: tuple(np.zeros_like(p) for p in parameters) for name in state})


def pairs(*sizes):
    """Return the shapes of the weights between layers of these sizes."""
    return list(itertools.pairwise(sizes))
