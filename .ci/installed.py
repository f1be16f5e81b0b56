"""What is done with an etascope that is installed: the commands that a stranger would try, and what has to hold.

Every command runs with `-X dev -W error`, and says nothing on standard error but how far it is.
"""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import subprocess
import time
import tomllib
import urllib.request
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
STRICT = ("-X", "dev", "-W", "error")
#: A search that is over in a blink, and one that can be killed before it is.
SMALL, LONGER = ("--hidden", "0", "--epochs", "1"), ("--hidden", "64", "--epochs", "12")
#: Seconds that one command may take.
LONG = 240
#: What a search says of itself where there is no terminal.
PROGRESS = re.compile(r"[^\n]+: [\d,.]+ of [\d,.]+ \w+\n")
#: How the files of each kind of report begin.
BEGINS = {".html": b"<!doctype html>", ".md": b"#", ".json": b"{", ".png": b"\x89PNG", ".svg": b"<svg", ".pdf": b"%PDF"}
#: Loads every module; only libraries that are asked for by name with an extra may be missing.
LOAD_ALL = """
import importlib, etascope
from pathlib import Path
[getattr(etascope, name) for name in etascope.__all__]
print(etascope.__version__, etascope.__file__)
root = Path(etascope.__file__).parent
for path in sorted(root.rglob("*.py")):
    name = ".".join(("etascope", *path.relative_to(root).with_suffix("").parts)).removesuffix(".__init__")
    if path.stem != "__main__":
        try:
            importlib.import_module(name)
        except (etascope.InputError, ModuleNotFoundError) as error:
            print("without", name, error)
"""
HELP = """
from click.testing import CliRunner
from etascope.cli.main import commands
names = commands.list_commands(None)
for name in names:
    result = CliRunner().invoke(commands, [name, "--help"], catch_exceptions=False)
    assert result.exit_code == 0 and "Usage:" in result.output, name
print(len(names))
"""
PHOTOS = """
import numpy as np
from pathlib import Path
from PIL import Image
pixels = np.random.default_rng(0).integers(0, 50, (40, 12, 12, 3)).astype(np.uint8)
pixels[::2] += 150
labels = np.array(["day", "night"] * 20)
np.savez("photos.npz", images=pixels, labels=labels)
for i, (image, label) in enumerate(zip(pixels, labels)):
    path = Path("photos", label, f"{i}.{['png', 'jpg', 'webp'][i % 3]}")
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(image).save(path)
"""


class Failed(Exception):
    """Something did not do what it should; the message says what."""


