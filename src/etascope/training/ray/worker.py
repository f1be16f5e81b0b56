"""What runs on the workers of a Ray cluster: the training of one part, and the count of how far all are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from etascope.core.data import Split
from etascope.core.errors import InputError
from etascope.core.history import History
from etascope.core.plan import Plan
from etascope.core.protocols import Engine, Progress
from etascope.core.recipe import Recipe
from etascope.core.run import versions
from etascope.training.ray.cluster import load_ray

#: The latest split of this worker: what engines work out of a split, they keep with it.
_held: dict[str, Split] = {}


def pack_errand(engine: Engine, recipe: Recipe, plan: Plan) -> bytes:
    """Return what is sent to train one part, beside the split."""
    return load_ray().cloudpickle.dumps((engine, recipe, plan))


def run_errand(errand: bytes, key: str, fetch: Callable[[], Split], report: Callable[[float], None]) -> dict[str, Any]:
    """Train one part, on the worker, and return all of its history but the plan, which who asked has.

    `key` is the split's name, and `fetch` gets it when this process does not hold it yet; `report` is told now and then
    how many trainings are done.
    """
    engine, recipe, plan = load_ray().cloudpickle.loads(errand)
    if key not in _held:
        _held.clear()
        _held[key] = fetch()

    def progress(event: Progress) -> None:
        report(event.done / event.total * len(plan) if event.total else 0.0)

    history: History = engine.train(_held[key], recipe, plan, progress)
    return {name: value for name, value in vars(history).items() if name != "plan"}


def remote_training() -> Any:
    """Return the remote function that trains one errand.

    It takes `[reference of the split]`, the errand, the versions that it must find, the tally, and which part of which
    run reports how often. It returns what `run_errand` does, or what `received` refuses.
    """
    ray = load_ray()

    def train(where: list[Any], errand: bytes, needed: dict[str, str], tally: Any, of: tuple[str, int, float]) -> Any:
        # Sent by value, because it stands in a function: where etascope is missing or another one, it can say so.
        import os
        import time
        from importlib import import_module

        ray: Any = import_module("ray")
        machine = ray.util.get_node_ip_address()
        try:
            from etascope.core.run import versions
            from etascope.training.ray.worker import run_errand
        except ImportError as error:
            return machine, {"etascope": f"missing or too old ({error})"}
        if versions() != needed:
            return machine, versions()
        if not ray.get_gpu_ids():
            # Ray hides only the GPUs that are kept for others; a part that asked for none must not take theirs.
            os.environ["CUDA_VISIBLE_DEVICES"] = ""
        run, number, period = of
        last = [time.monotonic()]

        def report(trainings: float) -> None:
            if time.monotonic() - last[0] >= period:
                last[0] = time.monotonic()
                tally.count.remote(run, number, trainings)

        return run_errand(errand, where[0].hex(), lambda: ray.get(where[0]), report)

    return ray.remote(train)


def received(outcome: Any) -> dict[str, Any]:
    """Return what a worker sent back; raise `InputError` if it had other versions than this process."""
    if isinstance(outcome, dict):
        return outcome  # pyright: ignore[reportUnknownVariableType]  # as `run_errand` made it
    machine, theirs = outcome
    ours = versions()
    differ = [
        f"{name} {theirs.get(name, 'unknown')} there and {ours[name]} here"
        for name in ours
        if theirs.get(name) != ours[name]
    ]
    raise InputError(
        "every machine of a Ray cluster needs the same software, or the answer would not be the same; found on "
        f"{machine}: {', '.join(differ)}. Install the same there."
    )


def start_tally() -> Any:
    """Start the actor that is told how many trainings each part of a run has done, and return it."""
    ray = load_ray()

    class Tally:
        def __init__(self) -> None:
            self._runs: dict[str, dict[int, float]] = {}

        def count(self, run: str, number: int, trainings: float) -> None:
            self._runs.setdefault(run, {})[number] = trainings

        def counts(self, run: str) -> dict[int, float]:
            return self._runs.get(run, {})

        def forget(self, run: str) -> None:
            self._runs.pop(run, None)

    # On the machine of who asks: it lives as long as they do.
    near = ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy(
        ray.get_runtime_context().get_node_id(), soft=False
    )
    return ray.remote(Tally).options(num_cpus=0, scheduling_strategy=near).remote()
