"""What every test needs: a store of its own, far from the user's, and no threads that other tests left."""

import os
import sys

import pytest

# W&B would report its own use to its server, from threads that stay.
os.environ["WANDB_ERROR_REPORTING"] = "false"


@pytest.fixture(scope="session", autouse=True)
def _own_store(tmp_path_factory):
    before = os.environ.get("ETASCOPE_STORE")
    os.environ["ETASCOPE_STORE"] = str(tmp_path_factory.mktemp("store") / "runs.sqlite")
    yield
    if before is None:
        del os.environ["ETASCOPE_STORE"]
    else:
        os.environ["ETASCOPE_STORE"] = before


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
