"""The replay of a run as a reader uses it: in Chromium, without a network, by mouse and by keyboard alone."""

import re
from dataclasses import replace

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from etascope.core.recipe import Recipe, Task
from etascope.core.trace import Layer
from etascope.report.html.run import run_html
from tests.learn import made
from tests.report.filled import filled
from tests.report.html.test_run import EVIL, named
from tests.report.reported import reported_run

NAN = float("nan")


def one_epoch():
    run = made.run(final=(1.9,))
    return replace(run, histories=(made.history(epochs_=1),), task=Task(Recipe(epochs=1), 10, 800, 5, 40))


def of_images():
    """A model whose layers work on images, and more classes than there is room for."""
    run, rng = made.run(), np.random.default_rng(0)
    names = tuple(f"class with a long name, number {i}" for i in range(40))
    prediction = made.prediction(n_classes=40)
    maps = Layer("conv1", "relu", (40, 1, 3, 3), rng.random((1, 40, 9, 6), np.float32))
    wide = Layer("wide", "hidden", (), rng.random((1, 2000), np.float32))
    huge = Layer("huge", "relu", (), np.ones((1, 20_000), np.float32))
    layers = (prediction.layers[0], maps, wide, huge, prediction.layers[-1])
    trace = replace(run.trace, class_names=names, prediction=replace(prediction, layers=layers))
    return replace(run, data=replace(run.data, class_names=names), trace=trace)


RUNS = {
    "several folds": lambda: named(filled(made.run()), EVIL),
    "cannot tell": lambda: made.run(learning_rate=None),
    "a final training that diverged": lambda: made.run(final=(2.1, *[NAN] * 4)),
    "one epoch": one_epoch,
    "a script under halving": reported_run,
    "a script that always diverges": lambda: reported_run(diverges=0.0),
    "layers of images": of_images,
    "losses beyond the frame": lambda: made.run({**made.MEASURED, 1.0: (291.0, 0.1)}, final=(2.0, 80.0, 3.0)),
}
each_run = pytest.mark.parametrize("name", RUNS)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder, pages = tmp_path_factory.mktemp("replays"), {}
    for i, (name, make) in enumerate(RUNS.items()):
        html = run_html(make())
        pages[name] = (folder / f"{i}.html", html.count('class="panel"'))
        pages[name][0].write_text(html, encoding="utf-8")
    return pages


@pytest.fixture
def opened(open_page, written):
    def opened_page(name="several folds", width=1440, ground="light", **more):
        path, panels = written[name]
        return open_page(path.as_uri(), panels, width, ground, **more)

    return opened_page


def part(page, name):
    return page.locator(f'[data-replay="{name}"]')


def needle(page):
    return page.get_by_role("slider", name="learning rate")


def reading(page, name="landscape"):
    return part(page, name).locator(".reading")


def test_the_needle_stands_on_the_answer_and_is_dragged(opened):
    page = opened()
    expect(reading(page)).to_contain_text("0.018: learned. In the first of 5 trainings the loss fell in every epoch")
    dial = part(page, "landscape").locator(".dial svg")
    dial.scroll_into_view_if_needed()
    box = dial.bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.95, box["y"] + 60, steps=4)
    page.mouse.up()
    expect(reading(page)).to_contain_text("diverged. The loss stopped being a finite number.")
    assert float(needle(page).get_attribute("aria-valuenow")) > 2
    page.get_by_role("button", name="Back to the recommended 0.018").click()
    expect(reading(page)).to_contain_text("0.018: learned.")
    expect(needle(page)).to_be_focused()


def test_the_needle_is_moved_by_keys_over_the_whole_axis(opened):
    page = opened()
    needle(page).focus()
    before = float(needle(page).get_attribute("aria-valuenow"))
    page.keyboard.press("ArrowRight")
    after = float(needle(page).get_attribute("aria-valuenow"))
    assert before < after < 1.1 * before
    page.keyboard.press("Home")
    expect(reading(page)).to_contain_text("0.001, the nearest that was trained")
    assert "learned" in needle(page).get_attribute("aria-valuetext")
    page.keyboard.press("End")
    expect(reading(page)).to_contain_text("diverged")


