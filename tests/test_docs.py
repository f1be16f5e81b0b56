"""The documentation does what it says: its code runs, its commands end as written, its links lead on."""

import contextlib
import io
import json
import re
import runpy
import shlex
import tomllib
import urllib.request
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import click
import pytest

import etascope
from etascope.cli.main import commands
from etascope.images.open import open_images
from etascope.selection.words.verdicts import RULES
from tests.cli.running import Ended, run
from tests.studio.served import studio
from tests.test_architecture import PACKAGE, TABLE

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.glob("*.md")])
PICTURES = sorted((DOCS / "pictures").glob("*.svg"))
#: Lines of a page, so that it is read in one go.
LONGEST = 220
#: How far the numbers of an answer may be from those shown, as a factor: products round otherwise on other processors.
ROUNDED = 1.25

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())


@dataclass(frozen=True)
class Block:
    language: str
    text: str
    line: int


@cache
def blocks(page):
    matches = re.finditer(r"^```(\w*)\n(.*?)^```$", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    return tuple(
        Block(match[1], match[2], page.read_text(encoding="utf-8")[: match.start(2)].count("\n") + 1)
        for match in matches
    )


def prose(page):
    return re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)


def masked(text):
    """Return text without what may differ between machines: numbers, the length of bars, where lines are wrapped."""
    text = re.sub(r"[█▏▎▍▌▋▊▉▶]+", "", text)
    text = re.sub(r"\d[\d,]*(\.\d+)?(e[-+]?\d+)?", "#", text)
    # A factor may be written as a product or a quotient, a loss as a bound.
    text = re.sub(r"(>=\s+)?#", "#", re.sub(r"[x/]\s+#", "x #", text))
    return " ".join(text.split())


def alike(shown, written):
    """Whether two lines have the same words, and numbers that are the same but for rounding along the way."""
    pairs = zip(*(re.findall(r"\d+\.?\d*(?:e[-+]?\d+)?", line) for line in (shown, written)), strict=False)
    return masked(shown) == masked(written) and all(
        float(a) / ROUNDED <= float(b) <= float(a) * ROUNDED for a, b in pairs
    )


def check_output(written, shown):
    """The output is what is shown, where a line of "..." stands for any lines; answers are `alike`."""
    parts = [re.escape(masked(part)) for part in re.split(r"^\.\.\.$", shown, flags=re.MULTILINE)]
    assert re.fullmatch(".*".join(parts), masked(written)), f"shown is\n{shown}\nand written was\n{written}"
    for line in shown.splitlines():
        if line.startswith(("learning rate ", "etascope: ")):
            assert any(alike(line, other) for other in written.splitlines()), f"{line}\nis not in\n{written}"


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """A directory to run a page in, with the folder of images that the pages speak of."""
    from PIL import Image

    digits = open_images("digits")
    for name, label in (("left", 0), ("right", 1)):
        (tmp_path / "photos" / name).mkdir(parents=True)
        for row in (digits.labels == label).nonzero()[0][:40]:
            Image.fromarray(digits.images[row, :, :, 0]).save(tmp_path / "photos" / name / f"{row}.png")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@cache
def run_once(line):
    """Run a command that leaves nothing behind; pages share what it wrote."""
    return run(*shlex.split(line)[1:])


def run_studio(line):
    """Start the studio as the page says, ask it for its page, and end it as Ctrl-C does."""
    with studio(Path("studio.sqlite"), *shlex.split(line)[2:]) as address:
        with urllib.request.urlopen(f"{address}/") as answer:
            assert b"etascope studio" in answer.read()
        return Ended(0, f"etascope studio at {address}/   (Ctrl-C ends it)\n", "")


def run_command(line):
    if line.startswith("etascope studio"):
        return run_studio(line)
    alike = shlex.split(line)[1] in ("pick", "trace", "quiz") and not {"--json", "--report"} & set(shlex.split(line))
    return run_once(line) if alike else run(*shlex.split(line)[1:])


def sessions(block):
    """Yield each command of a block with the output that is shown below it."""
    if block.language == "sh":
        for line in block.text.splitlines():
            yield line.split("  #")[0].strip(), None
        return
    for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        line, _, shown = part.partition("\n")
        yield line, shown


def run_commands(block):
    code = 0
    for line, shown in sessions(block):
        if line == "echo $?":
            assert shown is not None
            assert code == int(shown), block
            code = 0
        elif line.startswith("etascope "):
            assert code == 0, f"line {block.line}: the page does not say that the command before ends with {code}"
            ended = run_command(line)
            code = ended.code
            if shown is not None:
                check_output(ended.out + ended.err, shown)
    assert code == 0, f"line {block.line}: the page does not say that a command ends with {code}"


