"""Every way clicked through to its result in Chromium, with a real server and real training behind it."""

import json
import re
import subprocess
import sys
from urllib.parse import parse_qs, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.studio.conftest import QUICK
from tests.studio.served import studio, two_kinds, zipped

WAYS = {
    "concept": "One image, one weight, one update",
    "why": "Why: a race from the same start",
    "deep-dive": "Deep dive: the landscape",
    "trace": "Trace: learning rate",
    "try-it": "Try it: your recipe against another",
    "metrics": "Metrics: learning rate",
    "challenge": "Challenge: find the rate with three probes",
    "project": "Project: your own images",
    "recall": "Recall: what did your own trainings show?",
}
each_way = pytest.mark.parametrize("way", WAYS)


def state(page):
    return {key: values[0] for key, values in parse_qs(urlsplit(page.url).query, keep_blank_values=True).items()}


@each_way
def test_a_link_leads_to_its_way_and_all_links_lead_on(way, visit):
    page = visit(way)
    expect(page.locator("#way h2").first).to_contain_text(WAYS[way])
    expect(page.locator("nav a[aria-current=page]")).to_have_attribute("data-way", way)
    expect(page.locator("#failure")).to_be_hidden()
    for link in page.locator("nav a").all():
        query = parse_qs(urlsplit(link.get_attribute("href")).query)
        assert query["epochs"] == ["2"]
        assert query["seed"] == ["0"]


def test_the_needle_is_moved_by_keys_and_by_mouse_and_stands_in_the_address(visit):
    page = visit("concept", f"{QUICK}&lr=0.01")
    needle = page.get_by_role("slider", name="learning rate")
    needle.focus()
    for _ in range(10):
        page.keyboard.press("ArrowRight")
    right = float(state(page)["lr"])
    assert right == pytest.approx(0.01 * 10 ** (6 * 10 / 240), rel=0.02)
    page.keyboard.press("Home")
    assert float(state(page)["lr"]) == 1e-5
    assert "too small" in needle.get_attribute("aria-valuetext")
    box = page.locator("#dial svg").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + 50)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.9, box["y"] + 50, steps=5)
    page.mouse.up()
    assert float(state(page)["lr"]) > 1
    page.get_by_role("link", name=re.compile(r"^0\.\d+$")).click()
    assert 0.001 < float(state(page)["lr"]) < 0.3


def test_a_change_of_the_recipe_trains_anew_and_leaves_the_old_curve_as_a_ghost(visit):
    page = visit()
    before = page.locator("#dial circle title").all_text_contents()
    assert len(before) == 25
    page.get_by_label("optimizer").select_option("adam")
    expect(page.locator("#dial path[stroke-dasharray]")).to_have_count(1)
    expect(page.locator("#reading")).to_contain_text("Recommended here")
    assert page.locator("#dial circle title").all_text_contents() != before
    assert state(page)["optimizer"] == "adam"
    page.reload()
    expect(page.get_by_label("optimizer")).to_have_value("adam")


def test_a_deep_link_brings_everything_back(visit):
    page = visit("why", "optimizer=adam&batch_size=32&epochs=3&hidden=&schedule=cosine&seed=7&lr=0.002")
    for label, value in {
        "optimizer": "adam",
        "batch size": "32",
        "epochs": "3",
        "hidden layers": "",
        "schedule": "cosine",
        "seed": "7",
    }.items():
        expect(page.get_by_label(label, exact=True)).to_have_value(value)
    assert page.get_by_role("slider", name="learning rate").get_attribute("aria-valuenow") == "0.002"
    for wrong in ("lr=hello&epochs=x", "way=nowhere", "lr=-5"):
        expect(visit("concept", wrong).locator("#way h2").first).to_be_visible()


def test_concept_shows_a_step_and_its_arithmetic(visit):
    page = visit("concept", f"{QUICK}&lr=0.1")
    expect(page.locator(".sum")).to_contain_text("weight after")
    lines = page.locator(".sum").inner_text().splitlines()
    before, gradient = (float(line.split()[-1]) for line in lines[:2])
    assert float(lines[-1].split()[-1]) == pytest.approx(before - 0.1 * gradient, abs=2e-5)
    for case in ("Too small", "Right for this step", "Too large"):
        page.locator(".card", has=page.get_by_role("heading", name=case)).get_by_role("button").click()
        expect(page.locator("#way h3").first).to_contain_text("A step of")
    expect(page.locator("#way h3").first).to_contain_text("rises")