def test_the_dial_has_a_dot_for_each_rate_in_the_colours_of_the_chart(opened):
    page = opened()
    dial = part(page, "landscape").locator(".dial")
    items = dial.locator("circle title").all_text_contents()
    assert len(items) == 8
    assert all(re.fullmatch(r"[\d.]+: validation loss \d+\.\d\d nats, (?:[<>] )?\d+ % right", text) for text in items)
    expect(dial.locator("text title")).to_have_text("3: diverged")
    expect(dial.get_by_text("basin")).to_have_count(1)
    first = dial.locator("circle[cx]").first.get_attribute("fill")
    assert first == "rgb(13 8 135)"
    page.emulate_media(color_scheme="dark")
    expect(dial.locator("circle[cx]").first).not_to_have_attribute("fill", first)


def test_the_landscape_is_scrubbed_to_an_epoch_and_the_end_stays_dashed(opened):
    page = opened()
    dial = part(page, "landscape").locator(".dial")
    ends = dial.locator("circle title").all_text_contents()
    expect(dial.locator("path[stroke-dasharray]")).to_have_count(0)
    page.get_by_label("epoch of the landscape", exact=True).fill("1")
    expect(reading(page)).to_contain_text("0.018 after epoch 1 of 5.")
    expect(dial.locator("path[stroke-dasharray]")).to_have_count(1)
    expect(dial.get_by_text("basin")).to_have_count(0)
    # After the first epoch nothing has diverged yet.
    expect(dial.locator("text title")).to_have_count(0)
    assert dial.locator("circle title").all_text_contents() != ends
    page.get_by_label("epoch of the landscape", exact=True).fill("5")
    assert dial.locator("circle title").all_text_contents() == ends
    expect(dial.locator("path[stroke-dasharray]")).to_have_count(0)


@pytest.mark.parametrize("name", ["landscape", "epochs"])
def test_epochs_are_played_and_paused_and_stepped(opened, name):
    page = opened()
    here, said = part(page, name), "epoch of the landscape" if name == "landscape" else "epoch of the training"
    epoch = page.get_by_label(said, exact=True)
    expect(epoch).to_have_value("5")
    here.get_by_role("button", name="Back to the start").click()
    expect(epoch).to_have_value("1")
    here.get_by_role("button", name="Step").click()
    expect(epoch).to_have_value("2")
    here.get_by_role("button", name="Play").click()
    expect(here.get_by_role("button", name="Pause")).to_be_visible()
    expect(epoch).to_have_value("5", timeout=10_000)
    expect(here.get_by_role("button", name="Play")).to_be_visible()
    # From the end it begins anew, and a hand on the slider stops it.
    here.get_by_role("button", name="Play").click()
    expect(epoch).to_have_value("1")
    epoch.fill("3")
    expect(here.get_by_role("button", name="Play")).to_be_visible()
    expect(epoch).to_have_attribute("aria-valuetext", "3 of 5")


def test_the_training_tells_of_each_epoch_and_its_curve_grows(opened):
    page = opened()
    here = part(page, "epochs")
    expect(here.get_by_role("heading")).to_have_text("The training at 0.018 after 5 of 5 epochs: training loss 0.28")
    canvas = here.locator("canvas")
    expect(canvas).to_be_visible()
    whole = canvas.screenshot()
    page.get_by_label("epoch of the training", exact=True).fill("2")
    expect(reading(page, "epochs")).to_contain_text("Epoch 2 of 5: training loss 0.85, 57 % right. Loss 1.90")
    expect(here.get_by_role("heading")).to_contain_text("after 2 of 5 epochs: training loss 0.85")
    expect(here.get_by_role("img")).to_have_attribute("aria-label", re.compile("after 2 of 5 epochs"))
    page.wait_for_timeout(300)
    assert canvas.screenshot() != whole


def test_the_prediction_goes_through_the_layers_in_place_of_its_table(opened):
    page = opened()
    here = part(page, "prediction")
    expect(here.locator(".units i")).to_have_count(128)
    expect(here.locator(".bars > div")).to_have_count(10)
    expect(here.locator("img")).to_have_count(1)
    expect(here.locator(".bars .top")).to_contain_text("label")
    expect(page.locator("[data-instead]")).to_be_hidden()


