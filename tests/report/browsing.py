"""Pages as a reader sees them: in Chromium, without a network."""

import os
import shutil
from contextlib import contextmanager

import pytest

QUIET = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip


@contextmanager
def chromium():
    """Start Chromium; without one, the test is skipped, or fails where all have to run."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        why = "no Chromium on the path: apt-get install chromium"
        if os.environ.get("CI") or os.environ.get("ETASCOPE_REQUIRE_ALL"):
            pytest.fail(why)
        pytest.skip(why)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=QUIET)
        yield started
        started.close()


def drawn(page, panels, ground):
    """Wait for every chart to be drawn for a ground; the page's own policy forbids to wait by evaluating code."""
    from playwright.sync_api import expect

    expect(page.locator(f".panel[data-drawn={ground}]")).to_have_count(panels)


@contextmanager
def watched(browser):
    """Yield a function that opens a page; at the end, nothing was said on the console or asked of the network."""
    contexts, problems = [], []

    def open_page(address, panels, width=1440, ground="light", **named):
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=ground, **named)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: problems.append(message.text))
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("dialog", lambda dialog: problems.append(dialog.message))
        page.on("request", lambda request: problems.append(request.url) if _outside(request.url) else None)
        page.goto(address)
        if named.get("java_script_enabled", True):
            drawn(page, panels, ground)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert problems == []


def _outside(url):
    return not url.startswith(("file:", "data:"))
