"""Options of what is trained: where images come from, how to train, what to search for; `recipe_of` and `open_data`."""

from __future__ import annotations

from typing import Any

import click

from etascope.cli.messages import note
from etascope.cli.options.output import Output, adds
from etascope.core.data import Dataset
from etascope.core.errors import InputError
from etascope.core.protocols import OnProgress
from etascope.core.recipe import OPTIMIZERS, PIXELS, Recipe
from etascope.core.schedules import SCHEDULES
from etascope.images.open import open_images
from etascope.report.words.job import understood

#: How many folds; experiments have it, too.
folds_option = adds(
    click.option("--folds", type=int, help="Cross-validation folds; 1 is one holdout. "
                 "[default: 5 below 10,000 images, else 1]")
)  # fmt: skip
#: The argument DATA and how to open it.
data_options = adds(
    click.argument("data", default="digits"),
    click.option("--labels", metavar="PATH", help="Labels of DATA, if it does not bring them (.npy or IDX)."),
    click.option("--test", metavar="FRACTION|PATH", help="Share of the images to test on, or where test images are. "
                 "[default: the test part of DATA, else 0.2]"),
    click.option("--image-size", metavar="SIZE", help="Resize to SIZE or HEIGHTxWIDTH pixels. "
                 "[default: kept if all are equal and at most 64x64, else 64]"),
    click.option("--grayscale", is_flag=True, help="Drop colour."),
    click.option("--skip-bad", is_flag=True, help="Leave out files that cannot be read, and say how many."),
)  # fmt: skip
#: The options of the recipe and of the engine.
recipe_options = adds(
    click.option("--optimizer", default="momentum", show_default=True, metavar="NAME", help=" ".join(OPTIMIZERS) + "."),
    click.option("--batch-size", default=16, show_default=True, type=int, help="Images a step."),
    click.option("--drop-last", is_flag=True, help="Leave out what does not fill the last batch of an epoch."),
    click.option("--epochs", default=5, show_default=True, type=int, help="Passes over the training images."),
    click.option("--hidden", default="128", show_default=True, metavar="UNITS",
                 help="Units of each hidden layer, 256,128 for two; 0 is softmax regression."),
    click.option("--schedule", default="constant", show_default=True, metavar="NAME", help=" ".join(SCHEDULES) + "."),
    click.option("--warmup", default=0.0, show_default=True, help="Share of the steps that climbs to the rate."),
    click.option("--momentum", type=float, help="Of momentum and nesterov. [default: 0.9]"),
    click.option("--weight-decay", type=float, help="[default: 0.01 for adamw, else 0]"),
    click.option("--pixels", default="unit", show_default=True, metavar="NAME",
                 help=f"{' or '.join(PIXELS)}: 0..1, or also by the training mean and deviation."),
    click.option("--seed", default=0, show_default=True, type=int, help="Decides weights, order, split and folds."),
    click.option("--workers", type=int, help="Processes or threads; the answer stays the same. [default: all cores]"),
    click.option("--image", default=0, show_default=True, type=int, help="Test image that the prediction follows."),
)  # fmt: skip
#: What the search looks for, where, and what it may cost.
search_options = adds(
    folds_option,
    click.option("--low", type=float, help="Lowest learning rate to try. [default: until it is too slow]"),
    click.option("--high", type=float, help="Highest learning rate to try. [default: until it is too large]"),
    click.option("--budget", type=float, help="What the search may cost, in whole trainings; from 24 on, "
                 "cross-validation. [default: by the predicted time]"),
    click.option("--target", default="accuracy", show_default=True, metavar="NAME",
                 help="What best means: accuracy or loss."),
    click.option("--tolerance", type=float, help="How near to the best is near enough. [default: 1 point of accuracy, "
                 "or 5 % of loss]"),
)  # fmt: skip


def recipe_of(options: dict[str, Any]) -> Recipe:
    """Return the recipe that the options describe."""
    return Recipe(
        hidden=_hidden(options["hidden"]),
        **{name: options[name] for name in (
            "optimizer", "schedule", "warmup", "batch_size", "epochs", "momentum", "weight_decay", "pixels", "seed",
            "drop_last",
        )},
        model=options.get("model"),
    )  # fmt: skip


def open_data(
    options: dict[str, Any], progress: OnProgress, output: Output | None = None
) -> tuple[Dataset, float | None]:
    """Return the images, and the share of them to test on if the options give one; say what they were understood as."""
    test = options["test"]
    share = None if test is None else number(test)
    dataset = open_images(
        options["data"],
        options["labels"],
        test=test if share is None else None,
        image_size=_size(options["image_size"]),
        grayscale=options["grayscale"],
        skip_bad=options["skip_bad"],
        workers=options["workers"],
        progress=progress,
    )
    own_test = 0 if share is not None or dataset.test_rows is None else len(dataset.test_rows)
    line = understood(dataset.class_names, len(dataset), own_test, dataset.left_out, dataset.test_source)
    if output is not None:
        output.begin(line)
    for sentence in dataset.notes_for(own_test):
        note(sentence)
    return dataset, share


def _hidden(text: str) -> tuple[int, ...]:
    try:
        units = tuple(int(part) for part in text.split(","))
    except ValueError:
        raise InputError(
            f"--hidden must be whole numbers with commas between; found {text!r}. Try 128, or 256,128, or 0 for none."
        ) from None
    return () if units == (0,) else units


def _size(text: str | None) -> int | tuple[int, int] | None:
    if text is None:
        return None
    try:
        sides = [int(part) for part in text.lower().split("x")]
    except ValueError:
        sides = []
    if len(sides) not in (1, 2):
        raise InputError(f"--image-size must be SIZE or HEIGHTxWIDTH; found {text!r}. Try 64 or 48x64.")
    return sides[0] if len(sides) == 1 else (sides[0], sides[1])


def number(text: str) -> float | None:
    """Return the number that a text is, or None."""
    try:
        return float(text)
    except ValueError:
        return None
