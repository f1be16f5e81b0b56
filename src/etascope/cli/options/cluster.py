"""The options `--ray` and `--gpus-per-trial`, and the engine and the connection that they ask for."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

import click

from etascope.cli.saying import note
from etascope.core.errors import InputError
from etascope.core.protocols import Engine

Command = TypeVar("Command", bound=Callable[..., Any])

#: Where a search is trained is no part of what was asked: it is not kept, and `resume` may go on elsewhere.
NAMES = ("ray", "gpus_per_trial")


def cluster_options(command: Command) -> Command:
    """Add which Ray cluster trains, and what it keeps for a trial."""
    command = click.option(
        "--gpus-per-trial", type=float, metavar="N", help="GPUs of the Ray cluster kept for a trial; 0.25 lets four "
        "share one. [default: 0]",
    )(command)  # fmt: skip
    return click.option(
        "--ray", is_flag=False, flag_value="auto", metavar="[ADDRESS]",
        help="Train on a Ray cluster: the one here, at HOST:PORT, or local to start one. The answer stays the same.",
    )(command)  # fmt: skip


def on_cluster(engine: Engine, options: Mapping[str, Any]) -> Engine:
    """Return the engine, or what trains with it on the Ray cluster that the options ask for.

    Raises
    ------
    InputError
        If an option is outside its range, or makes no sense beside the others.
    """
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

    Raises
    ------
    InputError
        If there is none, or it cannot be used from here.
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