def test_layers_of_images_and_many_classes_are_cut_to_what_there_is_room_for(opened):
    page = opened("layers of images")
    here = part(page, "prediction")
    expect(here.locator(".maps canvas")).to_have_count(32)
    expect(here.get_by_text("40 channels of 9 \u00d7 6 values")).to_contain_text("the first 32 are shown")
    expect(here.locator(".units i")).to_have_count(1024)
    expect(here.get_by_text("huge: 20,000 units")).to_contain_text("too many to show")
    expect(here.locator(".bars > div")).to_have_count(12)
    expect(here.locator(".bars")).to_contain_text("and 28 more classes, together")


def test_a_training_that_diverged_ends_where_it_did(opened):
    page = opened("a final training that diverged")
    expect(reading(page, "epochs")).to_contain_text("Epoch 5 of 5: the training loss is no finite number. Diverged")
    page.get_by_label("epoch of the training", exact=True).fill("1")
    expect(reading(page, "epochs")).to_contain_text("training loss 2.10")
    expect(part(page, "prediction")).to_be_empty()
    expect(page.get_by_text("no model to predict with")).to_be_visible()


def test_a_single_epoch_leaves_nothing_to_play(opened):
    page = opened("one epoch")
    expect(page.get_by_role("button", name="Play")).to_have_count(0)
    expect(reading(page)).to_contain_text("0.018: learned.")
    expect(reading(page, "epochs")).to_contain_text("Epoch 1 of 1: training loss 1.90")


def test_no_answer_leaves_the_needle_in_the_middle(opened):
    page = opened("cannot tell")
    expect(part(page, "landscape")).to_contain_text("no rate can be recommended yet")
    expect(page.locator("[data-replay]")).to_have_count(1)
    needle(page).press("Home")
    expect(reading(page)).to_contain_text("0.001, the nearest that was trained")


def test_a_script_is_told_in_its_own_number_and_trials_say_where_they_stopped(opened):
    page = opened("a script under halving")
    dial = part(page, "landscape").locator(".dial")
    assert all("val_loss" in text and "nats" not in text for text in dial.locator("circle title").all_text_contents())
    expect(reading(page)).to_contain_text(re.compile(r"nds at val_loss 0\.0\d+\."))
    needle(page).press("Home")
    expect(reading(page)).to_contain_text(re.compile(r"raining was stopped after epoch \d of \d+; it ends at val_loss"))


def test_a_dial_and_a_training_that_are_cut_say_so(opened):
    page = opened("losses beyond the frame")
    expect(part(page, "landscape").locator("text.cut")).to_have_text("above 6.30: at the edge")
    expect(part(page, "epochs").locator("figcaption")).to_contain_text("Losses above 5.00 stand at 5.00.")
    page = opened("several folds")
    expect(part(page, "landscape").locator("text.cut")).to_have_text("")
    expect(part(page, "epochs").locator("figcaption")).not_to_contain_text("stand at")


@each_run
@pytest.mark.parametrize("ground", ["light", "dark"])
def test_everybody_can_use_it(opened, name, ground):
    page = opened(name, ground=ground)
    violations = Axe().run(page)
    assert [(v["id"], [node["html"][:120] for node in v["nodes"]]) for v in violations.response["violations"]] == []
    said = " ".join(page.locator("[data-replay]").all_text_contents())
    assert not re.search("NaN|undefined|Infinity|null", said)


@each_run
def test_no_width_scrolls_sideways(opened, name):
    page = opened(name)
    for width in (1440, 768, 360):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_timeout(100)
        assert page.evaluate("document.documentElement.scrollWidth") == width
    assert opened(name, 360).evaluate("document.documentElement.scrollWidth") == 360


def test_it_is_used_with_the_keyboard_alone(opened):
    page = opened()
    needle(page).focus()
    page.keyboard.press("PageUp")
    moved = reading(page).inner_text()
    assert not moved.startswith("0.018:")
    page.keyboard.press("Tab")
    expect(part(page, "landscape").get_by_role("button", name="Play")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(reading(page)).to_contain_text("after epoch 1 of 5")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    expect(reading(page)).to_contain_text("after epoch 2 of 5")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(reading(page)).to_contain_text("0.018 after epoch 2 of 5")


@each_run
def test_without_scripts_nothing_is_missing_and_nothing_is_empty(opened, name):
    page = opened(name, java_script_enabled=False)
    for place in page.locator("[data-replay]").all():
        assert (place.inner_text(), place.bounding_box()["height"]) == ("", 0)
    if name in ("several folds", "layers of images", "one epoch"):
        expect(page.locator("[data-instead] table tbody tr:visible").first).to_be_visible()
