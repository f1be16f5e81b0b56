"""A Ray cluster of several machines on this one, and engines that show what happens on them."""

import os
import signal
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from etascope.core.protocols import Engine, ignore
from etascope.training.dense.engine import DenseEngine

#: For the object store of each machine; Ray would take a third of the memory.
STORE_BYTES = 200 * 1024 * 1024
#: Seconds after which a test gives up.
LONG = 120


def start_cluster():
    """Start a cluster of two machines with a processor each."""
    from ray.cluster_utils import Cluster

    sent_by_value()
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "object_store_memory": STORE_BYTES})
    add_machine(cluster, num_cpus=1)
    return cluster


def add_machine(cluster, **has):
    return cluster.add_node(object_store_memory=STORE_BYTES, **has)


def sent_by_value():
    """Send the engines of this module as they are: workers cannot import the tests."""
    from ray import cloudpickle

    cloudpickle.register_pickle_by_value(sys.modules[__name__])


def wait_for(happened):
    deadline = time.monotonic() + LONG
    while not (result := happened()):
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.02)
    return result


@dataclass(frozen=True)
class Noting:
    """Trains with the dense engine, and leaves a note of each part: where, how many trials, and whether it ended.

    A machine called `lost` never ends a part; all others end none before it has begun one.
    """

    folder: str
    lost: str = ""
    engine: Engine = field(default_factory=DenseEngine)

    def groups(self, split, recipe, plan):
        return self.engine.groups(split, recipe, plan)

    def train(self, split, recipe, plan, progress=ignore):
        where = machine()
        note(self.folder, "began", where)
        if self.lost == where:
            time.sleep(LONG)
        if self.lost:
            wait_for(lambda: notes(self.folder, "began", self.lost))
        history = self.engine.train(split, recipe, plan, progress)
        note(self.folder, "ended", where)
        return history

    def explain(self, checkpoint, x):
        return self.engine.explain(checkpoint, x)


@dataclass(frozen=True)
class Crashing:
    """Ends its process in the middle of a part, so many times; then trains with the dense engine."""

    folder: str
    times: int
    engine: Engine = field(default_factory=DenseEngine)

    def groups(self, split, recipe, plan):
        return self.engine.groups(split, recipe, plan)

    def train(self, split, recipe, plan, progress=ignore):
        if len(notes(self.folder, "crashed")) < self.times:
            note(self.folder, "crashed", machine())
            os.kill(os.getpid(), signal.SIGKILL)
        return self.engine.train(split, recipe, plan, progress)

    def explain(self, checkpoint, x):
        return self.engine.explain(checkpoint, x)


@dataclass(frozen=True)
class Separate:
    """The dense engine without saying which trials stay together; notes trials and GPUs of each part."""

    folder: str
    engine: Engine = field(default_factory=DenseEngine)

    def train(self, split, recipe, plan, progress=ignore):
        import ray

        devices = os.environ.get("CUDA_VISIBLE_DEVICES", "all")
        note(self.folder, "part", f"{len(plan)} trials, {len(ray.get_gpu_ids())} GPUs, sees {devices!r}")
        return self.engine.train(split, recipe, plan, progress)

    def explain(self, checkpoint, x):
        return self.engine.explain(checkpoint, x)


def machine():
    import ray

    return ray.get_runtime_context().get_node_id()


def note(folder, what, of):
    Path(folder, f"{what}.{time.time_ns()}.{os.getpid()}").write_text(of)


def notes(folder, what, of=None):
    """Return what was noted, in order."""
    texts = [path.read_text() for path in sorted(Path(folder).glob(f"{what}.*"))]
    return [text for text in texts if of is None or text == of]