def run_python(block, names):
    out = io.StringIO()
    source = "\n" * block.line + block.text
    with contextlib.redirect_stdout(out):
        exec(compile(source, "page", "exec"), names)
    return out.getvalue()


@pytest.mark.filterwarnings("ignore:The '.*_dataloader' does not have many workers")
@each_page
def test_code_runs_and_commands_end_as_the_page_says(page, desk, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(desk / "state"))
    names = {"__name__": "page"}
    written = None
    for block in blocks(page):
        if block.language == "python":
            written = run_python(block, names)
            continue
        if block.language == "py":
            # A script that the page shows, with its name in its first line.
            (desk / block.text.split()[1]).write_text(block.text, encoding="utf-8")
        if block.language in ("sh", "console"):
            run_commands(block)
        elif block.language == "text" and written is not None:
            check_output(written, block.text)
        written = None


def test_the_first_answer_of_the_readme_is_what_the_tool_says():
    shown = next(block for block in blocks(ROOT / "README.md") if block.language == "console").text
    answer = next(line for line in shown.splitlines() if line.startswith("learning rate"))
    assert any(alike(answer, line) for line in run_once("etascope pick").out.splitlines())
    text = next(block for block in blocks(ROOT / "README.md") if block.text.startswith("0.0")).text
    rates = re.findall(r"0\.\d+", text)
    assert rates == re.findall(r"0\.\d+", answer)


def test_a_page_that_is_wrong_is_found_out():
    ended = run_once("etascope trace --lr 1e30")
    check_output(ended.out, "...\ndiverged: the loss stopped being a finite number at step 7 of 50\n...\n")
    with pytest.raises(AssertionError):
        check_output(ended.out, "...\nthe loss went up at step 2 of 50\n...\n")
    with pytest.raises(AssertionError):
        check_output("learning rate   0.0178\n", "learning rate   0.0278\n")
    with pytest.raises(AssertionError):
        run_commands(Block("sh", "etascope trace --lr 0\n", 1))
    with pytest.raises(AssertionError):
        run_commands(Block("console", "$ etascope trace --lr 0\n...\n$ echo $?\n1\n", 1))


def anchors(page):
    """Return the names by which headings are linked to, as GitHub makes them."""
    titles = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@each_page
