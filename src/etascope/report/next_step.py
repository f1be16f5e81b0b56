"""How to go on from an answer: the line of code or the command."""

from __future__ import annotations

import shlex

from etascope.core.numbers import rate
from etascope.core.recipe import Recipe

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
        parts.append(f"momentum={recipe.momentum:g}")
    if recipe.optimizer == "nesterov":
        parts.append("nesterov=True")
    if recipe.weight_decay:
        parts.append(f"weight_decay={recipe.weight_decay:g}")
    return f"torch.optim.{TORCH[recipe.optimizer]}({', '.join(parts)})"


def in_words(recipe: Recipe) -> str:
    """Return the recipe in a phrase.

    Examples
    --------
    >>> in_words(Recipe(schedule="cosine", epochs=1))
    '128 hidden units, momentum 0.9, batches of 16, 1 epoch, cosine schedule'
    """
    parts = [f"{', '.join(map(str, recipe.hidden))} hidden units" if recipe.hidden else "no hidden layer"]
    parts.append(recipe.optimizer + (f" {recipe.momentum:g}" if recipe.momentum else ""))
    if recipe.weight_decay:
        parts.append(f"weight decay {recipe.weight_decay:g}")
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
    data = "" if source == "digits" else f" {shlex.quote(source)}"
    return f"train longer, so that the rates part: etascope pick{data} --epochs {2 * recipe.epochs}"
