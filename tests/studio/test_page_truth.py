"""What the page says, against what was trained, in Chromium: words in every situation, numbers, and its address."""

import json
import re
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.studio.conftest import QUICK
from tests.studio.served import two_kinds, zipped


def state(page):
    return {key: values[0] for key, values in parse_qs(urlsplit(page.url).query, keep_blank_values=True).items()}


def landscape(page, **query):
    """Return a landscape's trials and run, asked for by the test itself."""
    text = page.request.get(f"{page.url.split('?')[0]}api/landscape", params=query).text()
    run = json.loads(text.rstrip().rpartition("data: ")[2])["run"]
    return run["trials"], run


def test_rates_shares_and_losses_in_words(visit):
    words = visit().evaluate(
        """async () => {
          const { nats, percent, words } = await import("/rates.js");
          return {
            words: [1e-5, 1.78e-5, 1e-4, 0.001, 0.0178, 0.2999, 1, 10].map(words),
            percent: [0, 0.001, 0.43, 0.9951, 0.9999, 1, null, "nan"].map(percent),
            nats: [0, 0.0031, 0.0949, 0.1, 2.304, 1234.5, "inf", null].map(nats),
          };
        }"""
    )
    assert words["words"] == ["1e-5", "1.78e-5", "1e-4", "0.001", "0.0178", "0.3", "1", "10"]
    assert words["percent"] == ["0 %", "< 1 %", "43 %", "> 99 %", "> 99 %", "100 %", "unknown", "unknown"]
    assert words["nats"] == ["0.00", "0.0031", "0.095", "0.10", "2.30", "1230", "not finite", "not finite"]


def test_what_is_said_of_the_needle_in_every_situation(visit):
    said = visit().evaluate(
        """async () => {
          const { reading } = await import("/dial.js");
          const trial = (learning_rate, losses, accuracy, verdict, status = "finished") => ({
            learning_rate, fold: 0, status, verdict, word: verdict?.split(":")[0] ?? null,
            train_loss: losses, valid_loss: losses, valid_accuracy: losses.map(() => accuracy),
          });
          const trials = [
            trial(0.001, [2.3, 2.29, 2.28], 0.2, "too small: hardly below a blind guess"),
            trial(0.01, [2, 1, 0.5], 0.903, "good: cannot be told apart"),
            trial(0.03, [1, 0.8, 0.6], 0.9, "good: cannot be told apart"),
            trial(0.1, [2, 3, 2.5], 0.5, "bouncing: rose"),
            trial(1, [9, "nan", "nan"], "nan", "diverged: in epoch 2", "diverged"),
          ];
          const now = { trials, run: { trials, basin: { low: 0.008, high: 0.05 } }, done: true };
          const of = (rate, other = now) => Object.values(reading(rate, other)).join(": ");
          const none = { trials: [], run: null };
          return {
            exact: [0.001, 0.01, 0.03, 0.1, 1].map((rate) => of(rate)),
            between: [0.02, 0.049, 0.055, 1e-5, 10].map((rate) => of(rate)),
            none: [of(0.1, none), of(0.1, { ...none, error: new Error("x") }), of(0.1, { ...none, done: true })],
          };
        }"""
    )
    assert said["exact"] == [
        "too small: The training loss fell in every epoch; 20 % right on validation, 70 points below the best.",
        "good: The training loss fell in every epoch; 90 % right on validation, as good as any.",
        "good: The training loss fell in every epoch; 90 % right on validation, less than a point below the best.",
        "bouncing: The training loss rose in 1 of 2 epochs after the first; 50 % right on validation, 40 points below "
        "the best.",
        "diverged: The loss stopped being a finite number.",
    ]
    inside, edge, outside, low, high = said["between"]
    assert inside.startswith("good: At 0.03, the nearest that was trained, the training loss fell")
    # Within the basin its neighbour's word counts for nothing, and beyond it neither does that of the basin's rates.
    assert edge.startswith("good: At 0.03")
    assert outside.startswith("bouncing: At 0.1, the nearest that was trained,")
    assert low.startswith("too small: At 0.001, the nearest that was trained,")
    assert high == "diverged: At 1, the nearest that was trained, the loss stopped being a finite number."
    assert [text.split(":")[0] for text in said["none"]] == ["training", "unknown", "unknown"]


def test_the_dial_tells_what_was_trained(visit):
    page = visit("concept", f"{QUICK}&lr=0.0316")
    trained, run = landscape(page, epochs=2, hidden=32)
    trials = {trial["learning_rate"]: trial for trial in trained}
    for title in page.locator("#dial circle title").all_text_contents():
        rate, loss, right = re.fullmatch(r"(\S+): validation loss (\S+) nats, (?:[<>] )?(\d+) % right", title).groups()
        trial = trials[float(rate)]
        assert float(loss) == pytest.approx(trial["valid_loss"][-1], rel=0.05, abs=0.006)
        assert int(right) == pytest.approx(100 * trial["valid_accuracy"][-1], abs=1.01)
    basin = f"{run['basin']['low']:.3g} to {run['basin']['high']:.3g}"
    assert [float(x) for x in re.findall(r"[\d.]+", page.locator("#dial-title").inner_text())] == [
        float(x) for x in basin.split(" to ")
    ]


