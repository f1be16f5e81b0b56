"""A server with a store, asked in this process, and one that a real browser visits; its workers are processes."""

import pytest
from playwright.sync_api import expect
from starlette.testclient import TestClient

from etascope.store.open import open_store
from etascope.studio.app import create_app
from tests.report.browsing import chromium
from tests.studio.served import studio

QUICK = "epochs=2&hidden=32"
# What is waited for was trained first, and a machine may be busy.
expect.set_options(timeout=30_000)


@pytest.fixture(scope="package")
def store(tmp_path_factory):
    return open_store(f"sqlite:///{tmp_path_factory.mktemp('studio')}/runs.sqlite")


@pytest.fixture(scope="package")
def client(store):
    with TestClient(create_app(store)) as opened:
        yield opened


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    with studio(tmp_path_factory.mktemp("studio") / "runs.sqlite") as address:
        yield address


@pytest.fixture(scope="module")
def browser():
    with chromium() as started:
        yield started


@pytest.fixture
def visit(browser, address):
    """Return a function that opens a way; at the end nothing was said on the console or asked of the network."""
    contexts, problems = [], []

    def open_page(way="concept", more=QUICK, *, width=1280, ground="light", ready=True, quiet=True):
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=ground, reduced_motion="reduce"
        )
        contexts.append(context)
        page = context.new_page()
        if quiet:
            page.on("console", lambda message: problems.append(message.text))
            page.on("pageerror", lambda error: problems.append(str(error)))
        page.on(
            "request",
            lambda request: (
                problems.append(request.url) if not request.url.startswith((address, "data:", "blob:")) else None
            ),
        )
        page.goto(f"{address}/?way={way}&{more}")
        if ready:
            sentence = "In the challenge" if way == "challenge" else "Recommended here"
            expect(page.locator("#reading")).to_contain_text(sentence)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert problems == []
