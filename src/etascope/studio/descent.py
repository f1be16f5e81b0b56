"""One batch, one step: the batch's real loss along the direction of its gradient, and one weight's arithmetic."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from etascope.core.data import Split
from etascope.core.plan import Checkpoint, Plan, sweep
from etascope.core.recipe import Recipe
from etascope.learn.update import first_update
from etascope.report.document import Document, number
from etascope.studio.source import Source
from etascope.studio.work import prepared
from etascope.training.chance import epoch_order
from etascope.training.dense import DenseEngine

#: Step sizes at which the loss is measured: decades, and how many a decade.
SMALLEST, LARGEST, A_DECADE = 1e-3, 100.0, 12


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
    decades = round(np.log10(LARGEST / SMALLEST))
    rates = [0.0, *np.geomspace(SMALLEST, LARGEST, decades * A_DECADE + 1).tolist()]
    losses = [_loss(engine, split, rows, start, gradient, rate) for rate in rates]
    update = first_update(engine, split, plain, one)
    sample = int(split.rows[rows[0]])
    return {
        "rates": rates,
        "blind": float(np.log(split.n_classes)),
        "losses": [number(loss) for loss in losses],
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


def _loss(
    engine: DenseEngine,
    split: Split,
    rows: NDArray[np.int64],
    start: tuple[NDArray[np.float32], ...],
    gradient: list[NDArray[np.float32]],
    rate: float,
) -> float:
    moved = tuple(w - np.float32(rate) * g for w, g in zip(start, gradient, strict=True))
    logits = engine.explain(Checkpoint(0, moved, {}), split.x[rows])[-1].values.astype(np.float64)
    top = logits.max(axis=1)
    spread = np.log(np.exp(logits - top[:, None]).sum(axis=1)) + top
    return float((spread - logits[np.arange(len(rows)), split.y[rows]]).mean())