def test_links_lead_to_files_and_headings_that_exist(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if "://" in target:
            assert target.startswith("https://"), target
            continue
        name, _, anchor = target.partition("#")
        there = (page.parent / name).resolve() if name else page
        assert there.exists(), target
        assert ROOT in there.parents, target
        assert not anchor or anchor in anchors(there), target


@each_page
def test_pages_are_short_and_wrapped(page):
    lines = page.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= LONGEST
    for number, line in enumerate(lines, 1):
        assert len(line) <= 120 or line.startswith(("|", "!", "etascope: ")), f"line {number} has {len(line)} columns"


def test_every_page_can_be_reached_from_the_readme():
    visited, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        visited.add(page)
        linked = re.findall(r"\]\(([^)\s#]+\.md)", prose(page))
        waiting += [there for name in linked if (there := (page.parent / name).resolve()) not in visited]
    assert set(PAGES) <= visited


def test_the_changelog_begins_with_the_version():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    newest = re.search(r"^## (\S+) - (\d{4}-\d\d-\d\d)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.M)
    assert newest is not None
    assert newest[1] == version == etascope.__version__
    assert f"etascope {version} ({newest[2][:4]})" in (ROOT / "README.md").read_text(encoding="utf-8")


def public_names():
    """Return what `etascope/__init__.py` offers: the names that it lists, and the version."""
    return {*etascope.__all__, "__version__"}


def in_code(*pages):
    """Return all text in code on some pages: between backticks, and in blocks."""
    texts = []
    for page in pages:
        texts += [block.text for block in blocks(page)]
        texts += re.findall(r"`([^`\n]+)`", prose(page))
    return texts


def words(texts):
    return set(re.findall(r"[\w-]+", "\n".join(texts)))


def test_every_public_name_is_explained_in_the_readme():
    assert public_names() >= {"pick", "trace", "Run"}
    assert public_names() <= words(in_code(ROOT / "README.md"))


def all_commands():
    """Return every command by name, loaded."""
    context = click.Context(commands)
    return {name: commands.get_command(context, name) for name in commands.list_commands(context)}


def test_every_command_and_option_is_explained():
    readme, page = words(in_code(ROOT / "README.md")), words(in_code(DOCS / "options.md"))
    assert set(all_commands()) <= readme
    for command in (commands, *all_commands().values()):
        for parameter in command.get_params(click.Context(command)):
            option = isinstance(parameter, click.Option)
            for name in [*parameter.opts, *parameter.secondary_opts] if option else [parameter.name.upper()]:
                assert name in page, f"{command.name} {name}"


def test_every_option_of_the_table_belongs_to_the_commands_that_it_says():
    page = prose(DOCS / "options.md")
    listed = re.search(r'^"All that train" .*?\.$', page, re.DOTALL | re.MULTILINE)
    training = set(re.findall(r"`([\w-]+)`", listed[0]))
    rows = re.findall(r"^\| (`--.*?`) \| (\w[\w, -]*) \|", page, re.MULTILINE)
    assert len(rows) > 40
    for options, of in rows:
        expected = {name for part in of.split(", ") for name in (training if part == "all that train" else {part})}
        for option in re.findall(r"--[\w-]+", options):
            having = {
                name
                for name, command in all_commands().items()
                if any(option in (*p.opts, *p.secondary_opts) for p in command.params)
            }
            assert having == expected, option


def test_the_page_on_json_names_every_field():
    fields = words(in_code(DOCS / "json.md", DOCS / "json-more.md"))
    for schema in (DOCS / "schema").glob("*.json"):
        for name in property_names(json.loads(schema.read_text(encoding="utf-8"))):
            assert name in fields, f"{name} of {schema.name}"


def property_names(schema):
    if isinstance(schema, list):
        for part in schema:
            yield from property_names(part)
    elif isinstance(schema, dict):
        yield from schema.get("properties", {})
        for part in schema.values():
            yield from property_names(part)


def test_every_verdict_is_explained():
    shown = set(re.findall(r"^\| ([\w ]+?) \|", prose(DOCS / "choose-a-method.md"), re.MULTILINE))
    assert {word for word, _, _ in RULES} <= shown


def test_the_import_table_on_the_page_is_the_one_that_is_tested():
    rows = re.findall(r"^\| `(\w+)` \| .*? \| (.*?) \|$", prose(DOCS / "how-it-works.md"), re.MULTILINE)
    parts = {path.name.removesuffix(".py") for path in PACKAGE.iterdir() if path.name[0] != "_"} - {"py.typed"}
    assert {name for name, _ in rows} == parts
    for name, allowed in rows:
        listed = set() if allowed == "nothing but NumPy" else set(allowed.split(", "))
        assert (None if allowed == "anything" else listed) == TABLE[name], name


def drawn(picture):
    """Return the text of a picture, a line a line."""
    lines = {}
    for element in ElementTree.fromstring(picture).iter("{http://www.w3.org/2000/svg}text"):
        lines.setdefault(float(element.get("y")), []).append((float(element.get("x")), element.text or ""))
    return [
        "".join(text for _, text in sorted(row)).replace("\N{NO-BREAK SPACE}", " ").strip()
        for _, row in sorted(lines.items())
    ]


def test_the_pictures_are_what_the_tool_writes(tmp_path):
    runpy.run_path(str(DOCS / "make_pictures.py"), run_name="pictures")["main"](tmp_path)
    assert [path.name for path in PICTURES] == sorted(path.name for path in tmp_path.iterdir())
    for path in PICTURES:
        kept, made = drawn(path.read_text(encoding="utf-8")), drawn((tmp_path / path.name).read_text(encoding="utf-8"))
        assert len(kept) > 20
        kept_lines, again = ([masked(line) for line in lines if re.search("[a-z]", line)] for lines in (kept, made))
        # On another processor a rate near the limit of a verdict may get the one beside it.
        assert SequenceMatcher(None, kept_lines, again, autojunk=False).ratio() > 0.9, path.name
        answers = [[line for line in lines if line.startswith("learning rate")] for lines in (kept, made)]
        assert all(alike(a, b) for a, b in zip(*answers, strict=True))


def test_pictures_are_used_and_described():
    shown = {}
    for page in PAGES:
        for text, target in re.findall(r"!\[([^\]]+)\]\(([^)]+)\)", prose(page)):
            shown[(page.parent / target).resolve()] = text
    assert set((DOCS / "pictures").iterdir()) == set(shown)
    assert all(len(text) > 30 for text in shown.values())
    answer = next(line for line in drawn((DOCS / "pictures" / "pick.svg").read_text()) if "learning rate" in line)
    rate, low, high = re.findall(r"0\.\d+", answer)
    assert shown[DOCS / "pictures" / "pick.svg"].startswith(
        f"The answer of etascope pick: learning rate {rate}, basin {low} to {high}"
    )


def test_pictures_load_nothing_from_elsewhere():
    for path in PICTURES:
        text = path.read_text(encoding="utf-8")
        assert re.findall(r"https?://[^\"\s]+", text) == ["http://www.w3.org/2000/svg"]
        assert "url(http" not in text
