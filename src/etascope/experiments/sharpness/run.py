"""The sharpness of the training loss along a training, and the limit that it gives beside the wall: `sharpness`."""

from __future__ import annotations

from os import PathLike

import numpy as np

from etascope.core.checks import checked
from etascope.core.data import NO_FOLD, Split
from etascope.core.errors import renamed
from etascope.core.plan import Plan, check_rates, sweep
from etascope.core.protocols import Engine, Method, OnProgress, ignore
from etascope.core.recipe import Recipe, require_dense, steps_per_epoch
from etascope.core.run import Run
from etascope.core.search import staged
from etascope.experiments.sharpness.curvature import EXAMPLES
from etascope.experiments.sharpness.curvature import sharpness as sharpness_of
from etascope.experiments.sharpness.record import SharpnessPoint, SharpnessWall, limit_formula, stable_limit, why_limit
from etascope.selection.basin import high_wall
from etascope.selection.landscape import best_index
from etascope.workbench import Ready, open_and_divide

#: Shares of a training at which its sharpness is measured: close together at the start, where it changes fastest.
MOMENTS = (0.0, 1 / 64, 1 / 16, 1 / 4, 1 / 2, 1.0)


@renamed(watch="progress")
@checked
def sharpness(
    images: object = "digits",
    labels: object = None,
    *,
    recipe: Recipe | None = None,
    learning_rate: float | None = None,
    measure: bool = True,
    test: float | str | PathLike[str] | None = None,
    method: Method | None = None,
    engine: Engine | None = None,
    workers: int | None = None,
    progress: OnProgress = ignore,
) -> SharpnessWall:
    """Measure the sharpness of the training loss along a training, and set the limit it gives beside the real wall.

    Parameters
    ----------
    images, labels, recipe, test
        As in `etascope.pick`. The model is one of the recipe's dense networks.
    learning_rate
        Of the training that is followed. None follows the rate that the search recommends, or else only looks at the
        start.
    measure
        Whether to search the learning rates, to know the wall. Default True.

    Other Parameters
    ----------------
    method, engine, workers, progress
        As in `etascope.pick`.

    Raises
    ------
    InputError
        If something given cannot be used; the message says what to do.

    Examples
    --------
    >>> wall = sharpness("digits", recipe=Recipe(optimizer="sgd", hidden=(), epochs=1), measure=False)
    >>> wall.formula, len(wall.points), 0.01 < wall.points[0].limit < 10
    ('2 / s', 1, True)
    """
    recipe = recipe or Recipe()
    require_dense(recipe, "sharpness")
    if learning_rate is not None:
        check_rates(np.array([learning_rate], np.float64))
    ready = open_and_divide(images, labels, recipe, test, 0, progress, engine, workers)
    run = ready.search(method, progress) if measure else None
    best = None if run is None else run.choice.learning_rate
    followed = best if learning_rate is None else learning_rate
    points, diverged = _along(ready, followed, staged("training the followed one", progress))
    return SharpnessWall(
        data=ready.data,
        recipe=recipe,
        learning_rate=followed,
        examples=len(_batch(ready.split, recipe)),
        formula=limit_formula(recipe),
        why=why_limit(recipe),
        points=tuple(points),
        measured=None if run is None else _high_wall(run),
        best=best,
        choice=None if run is None else run.choice,
        diverged=diverged,
    )


def _along(ready: Ready, learning_rate: float | None, progress: OnProgress) -> tuple[list[SharpnessPoint], bool]:
    """Return the sharpness at the start and along a training, if there is a rate, and whether that diverged."""
    engine, split, recipe = ready.engine, ready.split, ready.recipe
    rows, steps = _batch(split, recipe), steps_per_epoch(split, recipe, NO_FOLD) * recipe.epochs
    # At the start no step is done, so that any rate will do. Each part goes on from the checkpoint of the one before,
    # so that all parts together are the one training.
    whole = sweep(recipe, steps, [1.0 if learning_rate is None else learning_rate], [NO_FOLD])
    moments = sorted({round(share * steps) for share in MOMENTS}) if learning_rate is not None else [0]
    points, resume, before = list[SharpnessPoint](), None, 0
    for step in moments:
        part = Plan(
            whole.rates[:, before:step], whole.seeds, whole.folds, start=before, resume=resume, keep_checkpoints=True
        )
        checkpoint = engine.train(split, recipe, part, progress).checkpoints[0]
        if checkpoint is None:
            return points, True
        curvature = sharpness_of(checkpoint.parameters, split.x[rows], split.y[rows])
        limit = stable_limit(recipe, curvature.value)
        points.append(SharpnessPoint(step, curvature.value, curvature.converged, limit))
        resume, before = (checkpoint,), step
    return points, False


def _batch(split: Split, recipe: Recipe) -> np.ndarray:
    # A stream of its own: weights, order and division are drawn from others.
    rows = np.random.default_rng([recipe.seed, 2]).permutation(len(split.y))
    return np.sort(rows[:EXAMPLES])


def _high_wall(run: Run) -> float | None:
    choice = run.choice
    if choice.walls.high is not None:
        return choice.walls.high
    # Where the method names no wall, the landscape may have one yet: methods stop where rates are clearly worse.
    best = best_index(choice.landscape)
    wall = None if best is None else high_wall(choice.landscape, best)
    return None if wall is None else float(choice.landscape.learning_rates[wall])
