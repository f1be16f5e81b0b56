"""The page as a reader sees it: in Chromium, without a network."""

import pytest

from etascope.report.html.run import run_html
from tests.learn import made
from tests.report.browsing import drawn
from tests.report.filled import filled
from tests.report.html.test_run import EVIL, named

PANELS = 6


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "run.html"
    path.write_text(run_html(named(filled(made.run()), EVIL)), encoding="utf-8")
    return path.as_uri()


@pytest.fixture
def opened(open_page, written):
    """Open the page with all its charts drawn; at the end, nothing was said and nothing was asked of the network."""

    def opened_page(width=1440, ground="light", **named):
        return open_page(written, PANELS, width, ground, **named)

    return opened_page


def test_every_chart_is_drawn_with_its_marks(opened):
    page = opened()
    marks = page.eval_on_selector_all(".panel", "panels => panels.map(p => p.querySelectorAll('svg path').length)")
    assert len(marks) == PANELS
    assert min(marks) > 8
    assert page.locator(".panel svg").count() == PANELS
    assert "NaN" not in page.locator(".panels").first.inner_html()


def test_panels_above_each_other_stand_in_line(opened):
    page = opened()
    lefts = page.eval_on_selector_all(
        "#landscape .panel .mark-rule line",
        "rules => rules.filter(r => r.getAttribute('stroke-width') == 3).map(r => r.getBoundingClientRect().x)",
    )
    assert len(lefts) == 2
    assert lefts[0] == pytest.approx(lefts[1], abs=0.6)


@pytest.mark.parametrize("ground", ["light", "dark"])
def test_no_width_scrolls_sideways(opened, ground):
    page = opened(1440, ground)
    for width in (1440, 768, 360):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]") == [width, width]
    page = opened(360, ground)
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    assert 250 < page.locator(".panel svg").first.bounding_box()["width"] <= 360


def test_the_ground_can_change_while_the_page_is_open(opened):
    page = opened(ground="light")
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.emulate_media(color_scheme="dark")
    drawn(page, PANELS, "dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != light
    assert "#4fd1c1" in page.locator("#landscape .panel").first.inner_html()
    assert page.locator(".panel svg").count() == PANELS


def test_a_dot_tells_its_numbers(opened):
    page = opened()
    page.locator("#landscape .panel").first.scroll_into_view_if_needed()
    dots = page.locator("#landscape .panel >> nth=0 >> .mark-symbol path")
    dots.nth(60 if dots.count() > 60 else dots.count() - 8).hover(force=True)
    page.wait_for_selector("#vg-tooltip-element.visible")
    text = page.locator("#vg-tooltip-element").inner_text()
    assert "learning rate" in text


def test_the_table_of_trials_is_sorted_by_keyboard(opened):
    page = opened()
    head = page.get_by_role("button", name="validation loss")
    head.focus()
    page.keyboard.press("Enter")
    rates = "rows => rows.map(row => row.cells[4].textContent)"
    losses = [float(x) for x in page.eval_on_selector_all("table[data-sort] tbody tr", rates) if x]
    assert losses == sorted(losses)
    assert len(losses) == 40
    page.keyboard.press("Enter")
    assert page.locator("th[aria-sort=descending]").count() == 1
    last = page.eval_on_selector_all("table[data-sort] tbody tr", rates)
    assert [float(x) for x in last if x] == sorted(losses, reverse=True)


def test_the_page_reads_without_scripts(opened):
    page = opened(java_script_enabled=False)
    assert page.get_by_role("heading", level=1).inner_text().split("\n")[-1] == "0.018"
    assert page.locator("table[data-sort] tbody tr").count() == 45
    assert page.locator("button:visible[data-copy]").count() == 0


def test_names_of_classes_are_only_text(opened):
    page = opened()
    assert page.get_by_text("<script>alert(1)</script>").count() > 0
    assert page.locator("img[src=x]").count() == 0
