"""The page's modules that draw nothing, each alone in a blank page of Chromium; the tests are JavaScript, beside."""

import re
from importlib import resources
from pathlib import Path

import pytest

import etascope

HERE = Path(__file__).parent / "modules"
PLACES = (HERE, *(Path(str(resources.files(etascope))) / part for part in ("studio/page", "report/page_modules")))
TESTS = [
    (path.stem, name)
    for path in sorted(HERE.glob("*.js"))
    if path.stem != "assertions"
    for name in re.findall(r"^export function (\w+)\(\)", path.read_text(encoding="utf-8"), re.MULTILINE)
]
ADDRESS = "http://page.example"


@pytest.fixture(scope="module")
def blank(browser):
    """Return an empty page whose modules come from the disk: no server, and nothing of the network."""
    page = browser.new_page()

    def fulfil(route):
        name = route.request.url.removeprefix(f"{ADDRESS}/").partition("?")[0]
        places = PLACES[:1] if name.startswith("tests/") else PLACES[1:]
        files = [place / name.removeprefix("tests/") for place in places]
        body = next((file.read_text(encoding="utf-8") for file in files if name and file.is_file()), None)
        kind = "text/html" if body is None else "text/javascript"
        route.fulfill(body=body or "<!doctype html><title>tests</title>", content_type=kind)

    page.route("**/*", fulfil)
    page.goto(f"{ADDRESS}/")
    yield page
    page.close()


@pytest.mark.parametrize(("module", "name"), TESTS)
def test_a_module_of_the_page(blank, module, name):
    blank.evaluate(f'import("/tests/{module}.js").then((tests) => tests.{name}())')


def test_every_test_is_collected():
    assert {module for module, _ in TESTS} == {"points", "rates", "state", "ways"}
    assert len(TESTS) >= 29
