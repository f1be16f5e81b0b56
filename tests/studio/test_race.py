import jsonschema

from tests.studio.answers import QUICK, SCHEMAS


def test_a_race_is_told_step_by_step(client):
    found = client.get("/api/race", params={**QUICK, "rates": "0.1,0.001,0.01"}).json()
    assert [runner["learning_rate"] for runner in found["runners"]] == [0.001, 0.01, 0.1]
    assert all(len(runner["step_loss"]) == found["steps"] == 80 for runner in found["runners"])
    # All start from the same weights, on the same batch.
    assert len({runner["step_loss"][0] for runner in found["runners"]}) == 1


def test_a_trace_follows_the_schema_of_its_document(client):
    found = client.get("/api/trace", params={**QUICK, "learning_rate": 0.05, "image": 3})
    jsonschema.validate(found.json(), SCHEMAS["trace-1"])
    assert found.json()["prediction"]["number"] == 3
    assert len(found.json()["quiz"]) == 3
