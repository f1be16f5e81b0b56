"""The stages of a recipe, applied: `prepare`."""

from __future__ import annotations

from dataclasses import replace

from etascope.core.data import Split
from etascope.core.protocols import PipelineStage
from etascope.core.recipe import Recipe
from etascope.pipeline.features import ChannelsFirst, Flatten
from etascope.pipeline.pixels import StandardPixels, UnitPixels


def stages_of(recipe: Recipe) -> tuple[PipelineStage, ...]:
    """Return the stages that lead from uint8 images to what the recipe's model takes, in order."""
    pixels = StandardPixels() if recipe.pixels == "standard" else UnitPixels()
    return pixels, Flatten() if recipe.model is None else ChannelsFirst()


def prepare(split: Split, recipe: Recipe) -> Split:
    """Turn a split's images into features, and write down what was done.

    Each stage learns from the development rows alone, all folds together; test rows are only transformed.

    Parameters
    ----------
    split
        `x` `(n, height, width, channels)` and `x_test` `(m, height, width, channels)`, both uint8.
    recipe
        Decides the stages by its `pixels` and its `model`.

    Returns
    -------
    Split
        The same rows with `x` `(n, features)` and `x_test` `(m, features)` float32, or `(n, channels, height, width)`
        for a model that takes images, and one more sentence in `stages` for each stage.

    Examples
    --------
    >>> import numpy as np
    >>> rows, y = np.arange(4), np.array([0, 1, 0, 1])
    >>> x = np.full((4, 2, 2, 1), 51, np.uint8)
    >>> split = prepare(Split(x, y, rows % 2, x, y, rows, rows, ("cat", "dog")), Recipe())
    >>> split.x.shape, split.stages
    ((4, 4), ('pixels divided by 255, to 0..1', 'flattened 2 x 2 x 1 to 4 features'))
    """
    x, x_test, done = split.x, split.x_test, list(split.stages)
    for stage in stages_of(recipe):
        done.append(stage.describe(x))
        transform = stage.fit(x)
        x, x_test = transform(x), transform(x_test)
    return replace(split, x=x, x_test=x_test, stages=tuple(done))