def test_why_races_to_the_end(visit):
    page = visit("why")
    expect(page.locator("#way tbody tr")).to_have_count(5)
    page.get_by_label("how many learning rates race").select_option("16")
    expect(page.locator("#way tbody tr")).to_have_count(16)
    page.get_by_label("training step").fill("80")
    expect(page.locator("#way h3").first).to_contain_text("After step 80 of 80")
    page.get_by_role("button", name="Back to the start").click()
    expect(page.locator("#way h3").first).to_contain_text("All runners start")
    page.get_by_role("button", name="Step", exact=True).click()
    expect(page.locator("#way h3").first).to_contain_text("After step 1 of 80")
    page.get_by_role("button", name="Play").click()
    expect(page.locator("#way h3").first).to_contain_text("After step 80 of 80", timeout=20_000)


def test_deep_dive_has_all_folds_epochs_and_the_sharpness_wall(visit):
    page = visit("deep-dive")
    expect(page.locator("#way")).to_contain_text("each trained to the end 5 times")
    page.get_by_label("epoch", exact=True).fill("1")
    expect(page.locator("#way h3").first).to_contain_text("After epoch 1")
    expect(page.locator("#way")).to_contain_text("the limit goes from")
    expect(page.locator("#way")).to_contain_text("the measured wall is")


def test_deep_dive_keeps_a_trail_of_the_settings_before(visit):
    page = visit("deep-dive")
    items = page.get_by_role("list", name="Settings before").get_by_role("listitem")
    done = page.locator("#way").get_by_text("each trained to the end 5 times")
    expect(done).to_be_visible()
    expect(items).to_have_count(0)
    for i, (label, value) in enumerate(
        [("batch size", "32"), ("optimizer", "adam"), ("batch size", "8"), ("schedule", "cosine"), ("batch size", "64")]
    ):
        page.get_by_label(label).select_option(value)
        expect(items).to_have_count(min(i + 1, 4))
        expect(done).to_be_visible()
    expect(items.nth(0)).to_contain_text(re.compile(r"before batch size 8 \u2192 64: lowest \d\.\d\d at "))
    expect(items.nth(3)).to_contain_text("before optimizer momentum \u2192 adam")
    # They stay while another way is looked at; whoever goes back sees no ghost of the same settings.
    page.locator("nav a[data-way=why]").click()
    page.locator("nav a[data-way=deep-dive]").click()
    expect(items).to_have_count(4)
    expect(items.nth(0)).to_contain_text("batch size 8")
    page.get_by_role("button", name="Clear the ghosts").click()
    expect(items).to_have_count(0)
    expect(page.locator("#dial path[stroke-dasharray]")).to_have_count(1)


def test_trace_follows_a_digit_and_a_drawing(visit):
    page = visit("trace", f"{QUICK}&lr=0.05")
    expect(page.locator("ol.stages li")).to_have_count(5)
    expect(page.locator("#way table").first.locator("tbody tr")).to_have_count(2)
    page.get_by_label("epoch of the training").fill("1")
    expect(page.locator("#way")).to_contain_text("Epoch 1 of 2: training loss")
    page.get_by_role("button", name="Step").click()
    expect(page.locator("#way")).to_contain_text("Epoch 2 of 2: training loss")
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_role("img", name=re.compile(r"test image 1, "))).to_be_visible()
    expect(page.locator(".units i")).to_have_count(32)
    box = page.get_by_role("application").bounding_box()
    page.mouse.move(box["x"] + 126, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + 126, box["y"] + 210, steps=8)
    page.mouse.up()
    items = page.get_by_role("region", name="What each model says")
    expect(items.locator("tbody tr")).to_have_count(12)
    # A stroke down is a one to whoever learned.
    expect(items.locator("tr", has_text="needle")).to_contain_text("1")
    page.get_by_role("button", name="Clear").click()
    expect(items).to_have_count(0)


def test_try_it_sets_two_recipes_side_by_side_and_writes_the_code(visit):
    page = visit("try-it", f"{QUICK}&lr=0.05")
    expect(page.locator("pre.code")).to_contain_text("LEARNING_RATE = 0.05")
    page.get_by_label("framework").select_option("keras")
    expect(page.locator("pre.code")).to_contain_text("keras")
    page.get_by_role("button", name="Put aside as B").click()
    page.get_by_label("optimizer").select_option("adam")
    expect(page.locator("#way table")).to_contain_text("adam, batches of 16")
    expect(page.locator("#way h3").first).to_contain_text(re.compile("gets|get as many"))
    page.get_by_role("button", name="Swap").click()
    expect(page.get_by_label("optimizer")).to_have_value("momentum")


