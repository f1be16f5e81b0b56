"""A server with a store, asked in this process; its workers are processes."""

import pytest
from starlette.testclient import TestClient

from etascope.store.open import open_store
from etascope.studio.app import create_app


@pytest.fixture(scope="package")
def store(tmp_path_factory):
    return open_store(f"sqlite:///{tmp_path_factory.mktemp('studio')}/runs.sqlite")


@pytest.fixture(scope="package")
def client(store):
    with TestClient(create_app(store)) as opened:
        yield opened
