"""Why this rate, why none yet, and what was left out, in sentences with the numbers behind them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from etascope.core.choice import Landscape
from etascope.core.recipe import Task
from etascope.core.sentences import Sentence, Setting, say, sentences
from etascope.selection.grid import LIMITS
from etascope.selection.walls import learned
from etascope.selection.words.verdicts import above_chance

#: Where even the lowest loss is so many times a blind guess's, no learning rate is at fault.
HOPELESS = 10.0
SEARCH_LOWER = "Search lower: limit the rates to those below {high:rate}"


def no_answer(
    task: Task, landscape: Landscape, best: int | None, limits: tuple[float, float], *,
    measured: Landscape | None = None, measure: str = "validation loss",
) -> tuple[Sentence, ...]:  # fmt: skip
    """Return why nothing can be recommended yet, and the next move.

    Either every rate diverged, or none learned, or the best of them is an end of what was tried.

    Parameters
    ----------
    task, landscape, limits
        As for `reasons`; the task gives the loss of a blind guess.
    best
        Index of the best rate all the same, None when every rate diverged.
    measured
        The losses to tell, as they were measured. None is the landscape.
    measure
        What they are called.
    """
    measured = measured or landscape
    rates = landscape.learning_rates
    window = f"from {rates[0]:.3g} to {rates[-1]:.3g}" if len(rates) > 1 else f"tried ({rates[0]:.3g})"
    if best is None:
        lower = "Allow lower rates. " if rates[0] > 1e-7 else ""
        return sentences(
            f"Every learning rate {window} diverged in some trial.",
            f"{lower}Look for extreme values in the data, or choose another optimizer or a smaller model.",
        )
    if not learned(task, landscape, best):
        finite = np.where(np.isfinite(measured.mean_loss), measured.mean_loss, np.inf)
        lowest = best if finite[best] <= finite.min() else int(finite.argmin())
        loss, right = float(measured.mean_loss[lowest]), float(measured.mean_accuracy[lowest])
        beyond = other_rates(rates.tolist(), lowest, limits)
        lowest_loss = f"the lowest mean {measure} is {loss:#.3g} nats, at {rates[lowest]:.3g}"
        if right > above_chance(task):
            return sentences(
                f"No learning rate {window} has a loss clearly below a blind guess's, {math.log(task.n_classes):#.3g}: "
                f"{lowest_loss}, where {100 * right:.1f} % are right.",
                beyond + "It does tell classes apart: train for more epochs, or on more images.",
            )
        if loss > HOPELESS * math.log(task.n_classes) and not beyond:
            return sentences(
                f"No learning rate {window} kept the loss near a blind guess's, {math.log(task.n_classes):#.3g}: "
                f"{lowest_loss}.",
                "Look at the data for extreme values, and at the recipe, such as its weight decay; or choose another "
                "optimizer or a smaller model.",
            )
        return sentences(
            f"No learning rate {window} learned: {lowest_loss}, and a blind guess has {math.log(task.n_classes):#.3g}.",
            beyond + "Check that the labels belong to the images; else train for more epochs, or on more images.",
        )
    loss = float(measured.mean_loss[best])
    side, limit = ("lowest", limits[0]) if best == 0 else ("highest", limits[1])
    return sentences(
        f"The best so far, {rates[best]:.3g} with a mean {measure} of {loss:#.3g} nats, is the {side} rate "
        f"that was tried; a better one may lie beyond.",
        f"Let the search go on towards {limit:.3g}: allow it more rounds.",
    )


def other_rates(rates: Sequence[float], best: int, limits: tuple[float, float]) -> Sentence:
    """Return where to search, where nothing learned and the best rate is an end of what was tried; else nothing.

    Examples
    --------
    >>> str(other_rates([0.1, 1.0], 1, (1e-7, 1e4)))
    'The highest rate that was tried did best, so that higher ones may learn: limit the rates to those above 1, up to \
10000. '
    """
    if len(rates) > 1 and best == len(rates) - 1 and rates[-1] < limits[1]:
        return say(
            "The highest rate that was tried did best, so that higher ones may learn: limit the rates to those above "
            "{low:rate}, up to {end:rate}. ",
            Setting("low", rates[-1]), end=limits[1],
        )  # fmt: skip
    if len(rates) > 1 and best == 0 and rates[0] > limits[0]:
        return say(
            "The lowest rate that was tried did best, so that lower ones may learn: limit the rates to those below "
            "{high:rate}, down to {end:rate}. ",
            Setting("high", rates[0]), end=limits[0],
        )  # fmt: skip
    down = best == 0 and rates[0] <= limits[0] and limits[0] > LIMITS[0]
    up = best == len(rates) - 1 and rates[-1] >= limits[1] and limits[1] < LIMITS[1]
    if down and up:
        return say("Allow other rates. ", Setting("low"), Setting("high"))
    return say(f"Allow {'lower' if down else 'higher'} rates. " if down or up else "")


def lower_rates(rates: Sequence[float], limit: float) -> Sentence:
    """Return where to search where all rates diverged: below them, or below the limit if they came to it.

    Examples
    --------
    >>> str(lower_rates([0.01, 0.1], 1e-7))
    'Search lower: limit the rates to those below 0.01, down to 1e-07. '
    """
    if rates[0] > limit:
        return say(SEARCH_LOWER + ", down to {end:rate}. ", Setting("high", rates[0]), end=limit)
    return say("Allow lower rates. " if limit > LIMITS[0] else "")


def not_tried(task: Task, landscape: Landscape) -> Sentence:
    """Return what the search did not look at, in one sentence."""
    recipe, rates = task.recipe, landscape.learning_rates
    window = "rates outside {low:rate} to {high:rate} and between the {count} that were tried"
    facts: dict[str, float | str] = {
        "low": float(rates[0]), "high": float(rates[-1]), "count": len(rates), "epochs": recipe.epochs,
        "seeds": ", ".join(map(str, sorted({seed for seed, _ in landscape.units}))),
    }  # fmt: skip
    if len(rates) == 1:
        window = "any rate but {low:rate}"
    if task.measure.reported:
        return say(window + "; any number of epochs but {epochs} or seed but {seeds}; any other setting.", **facts)
    return say(
        window + "; any optimizer but {optimizer}, schedule but {schedule}, batch size but {batch}, number of epochs "
        "but {epochs} or seed but {seeds}; other models.",
        optimizer=recipe.optimizer, schedule=recipe.schedule, batch=recipe.batch_size, **facts,
    )  # fmt: skip
