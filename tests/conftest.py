"""What every test needs: a store of its own, far from the user's."""

import os

import pytest


@pytest.fixture(scope="session", autouse=True)
def _own_store(tmp_path_factory):
    before = os.environ.get("ETASCOPE_STORE")
    os.environ["ETASCOPE_STORE"] = str(tmp_path_factory.mktemp("store") / "runs.sqlite")
    yield
    if before is None:
        del os.environ["ETASCOPE_STORE"]
    else:
        os.environ["ETASCOPE_STORE"] = before