def test_ticks_of_a_loss_stand_where_they_say(visit):
    boxes = visit().evaluate(
        """async () => {
          const { chart, lossAxis, framed } = await import("/charts.js"), nats = { unit: "nats" };
          const made = chart(() => ({ mark: "point", encoding: { x: { field: "rate" }, y: lossAxis(nats) } }));
          document.querySelector("#way").append(made.element);
          await made.show([0.45, 2.3, 40].map((loss, rate) => ({ rate, shown: framed(loss, nats) })), "A title");
          const { view } = made;
          return {
            domain: view.scale("y").domain(), low: view.scale("y")(0.1), height: view.scale("y").range()[0],
            font: getComputedStyle(document.body).fontFamily, drawn: made.element.querySelector("canvas").height,
          };
        }"""
    )
    # What lies below all losses has no place on the axis; it was drawn at its end, and called 0.1 there.
    assert boxes["domain"] == [0.45, 6]
    assert boxes["low"] > boxes["height"]


def test_letters_of_a_chart_are_as_large_as_they_should_be(visit):
    page = visit("why")
    fonts = page.evaluate(
        """async () => {
          const { chart } = await import("/charts.js");
          const seen = [], own = Object.getOwnPropertyDescriptor(CanvasRenderingContext2D.prototype, "font");
          Object.defineProperty(CanvasRenderingContext2D.prototype, "font", {
            get() { return own.get.call(this); },
            set(to) { own.set.call(this, to); seen.push([to, own.get.call(this)]); },
          });
          const made = chart(() => ({ mark: "point", encoding: { x: { field: "a" } } }));
          document.querySelector("#way").append(made.element);
          await made.show([{ a: 1 }, { a: 2 }], "A title");
          return seen;
        }"""
    )
    assert fonts
    assert all("13px" in taken for wished, taken in fonts if "13px" in wished)


@pytest.mark.parametrize(
    ("recipe", "sizes"),
    [("hidden=128&seed=0", 3), ("hidden=128,64&batch_size=8&seed=7", 3), ("hidden=&batch_size=64&optimizer=adam", 3)],
)
def test_the_cases_of_concept_keep_what_they_promise(recipe, sizes, visit):
    page = visit("concept", f"epochs=2&{recipe}&lr=0.01")
    cards = page.locator("#way .columns .card", has=page.get_by_role("button"))
    expect(cards).to_have_count(sizes)
    for i in range(sizes):
        said = cards.nth(i).inner_text()
        before, after = re.search(r"goes from (\S+) to (\S+)\.", said).groups()
        rate = cards.nth(i).get_by_role("button").inner_text().removeprefix("Take ")
        cards.nth(i).get_by_role("button").click()
        # The rate is one of the dial, and its step does what the card says.
        assert float(state(page)["lr"]) == float(rate) <= 10
        expect(page.locator("#way h3").first).to_contain_text(f"A step of {rate}")
        expect(page.locator("#way h3").first).to_contain_text(re.compile(f"{before} to {after}|stays at"))
        assert float(after) > float(before) or "higher than it began" not in said


def test_concept_names_the_blind_guess_and_the_pixel_of_own_images(visit, tmp_path):
    (tmp_path / "mine.zip").write_bytes(zipped(two_kinds(rows=20)))
    page = visit("project")
    page.get_by_label("a zip of images").set_input_files(tmp_path / "mine.zip")
    expect(page.locator("#way")).to_contain_text("in 2 classes")
    page.locator("nav a[data-way=concept]").click()
    expect(page.locator("#way")).to_contain_text("guessing blindly costs 0.69")
    expect(page.locator("#way")).to_contain_text(re.compile("labelled (dark|light)"))
    row, column = re.search(r"row (\d+) and column (\d+)", page.locator("#way").inner_text()).groups()
    assert max(int(row), int(column)) < 8
    page.locator("nav a[data-way=recall]").click()
    expect(page.locator("fieldset").first).to_be_visible()
    assert "2.30" not in page.locator("#way").text_content()


