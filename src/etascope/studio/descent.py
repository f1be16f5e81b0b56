"""One batch, one step: the batch's real loss along the direction of its gradient, and one weight's arithmetic."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from etascope.core.data import Split
from etascope.core.plain import Document, number
from etascope.core.plan import Plan, sweep
from etascope.core.recipe import Recipe, Task
from etascope.learn.update import first_update
from etascope.studio.library import Source
from etascope.studio.worker import prepared
from etascope.training.dense.engine import DenseEngine
from etascope.training.random_streams import epoch_order

#: Step sizes at which the loss is measured, ranges of them with how many a decade: many where it turns, so that what
#: is read between two of them is right to the second decimal.
SIZES = ((1e-5, 1e-2, 12), (1e-2, 20.0, 72), (20.0, 100.0, 24))


def descent(source: Source, recipe: Recipe) -> Document:
    """Return the first batch's loss after one plain step of each size, from the weights that training starts with.

    The step goes down the batch's gradient, `w - rate * gradient`, with no momentum and no adaptation, so that the
    curve is the loss cut along one straight line.
    """
    dataset, split = prepared(source, recipe)
    plain = replace(recipe, optimizer="sgd", momentum=None, weight_decay=0.0, schedule="constant", warmup=0.0)
    engine, one = DenseEngine(workers=1), sweep(plain, 1, [1.0], [0])
    one = replace(one, keep_checkpoints=True)
    start = _weights(engine, split, plain, replace(one, rates=one.rates[:, :0]))
    gradient = [a - b for a, b in zip(start, _weights(engine, split, plain, one), strict=True)]
    train = split.train_rows(0)
    rows = epoch_order(train, len(train), recipe.seed, 0, 0)[: recipe.batch_size]
    rates = np.unique([0.0, *np.concatenate([np.geomspace(a, b, round(n * np.log10(b / a)) + 1) for a, b, n in SIZES])])
    losses = _losses(split.x[rows], split.y[rows], start, gradient, rates)
    update = first_update(engine, split, plain, one)
    sample = int(split.rows[rows[0]])
    return {
        "rates": rates.tolist(),
        "losses": [number(loss) for loss in losses],
        "blind": Task.of(split, recipe).blind.loss,
        "slope": -float(sum(float((g.astype(np.float64) ** 2).sum()) for g in gradient)),
        "weights": sum(g.size for g in gradient),
        "batch": [int(row) for row in rows],
        "image": dataset.images[sample].tolist(),
        "label": dataset.class_names[int(dataset.labels[sample])],
        "weight": {
            "feature": update.feature,
            "unit": update.unit,
            "before": update.before,
            "gradient": update.gradient,
        },
    }


def _weights(engine: DenseEngine, split: Split, recipe: Recipe, plan: Plan) -> tuple[NDArray[np.float32], ...]:
    checkpoint = engine.train(split, recipe, plan).checkpoints[0]
    assert checkpoint is not None
    return checkpoint.parameters


def _losses(
    x: NDArray[np.float32],
    y: NDArray[np.int64],
    start: tuple[NDArray[np.float32], ...],
    gradient: list[NDArray[np.float32]],
    rates: NDArray[np.float64],
) -> list[float]:
    """Return the mean loss of a batch after a step of each size; what the images make of the first layer is linear."""
    weights, slopes = ([array.astype(np.float64) for array in arrays] for arrays in (start, gradient))
    layers = [*zip(weights, slopes, strict=True)]
    first, change = x @ weights[0], x @ slopes[0]
    losses = list[float]()
    for rate in rates.tolist():
        out = first - rate * change + weights[1] - rate * slopes[1]
        for (w, g), (bias, slope) in zip(layers[2::2], layers[3::2], strict=True):
            out = np.maximum(out, 0)
            out = out @ w - rate * (out @ g) + bias - rate * slope
        top = out.max(axis=1)
        spread = np.log(np.exp(out - top[:, None]).sum(axis=1)) + top
        losses.append(float((spread - out[np.arange(len(y)), y]).mean()))
    return losses
