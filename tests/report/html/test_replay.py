import json
import re
from dataclasses import replace
from importlib import resources

import numpy as np
import pytest

from etascope.core.errors import InputError
from etascope.core.trace import Layer
from etascope.report.charts.rate_axis import window
from etascope.report.files.document import pick_document
from etascope.report.html import replay
from etascope.report.html.replay import link, parse
from etascope.report.html.run import run_html
from tests.learn import made
from tests.report.filled import filled
from tests.report.reported import reported_run


def numbers(document):
    if isinstance(document, dict):
        document = list(document.values())
    if isinstance(document, list):
        return [number for item in document for number in numbers(item)]
    return [document] if isinstance(document, float) else []


def test_trials_are_those_of_the_one_document_in_four_digits(run):
    document, whole = replay.replay_document(run)["run"], pick_document(run)
    assert [t["learning_rate"] for t in document["trials"]] == [t["learning_rate"] for t in whole["trials"]]
    for short, full in zip(document["trials"], whole["trials"], strict=True):
        assert (short["status"], short["word"]) == (full["status"], full["word"])
        for course in ("train_loss", "valid_loss", "valid_accuracy"):
            pairs = zip(short[course], full[course], strict=True)
            assert all(a == b if isinstance(b, str) else a == pytest.approx(b, rel=1e-3) for a, b in pairs)
    for name in ("learning_rate", "basin", "walls"):
        assert document[name] == whole[name]


def test_numbers_are_short(run):
    document = replay.replay_document(filled(run))
    values = numbers(document["run"]["trials"]) + numbers(document["trace"]["step_loss"])
    assert len(values) > 300
    assert max(len(f"{number:.9g}") for number in values) <= len("-1.234e-05")
    json.dumps(document, allow_nan=False)


def test_a_colour_means_the_same_rate_as_on_the_charts(run):
    document, ends = replay.replay_document(run), window(run.choice)
    assert (document["colours"]["rates"][0], document["colours"]["rates"][-1]) == pytest.approx(ends)
    assert document["axis"]["low"] < ends[0]
    assert document["axis"]["high"] > ends[1]
    assert len(document["colours"]["light"]) == len(document["colours"]["dark"]) == len(document["colours"]["rates"])


def test_the_needle_starts_at_the_answer_or_in_the_middle(run, undecided):
    assert replay.replay_document(run)["start"] == 0.018
    document = replay.replay_document(undecided)
    assert document["axis"]["low"] < document["start"] < document["axis"]["high"]
    assert document["trace"] is None


def test_a_training_that_diverged_is_told_as_strings():
    lost = replay.replay_document(made.run(final=(2.1, *[float("nan")] * 4)))["trace"]
    assert lost["prediction"] is None
    assert [epoch["train_loss"] for epoch in lost["epochs"]] == [2.1, *["nan"] * 4]


def test_the_loss_of_many_steps_becomes_means(run):
    steps = np.linspace(2, 1, 10_001).astype(np.float32)
    losses = replay.replay_document(replace(run, trace=replace(run.trace, step_loss=steps)))["trace"]["step_loss"]
    assert len(losses) == replay.PARTS
    assert np.mean(losses) == pytest.approx(1.5, abs=0.01)


def test_a_script_brings_its_own_number():
    shown = replay.replay_document(reported_run())["run"]
    assert shown["measure"] == {"name": "val_loss", "maximize": False, "best": 0.0, "unit": "", "words": "val_loss"}
    assert shown["trials"][0]["valid_loss"]


def test_large_searches_and_models_keep_what_there_is_room_for(run, monkeypatch):
    monkeypatch.setattr(replay, "MOST_OF_TRIALS", 100)
    assert {len(t["valid_loss"]) for t in replay.replay_document(run)["run"]["trials"]} == {1}
    wide = Layer("wide", "relu", (), np.ones((1, 8, 60, 30), np.float32))
    small = Layer("small", "relu", (), np.ones((1, 4, 6, 6), np.float32))
    prediction = replace(run.trace.prediction, layers=(wide, wide, wide, wide, small))
    deep = replace(run, trace=replace(run.trace, prediction=prediction))
    layers = replay.replay_document(deep)["trace"]["prediction"]["layers"]
    assert [len(layer["values"]) for layer in layers] == [14_400, 14_400, 14_400, 0, 144]
    assert layers[3]["shape"] == [8, 60, 30]


def test_hidden_characters_of_names_are_shown_as_such(run):
    trace = replace(run.trace, class_names=("a\u202eb", *"123456789"))
    assert replay.replay_document(replace(run, trace=trace))["trace"]["class_names"][0] == "a\N{REPLACEMENT CHARACTER}b"


def test_the_replay_takes_little_of_the_page(run):
    size = len(json.dumps(replay.replay_document(filled(run)), separators=(",", ":")))
    assert size < 40_000
    assert len(replay.replay_script()) < 60_000


