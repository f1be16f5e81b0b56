"""One training laid open, stage by stage and epoch by epoch: `lay_open`."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from etascope.core.blind import BlindGuess
from etascope.core.data import NO_FOLD, Dataset, Split
from etascope.core.errors import InputError
from etascope.core.history import History
from etascope.core.numbers import counted
from etascope.core.plan import Checkpoint, sweep
from etascope.core.protocols import Engine, OnProgress, ignore
from etascope.core.recipe import Recipe, Task, steps_per_epoch
from etascope.core.trace import Epoch, Evaluation, Prediction, Stage, Trace
from etascope.learn.insight import trace_insight
from etascope.learn.observations import look, observe
from etascope.learn.update import Update, first_update

#: The example pixel is the one nearest to this value: neither black nor white, so that one sees it change.
EXAMPLE_PIXEL = 150


def five_stages(
    dataset: Dataset, split: Split, recipe: Recipe, update: Update, steps: int, evaluation: Evaluation | None
) -> tuple[Stage, ...]:
    """Return the stages that the images of a prepared split went through; the example is the first development row.

    `steps` are the batches in all; the evaluation, on the test rows, is None when the training diverged.
    """
    sample = int(split.rows[0])
    image = dataset.images[sample]
    height, width, channels = image.shape
    number = int(np.abs(image.astype(np.int64) - EXAMPLE_PIXEL).argmin())
    row, column, channel = (int(i) for i in np.unravel_index(number, image.shape))
    first_input = split.x[0]
    prepared = float(first_input.reshape(-1)[number] if recipe.model is None else first_input[channel, row, column])
    where = f"row {row}, column {column}" + (f", {('red', 'green', 'blue')[channel]}" if channels == 3 else "")
    images, taken = (len(dataset), height, width, channels), (len(dataset), *first_input.shape)
    train, test, scores = len(split.y), len(split.y_test), split.n_classes
    layers = "-".join(str(size) for size in (first_input.size, *recipe.hidden, scores))
    batch = min(recipe.batch_size, train)
    often = "once" if steps == 1 else f"{steps:,} times in all"
    kind = f"a {layers} network with ReLU" if recipe.hidden else f"softmax regression, {layers}"
    kind = kind if recipe.model is None else f"the model {recipe.model}"
    place = f"feature {number} of {first_input.size:,}"
    if recipe.model is not None:
        place = f"at channel {channel}, row {row}, column {column}"
    pixels, flatten = split.stages
    return (
        Stage(
            "input images",
            images,
            "read as bytes, from 0 to 255",
            images,
            f"image {sample} is labelled {dataset.class_names[int(dataset.labels[sample])]}; its pixel at {where} is "
            f"{int(image[row, column, channel])}",
        ),
        Stage("preprocessing", images, pixels, images, f"that pixel becomes {prepared:.2f}"),
        Stage("feature extraction", images, flatten, taken, f"the pixel is now {place}, and still {prepared:.2f}"),
        Stage(
            "model training",
            (train, *first_input.shape),
            f"{train:,} images train {kind} for {recipe.epochs} {'epoch' if recipe.epochs == 1 else 'epochs'} with "
            f"{recipe.optimizer}; the weights are updated after every batch of {batch:,}, {often}",
            (train, scores),
            update.sentence(recipe.optimizer),
        ),
        Stage(
            "evaluation",
            (test, *first_input.shape),
            f"the {counted(test, 'test image')}, which training never saw, {'goes' if test == 1 else 'go'} through the "
            "final model once",
            (test, scores),
            "none: the training diverged, so there is no model to test"
            if evaluation is None
            else f"{round(evaluation.accuracy * test):,} of {test:,} are right, accuracy {evaluation.accuracy:.3f}; "
            f"the loss is {_loss(evaluation.loss)} nats",
        ),
    )


def _loss(value: float) -> str:
    return f"{value:.3f}" if value < 1000 else f"{value:.3g}"


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
    """
    require_image(split, image)
    per_epoch = steps_per_epoch(split, recipe, NO_FOLD)
    plan = replace(sweep(recipe, per_epoch * recipe.epochs, [learning_rate], [NO_FOLD]), keep_checkpoints=True)
    history = engine.train(split, recipe, plan, progress)
    checkpoint = history.checkpoints[0]
    evaluation, probabilities = _test(engine, checkpoint, split)
    task = Task.of(split, recipe)
    epochs = _epochs(history, task, per_epoch, validation)
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
            learning_rate, epochs, evaluation, task.blind.loss, len(split.y_test), float(history.step_loss[0][0])
        ),
    )  # fmt: skip


def require_image(split: Split, image: int) -> None:
    """Raise `InputError` unless there is a test image of this number."""
    if not 0 <= image < len(split.y_test):
        raise InputError(f"image must be a test image, 0 to {len(split.y_test) - 1}; found {image}.")


def _epochs(history: History, task: Task, per_epoch: int, validation: Validation | None) -> tuple[Epoch, ...]:
    train_loss, train_accuracy = history.train_loss[0], history.train_accuracy[0]
    observations = observe(look(
        train_loss, None if validation is None else validation.loss, train_accuracy, task.blind.loss,
        history.step_loss[0], per_epoch, BlindGuess.even(task.n_classes).loss,
    ))  # fmt: skip
    return tuple(
        Epoch(
            epoch=i + 1,
            train_loss=float(train_loss[i]),
            train_accuracy=float(train_accuracy[i]),
            valid_loss=None if validation is None else float(validation.loss[i]),
            valid_accuracy=None if validation is None else float(validation.accuracy[i]),
            observation=observations[i],
        )
        for i in range(task.recipe.epochs)
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
