"""A digit that was drawn, seen by models trained at many learning rates: `predictions`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np

from etascope.core.data import NO_FOLD
from etascope.core.errors import InputError
from etascope.core.plan import Checkpoint, sweep
from etascope.core.recipe import Recipe
from etascope.report.files.document import Document, layer_document
from etascope.studio.source import Source
from etascope.studio.worker import prepared
from etascope.training.dense.engine import DenseEngine


def predictions(source: Source, recipe: Recipe, rates: tuple[float, ...], pixels: Sequence[Sequence[int]]) -> Document:
    """Return what a model of each rate says of an image, and the layers of the last of them.

    Parameters
    ----------
    source, recipe
        What the models learned from, and how.
    rates
        Learning rates; each trains a model on all development rows.
    pixels
        `(height, width)`, 0 to 255, of the size that the data set has.

    Raises
    ------
    InputError
        If the image has another size, or the data set is in colour.
    """
    dataset, split = prepared(source, recipe)
    height, width, channels = dataset.images.shape[1:]
    drawn = np.array(pixels, np.uint8)
    if channels != 1 or drawn.shape != (height, width):
        raise InputError(
            f"a drawing must be gray and {height} x {width} pixels, as the images are that the models learned; found "
            f"{' x '.join(map(str, drawn.shape))}. Draw on the data set of digits."
        )
    engine, x = DenseEngine(workers=1), (drawn.reshape(1, -1) / 255).astype(np.float32)
    found = list[Document]()
    layers = list[Document]()
    # The last rate is the needle's, which moves; the others stay.
    models = _models(source, recipe, rates[:-1]) + _models(source, recipe, rates[-1:])
    for rate, checkpoint in zip(rates, models, strict=True):
        layers = []
        if checkpoint is None:
            found.append({"learning_rate": rate, "diverged": True, "probabilities": []})
            continue
        seen = engine.explain(checkpoint, x)
        logits = seen[-1].values[0].astype(np.float64)
        shares = np.exp(logits - logits.max())
        found.append({"learning_rate": rate, "diverged": False, "probabilities": (shares / shares.sum()).tolist()})
        layers = list(map(layer_document, seen[1:-1]))
    return {"class_names": list(split.class_names), "models": found, "layers": layers}


@lru_cache(maxsize=8)
def _models(source: Source, recipe: Recipe, rates: tuple[float, ...]) -> tuple[Checkpoint | None, ...]:
    if not rates:
        return ()
    _, split = prepared(source, recipe)
    steps = -(-len(split.y) // recipe.batch_size) * recipe.epochs
    plan = replace(sweep(recipe, steps, rates, [NO_FOLD]), keep_checkpoints=True, evaluate_at=(steps,))
    return DenseEngine(workers=1).train(split, recipe, plan).checkpoints
