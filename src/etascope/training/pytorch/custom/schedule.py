"""Schedules of one's own: step by step, `shaped`, and schedulers that wait for a metric, `waiting_schedulers`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import wraps
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from etascope.core.errors import InputError, one_line
from etascope.core.recipe import Recipe
from etascope.core.schedules import SCHEDULES, schedule_row
from etascope.training.pytorch.library import load_torch

#: What the learning rate is multiplied by at each step, or a function of the step, from 0, that returns it.
Shape = Sequence[float] | NDArray[np.float64] | Callable[[int], float]
#: A step below this share of the largest factor hardly trains.
HARDLY = 0.01
#: How near, in mean distance of factors, a shape must come to one-cycle, which ends close to 0, to be told as that.
ONE_CYCLE = 0.02


def shaped(recipe: Recipe, shape: Shape, steps: int) -> tuple[Recipe, NDArray[np.float64]]:
    """Return the recipe with the name of the nearest schedule, and what that one's factors are multiplied by.

    A method knows of schedules by their names, and a plan's rows are those of the recipe; what a trial trains with is
    the product of both, `shape` itself: `(steps,)`, finite, at least 0, and not 0 everywhere; or a function of the step
    that returns them, as that of PyTorch's `LambdaLR`. Raises `InputError` if it is none, or of another length.

    Examples
    --------
    >>> recipe, factors = shaped(Recipe(), [0.0, 1.0, 0.7, 0.3], 4)
    >>> recipe.schedule, recipe.warmup, factors.tolist()
    ('linear', 0.5, [0.0, 1.0, 0.7, 0.6])
    """
    given = _factors(shape, steps)
    if given.shape != (steps,):
        there = (
            f"{given.size}" if given.ndim == 1 else f"an array of shape {given.shape}" if given.ndim else "one number"
        )
        raise InputError(
            f"schedule must have a factor for each of the {steps} steps of the training; found {there}. Count the "
            "batches of an epoch, divide by accumulate, and multiply by epochs; or give a function of the step."
        )
    if not (np.isfinite(given).all() and (given >= 0).all() and given.any()):
        raise InputError(
            f"schedule must hold finite factors of at least 0, not all of them 0; found "
            f"{given.min():g} to {given.max():g}."
        )
    schedule, warmup = nearest(given)
    row = schedule_row(schedule, warmup, steps)
    return replace(recipe, schedule=schedule, warmup=warmup), given / row


def schedule_sentences(shape: NDArray[np.float64]) -> tuple[str, ...]:
    """Return what to mind of a schedule: a rate that is about 0 for most steps, or factors that look like rates.

    Examples
    --------
    >>> schedule_sentences(np.array([1.0, 0.5, 0.0, 0.0, 0.0]))
    ('Mind the schedule: 3 of its 5 steps have less than a hundredth of the largest rate, and hardly train.',)
    >>> schedule_sentences(np.full(9, 0.001))
    ('Mind the schedule: its largest factor is 0.001, so that the steps of a rate of 1 have 0.001 at most.',)
    """
    sentences, largest = list[str](), float(shape.max())
    idle = int((shape < HARDLY * largest).sum())
    if 2 * idle > len(shape):
        sentences.append(
            f"Mind the schedule: {idle} of its {len(shape)} steps have less than a hundredth of the largest rate, and "
            "hardly train."
        )
    if not 0.1 <= largest <= 10:
        sentences.append(
            f"Mind the schedule: its largest factor is {largest:.3g}, so that the steps of a rate of 1 have "
            f"{largest:.3g} at most."
        )
    return tuple(sentences)


def _factors(shape: Any, steps: int) -> NDArray[np.float64]:  # noqa: ANN401 - whatever was given
    """Return a shape as an array, whatever its shape."""
    if not callable(shape):
        try:
            return np.asarray(shape, np.float64)
        except Exception as error:
            raise InputError(
                f"schedule must be a list of factors of the learning rate, or a function of the step; found "
                f"{type(shape).__name__}, of which numpy says {one_line(error)}. Give a list, an array or a function."
            ) from error
    factors, again = np.empty((2, steps))
    for row, step in product((factors, again), range(steps)):
        try:
            factor: Any = shape(step)
            row[step] = float(factor)
        except Exception as error:
            raise InputError(
                f"schedule must return a factor of the learning rate for each of the {steps} steps, from 0; for step "
                f"{step} it raised {one_line(error)}. Let it be such a function as LambdaLR takes."
            ) from error
    if not np.array_equal(factors, again, equal_nan=True):
        step = int((factors != again).argmax())
        raise InputError(
            f"schedule must return the same factor whenever it is asked for a step; for step {step} it returned "
            f"{factors[step]:g} and then {again[step]:g}. Compute it from the step alone, or give a list."
        )
    return factors


def nearest(shape: NDArray[np.float64]) -> tuple[str, float]:
    """Return the schedule and the warm-up that come nearest to a shape, by the mean distance of their factors.

    The warm-up is the share of the steps before the largest factor, where they climb. One-cycle is a name for its own
    curve alone, within 0.02. Where two come equally near, the first of `SCHEDULES` is taken.

    Examples
    --------
    >>> nearest(schedule_row("cosine", 0.1, 50)), nearest(np.full(8, 0.5))
    (('cosine', 0.1), ('constant', 0.0))
    """
    steps, row = len(shape), shape / shape.max()
    climb = int(row.argmax())
    shares = [0.0, climb / steps] if climb else [0.0]
    # One step of a climb that ends at the largest factor is the peak itself.
    shares += [(climb + 1) / steps] if 0 < climb < steps - 1 else []
    distances = dict[tuple[str, float], float]()
    for one in ((name, share) for share in shares for name in SCHEDULES):
        distance = round(float(np.abs(schedule_row(*one, steps) - row).mean()), 9)
        if one[0] != "one-cycle" or distance < ONE_CYCLE:
            distances[one] = distance
    name, share = min(distances, key=lambda one: distances[one])
    return name, float(f"{share:.12g}")


@contextmanager
def waiting_schedulers() -> Generator[list[Any]]:
    """Inside the block, collect the optimizers that such a scheduler is made for; a block around it collects none."""
    made, before = list[Any](), list[tuple[Any, Any]]()
    for kind in _kinds():
        init = kind.__init__
        before.append((kind, init))
        kind.__init__ = _noting(getattr(init, "_plain", init), made)
    try:
        yield made
    finally:
        for kind, init in before:
            kind.__init__ = init


def _noting(plain: Callable[..., None], made: list[Any]) -> Callable[..., None]:
    @wraps(plain)
    def init(self: object, optimizer: object, *values: object, **named: object) -> None:
        plain(self, optimizer, *values, **named)
        made.append(optimizer)

    vars(init)["_plain"] = plain
    return init


def _kinds() -> list[Any]:
    """Return the classes: PyTorch's, and that of transformers where it is loaded."""
    other = getattr(sys.modules.get("transformers.optimization"), "GreedyLR", None)
    return [load_torch().optim.lr_scheduler.ReduceLROnPlateau, *([] if other is None else [other])]
