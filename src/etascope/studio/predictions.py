"""What trained models say: `metrics`, of the test images after every epoch, and `predictions`, of a drawing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from etascope.core.data import NO_FOLD
from etascope.core.errors import InputError
from etascope.core.history import History
from etascope.core.plain import Document, number
from etascope.core.plan import Checkpoint, sweep
from etascope.core.recipe import Recipe, Task, steps_per_epoch
from etascope.report.files.document import layer_document
from etascope.studio.library import Source
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
        scores = _log_softmax(engine.explain(checkpoint, split.x_test)[-1].values)
        _note(curves, history, scores, split.y_test)
    document: Document = {"learning_rate": learning_rate, "class_names": list(dataset.class_names), **curves}
    document["blind"] = task.blind.loss
    if checkpoint is None or scores is None:
        return {**document, "diverged": True, "confusion": None, "mistakes": []}
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
    return {**document, "diverged": False, "confusion": confusion.tolist(), "mistakes": mistakes}


def predictions(source: Source, recipe: Recipe, rates: tuple[float, ...], pixels: Sequence[Sequence[int]]) -> Document:
    """Return what a model of each rate, trained on all development rows, says of an image, and the last one's layers.

    Pixels are `(height, width)`, 0 to 255; refused are those of another size than the data set's, and a set in colour.
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
    said, layers = list[Document](), list[Document]()
    # The last rate is the needle's, which moves; the others stay.
    models = _models(source, recipe, rates[:-1]) + _models(source, recipe, rates[-1:])
    for rate, checkpoint in zip(rates, models, strict=True):
        layers = []
        if checkpoint is None:
            said.append({"learning_rate": rate, "diverged": True, "probabilities": []})
            continue
        explained = engine.explain(checkpoint, x)
        shares = np.exp(_log_softmax(explained[-1].values)[0])
        said.append({"learning_rate": rate, "diverged": False, "probabilities": shares.tolist()})
        layers = list(map(layer_document, explained[1:-1]))
    return {"class_names": list(split.class_names), "models": said, "layers": layers}


@lru_cache(maxsize=8)
def _models(source: Source, recipe: Recipe, rates: tuple[float, ...]) -> tuple[Checkpoint | None, ...]:
    if not rates:
        return ()
    _, split = prepared(source, recipe)
    steps = steps_per_epoch(split, recipe, NO_FOLD) * recipe.epochs
    plan = replace(sweep(recipe, steps, rates, [NO_FOLD]), keep_checkpoints=True, evaluate_at=(steps,))
    return DenseEngine(workers=1).train(split, recipe, plan).checkpoints


def _note(
    curves: dict[str, list[Any]], history: History, scores: NDArray[np.float64], labels: NDArray[np.int64]
) -> None:
    for part in ("train", "valid"):
        for kind in ("loss", "accuracy"):
            curves[f"{part}_{kind}"].append(number(float(getattr(history, f"{part}_{kind}")[0, -1])))
    curves["test_loss"].append(number(float(-scores[np.arange(len(labels)), labels].mean())))
    curves["test_accuracy"].append(float((scores.argmax(axis=1) == labels).mean()))


def _log_softmax(logits: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the log probability of each class `(n, classes)`."""
    shifted = logits.astype(np.float64)
    shifted -= shifted.max(axis=1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
