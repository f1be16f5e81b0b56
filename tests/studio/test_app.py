from importlib import resources

from starlette.testclient import TestClient

import etascope
from etascope.studio.app import create_app
from etascope.studio.requests import dial_rates
from tests.studio.answers import error


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