@dataclass(frozen=True)
class Environment:
    """Where a wheel is installed: a folder with the environment, and everything that its commands leave."""

    name: str
    folder: Path

    @property
    def python(self) -> Path:
        """The interpreter."""
        return self.folder / "environment" / "bin" / "python"

    def start(self, *command: object, strict: tuple[str, ...] = STRICT) -> subprocess.Popen[str]:
        """Start Python, away from the source and from what the user has set."""
        variables = {
            "PATH": os.environ["PATH"], "HOME": str(self.folder / "home"), "LANG": "C.UTF-8",
            "ETASCOPE_STORE": str(self.folder / "runs.sqlite"),
        }  # fmt: skip
        return subprocess.Popen(
            [self.python, *strict, *map(str, command)], cwd=self.folder, env=variables, text=True, encoding="utf-8",
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def run(self, *command: object) -> str:
        """Run Python to its end, and return what it wrote; it may not fail, and say nothing on standard error."""
        process = self.start(*command)
        try:
            out, err = process.communicate(timeout=LONG)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            raise Failed(f"{shown(command)} took more than {LONG} s\n{out}{err}") from None
        if process.returncode != 0 or PROGRESS.sub("", err):
            raise Failed(f"{shown(command)} ended with {process.returncode}\n{out[-500:]}{err}")
        return out

    def etascope(self, *arguments: object) -> str:
        """Run a command of etascope's."""
        return self.run("-m", "etascope", *arguments)

    def document(self, *arguments: object) -> dict[str, Any]:
        """Run a command that has `--json`, and return the document."""
        return json.loads(self.etascope(*arguments, "--json", "-"))


def shown(command: tuple[object, ...]) -> str:
    """Return a command in a line."""
    return " ".join(str(part) if "\n" not in str(part) else "'...'" for part in command)


def require(holds: object, what: str) -> None:
    """Fail unless something holds."""
    if not holds:
        raise Failed(what)


def loads(here: Environment) -> str:
    """Import everything."""
    installed, *without = here.run("-c", LOAD_ALL).splitlines()
    version, place = installed.split(" ", 1)
    require(version == PROJECT["version"], f"the version is {version}")
    require(Path(place).is_relative_to(here.folder), f"what is tried is {place}, not the wheel")
    ours = [line for line in without if "pip install" not in line and "No module named" not in line]
    require(not ours, "\n".join(ours))
    return f"import etascope {version} and all of its modules ({len(without)} want a library of an extra)"


def helps(here: Environment) -> str:
    """Show the help of every command."""
    require("pick" in here.etascope("--help"), "--help names no commands")
    return f"--help, and of {here.run('-c', HELP).strip()} commands"


def picks(here: Environment) -> str:
    """Search, with a report of each kind."""
    kinds = json.loads(
        here.run("-c", "import json\nfrom etascope.report.files.write import REPORTS\nprint(json.dumps(REPORTS))")
    )
    out = here.etascope("pick", *SMALL, *(part for kind in kinds for part in ("--report", f"answer{kind}")))
    require("\nlearning rate " in out, out)
    for kind in kinds:
        written = (here.folder / f"answer{kind}").read_bytes()
        require(written[:60].lower().startswith(BEGINS[kind].lower()), f"answer{kind} begins with {written[:60]!r}")
    return f"pick, reports {' '.join(kinds)}"


def opens_files(here: Environment) -> str:
    """Search on a folder of images and on arrays."""
    here.run("-c", PHOTOS)
    here.run(
        "-c", "import etascope, numpy\nd = etascope.open_images('photos')\nnumpy.savez('p.npz', x=d.images, y=d.labels)"
    )
    for data in ("photos", "p.npz"):
        require("\nlearning rate " in here.etascope("pick", data, *SMALL), data)
    return "pick of a folder of .png, .jpg and .webp, and of an .npz"


def lays_open(here: Environment) -> str:
    """Trace, and the quiz into a pipe."""
    require(len(here.document("trace", "--lr", "0.05")["epochs"]) == 5, "trace has other epochs")
    require("Answers" in here.etascope("quiz", *SMALL), "quiz tells no answers")
    here.etascope("range-test", *SMALL)
    return "trace, quiz into a pipe, range-test"


def reads_the_store(here: Environment) -> str:
    """All that reads kept runs."""
    runs = here.document("runs")["runs"]
    require(len(runs) == 3 and all(run["finished"] for run in runs), f"runs are {runs}")
    for command in ("runs", "show", "compare", "code", "lock", "check", "gc"):
        here.etascope(command)
    here.etascope("export", "last", "-")
    return "runs, show, compare, export, code, lock, check, gc"


def resumes(here: Environment) -> str:
    """Kill a search when a round is kept, and go on with it: the same bits."""
    whole = here.document("pick", *LONGER, "--no-store")
    store = here.folder / "killed.sqlite"
    search = here.start("-m", "etascope", "pick", *LONGER, "--store", store)
    try:
        deadline = time.monotonic() + LONG
        while not _kept(store):
            require(search.poll() is None, "the search ended before it could be killed")
            require(time.monotonic() < deadline, "no round was kept")
            time.sleep(0.005)
    finally:
        search.kill()
        search.communicate()
    [run] = here.document("runs", "--store", store)["runs"]
    require(not run["finished"], "what was killed is finished")
    again = here.document("resume", "--store", store)
    for part in ("learning_rate", "basin", "trials", "test"):
        require(again[part] == whole[part], f"{part} is another one after a kill: {again[part]}, {whole[part]}")
    return f"resume after kill -9 with {run['trials']} trials kept: the same bits"


def _kept(store: Path) -> int:
    if not store.exists():
        return 0
    with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as opened:
        try:
            return opened.execute("SELECT count(*) FROM etascope_histories").fetchone()[0]
        except sqlite3.OperationalError:
            # Not made yet, or being made.
            return 0


def serves(here: Environment) -> str:
    """Start the studio, let it search, and end it with Ctrl-C."""
    # In Python's development mode, asyncio says of every step that takes long how long it took.
    studio = here.start("-m", "etascope", "studio", "--no-open", strict=("-W", "error"))
    try:
        assert studio.stdout is not None
        said = studio.stdout.readline()
        match = re.search(r"http://\S+/", said)
        if match is None:
            raise Failed(f"the studio said {said!r}\n{studio.communicate(timeout=LONG)[1]}")
        link = match[0]

        def ask(path: str, method: str = "GET") -> str:
            with urllib.request.urlopen(urllib.request.Request(link + path, method=method), timeout=LONG) as answer:
                return answer.read().decode()

        require("etascope" in ask(""), "the page is another one")
        ask("api/openapi.json")
        begun = json.loads(ask("api/picks?hidden=8&epochs=1", "POST"))["id"]
        last = json.loads(ask(f"api/picks/{begun}/events").strip().rpartition("data: ")[2])
        require(last["event"] == "run" and last["kept"], f"the search ended with {str(last)[:300]}")
        require("<html" in ask(f"api/picks/{begun}/report.html"), "the report is no page")
        studio.send_signal(signal.SIGINT)
        _, err = studio.communicate(timeout=LONG)
        require(studio.returncode == 0 and not err, f"the studio ended with {studio.returncode}\n{err}")
    finally:
        if studio.poll() is None:
            studio.kill()
            studio.communicate()
    return "studio: page, search, report"


CHECKS: tuple[Callable[[Environment], str], ...] = (
    loads, helps, picks, opens_files, lays_open, reads_the_store, resumes, serves,
)  # fmt: skip
