import pytest
from starlette.testclient import TestClient

import etascope
from etascope import Recipe
from etascope.studio.app import create_app
from tests.core.failing import FailingStore
from tests.studio.answers import QUICK, error, events


def test_a_search_of_the_studio_is_that_of_the_command_line(client):
    begun = client.post("/api/picks", params=QUICK).json()
    result = events(client.get(f"/api/picks/{begun['id']}/events"))[-1]["run"]
    run = etascope.pick("digits", recipe=Recipe(hidden=(16,), epochs=2))
    assert result["learning_rate"] == run.choice.learning_rate
    assert [t["valid_loss"][-1] for t in result["trials"]] == [float(t.valid_loss[-1]) for t in run.trials]
    assert result["test"]["accuracy"] == run.trace.evaluation.accuracy


def test_a_search_can_be_stopped(client):
    begun = client.post("/api/picks", params={"hidden": "512,512", "epochs": 20}).json()
    assert client.delete(f"/api/picks/{begun['id']}").status_code == 204
    assert events(client.get(f"/api/picks/{begun['id']}/events"))[-1] == {"event": "cancelled"}
    assert client.delete(f"/api/picks/{begun['id']}").status_code == 204
    assert "has ended without. Begin it again." in error(client.get(f"/api/picks/{begun['id']}/report.html"), 400)


@pytest.mark.parametrize("fails", ["begin", "append", "finish"])
def test_a_search_has_its_answer_whatever_goes_wrong_in_keeping_it(store, fails):
    with TestClient(create_app(FailingStore(store, fails, TypeError("broken")))) as client:
        begun = client.post("/api/picks", params={**QUICK, "epochs": 1}).json()
        last = events(client.get(f"/api/picks/{begun['id']}/events"))[-1]
        assert client.get(f"/api/picks/{begun['id']}/report.html").status_code == 200
    assert (last["event"], last["kept"]) == ("run", None)
    assert last["run"]["learning_rate"] > 0
    [note] = last["notes"]
    assert note.startswith("keeping the search failed with TypeError: broken. ")
