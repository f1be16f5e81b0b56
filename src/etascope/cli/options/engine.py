"""Options of the engine: a PyTorch model and how it trains (`engine_for`), and a Ray cluster (`joined`)."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any

import click

from etascope.cli.messages import note
from etascope.cli.options.output import adds
from etascope.core.errors import InputError
from etascope.core.protocols import Engine
from etascope.core.recipe import Recipe

#: Where a search is trained is no part of what was searched: it is not kept, and `resume` may go on elsewhere.
CLUSTER = ("ray", "gpus_per_trial")
#: A PyTorch model, and how its engine trains.
model_options = adds(
    click.option("--model", metavar="NAME", help="A PyTorch model in place of the dense network: cnn, path.py:factory, "
                 "timm:NAME, torchvision:NAME or transformers:NAME."),
    click.option("--device", metavar="NAME", help="cpu, cuda, cuda:1, mps. [default: cuda if there is one, else cpu]"),
    click.option("--precision", metavar="NAME", help="bf16-mixed. [default: that of the model]"),
    click.option("--accumulate", type=int, default=1, show_default=True, help="Parts that a batch goes through the "
                 "model in, to save memory."),
    click.option("--clip-norm", type=float, help="Length that gradients are shortened to. [default: none]"),
    click.option("--trials-in-memory", type=int, help="Trials that train at once. [default: as many as fit]"),
)  # fmt: skip
#: Which Ray cluster trains, and what it keeps for a trial.
cluster_options = adds(
    click.option(
        "--ray", is_flag=False, flag_value="auto", metavar="[ADDRESS]",
        help="Train on a Ray cluster: the one here, at HOST:PORT, or local to start one. The answer stays the same.",
    ),
    click.option("--gpus-per-trial", type=float, metavar="N", help="GPUs of the Ray cluster kept for a trial; 0.25 "
                 "lets four share one. [default: 0]"),
)  # fmt: skip


def engine_for(recipe: Recipe, options: Mapping[str, Any]) -> Engine:
    """Return the engine that trains a recipe as the options say; options that were not kept are left out.

    Raises `InputError` if an option is outside its range or makes no sense beside the others, or there is no such
    model.
    """
    from etascope.training.engines import ENGINE_OPTIONS, engine_of

    engine = engine_of(recipe, options.get("workers"), **{n: options[n] for n in ENGINE_OPTIONS if n in options})
    if recipe.model is not None:
        from etascope.training.pytorch.named_models import factory_of

        factory_of(recipe.model)
    return _on_cluster(engine, options)


def _on_cluster(engine: Engine, options: Mapping[str, Any]) -> Engine:
    """Return the engine, or what trains with it on the Ray cluster that the options name."""
    from etascope.training.dense.engine import DenseEngine

    address, gpus = options.get("ray"), options.get("gpus_per_trial")
    if gpus is not None and address is None:
        raise InputError(f"--gpus-per-trial belongs to --ray; found {gpus:g} without it. Add --ray, or leave it out.")
    if gpus and isinstance(engine, DenseEngine):
        raise InputError(
            f"--gpus-per-trial is for models that train on GPUs; found {gpus:g}, and dense networks are trained on the "
            "processor. Leave it out."
        )
    if address is None:
        return engine
    from etascope.training.ray.engine import RayEngine

    return RayEngine(engine, address, options.get("workers"), gpus or 0.0, tell=note)


@contextmanager
def joined(options: Mapping[str, Any]) -> Generator[None]:
    """Connect to the cluster that the options ask for, if they do, for as long as the block takes.

    Raises `InputError` if there is none, or it cannot be used from here.
    """
    address = options.get("ray")
    if address is None:
        yield
        return
    from etascope.training.ray.cluster import join_cluster, leave_cluster

    join_cluster(address)
    try:
        yield
    finally:
        leave_cluster()