def test_metrics_show_curves_confusion_and_mistakes(visit):
    page = visit("metrics", f"{QUICK}&lr=0.05")
    expect(page.locator("#way h3").nth(1)).to_contain_text("right on validation")
    cells = [int(text or 0) for text in page.locator("table.matrix tbody td").all_text_contents()]
    assert sum(cells) == 200
    assert page.locator("#way figure canvas.digit").count() > 0


def test_a_challenge_is_probed_chosen_and_scored(visit):
    page = visit("challenge", "game=4")
    assert page.locator("#dial circle title").count() == 0
    task = page.locator("#way p").first.inner_text()
    page.get_by_role("button", name=re.compile("Probe")).click()
    expect(page.get_by_role("region", name="Probes").locator("tbody tr")).to_have_count(1)
    page.get_by_role("button", name="Choose it").click()
    expect(page.locator("#way")).to_contain_text("You predicted", timeout=60_000)
    expect(page.locator("#way")).to_contain_text("The customary")
    assert visit("challenge", "game=4").locator("#way p").first.inner_text() == task
    assert visit("challenge", "game=5").locator("#way p").first.inner_text() != task


def test_a_project_goes_from_images_to_a_report_and_opens_again(visit, tmp_path):
    page = visit("project")
    (tmp_path / "mine.zip").write_bytes(zipped(two_kinds(rows=40)))
    page.get_by_label("a zip of images").set_input_files(tmp_path / "mine.zip")
    expect(page.locator("#way")).to_contain_text("80 images of 8 \u00d7 8 \u00d7 1 in 2 classes: dark, light")
    page.get_by_role("button", name="Find the learning rate").click()
    expect(page.get_by_role("link", name="Download the report")).to_be_visible(timeout=60_000)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the report").click()
    assert "<html" in download.value.path().read_text(encoding="utf-8")
    page.reload()
    expect(page.get_by_role("link", name="Download the report")).to_be_visible()
    page.get_by_label("optimizer").select_option("adam")
    page.get_by_role("button", name="Open it in the dial").click()
    # The run brings its own recipe.
    expect(page.get_by_label("optimizer")).to_have_value("momentum")
    expect(page.locator("#recipe")).to_contain_text("The kept run")
    for way, text in {
        "trace": "Trace: the kept training",
        "metrics": "Metrics: the kept training",
        "deep-dive": "After epoch",
    }.items():
        page.locator(f"nav a[data-way={way}]").click()
        expect(page.locator("#way")).to_contain_text(text)
    page.get_by_role("button", name="Back to the digits").click()
    expect(page.locator("#recipe")).to_contain_text("1,000 handwritten digits")


def test_the_data_set_is_chosen_beside_the_recipe_and_stands_in_the_address(visit):
    page = visit("trace", f"{QUICK}&lr=0.05&image=3")
    digits = page.locator("#dial circle title").all_text_contents()
    page.get_by_label("images", exact=True).select_option("fashion-mnist")
    expect(page.locator("#recipe")).to_contain_text("1,000 of 70,000 images")
    expect(page.locator("#way")).to_contain_text("Ankle boot")
    expect(page.locator("#reading")).to_contain_text("Recommended here")
    assert page.locator("#dial circle title").all_text_contents() != digits
    # A shirt is nothing that one draws.
    expect(page.get_by_role("application")).to_have_count(0)
    expect(page.locator("#way")).to_contain_text("These images are of another kind")
    # The image is the first one again, which needs no place in the address.
    assert state(page)["data"] == "fashion-mnist"
    assert "image" not in state(page)
    page.reload()
    expect(page.get_by_label("images", exact=True)).to_have_value("fashion-mnist")
    expect(page.locator("#way")).to_contain_text("Ankle boot")
    page.get_by_label("images", exact=True).select_option("digits")
    expect(page.get_by_role("application")).to_be_visible()
    expect(page.locator("#recipe")).to_contain_text("1,000 handwritten digits")


