"""How to go on from an answer: the line of code or the command."""

from __future__ import annotations

import math
import re
import shlex

import numpy as np

from etascope.core.data import SENT
from etascope.core.history import Status
from etascope.core.numbers import rate
from etascope.core.recipe import Recipe
from etascope.core.run import Run
from etascope.core.trials import same_losses

#: How far beyond what was tried a search is sent, and the rates that are as far as a search goes by itself.
BEYOND, LEAST, MOST = 1000.0, 1e-6, 1e3
#: Where even the lowest loss is so many times a blind guess's, no learning rate is at fault.
HOPELESS = 10.0

TORCH = {
    "sgd": "SGD", "momentum": "SGD", "nesterov": "SGD", "adam": "Adam", "adamw": "AdamW", "rmsprop": "RMSprop",
    "adagrad": "Adagrad",
}  # fmt: skip


def optimizer_line(recipe: Recipe, learning_rate: float) -> str:
    """Return the PyTorch line that builds the recipe's optimizer with this rate.

    Examples
    --------
    >>> optimizer_line(Recipe(), 0.0177828)
    'torch.optim.SGD(model.parameters(), lr=0.0178, momentum=0.9)'
    """
    parts = ["model.parameters()", f"lr={rate(learning_rate)}"]
    if recipe.momentum:
        parts.append(f"momentum={recipe.momentum:.12g}")
    if recipe.optimizer == "nesterov":
        parts.append("nesterov=True")
    if recipe.weight_decay:
        parts.append(f"weight_decay={recipe.weight_decay:.12g}")
    return f"torch.optim.{TORCH[recipe.optimizer]}({', '.join(parts)})"


def in_words(recipe: Recipe) -> str:
    """Return the recipe in a phrase.

    Examples
    --------
    >>> in_words(Recipe(schedule="cosine", epochs=1))
    '128 hidden units, momentum 0.9, batches of 16, 1 epoch, cosine schedule'
    """
    units = f"{', '.join(map(str, recipe.hidden))} hidden units" if recipe.hidden else "no hidden layer"
    parts = [units if recipe.model is None else f"model {recipe.model}"]
    parts.append(recipe.optimizer + (f" {recipe.momentum:.12g}" if recipe.momentum else ""))
    if recipe.weight_decay:
        parts.append(f"weight decay {recipe.weight_decay:.12g}")
    parts += [f"batches of {recipe.batch_size}", f"{recipe.epochs} epoch{'s' if recipe.epochs > 1 else ''}"]
    if recipe.schedule != "constant":
        parts.append(f"{recipe.schedule} schedule")
    if recipe.warmup:
        parts.append(f"warm-up over {100 * recipe.warmup:g} % of the steps")
    return ", ".join(parts)


def use_it(recipe: Recipe, learning_rate: float) -> str:
    """Return how to use a recommended rate: the line of code, and what it was found with."""
    peak = "" if recipe.schedule == "constant" and not recipe.warmup else " as the peak rate"
    return f"train with {optimizer_line(recipe, learning_rate)}{peak}; it was found for {in_words(recipe)}"


def try_longer(recipe: Recipe, source: str) -> str:
    """Return the command that trains twice as long, for a search that cannot tell yet."""
    return f"train longer, so that the rates part, {_again(source)} --epochs {2 * recipe.epochs}"


def try_next(run: Run) -> str:
    """Return what to try where it cannot be told yet: rates beyond an end that did best, or longer trainings."""
    found, source, ours = run.choice.landscape, run.data.source, run.task.measure is None
    again = _again(source) if ours else "with the same options and"
    rates, loss = found.learning_rates, found.mean_loss
    finite = np.flatnonzero(np.isfinite(loss))
    best = int(finite[loss[finite].argmin()]) if len(finite) else 0
    if same_losses(run.trials) and len(finite):
        where = "the data and the model" if ours else "how the script or the loop uses the learning rate"
        return f"look at {where} first: no rate that was tried made a difference"
    told = _as_the_reasons(" ".join(run.choice.reason), again, pick_command(source) if ours else "")
    if told:
        return told
    furthest = max((trial.steps for trial in run.trials), default=0)
    ends = {trial.status for trial in run.trials if trial.steps == furthest}
    if Status.FAILED in ends and ends <= {Status.FAILED, Status.DIVERGED}:
        return "look at what the trainings said first: none came to its end"
    if best == 0 and len(rates) and rates[0] > MOST:
        told = f"allow lower rates, with the same options but without --low: {pick_command(source) if ours else ''}"
        return told.removesuffix(": ")
    if best == 0 and len(rates) and rates[0] > LEAST:
        return f"allow lower rates, {again} --low {rate(float(rates[0]) / BEYOND)}"
    if len(finite) and best == len(rates) - 1 and rates[-1] < MOST:
        return f"allow higher rates, {again} --high {rate(float(rates[-1]) * BEYOND)}"
    if not len(finite) and np.isinf(loss).any():
        first = "the data" if ours else "what the trainings said"
        return f"look at {first} first: no rate that was tried kept a finite loss"
    if ours and len(finite) and loss[finite].min() > HOPELESS * math.log(run.task.n_classes):
        return "look at the data and the recipe first: no rate that was tried kept the loss near a blind guess's"
    if ends == {Status.DIVERGED}:
        return "look at the data first: no training came to its end"
    if not ours:
        return f"train longer, so that the rates part, {again} --epochs {2 * run.recipe.epochs}"
    return try_longer(run.recipe, source)


def _as_the_reasons(said: str, again: str, command: str) -> str:
    """Return the command that does what the reasons say, where they name an end to search beyond; else nothing.

    Examples
    --------
    >>> _as_the_reasons("Limit the rates to those above 2.29, up to 10000.", "and", "")
    'search above 2.29, and --low 2.29'
    """
    if beyond := re.search(r"imit the rates to those (above|below) (\d[\d.e+-]*\d|\d)", said):
        side, end = beyond.groups()
        return f"search {side} {end}, {again} --{'low' if side == 'above' else 'high'} {end}"
    if "Allow other rates" in said:
        return f"allow other rates, with the same options but without --low and --high: {command}".removesuffix(": ")
    return ""


def _again(source: str) -> str:
    return f"with the same options: {pick_command(source)}"


def pick_command(source: str) -> str:
    """Return the command that searches with these images.

    Examples
    --------
    >>> pick_command("my photos")
    "etascope pick 'my photos'"
    """
    if source == "digits":
        return "etascope pick"
    return f"etascope pick {'FOLDER_OF_YOUR_IMAGES' if source == SENT else shlex.quote(source)}"
