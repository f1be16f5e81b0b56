"""The five stages of the data flow, each with its shapes and one real value followed through."""

from __future__ import annotations

import numpy as np

from etascope.core.data import Dataset, Split
from etascope.core.numbers import counted
from etascope.core.recipe import Recipe
from etascope.core.trace import Evaluation, Stage
from etascope.learn.update import Update

#: The example pixel is the one nearest to this value: neither black nor white, so that one sees it change.
EXAMPLE_PIXEL = 150


def five_stages(
    dataset: Dataset, split: Split, recipe: Recipe, update: Update, steps: int, evaluation: Evaluation | None
) -> tuple[Stage, ...]:
    """Return the stages that the images of a prepared split went through.

    Parameters
    ----------
    dataset, split
        The images, and their rows divided and prepared. The example image is the first development row.
    recipe
        How the model was trained.
    update
        What the first batch did.
    steps
        How many batches there were in all.
    evaluation
        On the test rows; None when the training diverged.
    """
    sample = int(split.rows[0])
    image = dataset.images[sample]
    height, width, channels = image.shape
    number = int(np.abs(image.astype(np.int64) - EXAMPLE_PIXEL).argmin())
    row, column, channel = (int(i) for i in np.unravel_index(number, image.shape))
    seen = split.x[0]
    prepared = float(seen.reshape(-1)[number] if recipe.model is None else seen[channel, row, column])
    where = f"row {row}, column {column}" + (f", {('red', 'green', 'blue')[channel]}" if channels == 3 else "")
    images, taken = (len(dataset), height, width, channels), (len(dataset), *seen.shape)
    train, test, scores = len(split.y), len(split.y_test), split.n_classes
    layers = "-".join(str(size) for size in (seen.size, *recipe.hidden, scores))
    batch = min(recipe.batch_size, train)
    often = "once" if steps == 1 else f"{steps:,} times in all"
    kind = f"a {layers} network with ReLU" if recipe.hidden else f"softmax regression, {layers}"
    kind = kind if recipe.model is None else f"the model {recipe.model}"
    place = f"feature {number} of {seen.size:,}"
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
        Stage(
            "feature extraction",
            images,
            flatten,
            taken,
            f"the pixel is now {place}, and still {prepared:.2f}",
        ),
        Stage(
            "model training",
            (train, *seen.shape),
            f"{train:,} images train {kind} for {recipe.epochs} {'epoch' if recipe.epochs == 1 else 'epochs'} with "
            f"{recipe.optimizer}; the weights are updated after every batch of {batch:,}, {often}",
            (train, scores),
            update.sentence(recipe.optimizer),
        ),
        Stage(
            "evaluation",
            (test, *seen.shape),
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
