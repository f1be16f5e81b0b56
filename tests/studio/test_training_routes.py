import jsonschema
import pytest

from tests.report.code.running import accuracy
from tests.studio.answers import QUICK, SCHEMAS, error, events


def test_code_is_written_for_every_framework_and_the_etascope_script_runs(client):
    scripts = client.get("/api/code", params={**QUICK, "learning_rate": 0.05}).json()
    assert set(scripts) == {"pytorch", "keras", "sklearn", "lightning", "etascope"}
    for script in scripts.values():
        assert "0.05" in script
        compile(script, "script", "exec")


def test_a_drawing_is_seen(client):
    pixels = [[255 if 10 < x < 16 and 4 < y < 24 else 0 for x in range(28)] for y in range(28)]
    answer = client.post("/api/predictions", params={**QUICK, "learning_rate": 0.05}, json={"pixels": pixels}).json()
    assert answer["models"][-1]["learning_rate"] == 0.05
    assert len(answer["models"]) == 12
    wrong = client.post("/api/predictions", params={**QUICK, "learning_rate": 0.05}, json={"pixels": [[0, 0], [0]]})
    assert "equally long" in error(wrong, 400)


def test_sharpness_has_a_limit(client):
    answer = client.get("/api/sharpness", params={**QUICK, "learning_rate": 0.05}).json()
    assert answer["formula"] == "(2 + 2 x 0.9) / s"
    assert 0 < answer["points"][0]["limit"] < 10


def test_every_way_trains_on_the_data_set_that_was_chosen(client):
    params = {**QUICK, "data": "fashion-mnist"}
    run = events(client.get("/api/landscape", params=params))[-1]["run"]
    assert run["dataset"]["source"] == "fashion-mnist"
    assert [run["dataset"][of] for of in ("images", "whole", "development", "test")] == [1000, 70_000, 800, 200]
    race = client.get("/api/race", params={**params, "rates": "0.01,0.1"}).json()
    assert race["class_names"][9] == "Ankle boot"
    one = {**params, "learning_rate": 0.05}
    assert client.get("/api/trace", params=one).json()["stages"][-1]["shape_in"][0] == 200
    assert "Ankle boot" in client.get("/api/metrics", params=one).json()["class_names"]
    assert client.get("/api/descent", params=params).json()["label"] in race["class_names"]
    assert client.get("/api/sharpness", params=one).json()["points"]


def test_the_code_trains_on_the_part_that_was_trained_on(client, tmp_path):
    params = {**QUICK, "data": "fashion-mnist", "learning_rate": 0.05}
    scripts = client.get("/api/code", params=params).json()
    shown = client.get("/api/trace", params=params).json()["evaluation"]["accuracy"]
    assert accuracy(scripts["etascope"], tmp_path) == pytest.approx(shown, abs=1e-4)
    # Debian's package has the files; without it they are looked for in the cache, or given.
    assert accuracy(scripts["pytorch"], tmp_path) == pytest.approx(shown, abs=0.1)
    assert accuracy(
        scripts["sklearn"], tmp_path, "/usr/share/datasets/fashion-mnist", warnings="ignore"
    ) == pytest.approx(shown, abs=0.1)


def test_a_set_that_is_not_here_is_refused_with_its_command(client, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    for way in ("landscape", "descent"):
        assert "etascope trace kmnist" in error(client.get(f"/api/{way}", params={**QUICK, "data": "kmnist"}), 400)


def test_a_trace_follows_the_schema_of_its_document(client):
    response = client.get("/api/trace", params={**QUICK, "learning_rate": 0.05, "image": 3})
    jsonschema.validate(response.json(), SCHEMAS["trace-1"])
    assert response.json()["prediction"]["number"] == 3
    assert len(response.json()["quiz"]) == 3
