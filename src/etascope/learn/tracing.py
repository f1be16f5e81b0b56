"""Train once and lay the whole training open: `lay_open` makes a `Trace` from what really happened."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from etascope.core.data import NO_FOLD, Dataset, Split
from etascope.core.errors import InputError
from etascope.core.history import History
from etascope.core.plan import Checkpoint, sweep
from etascope.core.protocols import Engine, OnProgress, ignore
from etascope.core.recipe import Recipe, steps_per_epoch
from etascope.core.trace import Epoch, Evaluation, Prediction, Trace
from etascope.learn.insight import trace_insight
from etascope.learn.observations import observe
from etascope.learn.stages import five_stages
from etascope.learn.update import first_update

Floats = NDArray[np.float64]

#: Test images go through the model in pieces of this many, so that memory does not grow with their number.
PIECE = 2048


@dataclass(frozen=True, eq=False)
class Validation:
    """Validation results an epoch, from trainings beside the one that is laid open.

    Attributes
    ----------
    loss, accuracy
        `(epochs,)` float64, nats and shares.
    source
        Where they come from, in words.
    """

    loss: Floats
    accuracy: Floats
    source: str


def lay_open(
    engine: Engine,
    dataset: Dataset,
    split: Split,
    recipe: Recipe,
    learning_rate: float,
    *,
    image: int = 0,
    validation: Validation | None = None,
    progress: OnProgress = ignore,
) -> Trace:
    """Train on all development rows at one learning rate and tell what happened.

    Parameters
    ----------
    engine
        Trains and explains.
    dataset
        The images.
    split
        The prepared rows of `dataset`.
    recipe
        How to train.
    learning_rate
        The peak rate, finite and above 0.
    image
        Which test image the prediction follows, counted from 0.
    validation
        Shown beside the training numbers, if there is any.
    progress
        Receives the progress of the training.

    Raises
    ------
    InputError
        If there is no such test image, or the learning rate is not a finite number above 0.
    """
    require_image(split, image)
    per_epoch = steps_per_epoch(split, recipe, NO_FOLD)
    plan = replace(sweep(recipe, per_epoch * recipe.epochs, [learning_rate], [NO_FOLD]), keep_checkpoints=True)
    history = engine.train(split, recipe, plan, progress)
    checkpoint = history.checkpoints[0]
    evaluation, probabilities = _test(engine, checkpoint, split)
    epochs = _epochs(history, split, recipe, per_epoch, validation)
    sample = int(split.rows[0])
    return Trace(
        learning_rate=learning_rate,
        recipe=recipe,
        class_names=dataset.class_names,
        source=dataset.source,
        sample=dataset.images[sample],
        sample_label=int(dataset.labels[sample]),
        stages=five_stages(dataset, split, recipe, first_update(engine, split, recipe, plan), plan.steps, evaluation),
        step_loss=history.step_loss[0],
        epochs=epochs,
        evaluation=evaluation,
        prediction=None if checkpoint is None or probabilities is None
        else _prediction(engine, checkpoint, dataset, split, image, probabilities[image]),
        validation="" if validation is None else validation.source,
        insight=trace_insight(
            learning_rate, epochs, evaluation, split.n_classes, len(split.y_test), float(history.step_loss[0][0])
        ),
    )  # fmt: skip


def require_image(split: Split, image: int) -> None:
    """Raise `InputError` unless there is a test image of this number."""
    if not 0 <= image < len(split.y_test):
        raise InputError(f"image must be a test image, 0 to {len(split.y_test) - 1}; found {image}.")


def _epochs(
    history: History, split: Split, recipe: Recipe, per_epoch: int, validation: Validation | None
) -> tuple[Epoch, ...]:
    train_loss, train_accuracy = history.train_loss[0], history.train_accuracy[0]
    observations = observe(
        train_loss, None if validation is None else validation.loss, train_accuracy, split.n_classes,
        history.step_loss[0], per_epoch,
    )  # fmt: skip
    return tuple(
        Epoch(
            epoch=i + 1,
            train_loss=float(train_loss[i]),
            train_accuracy=float(train_accuracy[i]),
            valid_loss=None if validation is None else float(validation.loss[i]),
            valid_accuracy=None if validation is None else float(validation.accuracy[i]),
            observation=observations[i],
        )
        for i in range(recipe.epochs)
    )


def _test(engine: Engine, checkpoint: Checkpoint | None, split: Split) -> tuple[Evaluation, Floats] | tuple[None, None]:
    """Look at the test rows: the one place where that happens."""
    if checkpoint is None:
        return None, None
    pieces = range(0, len(split.y_test), PIECE)
    with np.errstate(over="ignore", invalid="ignore"):
        logits = np.concatenate([
            engine.explain(checkpoint, split.x_test[i : i + PIECE])[-1].values.astype(np.float64) for i in pieces
        ])  # fmt: skip
    if not np.isfinite(logits).all():
        # The loss was a number at every step, but the last update threw the weights out.
        return None, None
    logits -= logits.max(axis=1, keepdims=True)
    total = np.exp(logits).sum(axis=1)
    loss = np.log(total) - logits[np.arange(len(logits)), split.y_test]
    right = logits.argmax(axis=1) == split.y_test
    return Evaluation(float(right.mean()), float(loss.mean())), np.exp(logits) / total[:, None]


def _prediction(
    engine: Engine, checkpoint: Checkpoint, dataset: Dataset, split: Split, number: int, probabilities: Floats
) -> Prediction:
    return Prediction(
        number=number,
        image=dataset.images[split.test_rows[number]],
        label=int(split.y_test[number]),
        predicted=int(probabilities.argmax()),
        probabilities=probabilities,
        layers=engine.explain(checkpoint, split.x_test[number : number + 1]),
    )