@each_way
def test_every_way_follows_the_data_set(way, visit):
    page = visit(way, f"{QUICK}&lr=0.05&data=fashion-mnist")
    texts = {
        "concept": "guessing blindly costs 2.30",
        "why": "After step",
        "deep-dive": "each trained to the end 5 times",
        "trace": "Ankle boot",
        "try-it": "fashion-mnist with PyTorch",
        "metrics": "Ankle boot",
        "challenge": "on fashion-mnist",
        "project": "1,000 of 70,000 images; for all of them: etascope pick fashion-mnist",
        "recall": "a blind guess has 2.30",
    }[way]
    if way == "why":
        page.locator("#way tbody tr").first.wait_for()
        page.get_by_label("training step").fill("80")
    expect(page.locator("#way")).to_contain_text(texts)
    expect(page.locator("#failure")).to_be_hidden()


def test_what_is_not_on_this_machine_says_how_to_fetch_it(browser, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with studio(tmp_path / "runs.sqlite") as address:
        page = browser.new_page()
        page.goto(f"{address}/?data=kmnist&{QUICK}")
        expect(page.locator("#failure")).to_contain_text("etascope trace kmnist")
        expect(page.locator("#recipe option[value=mnist]")).to_be_disabled()
        expect(page.locator("#recipe option[value=mnist]")).to_have_text("mnist (not on this machine)")
        page.get_by_text("More data sets").click()
        expect(page.locator("#recipe")).to_contain_text("etascope trace mnist")
        page.get_by_role("button", name="Back to the digits").click()
        expect(page.locator("#reading")).to_contain_text("Recommended here")
        page.close()


def test_own_images_stay_to_be_chosen_for_as_long_as_the_page_knows_them(visit, tmp_path):
    page = visit("project")
    (tmp_path / "mine.zip").write_bytes(zipped(two_kinds(rows=40)))
    page.get_by_label("a zip of images").set_input_files(tmp_path / "mine.zip")
    expect(page.locator("#recipe")).to_contain_text("80 images of your own: 64 to train and validate, 16 to test")
    chosen = page.get_by_label("images", exact=True)
    name = chosen.input_value()
    assert re.fullmatch("upload-[0-9a-f]{32}", name)
    chosen.select_option("digits")
    expect(page.locator("#recipe")).to_contain_text("1,000 handwritten digits")
    page.reload()
    chosen.select_option(name)
    expect(page.locator("#reading")).to_contain_text("Recommended here")
    # Whoever has the link is shown the same; whoever has not is told of nothing.
    other = visit("concept", f"{QUICK}&data={name}")
    expect(other.locator("#way")).to_contain_text("guessing blindly costs 0.69")
    assert visit().locator("#recipe option").filter(has_text="your images").count() == 0


SCRIPT = """import math, sys
rate, epochs = float(sys.argv[1]), int(sys.argv[2])
for epoch in range(epochs):
    print("val_loss", 100 + 40 / (epoch + 1) + 30 * abs(math.log10(rate / 0.02)), flush=True)
"""


@pytest.mark.parametrize("kind", ["a script", "a PyTorch model"])
def test_a_kept_search_of_the_command_line_opens_with_what_it_has(kind, browser, tmp_path):
    (tmp_path / "train.py").write_text(SCRIPT, encoding="utf-8")
    options = {
        "a script": [
            "--command",
            f"{sys.executable} {tmp_path}/train.py {{lr}} {{epochs}}",
            "--metric",
            "val_loss ([0-9.]+)",
        ],
        "a PyTorch model": ["digits", "--model", "cnn", "--epochs", "2", "--budget", "2"],
    }[kind]
    store = tmp_path / "runs.sqlite"
    command = [
        sys.executable,
        "-m",
        "etascope",
        "pick",
        *options,
        "--store",
        str(store),
        "--json",
        str(tmp_path / "told.json"),
    ]
    assert subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=300).returncode in (0, 1)
    document = json.loads((tmp_path / "told.json").read_text(encoding="utf-8"))
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    problems = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    with studio(store) as address:
        run = json.loads(page.request.get(f"{address}/api/runs").text())["runs"][0]["id"]
        for way, shown in {
            "deep-dive": "After epoch",
            "trace": "has no trace" if kind == "a script" else "the kept training",
            "try-it": "A:",
            "metrics": "the kept training",
            "recall": "Recall",
        }.items():
            page.goto(f"{address}/?way={way}&run={run}&lr=0.02")
            expect(page.locator("#way")).to_contain_text(shown)
            expect(page.locator("#recipe")).to_contain_text(f"The kept run {run}")
            expect(page.locator("#failure")).to_be_hidden()
            rates = {
                trial["learning_rate"]
                for trial in document["trials"]
                if trial["valid_loss"] or trial["status"] == "diverged"
            }
            expect(page.locator("#dial circle title, #dial text title")).to_have_count(len(rates))
            assert "NaN" not in page.locator("body").inner_text()
    page.close()
    assert problems == []


