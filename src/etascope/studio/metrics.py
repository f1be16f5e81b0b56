"""One rate's curves on training, validation and test images, and what its model gets wrong: `metrics`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from etascope.core.history import History
from etascope.core.plan import Checkpoint, sweep
from etascope.core.recipe import Recipe, Task
from etascope.report.files.document import Document, number
from etascope.studio.source import Source
from etascope.studio.worker import prepared
from etascope.training.dense.engine import DenseEngine

#: Images of the most confident mistakes that are shown.
MISTAKES = 8


def metrics(source: Source, recipe: Recipe, learning_rate: float) -> Document:
    """Train on four of five folds, epoch by epoch, and look at all three parts of the data after each.

    The test images are looked at after every epoch here to show what the curves are; nothing is chosen by them.
    """
    dataset, split = prepared(source, recipe)
    task, engine = Task.of(split, recipe), DenseEngine(workers=1)
    whole = replace(sweep(recipe, task.steps, [learning_rate], [0]), keep_checkpoints=True)
    curves: dict[str, list[Any]] = {
        f"{part}_{kind}": [] for part in ("train", "valid", "test") for kind in ("loss", "accuracy")
    }
    checkpoint: Checkpoint | None = None
    scores: NDArray[np.float64] | None = None
    for start in range(0, task.steps, task.steps_per_epoch):
        stop = min(start + task.steps_per_epoch, task.steps)
        resume = None if checkpoint is None else (checkpoint,)
        plan = replace(whole, rates=whole.rates[:, start:stop], start=start, resume=resume)
        history = engine.train(split, recipe, plan)
        checkpoint = history.checkpoints[0]
        if checkpoint is None:
            break
        scores = _log_shares(engine, checkpoint, split.x_test)
        _note(curves, history, scores, split.y_test)
    found: Document = {"learning_rate": learning_rate, "class_names": list(dataset.class_names), **curves}
    if checkpoint is None or scores is None:
        return {**found, "diverged": True, "confusion": None, "mistakes": []}
    said = scores.argmax(axis=1)
    confusion = np.zeros((split.n_classes, split.n_classes), np.int64)
    np.add.at(confusion, (split.y_test, said), 1)
    wrong = np.flatnonzero(said != split.y_test)
    worst = wrong[np.argsort(-scores[wrong, said[wrong]], kind="stable")][:MISTAKES]
    mistakes = [
        {
            "number": int(i),
            "image": dataset.images[split.test_rows[i]].tolist(),
            "label": dataset.class_names[int(split.y_test[i])],
            "said": dataset.class_names[int(said[i])],
            "confidence": float(np.exp(scores[i, said[i]])),
        }
        for i in worst
    ]
    return {**found, "diverged": False, "confusion": confusion.tolist(), "mistakes": mistakes}


def _note(
    curves: dict[str, list[Any]], history: History, scores: NDArray[np.float64], labels: NDArray[np.int64]
) -> None:
    for part in ("train", "valid"):
        for kind in ("loss", "accuracy"):
            curves[f"{part}_{kind}"].append(number(float(getattr(history, f"{part}_{kind}")[0, -1])))
    curves["test_loss"].append(number(float(-scores[np.arange(len(labels)), labels].mean())))
    curves["test_accuracy"].append(float((scores.argmax(axis=1) == labels).mean()))


def _log_shares(engine: DenseEngine, checkpoint: Checkpoint, x: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the log probability of each class `(n, classes)`."""
    logits = engine.explain(checkpoint, x)[-1].values.astype(np.float64)
    logits -= logits.max(axis=1, keepdims=True)
    return logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