def test_every_part_has_its_place(run, undecided):
    for one, parts in ((run, ("landscape", "epochs", "prediction")), (undecided, ("landscape",))):
        html = run_html(one)
        assert [part for part in ("landscape", "epochs", "prediction") if replay.place(part) in html] == list(parts)


FILES = resources.files("etascope.report") / "page_modules"
SHARED = sorted(file.name for file in FILES.iterdir() if file.name.endswith(".js"))
#: Each says what it does, so that order and number are seen.
MODULES = {
    "main.js": 'import { add } from "./sums.js";\nimport * as words from "./words.js";\n\nlog(words.say(add(1, 2)));\n',
    "sums.js": 'import { note } from "./words.js";\nnote("sums");\nexport function add(a, b) {\n  return a + b;\n}\n',
    "words.js": (
        "// Words.\nconst kept = [];\nexport const LOUD = true;\n"
        "export async function later() {}\nexport function note(what) {\n  kept.push(what);\n}\n"
        "export const say = (sum) => `${sum} after ${kept.join()}${LOUD ? '!' : ''}`;\n"
    ),
}
#: A form that is not understood, and what it is called.
REFUSED = {
    'import add from "./sums.js";\n': "an import of another form",
    'import "./sums.js";\n': "an import of another form",
    'import { add as plus } from "./sums.js";\n': "an import under another name",
    'import { add } from "https://example.org/sums.js";\n': "an import of another form",
    'import { add } from "../sums.js";\n': "an import of another form",
    'const a = 1;\nimport { add } from "./sums.js";\n': "an import of another form",
    "export default 1;\n": "an export of another form",
    "const a = 1;\nexport { a };\n": "an export of another form",
    'export * from "./sums.js";\n': "an export of another form",
    "export let a = 1;\n": "an export of another form",
    "export class A {}\n": "an export of another form",
    "if (true) {\n  export const a = 1;\n}\n": "an export of another form",
    'const a = () => import("./sums.js");\n': "a dynamic import",
    "const a = import.meta.url;\n": "import.meta",
    "const a = `one\nexport const b = 1;\n`;\n": "a template over several lines",
    "const a = await fetch('/');\n": "an await outside of a function",
    "const a = '</script>';\n": "ends or hides a script",
    "const a = '<!-- ';\n": "ends or hides a script",
}


@pytest.fixture(scope="module")
def page(browser):
    opened = browser.new_page()
    yield opened
    opened.close()


def run(page, script):
    return page.evaluate(f"() => {{ const said = []; const log = (what) => said.push(what);\n{script}\nreturn said; }}")


def test_modules_run_once_each_and_before_their_importers(page):
    assert run(page, link("main.js", MODULES.__getitem__)) == ["3 after sums!"]


def test_names_of_modules_stay_their_own(page):
    modules = {
        "main.js": 'import { name } from "./other.js";\nconst own = "main";\nlog(`${own} ${name()}`);\n',
        "other.js": 'const own = "other";\nexport function name() {\n  return own;\n}\n',
    }
    script = link("main.js", modules.__getitem__)
    assert run(page, script) == ["main other"]
    assert run(page, f"{script}log(typeof own);") == ["main other", "undefined"]


@pytest.mark.parametrize("text", REFUSED)
def test_any_other_form_is_refused_with_its_place(text):
    with pytest.raises(InputError, match=re.escape(REFUSED[text])) as caught:
        parse("a.js", f"// A comment.\n\n{text}")
    line = next(i for i, part in enumerate(text.splitlines(), 3) if re.search(r"import|export|`|await|<", part))
    assert f"in a.js, line {line}." in str(caught.value)


def test_words_that_only_look_like_forms_are_left_alone():
    text = 'const important = "import { a } of exports";\n// We export nothing.\nconst exported = { import: 1 };\n'
    assert parse("a.js", text).body == text


def test_what_is_not_exported_is_missed():
    modules = {"a.js": 'import { two } from "./b.js";\n', "b.js": "export const one = 1,\n  two = 2;\n"}
    with pytest.raises(InputError, match=r"found 'two', which a\.js takes from b\.js"):
        link("a.js", modules.__getitem__)


def test_a_circle_is_refused():
    modules = {"a.js": 'import { b } from "./b.js";\n', "b.js": 'import { a } from "./a.js";\n'}
    with pytest.raises(InputError, match=r"a\.js -> b\.js -> a\.js"):
        link("a.js", modules.__getitem__)


@pytest.mark.parametrize("name", SHARED)
def test_every_shared_module_can_be_linked_and_runs(name, page):
    script = link(name, lambda other: (FILES / other).read_text(encoding="utf-8"))
    text = (FILES / name).read_text(encoding="utf-8")
    assert len(re.findall("^export ", text, re.MULTILINE)) == len(parse(name, text).exports)
    assert not re.search("^(import|export) ", script, re.MULTILINE)
    if name != "replay.js":  # It needs a page of its own: test_replay_in_browser.
        assert run(page, script) == []
