"""Jobs that really take long, ended by their bounds; what comes after them is done."""

import pytest
from starlette.testclient import TestClient

from etascope.studio.app import create_app
from etascope.studio.bounds import Bounds, Limit
from etascope.studio.worker_pool import WorkerPool
from tests.studio.answers import QUICK, error, events

LONG = {"hidden": "512,512,512", "epochs": 20, "batch_size": 4}


@pytest.fixture(scope="module")
def hasty():
    bounds = Bounds(landscape=1.0, race=1.0, other=30.0, search=3.0)
    with TestClient(create_app(None, WorkerPool(2), bounds)) as opened:
        opened.get("/api/metrics", params={**QUICK, "learning_rate": 0.01})
        yield opened


def after(hasty):
    """Ask for something small: some process must be there for it."""
    assert not hasty.get("/api/metrics", params={**QUICK, "learning_rate": 0.02}).json()["diverged"]


def test_a_landscape_ends_with_a_sentence_in_its_stream(hasty):
    *_, last = events(hasty.get("/api/landscape", params=LONG))
    assert last["event"] == "failed"
    assert last["error"].startswith("a landscape may take 1 s of work here")
    after(hasty)


def test_a_race_ends_with_a_sentence(hasty):
    sentence = error(hasty.get("/api/race", params={**LONG, "rates": "0.001,0.01,0.1"}), 400)
    assert sentence.startswith("a race may take 1 s of work here")
    after(hasty)


def test_a_search_ends_by_the_clock(hasty):
    begun = hasty.post("/api/picks", params=LONG).json()
    *_, last = events(hasty.get(f"/api/picks/{begun['id']}/events"))
    assert last["event"] == "failed"
    assert last["error"].startswith("a search may take 3 s here")
    after(hasty)


def test_everything_else_ends_with_a_sentence():
    with TestClient(create_app(None, WorkerPool(1), Bounds(other=3.0))) as opened:
        after(opened)
        for way in ("trace", "metrics"):
            sentence = error(opened.get(f"/api/{way}", params={**LONG, "learning_rate": 0.01}), 400)
            assert "may take 3 s of work here" in sentence


def test_what_is_left_is_shared_by_those_that_run():
    limit = Limit("a race", 100.0)
    assert limit.left() == 100
    limit.begin("one")
    limit.begin("two")
    assert 49 < limit.left() <= 50
    limit.end("one")
    limit.end("two")
    assert 99 < limit.left() < 100
