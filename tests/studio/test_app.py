"""The server by its answers, with real training in real processes."""

import json

import jsonschema
import pytest
from starlette.testclient import TestClient

import etascope
from etascope import Recipe
from etascope.store.open import open_store
from etascope.studio.app import create_app
from etascope.studio.asked import dial_rates
from tests.studio.served import two_kinds, zipped
from tests.test_documents import SCHEMAS as FOLDER

SCHEMAS = {
    name: json.loads((FOLDER / f"{name}.schema.json").read_text(encoding="utf-8")) for name in ("pick-1", "trace-1")
}
QUICK = {"hidden": "16", "epochs": 2}


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return open_store(f"sqlite:///{tmp_path_factory.mktemp('studio')}/runs.sqlite")


@pytest.fixture(scope="module")
def client(store):
    with TestClient(create_app(store)) as opened:
        yield opened


def events(answer):
    assert answer.status_code == 200, answer.text
    return [json.loads(part.removeprefix("data: ")) for part in answer.text.split("\n\n") if part]


def error(answer, status):
    assert answer.status_code == status
    told = answer.json()
    assert list(told) == ["error"]
    assert told["error"].endswith(".")
    assert "Traceback" not in answer.text
    return told["error"]


def test_the_page_and_what_it_is_made_of(client):
    page = client.get("/")
    assert page.status_code == 200
    assert "<script" in page.text
    assert "<style" not in page.text
    for part in ("main.js", "style.css", "ways/why.js", "icon.svg"):
        assert client.get(f"/{part}").status_code == 200, part
    assert "vegaEmbed" in client.get("/vega.js").text
    studio = client.get("/api/studio").json()
    assert studio["version"] == etascope.__version__
    assert studio["axis"]["rates"] == dial_rates()
    assert studio["colours"]["light"][0] == "#0d0887"
    assert "adam" in studio["choices"]["optimizer"]


def test_a_landscape_comes_in_parts_and_ends_in_a_run(client):
    first, *parts, last = events(client.get("/api/landscape", params=QUICK))
    assert first["rates"] == dial_rates()
    assert {part["event"] for part in parts} == {"trials"}
    rates = sorted(trial["learning_rate"] for part in parts for trial in part["trials"])
    assert rates == dial_rates()
    assert len(parts[0]["trials"]) <= 7
    run = last["run"]
    jsonschema.validate(run, SCHEMAS["pick-1"])
    assert run["basin"]["low"] <= run["learning_rate"] <= run["basin"]["high"]
    assert run["walls"]["high"] is not None
    assert len(run["quiz"]) == 3
    again = client.get("/api/landscape", params=QUICK)
    assert events(again)[-1]["run"]["seconds"] == run["seconds"], "a landscape that is known is not trained again"


def test_the_same_recipe_gives_the_same_landscape_whatever_came_first(client):
    one, other = (
        events(client.get("/api/landscape", params={**QUICK, "seed": 7, "page": page}))[-1]["run"]["trials"]
        for page in ("a", "b")
    )
    assert one == other
    with TestClient(create_app(None)) as fresh:
        found = events(fresh.get("/api/landscape", params={**QUICK, "seed": 7}))[-1]["run"]["trials"]
    assert found == one


def test_all_folds_of_a_landscape(client):
    found = events(client.get("/api/landscape", params={"hidden": "", "epochs": 1, "folds": 5}))
    run = found[-1]["run"]
    assert len(run["trials"]) == 125
    assert {trial["fold"] for trial in run["trials"]} == set(range(5))


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


def test_own_images_are_searched_reported_and_kept(client, store):
    sent = client.post("/api/uploads", content=zipped(two_kinds(rows=40)))
    told = sent.json()
    assert (told["images"], told["class_names"]) == (80, ["dark", "light"])
    begun = client.post("/api/picks", params={**QUICK, "data": told["name"]}).json()
    found = events(client.get(f"/api/picks/{begun['id']}/events"))
    assert found[0]["event"] == "begin"
    assert any(event["event"] == "progress" for event in found)
    run = found[-1]["run"]
    jsonschema.validate(run, SCHEMAS["pick-1"])
    assert run["test"]["accuracy"] > 0.8
    # Whoever comes later is told the same from the start.
    assert events(client.get(f"/api/picks/{begun['id']}/events")) == found
    report = client.get(f"/api/picks/{begun['id']}/report.html")
    assert report.headers["content-disposition"].startswith("attachment")
    assert "<html" in report.text
    listed = client.get("/api/runs").json()["runs"]
    assert listed[0]["id"] == found[-1]["kept"]
    again = client.get(f"/api/runs/{listed[0]['id']}").json()
    assert again["learning_rate"] == run["learning_rate"]
    assert store.get(listed[0]["id"]).finished
    # The dial shows these images, too.
    assert events(client.get("/api/landscape", params={**QUICK, "data": told["name"]}))[-1]["event"] == "run"


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


def test_what_is_wrong_is_told_in_a_sentence(client):
    ask = client.get
    assert "found 'x'" in error(ask("/api/trace", params={"learning_rate": "x"}), 422)
    assert "extra inputs" in error(ask("/api/landscape", params={"model": "a.py:f"}), 422)
    assert "digits" in error(ask("/api/landscape", params={"data": "/etc"}), 400)
    assert "0 to 199" in error(ask("/api/trace", params={**QUICK, "learning_rate": 0.1, "image": 200}), 400)
    assert "Not Found" in error(ask("/api/nothing"), 404)
    assert "Not Found" in error(ask("/../../etc/passwd"), 404)
    assert "Method Not Allowed" in error(client.delete("/api/studio"), 405)
    assert "there is none named" in error(ask("/api/picks/abc/events"), 400)
    assert "no run" in error(ask("/api/runs/zzzz"), 400)
    assert "Zip the folder again" in error(client.post("/api/uploads", content=b"no zip"), 400)
    one_kind = {path: image for path, image in two_kinds().items() if "dark" in path}
    assert "class" in error(client.post("/api/uploads", content=zipped(one_kind)), 400)


def test_an_upload_is_bounded(client, monkeypatch):
    monkeypatch.setattr("etascope.studio.project_routes.LARGEST_ZIP", 10_000)
    assert "this one has more" in error(client.post("/api/uploads", content=bytes(10_001)), 400)


def test_a_studio_without_a_store_lists_nothing():
    with TestClient(create_app(None)) as client:
        assert client.get("/api/runs").json()["runs"] == []
        assert "keeps no runs" in error(client.get("/api/runs/abc"), 400)
