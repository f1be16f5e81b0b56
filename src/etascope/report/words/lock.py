"""An accepted answer to hold later ones against: `Lock`, and the sentences that say what has moved."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from etascope.core.choice import Basin, Choice
from etascope.core.data import Dataset
from etascope.core.errors import InputError
from etascope.core.numbers import rate
from etascope.core.recipe import Recipe
from etascope.core.sentences import Command, say
from etascope.core.stored import StoredRun

#: Rates are equal when they agree to this share: files may hold fewer digits than memory.
_DIGITS = 1e-9


@dataclass(frozen=True)
class Lock:
    """An accepted learning rate with what it holds for.

    Attributes
    ----------
    learning_rate, basin
        The accepted peak rate, and the rates that could not be told apart from it.
    recipe
        Everything else about the training.
    fingerprint, images, image_shape, classes
        Of the data.
    valid_accuracy, valid_loss, test_accuracy
        What it reached; None where it was not measured.
    target
        What "best" meant: `accuracy` or `loss`.
    confidence, tolerance
        The word and the tolerance of the answer; None where the method gave none.
    options
        How to open the data and to search again, by the command line's names.
    run
        The id of the run in its store.
    versions
        Of the software that found it.
    """

    learning_rate: float
    basin: Basin
    recipe: Recipe
    fingerprint: str
    images: int
    image_shape: tuple[int, int, int]
    classes: int
    valid_accuracy: float | None
    valid_loss: float | None
    test_accuracy: float | None
    target: str = "accuracy"
    confidence: str | None = None
    tolerance: float | None = None
    options: dict[str, Any] = field(default_factory=dict[str, Any])
    run: str = ""
    versions: dict[str, str] = field(default_factory=dict[str, str])

    @classmethod
    def of(cls, stored: StoredRun) -> Lock:
        """Return the lock of a finished run's answer.

        Raises
        ------
        InputError
            If the run did not come to its end, or has no answer.
        """
        run, choice = stored.run, stored.run.choice
        if choice.learning_rate is None or choice.basin is None:
            raise InputError(
                f"run {stored.id} cannot tell its best rate yet, so there is nothing to lock.",
                say("See what would settle it: {show}.", Command("show", (stored.id,))),
            )
        if run.task.measure.reported:
            raise InputError(
                f"a lock names images and a recipe of etascope's; run {stored.id} was of trainings of your own.",
                say("Commit its document instead: {export}.", Command("export", (stored.id,))),
            )
        evaluation = None if run.trace is None else run.trace.evaluation
        return cls(
            learning_rate=choice.learning_rate,
            basin=choice.basin,
            recipe=run.recipe,
            fingerprint=run.data.fingerprint,
            images=run.data.images,
            image_shape=run.data.image_shape,
            classes=len(run.data.class_names),
            valid_accuracy=_finite(choice.valid_accuracy),
            valid_loss=_finite(choice.valid_loss),
            test_accuracy=None if evaluation is None else evaluation.accuracy,
            target=choice.target,
            confidence=None if choice.confidence is None else choice.confidence.word,
            tolerance=None if choice.confidence is None else choice.confidence.tolerance,
            options=dict(stored.job.options),
            run=stored.id,
            versions=dict(run.versions),
        )

    def holds_rate(self, learning_rate: float) -> bool:
        """Whether a rate lies in the locked basin, its ends included."""
        return self.basin.low * (1 - _DIGITS) <= learning_rate <= self.basin.high * (1 + _DIGITS)


def rate_moved(lock: Lock, used: float | None = None) -> str | None:
    """Say that the locked rate, or the rate that is `used` now, lies outside the locked basin; None where it does not.

    Examples
    --------
    >>> lock = Lock(0.03, Basin(0.01, 0.1), Recipe(), "9c", 1000, (28, 28, 1), 10, 0.9, 0.3, 0.9)
    >>> rate_moved(lock, 0.2)
    'the rate has moved: 0.2 lies outside the locked basin 0.01 .. 0.1.'
    """
    tried, whose = (lock.learning_rate, "the locked rate ") if used is None else (used, "")
    if lock.holds_rate(tried):
        return None
    return f"the rate has moved: {whose}{rate(tried)} lies outside the locked basin {_basin(lock)}."


def recipe_moved(lock: Lock, used: Mapping[str, Any]) -> str | None:
    """Say in which of the `used` fields of the recipe the lock differs; None where it does not."""
    moved = [
        f"{name.replace('_', ' ')} is {_value(value)}, locked is {_value(getattr(lock.recipe, name))}"
        for name, value in used.items()
        if getattr(lock.recipe, name) != value
    ]
    return f"the recipe has moved: {'; '.join(moved)}." if moved else None


def data_moved(lock: Lock, dataset: Dataset) -> str | None:
    """Say that data are not those of the lock, and what is plainly different; None where they are the same."""
    if dataset.fingerprint == lock.fingerprint:
        return None
    height, width, channels = dataset.images.shape[1:]
    pairs = (
        ("images", f"{len(dataset):,}", f"{lock.images:,}"),
        ("classes", str(dataset.n_classes), str(lock.classes)),
        ("the shape of an image", _shape((height, width, channels)), _shape(lock.image_shape)),
    )
    plain = [f"{name}: {now}, locked {was}" for name, now, was in pairs if now != was]
    differences = "; ".join(plain) or "as many images and classes, but other pixels, labels or test rows"
    return f"the data have moved: {dataset.source} is not what was locked ({differences})."


def result_moved(lock: Lock, choice: Choice) -> str | None:
    """Say that a new search found its best rate outside the locked basin, or none; None where it lies inside."""
    if choice.learning_rate is None:
        return "the result has moved: a new search cannot tell a best rate."
    if lock.holds_rate(choice.learning_rate):
        return None
    return (
        f"the result has moved: a new search finds {rate(choice.learning_rate)} best, outside the locked basin "
        f"{_basin(lock)}."
    )


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _basin(lock: Lock) -> str:
    return f"{rate(lock.basin.low)} .. {rate(lock.basin.high)}"


def _shape(shape: tuple[int, int, int]) -> str:
    return " x ".join(map(str, shape))


def _value(value: object) -> str:
    if isinstance(value, tuple):
        return " x ".join(map(str, cast("tuple[int, ...]", value))) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value)
