"""Options of PyTorch models: which one, where and how it trains."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click

from etascope.cli.options.cluster import on_cluster
from etascope.core.protocols import Engine
from etascope.core.recipe import Recipe

Command = TypeVar("Command", bound=Callable[..., Any])

_MODEL = (
    click.option("--model", metavar="NAME", help="A PyTorch model in place of the dense network: cnn, path.py:factory, "
                 "timm:NAME, torchvision:NAME or transformers:NAME."),
    click.option("--device", metavar="NAME", help="cpu, cuda, cuda:1, mps. [default: cuda if there is one, else cpu]"),
    click.option("--precision", metavar="NAME", help="bf16-mixed. [default: that of the model]"),
    click.option("--accumulate", type=int, default=1, show_default=True, help="Parts that a batch goes through the "
                 "model in, to save memory."),
    click.option("--clip-norm", type=float, help="Length that gradients are shortened to. [default: none]"),
    click.option("--trials-in-memory", type=int, help="Trials that train at once. [default: as many as fit]"),
)  # fmt: skip


def model_options(command: Command) -> Command:
    """Add a PyTorch model, and how its engine trains."""
    for add in reversed(_MODEL):
        command = add(command)
    return command


def engine_for(recipe: Recipe, options: Mapping[str, Any]) -> Engine:
    """Return the engine that trains a recipe as the options say; options that were not kept are left out.

    Raises
    ------
    InputError
        If an option is outside its range, or there is no such model.
    """
    from etascope.training.engines import ENGINE_OPTIONS, engine_of

    engine = engine_of(recipe, options.get("workers"), **{n: options[n] for n in ENGINE_OPTIONS if n in options})
    if recipe.model is not None:
        from etascope.training.pytorch.named_models import factory_of

        factory_of(recipe.model)
    return on_cluster(engine, options)
