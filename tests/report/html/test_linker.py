import re
from importlib import resources

import pytest

from etascope.core.errors import InputError
from etascope.report.html.linker import link, parse

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
    with pytest.raises(InputError, match=re.escape(REFUSED[text])) as told:
        parse("a.js", f"// A comment.\n\n{text}")
    line = next(i for i, part in enumerate(text.splitlines(), 3) if re.search(r"import|export|`|await|<", part))
    assert f"in a.js, line {line}." in str(told.value)


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
