"""Images as `etascope.pick` takes them, opened, divided and prepared for an experiment: `prepared`."""

from __future__ import annotations

from os import PathLike

from etascope.core.data import Dataset, Split
from etascope.core.protocols import OnProgress
from etascope.core.recipe import Recipe
from etascope.images.open import open_images
from etascope.pipeline.prepare import prepare
from etascope.pipeline.split import divide


def prepared(
    images: object,
    labels: object,
    recipe: Recipe,
    test: float | str | PathLike[str] | None,
    folds: int | None,
    progress: OnProgress,
) -> tuple[Dataset, float | None, Split]:
    """Return the opened images, the share of them to test on if there is one, and their rows as the recipe has them.

    All is given as to `etascope.pick`.
    """
    share, place = (test, None) if isinstance(test, float | int) else (None, test)
    if isinstance(images, Dataset) and labels is None and place is None:
        dataset = images
    else:
        dataset = open_images(images, labels, test=place, progress=progress)
    return dataset, share, prepare(divide(dataset, test=share, folds=folds, seed=recipe.seed), recipe)