def test_a_folder_is_zipped_by_the_page(visit, tmp_path):
    from PIL import Image

    for path, pixels in two_kinds(rows=12).items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(tmp_path / path)
    page = visit("project")
    page.get_by_label("a folder of images").set_input_files(tmp_path / "mine")
    expect(page.locator("#way")).to_contain_text("24 images of 8 \u00d7 8 \u00d7 1 in 2 classes: dark, light")


def test_recall_asks_about_what_was_trained(visit):
    page = visit("recall")
    expect(page.locator("fieldset").first).to_be_visible()
    page.locator("#way details summary").first.click()
    recommended = page.locator("#reading a").inner_text()
    expect(page.locator("#way details").first).to_contain_text(recommended)
    for question in page.locator("fieldset").all():
        for option in question.get_by_role("radio").all():
            option.check()
            if "Right." in question.inner_text():
                break
        else:
            pytest.fail("no option is right")
    expect(page.locator("#way")).to_contain_text("right at the first try")


def test_names_that_are_markup_are_shown_as_text(visit, tmp_path):
    images = {
        path.replace("dark", "<img src=x onerror=alert(1)>"): pixels for path, pixels in two_kinds(rows=12).items()
    }
    (tmp_path / "mine.zip").write_bytes(zipped(images))
    page = visit("project")
    page.get_by_label("a zip of images").set_input_files(tmp_path / "mine.zip")
    expect(page.locator("#way")).to_contain_text("<img src=x onerror=alert(1)>")


def test_a_search_goes_on_while_its_page_is_loaded_anew(visit):
    page = visit("project", "hidden=256&epochs=20&batch_size=4")
    page.get_by_role("button", name="Find the learning rate").click()
    expect(page.locator("#way")).to_contain_text(re.compile(r"Round \d"), timeout=60_000)
    page.reload()
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("#way")).to_contain_text("Nothing was lost but this search")
    page.goto(page.url.replace("hidden=256&", "hidden=32&").replace("epochs=20", "epochs=1"))
    page.get_by_role("button", name="Find the learning rate").click()
    expect(page.locator("#way")).to_contain_text(re.compile(r"Round \d|trainings in"))
    page.reload()
    expect(page.get_by_role("link", name="Download the report")).to_be_visible(timeout=60_000)


def test_what_is_no_zip_is_told_and_nothing_is_lost(visit, tmp_path):
    (tmp_path / "mine.zip").write_bytes(b"hello")
    page = visit("project", f"{QUICK}&seed=5", quiet=False)
    page.get_by_label("a zip of images").set_input_files(tmp_path / "mine.zip")
    expect(page.locator("#failure")).to_contain_text("Zip the folder again")
    assert state(page)["seed"] == "5"


@pytest.mark.parametrize("ground", ["light", "dark"])
@each_way
def test_everybody_can_use_it(way, ground, visit):
    page = visit(way, ground=ground)
    page.wait_for_timeout(700)
    violations = Axe().run(page)
    assert [(v["id"], [node["html"][:120] for node in v["nodes"]]) for v in violations.response["violations"]] == []


@pytest.mark.parametrize("width", [360, 768, 1440])
@each_way
def test_nothing_is_wider_than_the_window(way, width, visit):
    page = visit(way, width=width)
    page.wait_for_timeout(400)
    wide = page.evaluate("() => document.documentElement.scrollWidth")
    assert wide <= width


LETTERS = """() => {
  const svg = document.querySelector("#dial svg");
  const scale = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
  return [...svg.querySelectorAll("text:not([visibility=hidden])")].map((one) => {
    const { left, right, top, bottom } = one.getBoundingClientRect();
    const size = parseFloat(getComputedStyle(one).fontSize) * scale;
    return { text: one.textContent, size, left, right, top, bottom };
  });
}"""


