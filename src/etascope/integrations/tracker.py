"""What a tracker is told of a run, in names and numbers that are the same for every tracker."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict

from etascope.core.choice import Choice
from etascope.core.numbers import rate
from etascope.core.recipe import Recipe
from etascope.core.run import DataSummary, Run
from etascope.core.trials import Trial

#: Losses in nats, accuracies shares in [0, 1].
METRICS = ("train_loss", "train_accuracy", "valid_loss", "valid_accuracy")


def recipe_words(recipe: Recipe) -> dict[str, str | int | float]:
    """Return each field of a recipe as a string or a number; hidden layers as `256-128`, or `none`.

    Examples
    --------
    >>> recipe_words(Recipe(hidden=(256, 128)))["hidden"], recipe_words(Recipe(hidden=()))["hidden"]
    ('256-128', 'none')
    """
    hidden = "-".join(map(str, recipe.hidden)) or "none"
    return {**asdict(recipe), "hidden": hidden, "model": recipe.model or "dense"}


def data_words(data: DataSummary) -> dict[str, str | int]:
    """Return what the data was, in strings and whole numbers."""
    return {
        "source": data.source,
        "fingerprint": data.fingerprint,
        "images": data.images,
        "image_shape": " x ".join(map(str, data.image_shape)),
        "classes": len(data.class_names),
    }


def trial_name(trial: Trial, recipe: Recipe) -> str:
    """Return a name: the rate and the fold, and the seed where it is not the recipe's.

    Examples
    --------
    >>> import numpy as np
    >>> from etascope.core.history import Status
    >>> nothing = np.zeros(0)
    >>> trial = Trial(0.01, 3, 2, Status.PAUSED, 0, *[nothing] * 6, -1, 0)
    >>> trial_name(trial, Recipe()), trial_name(trial, Recipe(seed=3))
    ('0.01 fold 2 seed 3', '0.01 fold 2')
    """
    told = f"{rate(trial.learning_rate)} fold {trial.fold}"
    return told if trial.seed == recipe.seed else f"{told} seed {trial.seed}"


def curve(trial: Trial, steps_per_epoch: int) -> list[tuple[int, dict[str, float]]]:
    """Return each evaluation of a trial: the training steps done, and `METRICS` and `epoch` by name.

    Steps and not epochs number them, because a ladder evaluates within epochs. What is not finite is left out, and an
    evaluation without any finite metric too.
    """
    found = list[tuple[int, dict[str, float]]]()
    tables = [getattr(trial, name).tolist() for name in METRICS]
    for step, *values in zip(trial.evaluated_at.tolist(), *tables, strict=True):
        known = finite(dict(zip(METRICS, values, strict=True)))
        if known:
            found.append((step, {**known, "epoch": step / steps_per_epoch}))
    return found


def last(trial: Trial) -> dict[str, float]:
    """Return the metrics of a trial's last evaluation, those that are finite; none where it diverged."""
    if trial.diverged or not len(trial.evaluated_at):
        return {}
    return finite({name: float(getattr(trial, name)[-1]) for name in METRICS})


def ending(trial: Trial, trials: Sequence[Trial]) -> str:
    """Return `diverged`, `stopped` for one that went less far than another, else `finished`."""
    if trial.diverged:
        return "diverged"
    return "finished" if trial.steps == max(other.steps for other in trials) else "stopped"


def answer_numbers(run: Run) -> dict[str, float]:
    """Return the numbers of an answer by name, those that are there."""
    choice, test = run.choice, None if run.trace is None else run.trace.evaluation
    found: dict[str, float | None] = {
        "learning_rate": choice.learning_rate,
        "basin_low": None if choice.basin is None else choice.basin.low,
        "basin_high": None if choice.basin is None else choice.basin.high,
        "wall_low": choice.walls.low,
        "wall_high": choice.walls.high,
        "valid_loss": choice.valid_loss,
        "valid_accuracy": choice.valid_accuracy,
        "test_loss": None if test is None else test.loss,
        "test_accuracy": None if test is None else test.accuracy,
        "trials": float(choice.cost.trials),
        "training_equivalents": choice.cost.training_equivalents,
        "seconds": run.seconds,
    }
    return finite(found)


def answer_words(run: Run) -> dict[str, str]:
    """Return the words of an answer by name."""
    choice = run.choice
    return {
        "answer": headline(choice),
        "confidence": "" if choice.confidence is None else choice.confidence.word,
        "target": choice.target,
        "regime": choice.regime,
        "reason": " ".join(map(str, choice.reasons)),
        "not_tried": str(choice.not_tried),
        **{f"version_{name}": version for name, version in run.versions.items()},
    }


def headline(choice: Choice) -> str:
    """Return the answer in a line."""
    if choice.learning_rate is None:
        return "cannot tell yet"
    basin = "" if choice.basin is None else f", basin {rate(choice.basin.low)} to {rate(choice.basin.high)}"
    return f"learning rate {rate(choice.learning_rate)}{basin}"


def finite(values: dict[str, float | None] | dict[str, float]) -> dict[str, float]:
    """Return the entries that are finite numbers."""
    return {name: value for name, value in values.items() if value is not None and math.isfinite(value)}
