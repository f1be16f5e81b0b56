"""The pages of experiments as a reader sees them: in Chromium, without a network."""

from dataclasses import replace
from itertools import pairwise

import pytest

from etascope.core.recipe import Recipe
from etascope.experiments.range_test.report import range_experiment
from etascope.experiments.referee.report import referee_experiment
from etascope.experiments.scaling.record import Scaling
from etascope.experiments.scaling.report import scaling_experiment
from etascope.experiments.scaling.run import judge
from etascope.experiments.sharpness.report import sharpness_experiment
from etascope.report.html.run import experiment_html
from tests.experiments.made import nothing_known, ranged, walled
from tests.experiments.referee.test_chart import FULL
from tests.experiments.scaling.test_chart import FALLING
from tests.experiments.scaling.test_run import setting
from tests.learn import made
from tests.report.filled import filled

EVIL = "</script><img src=x onerror=alert(1)>"
#: Rates near each other, so that labels would meet if they could.
NEAR = (0.0148, 0.0658, 0.0242, 0.201, 0.115, 0.026, None)
#: The panels of a page: those of its own charts, and the two of the landscape.
PANELS = {"range-test": 3 + 2, "sharpness": 2 + 2, "referee": 2, "scaling-epochs": 2}
#: What the tooltip of a mark says, and what stands at the top without scripts, with the rows of the first table.
TOOLTIP = {
    "range-test": "would lose",
    "sharpness": "sharpness",
    "referee": "points lost",
    "scaling-epochs": "basin from",
}
HEADLINES = {
    "range-test": ("0.0148 .. 0.201", 7), "sharpness": ("0.5 .. 3.4", 3), "referee": ("0.40", 4),
    "scaling-epochs": ("it falls", 3),
}  # fmt: skip


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    run = filled(made.run())
    shown = {
        "range-test": range_experiment(ranged(NEAR, measured=run, source=EVIL)),
        "sharpness": sharpness_experiment(replace(walled(), choice=run.choice, data=nothing_known(EVIL))),
    }
    data = replace(FULL.data, source=EVIL)
    shown["referee"] = referee_experiment(replace(FULL, data=data))
    shown["scaling-epochs"] = scaling_experiment(
        Scaling(data, Recipe(), (FALLING, judge("width", [setting(64, None), setting(128, 0.02)])), 1.5)
    )
    folder = tmp_path_factory.mktemp("pages")
    for name, experiment in shown.items():
        (folder / f"{name}.html").write_text(experiment_html(experiment), encoding="utf-8")
    return lambda name: (folder / f"{name}.html").as_uri()


each_page = pytest.mark.parametrize("name", PANELS)
each_strip = pytest.mark.parametrize("name", ["range-test", "sharpness"])


@each_page
@pytest.mark.parametrize("ground", ["light", "dark"])
def test_every_chart_is_drawn_and_no_width_scrolls_sideways(open_page, written, name, ground):
    for width in (1200, 400):
        page = open_page(written(name), PANELS[name], width, ground)
        assert page.locator(".panel svg").count() == PANELS[name]
        assert "NaN" not in page.locator(f"#{name} .panels").inner_html()
        assert page.evaluate("document.documentElement.scrollWidth") == width
        assert page.locator("img[src=x]").count() == 0


@each_strip
@pytest.mark.parametrize("width", [1200, 400])
def test_panels_above_each_other_stand_in_line(open_page, written, name, width):
    page = open_page(written(name), PANELS[name], width)
    lefts = page.eval_on_selector_all(
        f"#{name} .panel .mark-rule line",
        "rules => rules.filter(r => r.getAttribute('stroke-width') == 3).map(r => r.getBoundingClientRect().x)",
    )
    assert len(lefts) == PANELS[name] - 2
    assert max(lefts) - min(lefts) < 1


@pytest.mark.parametrize("name", ["range-test", "sharpness", "referee"])
@pytest.mark.parametrize("width", [1200, 400])
def test_no_label_of_the_strip_meets_another_or_is_cut(open_page, written, name, width):
    page = open_page(written(name), PANELS[name], width)
    strip = page.locator(f"#{name} .panel").last
    frame = strip.bounding_box()
    boxes = strip.locator(".mark-text text[fill]").evaluate_all(
        "texts => texts.map(t => { const b = t.getBoundingClientRect(); return [b.left, b.top, b.right, b.bottom]; })"
    )
    boxes = sorted({tuple(round(edge) for edge in box) for box in boxes}, key=lambda box: box[1])
    assert len(boxes) >= 4
    assert all(above[3] <= below[1] + 1 for above, below in pairwise(boxes) if above[1] != below[1])
    assert all(frame["x"] <= left and right <= frame["x"] + frame["width"] for left, _, right, _ in boxes)


@each_page
def test_a_mark_of_the_strip_tells_its_numbers(open_page, written, name):
    page = open_page(written(name), PANELS[name], 1200)
    strip = page.locator(f"#{name} .panel").last
    strip.scroll_into_view_if_needed()
    strip.locator(".mark-symbol path").first.hover(force=True)
    page.wait_for_selector("#vg-tooltip-element.visible")
    text = page.locator("#vg-tooltip-element").inner_text()
    assert TOOLTIP[name] in text


@each_page
def test_the_page_reads_without_scripts(open_page, written, name):
    page = open_page(written(name), 0, java_script_enabled=False)
    shown = page.get_by_role("heading", level=1).inner_text().split("\n")[-1]
    assert (shown, page.locator(f"#{name} tbody tr:visible").count()) == HEADLINES[name]
