import re
from importlib import resources

import pytest
from starlette.testclient import TestClient

import etascope
from etascope.studio.app import create_app
from etascope.studio.requests import dial_rates
from tests.studio.answers import QUICK, error, events
from tests.studio.served import two_kinds, zipped


def test_the_page_and_what_it_is_made_of(client):
    page = client.get("/")
    assert page.status_code == 200
    assert "<script" in page.text
    assert "<style" not in page.text
    for part in ("main.js", "style.css", "ways/why.js", "icon.svg"):
        assert client.get(f"/{part}").status_code == 200, part
    for shared in (resources.files("etascope.report") / "page_modules").iterdir():
        assert client.get(f"/{shared.name}").text == shared.read_text(encoding="utf-8")
    assert "vegaEmbed" in client.get("/vega.js").text
    studio = client.get("/api/studio").json()
    assert studio["version"] == etascope.__version__
    assert studio["axis"]["rates"] == dial_rates()
    assert studio["colours"]["light"][0] == "#0d0887"
    assert "adam" in studio["choices"]["optimizer"]


def test_what_looks_whether_the_studio_is_there_finds_it(client):
    assert client.head("/api/studio").status_code == 200


def test_a_studio_without_a_store_lists_nothing():
    with TestClient(create_app(None)) as client:
        assert client.get("/api/runs").json()["runs"] == []
        assert "keeps no runs" in error(client.get("/api/runs/abc"), 400)


def test_what_is_wrong_is_told_in_a_sentence(client):
    ask = client.get
    assert "found 'x'" in error(ask("/api/trace", params={"learning_rate": "x"}), 422)
    assert "nothing of that name" in error(ask("/api/landscape", params={"model": "a.py:f"}), 422)
    assert "digits" in error(ask("/api/landscape", params={"data": "/etc"}), 400)
    assert "0 to 199" in error(ask("/api/trace", params={**QUICK, "learning_rate": 0.1, "image": 200}), 400)
    assert "Not Found" in error(ask("/api/nothing"), 404)
    assert "Not Found" in error(ask("/../../etc/passwd"), 404)
    assert "Method Not Allowed" in error(client.delete("/api/studio"), 405)
    assert "there is none named" in error(ask("/api/picks/abc/events"), 400)
    assert "no run" in error(ask("/api/runs/zzzz"), 400)
    assert "Zip the folder again" in error(client.post("/api/uploads", content=b"no zip"), 400)
    one_kind = {path: image for path, image in two_kinds().items() if "dark" in path}
    sentence = error(client.post("/api/uploads", content=zipped(one_kind)), 400)
    assert "found only 'dark' in mine with 30 images" in sentence
    assert "what was sent: " in error(client.post("/api/predictions", params={"learning_rate": 0.1}), 422)
    nested = client.post(
        "/api/predictions",
        params={"learning_rate": 0.1},
        content=b"[" * 60_000,
        headers={"content-type": "application/json"},
    )
    assert "parsing the body" in error(nested, 400)


def test_what_is_missing_or_of_another_kind_is_not_told_in_words_of_python(client):
    rate = {"learning_rate": 0.1}
    asks = {
        "learning_rate: it must be given": client.get("/api/trace", params={"epochs": 1}),
        "hidden: it must have the form": client.get("/api/trace", params={**rate, "hidden": "x"}),
        "name: it must have the form": client.get("/api/runs/A-"),
        "epochs: it must be a whole number; found '1.5'.": client.get("/api/trace", params={**rate, "epochs": 1.5}),
        "what was sent: it must be given": client.post("/api/predictions", params=rate),
        "what was sent: it must be an object of JSON": client.post("/api/predictions", params=rate, json=[1]),
    }
    for message, answer in asks.items():
        said = error(answer, 422)
        assert said.startswith(message)
        assert not re.search(r"[{}\[\]]|None|pattern|dictionary|string", said), said


#: Words of the library that checks, and of Python.
FOREIGN = re.compile(
    r"decode|input should|after validation|valid|parse|string|integer|boolean|\bitems?\b|unicode|None", re.I
)


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"{]", b"nothing", b"[]", b"null", b"1", b'"x"', b"{}", b'{"no": 1}', b'{"pixels": [[0]], "x": 1}']
    + [b'{"pixels": %s}' % pixels for pixels in (
        b"1", b"[]", b"[[]]", b"[1]", b'[["x"]]', b"[[null]]", b"[[0.5]]", b"[[256]]", b"[[-1]]", b"[[true, {}]]",
        b"[[NaN]]", b"[[1e999]]", b'"\xff"', b"[[" + b"1" * 5000 + b"]]", b"[[%s]]" % b",".join([b"0"] * 65),
        b"[%s]" % b",".join([b"[0]"] * 65))],
)  # fmt: skip
def test_no_body_is_refused_in_words_of_a_library(body, client):
    sent = client.post(
        "/api/predictions", params={"learning_rate": 0.1}, content=body, headers={"content-type": "application/json"}
    )
    said = error(sent, sent.status_code)
    assert sent.status_code in (400, 422)
    assert not FOREIGN.search(said), said
    assert not said.startswith("0"), said


@pytest.mark.parametrize(
    "query",
    [{"epochs": "1" * 5000}, {"epochs": 0}, {"epochs": 21}, {"epochs": "x"}, {"epochs": ""}, {"warmup": "nan"},
     {"warmup": 2}, {"warmup": "x"}, {"optimizer": "adm"}, {"data": "x" * 65}, {"hidden": "1" * 30}, {"page": "x" * 65},
     {"learning_rate": "inf"}, {"learning_rate": 1e3}, {"learning_rate": 0}, {"image": -1}, {"no": 1}],
)  # fmt: skip
def test_no_question_is_refused_in_words_of_a_library(query, client):
    sent = client.get("/api/trace", params={**QUICK, "learning_rate": 0.1, **query})
    said = error(sent, 422)
    assert not FOREIGN.search(said), said
    assert "/api/openapi.json" not in said or "hidden" in query, said


def test_paths_of_the_machine_are_nobodys_business(client, monkeypatch):
    async def broken(*arguments, **more):
        raise FileNotFoundError(2, "No such file or directory", "/home/somebody/secret place/a.png")

    monkeypatch.setattr("etascope.studio.training_routes.race", broken)
    client = TestClient(client.app, raise_server_exceptions=False)
    sentence = error(client.get("/api/race", params={**QUICK, "rates": "0.1,0.2"}), 500)
    assert "No such file" in sentence
    assert "somebody" not in sentence


def test_what_should_not_happen_is_told_too(client, monkeypatch):
    async def broken(*arguments, **more):
        raise ZeroDivisionError("no")

    monkeypatch.setattr("etascope.studio.training_routes.race", broken)
    client = TestClient(client.app, raise_server_exceptions=False)
    sentence = error(client.get("/api/race", params={**QUICK, "rates": "0.1,0.2"}), 500)
    assert sentence == "the studio failed with ZeroDivisionError: no. Try again; if it stays, report it."

    async def torn(*arguments, **more):
        yield {"event": "begin"}
        raise ZeroDivisionError("no")

    monkeypatch.setattr("etascope.studio.training_routes.landscape", torn)
    last = events(client.get("/api/landscape", params={**QUICK, "seed": 99}))[-1]
    assert last["event"] == "failed"
    assert "ZeroDivisionError" in last["error"]
