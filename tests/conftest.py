"""What every test needs: a store of its own, far from the user's, no threads left by others; for some a Ray cluster."""

import os
import random
import sys

import numpy as np
import pytest
from hypothesis import settings

from tests.clusters import start_cluster
from tests.long import LONG

#: What is long alone is not even collected elsewhere than in `.ci/long`.
collect_ignore_glob = [] if LONG else ["long/test_*.py"]

# Where all has to pass, the same examples are tried each time; elsewhere new ones look for more. How long one takes
# says more of what else the machine does than of the code.
settings.register_profile("all has to pass", derandomize=True, deadline=None)
if os.environ.get("ETASCOPE_REQUIRE_ALL"):
    settings.load_profile("all has to pass")

# W&B would report its own use to its server, from threads that stay.
os.environ["WANDB_ERROR_REPORTING"] = "false"


def pytest_collection_modifyitems(items):
    """Put the tests with a Ray cluster last: a process that loaded Ray does not fork any more (`may_fork`).

    The page on clusters comes after them all: it starts a cluster of its own in this process, and no machine can join
    the first one after that.
    """
    items.sort(key=lambda item: ("test_docs" in item.nodeid) + 1 if _needs_ray(item.nodeid) else 0)


def _needs_ray(name):
    return "cluster" in name or "test_ray_" in name


@pytest.fixture(scope="session", autouse=True)
def _own_store(tmp_path_factory):
    before = os.environ.get("ETASCOPE_STORE")
    os.environ["ETASCOPE_STORE"] = str(tmp_path_factory.mktemp("store") / "runs.sqlite")
    yield
    if before is None:
        del os.environ["ETASCOPE_STORE"]
    else:
        os.environ["ETASCOPE_STORE"] = before


@pytest.fixture(autouse=True)
def _same_generators():
    """Seed the global generators, so that a test is the same alone, among others and in any order."""
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002 - the global one is meant
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(0)


@pytest.fixture(scope="session")
def cluster():
    """A Ray cluster of two machines, started when the first test asks for it."""
    started = start_cluster()
    yield started
    started.shutdown()


@pytest.fixture(scope="module")
def connected(cluster):
    """The cluster, with this process connected to it; afterwards it is not."""
    import ray

    ray.init(address=cluster.address, logging_level="ERROR", log_to_driver=False)
    yield cluster
    ray.shutdown()


@pytest.fixture(scope="module", autouse=True)
def _no_threads_left():
    """End the services that libraries keep running, because the engine forks only where there are no other threads."""
    yield
    if "wandb" in sys.modules:
        sys.modules["wandb"].teardown()
    if "joblib.externals.loky.reusable_executor" in sys.modules:
        executor = sys.modules["joblib.externals.loky.reusable_executor"]._executor
        if executor is not None:
            executor.shutdown(wait=True)


@pytest.fixture
def one_torch_thread():
    """Hold PyTorch to one thread: the networks are small, and others use the machine."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
