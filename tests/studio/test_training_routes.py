from tests.studio.answers import QUICK, error


def test_code_is_written_for_every_framework_and_the_etascope_script_runs(client):
    scripts = client.get("/api/code", params={**QUICK, "learning_rate": 0.05}).json()
    assert set(scripts) == {"pytorch", "keras", "sklearn", "lightning", "etascope"}
    for script in scripts.values():
        assert "0.05" in script
        compile(script, "script", "exec")


def test_a_drawing_is_seen(client):
    pixels = [[255 if 10 < x < 16 and 4 < y < 24 else 0 for x in range(28)] for y in range(28)]
    found = client.post("/api/predictions", params={**QUICK, "learning_rate": 0.05}, json={"pixels": pixels}).json()
    assert found["models"][-1]["learning_rate"] == 0.05
    assert len(found["models"]) == 12
    wrong = client.post("/api/predictions", params={**QUICK, "learning_rate": 0.05}, json={"pixels": [[0, 0], [0]]})
    assert "equally long" in error(wrong, 400)


def test_sharpness_has_a_limit(client):
    found = client.get("/api/sharpness", params={**QUICK, "learning_rate": 0.05}).json()
    assert found["formula"] == "(2 + 2 x 0.9) / s"
    assert 0 < found["points"][0]["limit"] < 10
