import etascope
from etascope import Recipe
from tests.studio.answers import QUICK, error, events


def test_a_search_of_the_studio_is_that_of_the_command_line(client):
    begun = client.post("/api/picks", params=QUICK).json()
    found = events(client.get(f"/api/picks/{begun['id']}/events"))[-1]["run"]
    run = etascope.pick("digits", recipe=Recipe(hidden=(16,), epochs=2))
    assert found["learning_rate"] == run.choice.learning_rate
    assert [t["valid_loss"][-1] for t in found["trials"]] == [float(t.valid_loss[-1]) for t in run.trials]
    assert found["test"]["accuracy"] == run.trace.evaluation.accuracy


def test_a_search_can_be_stopped(client):
    begun = client.post("/api/picks", params={"hidden": "512,512", "epochs": 20}).json()
    assert client.delete(f"/api/picks/{begun['id']}").status_code == 204
    assert events(client.get(f"/api/picks/{begun['id']}/events"))[-1] == {"event": "cancelled"}
    assert client.delete(f"/api/picks/{begun['id']}").status_code == 204
    assert "has not" in error(client.get(f"/api/picks/{begun['id']}/report.html"), 400)
