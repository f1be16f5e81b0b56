import jsonschema

from tests.studio.answers import QUICK, SCHEMAS, error, events
from tests.studio.served import two_kinds, zipped


def test_own_images_are_searched_reported_and_kept(client, store):
    sent = client.post("/api/uploads", content=zipped(two_kinds(rows=40)))
    document = sent.json()
    assert (document["images"], document["class_names"]) == (80, ["dark", "light"])
    begun = client.post("/api/picks", params={**QUICK, "data": document["name"]}).json()
    messages = events(client.get(f"/api/picks/{begun['id']}/events"))
    assert messages[0]["event"] == "begin"
    assert any(event["event"] == "progress" for event in messages)
    run = messages[-1]["run"]
    jsonschema.validate(run, SCHEMAS["pick-1"])
    assert run["test"]["accuracy"] > 0.8
    # Whoever comes later is told the same from the start.
    assert events(client.get(f"/api/picks/{begun['id']}/events")) == messages
    report = client.get(f"/api/picks/{begun['id']}/report.html")
    assert report.headers["content-disposition"].startswith("attachment")
    assert "<html" in report.text
    listed = client.get("/api/runs", params={"names": document["name"]}).json()["runs"]
    assert listed[0]["id"] == messages[-1]["kept"]
    again = client.get(f"/api/runs/{listed[0]['id']}").json()
    assert again["learning_rate"] == run["learning_rate"]
    assert store.get(store.ids()[0]).finished
    # The dial shows these images, too.
    assert events(client.get("/api/landscape", params={**QUICK, "data": document["name"]}))[-1]["event"] == "run"


def test_neither_the_name_nor_the_place_of_an_upload_is_told_to_others(client):
    document = client.post("/api/uploads", content=zipped(two_kinds(rows=40))).json()
    params = {**QUICK, "data": document["name"]}
    begun = client.post("/api/picks", params=params).json()["id"]
    answers = [client.get(f"/api/picks/{begun}/events")]
    named = {"names": document["name"]}
    last = events(answers[0])[-1]["kept"]
    rate = {"learning_rate": 0.1}
    answers += [client.get(f"/api/{path}") for path in (f"picks/{begun}/report.html", f"runs/{last}")]
    answers += [client.get("/api/runs", params=named), client.get(f"/api/runs/{last}/code", params=rate)]
    answers += [client.get("/api/landscape", params=params)]
    answers += [client.get(f"/api/{path}", params={**params, **rate}) for path in ("code", "trace")]
    assert answers[3].json()["runs"][0]["source"] == "your images"
    for answer in answers:
        assert answer.status_code == 200
        assert document["name"] not in answer.text, answer.url
        assert "etascope-studio" not in answer.text, answer.url
    for script in (answers[-2].json(), answers[4].json()):
        assert all("/path/to/your-images" in text for text in script.values())


def test_an_upload_is_bounded(client, monkeypatch):
    monkeypatch.setattr("etascope.studio.uploads.LARGEST_ZIP", 10_000)
    assert "this one has more" in error(client.post("/api/uploads", content=bytes(10_001)), 400)


def test_an_upload_that_says_it_is_too_large_is_refused_before_it_comes(client):
    headers = {"content-length": "99999999999999"}
    assert "64 MiB; this one has more" in error(client.post("/api/uploads", content=b"x", headers=headers), 400)


def test_of_many_own_images_the_dial_takes_a_part_and_a_search_all(client):
    sent = client.post("/api/uploads", content=zipped(two_kinds(rows=600)))
    document = sent.json()
    assert (document["images"], document["whole"], document["development"]) == (1000, 1200, 800)
    assert client.get("/api/data", params={"names": f"{document['name']},upload-0"}).json()["sets"][4:] == [document]
    params = {"hidden": "", "epochs": 1, "batch_size": 64, "data": document["name"]}
    assert events(client.get("/api/landscape", params=params))[-1]["run"]["dataset"]["images"] == 1000
    begun = client.post("/api/picks", params=params).json()
    assert events(client.get(f"/api/picks/{begun['id']}/events"))[-1]["run"]["dataset"]["images"] == 1200
