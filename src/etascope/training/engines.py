"""Which engine trains a recipe, and what is looked at before: `engine_of`, `task_for`, `rehearsal_of`."""

from __future__ import annotations

from dataclasses import replace

from etascope.core.data import Split
from etascope.core.plan import Plan
from etascope.core.protocols import Engine
from etascope.core.recipe import Recipe, Task
from etascope.training.dense.engine import DenseEngine

#: Options of the PyTorch engine, by the names of its fields.
ENGINE_OPTIONS = ("device", "precision", "accumulate", "clip_norm", "trials_in_memory")


def engine_of(
    recipe: Recipe,
    workers: int | None = None,
    *,
    device: str | None = None,
    precision: str | None = None,
    accumulate: int = 1,
    clip_norm: float | None = None,
    trials_in_memory: int | None = None,
) -> Engine:
    """Return the engine for a recipe: the dense one, or the PyTorch engine where the recipe has a model.

    Asking for a device, a precision, accumulation or clipping asks for the PyTorch engine too.

    Parameters
    ----------
    recipe
        How to train.
    workers
        Of the dense engine.
    device, precision, accumulate, clip_norm, trials_in_memory
        Of the PyTorch engine.

    Examples
    --------
    >>> type(engine_of(Recipe())).__name__, type(engine_of(Recipe(model="cnn"))).__name__
    ('DenseEngine', 'TorchEngine')
    """
    own = (device, precision, accumulate, clip_norm, trials_in_memory)
    if recipe.model is None and own == (None, None, 1, None, None):
        return DenseEngine(workers)
    # Its modules load when a model asks for them: a search of the dense network starts the sooner.
    from etascope.training.pytorch.engine import TorchEngine

    return TorchEngine(
        device=device,
        precision=precision,
        accumulate=accumulate,
        clip_norm=clip_norm,
        trials_in_memory=trials_in_memory,
    )


def task_for(engine: Engine, split: Split, recipe: Recipe) -> Task:
    """Describe a split under a recipe, with what a forward pass of the recipe's model takes, if the engine can tell."""
    task = Task.of(split, recipe)
    if recipe.model is None:
        return task
    from etascope.training.pytorch.engine import TorchEngine
    from etascope.training.ray.engine import RayEngine

    engine = engine.engine if isinstance(engine, RayEngine) else engine
    if not isinstance(engine, TorchEngine):
        return task
    return replace(task, forward=engine.multiplications(split, recipe))


def rehearsal_of(engine: Engine, split: Split, recipe: Recipe, plan: Plan) -> tuple[str, ...]:
    """Rehearse a trial of a model of one's own before a search; return what to mind of it, in sentences."""
    if recipe.model is None and isinstance(engine, DenseEngine):
        return ()
    from etascope.training.pytorch.engine import TorchEngine
    from etascope.training.ray.engine import RayEngine

    engine = engine.engine if isinstance(engine, RayEngine) else engine
    return engine.rehearse(split, recipe, plan) if isinstance(engine, TorchEngine) else ()
