"""What a search would take on 10, 100 and 1,000 machines: seconds and network traffic, from what is measured here.

Measured: the seconds of a group of trials on one core (the default recipe: 784-128-10, 5 epochs, batch 16, momentum
0.9), the bytes of the split, of a group's errand and of its history as they are sent, and how long Ray takes to start
and, with the workers of this machine, for one small part more.
Computed, for a plan of many trials: with `places` = machines x cores,

    seconds = start + max(parts x dealing, ceil(parts / places) x seconds of a part)
    traffic = machines x split + parts x (errand + history)

The links between machines are not in it: the traffic stands beside the time, so that it can be held against them. No
machine is lost, and all are as fast as this one with one busy core.
"""

from __future__ import annotations

import argparse
import math
import pickle
import time
from dataclasses import dataclass, replace

from machine import describe, unpin
from table import markdown

MACHINES = (1, 10, 100, 1_000)
DATA = ("digits", "fashion-mnist")
#: Parts of one step that are dealt out to see how long dealing takes.
DEALT = 200


@dataclass(frozen=True)
class Measured:
    """Seconds and bytes of one part, a group of `trials`."""

    data: str
    images: int
    trials: int
    seconds: float
    split: int
    errand: int
    history: int
    errand_going_on: int
    history_going_on: int


def main() -> None:
    """Measure, compute and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=100_000, help="trials of the plan (default %(default)s)")
    parser.add_argument("--cores", type=int, default=16, help="cores of each machine (default %(default)s)")
    options = parser.parse_args()
    unpin()
    print(describe(["etascope", "numpy", "ray"]))
    parts = [measure(data) for data in DATA]
    start, dealing = measure_ray()
    print(f"\nRay: {start:.1f} s from joining to the first part, {1e3 * dealing:.1f} ms to deal out a part.\n")
    print(measured_table(parts))
    for part in parts:
        print(f"\n## {options.trials:,} trials on {part.data}, machines of {options.cores} cores\n")
        print(computed_table(part, options.trials, options.cores, start, dealing))


def measure(data: str) -> Measured:
    """Train one group of trials on one core, as a worker would."""
    import numpy as np

    from etascope.core.plan import sweep
    from etascope.core.recipe import Recipe, steps_per_epoch
    from etascope.images.open import open_images
    from etascope.pipeline.prepare import prepare
    from etascope.pipeline.split import divide
    from etascope.training.dense.engine import DenseEngine, group_trials
    from etascope.training.ray.parts import without_test_rows
    from etascope.training.ray.worker import pack_errand, run_errand

    recipe, engine = Recipe(), DenseEngine(1)
    split = without_test_rows(prepare(divide(open_images(data)), recipe))
    steps = recipe.epochs * steps_per_epoch(split, recipe, 0)
    plan = sweep(recipe, steps, np.logspace(-3, -1, 56).tolist(), [0])
    plan = plan.take(group_trials(plan, recipe.hidden[0])[0])
    errand = pack_errand(engine, recipe, plan)
    # Once for what a worker works out of a split and keeps, with one step; then for the time.
    first = replace(plan, rates=plan.rates[:, :1], keep_checkpoints=True, keep_examples=True)
    short = run_errand(pack_errand(engine, recipe, first), data, lambda: split, lambda trainings: None)
    began = time.perf_counter()
    history = run_errand(errand, data, lambda: split, lambda trainings: None)
    seconds = time.perf_counter() - began
    rest = replace(first, rates=plan.rates[:, 1:], start=1, resume=short["checkpoints"])
    return Measured(
        data, len(split.y), len(plan), seconds, _bytes(split), len(errand), _bytes(history),
        len(pack_errand(engine, recipe, rest)), _bytes(history) + _bytes(short),
    )  # fmt: skip


def measure_ray() -> tuple[float, float]:
    """Return seconds from joining a cluster to the end of a first small part, and of dealing out one more."""
    import numpy as np

    from etascope.core.plan import Plan
    from etascope.core.recipe import Recipe
    from etascope.images.open import open_images
    from etascope.pipeline.prepare import prepare
    from etascope.pipeline.split import divide
    from etascope.training.ray.cluster import leave_cluster
    from etascope.training.ray.engine import RayEngine

    recipe = Recipe((), epochs=1)
    split = prepare(divide(open_images("digits"), folds=5), recipe)
    engine = RayEngine(address="local")
    import ray

    ray.init(address="local", logging_level="ERROR", log_to_driver=False, include_dashboard=False)
    try:
        began = time.perf_counter()
        small = Plan(np.full((1, 1), 0.01), np.zeros(1, np.int64), np.zeros(1, np.int64))
        engine.train(split, recipe, small)
        start = time.perf_counter() - began
        many = Plan(np.full((DEALT, 1), 0.01), np.arange(DEALT), np.zeros(DEALT, np.int64))
        engine.train(split, recipe, many)
        began = time.perf_counter()
        engine.train(split, recipe, many)
        return start, (time.perf_counter() - began) / DEALT
    finally:
        leave_cluster()
        ray.shutdown()


def measured_table(parts: list[Measured]) -> str:
    """Return what was measured, a row a data set."""
    rows = [
        (
            f"{part.data}, {part.images:,} images",
            str(part.trials),
            f"{part.seconds:.2f}",
            _size(part.split),
            _size(part.errand),
            _size(part.history),
            _size(part.errand_going_on),
            _size(part.history_going_on),
        )
        for part in parts
    ]
    head = ("", "trials a part", "s a part", "split", "errand", "history", "errand, going on", "history, kept to go on")
    return markdown(head, rows)


def computed_table(part: Measured, trials: int, cores: int, start: float, dealing: float) -> str:
    """Return seconds and traffic for each number of machines."""
    rows = []
    parts = math.ceil(trials / part.trials)
    for machines in MACHINES:
        training = math.ceil(parts / (machines * cores)) * part.seconds
        seconds = start + max(parts * dealing, training)
        traffic = machines * part.split + parts * (part.errand + part.history)
        limit = "dealing" if parts * dealing > training else "training"
        rows.append(
            (f"{machines:,}", _time(seconds), limit, _size(traffic), _size(round(traffic / seconds)) + "/s")
        )  # fmt: skip
    return markdown(("machines", "time", "limited by", "traffic", "mean traffic"), rows)


def _bytes(what: object) -> int:
    return len(pickle.dumps(what, protocol=5))


def _size(count: int) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} TB"


def _time(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


if __name__ == "__main__":
    main()