def test_the_race_counts_its_steps_and_its_axis_follows_the_recipe(visit):
    page = visit("why", f"{QUICK}&lr=0.03&runners=3")
    rows = page.locator("#way tbody tr")
    expect(rows).to_have_count(3)
    rates = [row.split("\n")[0].split("\t")[0].replace(" (needle)", "") for row in rows.all_inner_texts()]
    query = {"hidden": 32, "epochs": 2, "rates": ",".join(rates)}
    race = page.request.get(f"{page.url.split('?')[0]}api/race", params=query).json()
    losses = {r["learning_rate"]: np.array(r["step_loss"], float) for r in race["runners"]}
    for step in (0, 1, 7, 25, 80):
        page.get_by_label("training step").fill(str(step))
        expect(page.locator("#way h3").first).to_contain_text("same loss" if step == 0 else f"After step {step} of 80")
        for row in rows.all():
            rate, loss = row.locator("td").nth(0).inner_text().split(" ")[0], row.locator("td").nth(1).inner_text()
            done = losses[float(rate)][max(0, step - 10) : max(step, 1)]
            assert float(loss) == pytest.approx(done.mean(), rel=0.05, abs=0.006), (rate, step)
    page.get_by_label("how many learning rates race").select_option("8")
    expect(rows).to_have_count(8)
    assert state(page)["runners"] == "8"
    page.get_by_label("epochs").fill("4")
    expect(page.get_by_label("training step")).to_have_attribute("max", "160")
    page.get_by_label("training step").fill("160")
    expect(page.locator("#way h3").first).to_contain_text("of 160")
    page.reload()
    expect(rows).to_have_count(8)


def test_a_mean_needs_all_its_folds_and_the_epoch_stands_in_the_address(visit):
    page = visit("deep-dive", f"{QUICK}&lr=0.03&epoch=1")
    expect(page.locator("#way")).to_contain_text("each trained to the end 5 times")
    expect(page.locator("#way h3").first).to_contain_text("After epoch 1")
    every, _ = landscape(page, epochs=2, hidden=32, folds=5)
    trials = {trial["learning_rate"] for trial in every}
    assert len(every) == 5 * len(trials) == 125
    for epoch in (1, 2):
        page.get_by_label("epoch", exact=True).fill(str(epoch))
        expect(page.locator("#way h3").first).to_contain_text(f"After epoch {epoch}")
        means = {
            rate: np.mean([float(t["valid_loss"][epoch - 1]) for t in every if t["learning_rate"] == rate])
            for rate in trials
        }
        best = min(means, key=means.get)
        text = re.search(r"is (\S+) at (\S+)$", page.locator("#way h3").first.inner_text()).groups()
        assert float(text[0]) == pytest.approx(means[best], rel=0.02)
        assert means[float(text[1])] == pytest.approx(means[best], rel=1e-6)
    assert "epoch" not in state(page), "the last epoch is the last, however many there are"


def test_metrics_say_which_curve_tells_what_also_where_it_diverged(visit):
    page = visit("metrics", "epochs=5&lr=0.03")
    way = page.locator("#way")
    expect(way).to_contain_text("it lags behind the others")
    expect(way).to_contain_text("has begun to learn its own by heart")
    half = float(re.search(r"With 200 images, luck alone moves it by (\S+) points", way.inner_text())[1])
    assert 2 < half < 8
    page = visit("metrics", "epochs=2&hidden=128,64&optimizer=momentum&batch_size=4&lr=10")
    expect(page.locator("#way h3").nth(1)).to_be_visible()
    text = page.locator("#way").inner_text()
    assert "not finite nats" not in text
    assert "by heart" not in text or "diverged" not in text


def test_a_challenge_is_scored_by_what_was_measured_and_keeps_its_probes(visit):
    page = visit("challenge", "game=4&lr=0.0137")
    for more in ("ArrowRight", "ArrowRight"):
        page.get_by_role("button", name=re.compile("Probe")).click()
        expect(page.get_by_role("button", name=re.compile("Probe"))).to_be_enabled()
        page.get_by_role("slider", name="learning rate").press(more)
    rows = page.get_by_role("region", name="Probes").locator("tbody tr")
    expect(rows).to_have_count(2)
    before = rows.all_inner_texts()
    assert len(state(page)["probes"].split(",")) == 2
    page.reload()
    expect(rows).to_have_count(2)
    assert rows.all_inner_texts() == before
    rate = float(state(page)["lr"])
    page.get_by_role("button", name="Choose it").click()
    expect(page.locator("#way")).to_contain_text("You predicted", timeout=60_000)
    task = page.evaluate("async () => (await import('/ways/challenge.js')).task(4)")
    trials, _ = landscape(page, **task, folds=3, also=rate)
    mean = {
        r: np.mean(
            [0 if t["status"] == "diverged" else t["valid_accuracy"][-1] for t in trials if t["learning_rate"] == r]
        )
        for r in {t["learning_rate"] for t in trials}
    }
    lost = float(re.search(r"ou lost (\S+) point", page.locator("#way").inner_text())[1])
    assert lost == pytest.approx(100 * (max(mean.values()) - mean[rate]), abs=0.051)
    page.get_by_role("button", name="Next task").click()
    assert "probes" not in state(page)


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ("lr=nan", "lr is a number from 0.00001 to 10"),
        ("lr=1e99", "lr is a number"),
        ("lr=-5", "lr is a number"),
        ("way=nowhere", "way is one of concept"),
        ("way=constructor", "way is one of concept"),
        ("seed=-1", "seed is a whole number from 0 to 9999"),
        ("epochs=2.5", "epochs is a whole number from 1 to 20"),
        ("batch_size=99999999999", "batch_size is a whole number"),
        ("optimizer=magic", "optimizer is one of sgd"),
        ("hidden=abc", "that is no hidden"),
        ("run=../studio", "that is no run"),
        ("pick=../../x", "that is no pick"),
        ("runners=1e9&game=-3", "runners is a whole number from 3 to 16"),
    ],
)
def test_what_an_address_says_wrong_is_told_and_left_out(wrong, expected, visit):
    page = visit(wrong.split("=")[1] if wrong.startswith("way") else "concept", f"{QUICK}&{wrong}")
    expect(page.locator("#failure")).to_contain_text(expected)
    expect(page.locator("#way h2").first).to_be_visible()
    page.get_by_role("slider", name="learning rate").press("ArrowRight")
    expect(page.locator("#failure")).to_be_hidden()