@pytest.mark.parametrize("lr", ["1e-5", "0.0002", "0.01", "0.03", "10"])
@pytest.mark.parametrize("width", [360, 1280])
def test_the_dial_can_be_read_on_a_phone(lr, width, visit):
    page = visit("concept", f"{QUICK}&lr={lr}", width=width)
    boxes = page.evaluate(LETTERS)
    words = [one["text"] for one in boxes]
    assert float(lr) in [float(text) for text in words if re.fullmatch(r"[\d.e-]+", text)]
    assert {"nats", "basin"} <= set(words)
    assert all(one["size"] >= 11 for one in boxes)
    assert all(one["left"] >= 0 and one["right"] <= width for one in boxes)
    # Marks of rates that diverged stand close on purpose; they say their rate when hovered.
    letters = [one for one in boxes if not one["text"].startswith("\u00d7")]
    for i, one in enumerate(letters):
        for other in letters[i + 1 :]:
            beside = one["right"] <= other["left"] or other["right"] <= one["left"]
            # The boxes of letters are taller than the letters.
            apart = one["bottom"] - 3 <= other["top"] or other["bottom"] - 3 <= one["top"]
            assert beside or apart, (one, other)


def test_the_dial_follows_the_window_and_the_needle_stays_under_the_finger(visit):
    page = visit("concept", f"{QUICK}&lr=0.01", width=1280)
    page.set_viewport_size({"width": 360, "height": 800})
    svg = page.locator("#dial svg")
    expect(svg).to_have_attribute("viewBox", re.compile(r"^0 0 3\d\d 250$"))
    box = svg.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 100)
    page.mouse.down()
    page.mouse.up()
    needle = page.locator("#dial g[role=slider] circle").bounding_box()
    assert needle["x"] + needle["width"] / 2 == pytest.approx(box["x"] + box["width"] / 2, abs=2)


def test_it_is_used_with_the_keyboard_alone(visit):
    page = visit("why")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to what is shown")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("nav a").first).to_be_focused()
    for _ in range(3):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#way h2").first).to_contain_text("Trace")
    for _ in range(6):
        page.keyboard.press("Tab")
    expect(page.get_by_role("slider", name="learning rate")).to_be_focused()


def test_two_pages_do_not_disturb_each_other(visit):
    one, other = visit("concept", f"{QUICK}&seed=1"), visit("concept", f"{QUICK}&seed=2")
    assert one.locator("#reading").inner_text() != other.locator("#reading").inner_text()
    one.get_by_label("batch size").select_option("32")
    other.get_by_label("batch size").select_option("64")
    for page, size in ((one, "32"), (other, "64")):
        expect(page.locator("#reading")).to_contain_text("Recommended here")
        assert state(page)["batch_size"] == size


def test_many_changes_in_a_row_end_with_the_last_one(visit):
    page = visit()
    for seed in range(1, 8):
        page.get_by_label("seed").fill(str(seed))
    expect(page.locator("#reading")).to_contain_text("Recommended here")
    alone = visit("concept", f"{QUICK}&seed=7")
    assert (
        page.locator("#dial circle title").all_text_contents()
        == alone.locator("#dial circle title").all_text_contents()
    )


def test_a_slow_network_shows_what_is_coming(visit):
    page = visit("concept", QUICK)
    session = page.context.new_cdp_session(page)
    session.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": 400, "downloadThroughput": 40_000, "uploadThroughput": 40_000},
    )
    page.get_by_label("seed").fill("77")
    expect(page.locator("#reading")).to_contain_text("being trained")
    expect(page.locator("#reading")).to_contain_text("Recommended here", timeout=60_000)


def test_a_server_that_went_and_came_back(browser, tmp_path):
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    page = context.new_page()
    with studio(tmp_path / "runs.sqlite") as first:
        page.goto(f"{first}/?{QUICK}&seed=9")
        expect(page.locator("#reading")).to_contain_text("Recommended here")
    page.get_by_label("batch size").select_option("32")
    expect(page.locator("#failure")).to_contain_text("does not answer")
    assert state(page)["batch_size"] == "32"
    with studio(tmp_path / "runs.sqlite", "--port", str(urlsplit(first).port)):
        page.get_by_role("button", name="Try again").click()
        expect(page.locator("#reading")).to_contain_text("Recommended here")
        expect(page.locator("#failure")).to_be_hidden()
    context.close()


def test_the_page_asks_for_nothing_but_its_own(visit):
    # `visit` looks at every request; here only that the policy is sent with the page and lets no code be evaluated.
    page = visit()
    answer = page.request.get(page.url)
    assert "script-src 'self';" in answer.headers["content-security-policy"]
    assert json.loads(page.request.get(page.url.split("?")[0] + "api/studio").text())["version"]