def test_back_brings_the_recipe_back_into_its_controls(visit):
    page = visit("concept", "epochs=2&hidden=24&batch_size=20")
    expect(page.get_by_label("hidden layers")).to_have_value("24")
    expect(page.get_by_label("batch size")).to_have_value("20")
    page.locator("nav a[data-way=why]").click()
    page.get_by_label("hidden layers").select_option("32")
    page.get_by_label("seed").fill("8")
    page.go_back()
    expect(page.locator("nav a[aria-current=page]")).to_have_attribute("data-way", "concept")
    expect(page.get_by_label("hidden layers")).to_have_value("24")
    expect(page.get_by_label("seed")).to_have_value("0")
    page.go_forward()
    expect(page.get_by_label("hidden layers")).to_have_value("32")
    expect(page.get_by_label("seed")).to_have_value("8")


def test_a_drawing_is_followed_through_the_layers_with_mouse_and_keyboard(visit):
    page = visit("trace", f"{QUICK}&lr=0.05")
    pad = page.get_by_role("application")
    pad.focus()
    for _ in range(12):
        page.keyboard.press("Shift+ArrowDown")
    expect(page.locator(".marked .cursor")).to_be_visible()
    expect(page.locator("#way")).to_contain_text("Through the model at the needle, 0.05:")
    expect(page.get_by_role("img", name=re.compile("^32 units; the strongest"))).to_have_count(2)


def test_code_is_not_called_recommended_and_its_framework_stands_in_the_address(visit):
    page = visit("try-it", f"{QUICK}&lr=3&code=keras")
    expect(page.locator("pre.code")).to_contain_text("keras")
    expect(page.locator("pre.code")).to_contain_text("learning rate 3;")
    assert "recommended it" not in page.locator("pre.code").inner_text()
    page.get_by_label("framework").select_option("sklearn")
    assert state(page)["code"] == "sklearn"


def test_a_stream_that_is_cut_off_is_noticed(visit):
    page = visit("concept", QUICK, quiet=False)
    page.route("**/api/landscape*", lambda route: route.fulfill(body='data: {"event": "begin", "rates": []}\n\n'))
    page.get_by_label("seed").fill("31")
    expect(page.locator("#failure")).to_contain_text("does not answer")
    page.unroute("**/api/landscape*")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("#reading")).to_contain_text("Recommended here")


def test_the_dial_has_its_first_points_before_anything_else_is_asked(visit):
    page = visit("concept", QUICK)
    requests = page.evaluate(
        """async () => {
          const asked = [], own = window.fetch, landscape = await import("/landscape.js");
          const known = () => landscape.now.trials.length;
          window.fetch = (path, ...more) => (asked.push([path.split("?")[0], known()]), own(path, ...more));
          const field = document.querySelector("[name=seed]");
          field.value = 77;
          field.dispatchEvent(new Event("input", { bubbles: true }));
          while (asked.length < 2) await new Promise(requestAnimationFrame);
          return asked;
        }"""
    )
    assert requests[0] == ["/api/landscape", 0]
    assert requests[1][0] == "/api/descent"
    assert requests[1][1] > 0


def test_a_card_that_was_turned_stays_turned_while_the_needle_moves(visit):
    page = visit("recall", f"{QUICK}&lr=0.05")
    card = page.locator("#way details").first
    card.locator("summary").click()
    with page.expect_response("**/api/trace*"):
        page.get_by_role("slider", name="learning rate").press("ArrowRight")
    expect(page.locator("fieldset.card")).to_have_count(5)
    expect(card).to_have_attribute("open", "")
