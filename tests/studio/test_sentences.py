"""The page's sentences name nothing of the command line, and the command line's nothing of the page."""

import ast
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from etascope import Recipe, pick
from etascope.core.errors import InputError
from etascope.core.sentences import Setting, say
from etascope.core.stored import Job
from etascope.store.failures import StoreTrouble
from etascope.studio.failure import sentence
from tests.store.made import history, job
from tests.studio.answers import QUICK, error, events
from tests.studio.served import two_kinds, zipped
from tests.studio.test_hostile_uploads import ELSEWHERE

SOURCE = Path(__file__).parents[2] / "src" / "etascope"
PAGE = re.compile(r"\b(the page|this page|button|[Dd]rop the images|[Zz]ip the folder|an upload|studio's)\b")
BAD = {"hidden": "0", "epochs": 99, "batch_size": 1, "optimizer": "adm", "schedule": "no", "warmup": 2, "seed": -1,
       "data": "no", "learning_rate": "x", "page": "x" * 99, "nothing": 1}  # fmt: skip
PATHS = ("landscape", "race", "trace", "descent", "metrics", "sharpness", "code")


@pytest.mark.parametrize("path", PATHS)
def test_what_cannot_be_asked_is_told_in_words_of_the_page(path, client):
    rest = {"rates": "0.1,0.2"} if path == "race" else {} if path in ("landscape", "descent") else {"learning_rate": 1}
    for name, value in BAD.items():
        answer = client.get(f"/api/{path}", params={**QUICK, **rest, name: value})
        said = error(answer, answer.status_code)
        assert answer.status_code in (400, 422)
        assert not ELSEWHERE.search(said), said


def test_other_questions_too(client, store):
    left = store.begin(job())
    store.append(left, history())
    asks = [
        client.get("/api/race", params={**QUICK, "rates": "0.1"}),
        client.get("/api/race", params={**QUICK, "rates": "a,b"}),
        client.get("/api/trace", params={**QUICK, "learning_rate": 0.1, "image": 9999}),
        client.post("/api/predictions", params={**QUICK, "learning_rate": 0.1}, json={"pixels": [[1, 2], [3]]}),
        client.post("/api/predictions", params={**QUICK, "learning_rate": 0.1}, json={"pixels": [[1, 2], [3, 4]]}),
        client.get("/api/runs/nothing"),
        client.get(f"/api/runs/{left}"),
        client.get("/api/picks/nothing/events"),
        client.get("/api/picks/nothing/report.html"),
        client.get("/api/trace", params={**QUICK, "learning_rate": 0.1, "data": "upload-1"}),
        client.post("/api/picks", params={"hidden": "999"}),
    ]
    for answer in asks:
        said = error(answer, answer.status_code)
        assert answer.status_code in (400, 422)
        assert not ELSEWHERE.search(said), said
    store.remove(left)


def test_uploads_that_are_too_small_are_told_in_words_of_the_page(client):
    for rows in (1, 2, 3, 5):
        answer = client.post("/api/uploads", content=zipped(two_kinds(rows=rows)))
        assert not ELSEWHERE.search(error(answer, 400) if answer.status_code != 200 else ""), answer.text


def test_what_a_page_is_told_of_its_data_and_scripts_is_its_own(client):
    sets = client.get("/api/data").json()["sets"]
    assert not any(" --" in str(one) for one in sets)
    run = events(client.get("/api/landscape", params=QUICK))[-1]["run"]
    assert " --" not in str(run)
    for optimizer in ("adamw", "rmsprop"):
        params = {**QUICK, "optimizer": optimizer, "schedule": "cosine", "learning_rate": 0.1}
        assert "--framework" not in str(client.get("/api/code", params=params).json())


def test_advice_that_names_an_option_stays_behind_wherever_it_stands():
    assert sentence(InputError("no. Did you mean yes?", say("Try {yes}.", Setting("yes", True)))) == (
        "no. Did you mean yes?"
    )
    error = StoreTrouble("the store a.sqlite may only be read.", say("Keep runs with {store}.", Setting("store")))
    assert sentence(error) == "the store a.sqlite may only be read."


def test_no_sentence_that_can_reach_the_page_is_written_for_the_command_line():
    rooms = ("core", "images", "pipeline", "selection", "store", "learn", "training/dense", "studio", "report/code")
    for path in (path for room in rooms for path in sorted((SOURCE / room).rglob("*.py"))):
        for text in raised(path):
            others = text.replace("pip install --upgrade", "")
            assert not re.search(r"(?<![\w-])--[a-z]|(?<!\{)\bskip_bad\b|tifffile", others), (path.name, text)


def raised(path):
    """Yield the texts of the errors that a module makes."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("InputError", "Failed"):
            for part in ast.walk(node):
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    yield part.value


def test_no_error_of_the_studio_is_written_in_words_of_the_command_line():
    # What keeps the command from listening is told at the terminal.
    for path in set((SOURCE / "studio").glob("*.py")) - {SOURCE / "studio" / "serve.py"}:
        for text in raised(path):
            assert not re.search(r" --[a-z]|skip_bad|create_app", text), (path.name, text)


def test_no_error_of_others_is_written_in_words_of_the_page():
    # What cannot be linked to a page is said to whoever writes it.
    linker = SOURCE / "report" / "html" / "replay.py"
    for path in set(SOURCE.rglob("*.py")) - {*(SOURCE / "studio").glob("*.py"), linker}:
        for text in raised(path):
            assert not PAGE.search(text), (path.name, text)


@pytest.mark.parametrize(
    "arguments",
    ["trace nothing", "trace --hidden x", "trace --optimizer adm", "pick --folds 0", "show nothing", "resume nothing",
     "trace . --hidden 0", "studio --port 99999", "studio --host 203.0.113.7", "code nothing", "studo"],
)  # fmt: skip
def test_the_command_line_says_nothing_of_the_page(arguments, tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "etascope", *arguments.split()], capture_output=True, text=True, check=False,
        cwd=tmp_path, env={"PATH": "/usr/bin", "HOME": str(tmp_path), "ETASCOPE_STORE": str(tmp_path / "a.sqlite")},
    )  # fmt: skip
    assert done.returncode == 2
    assert not PAGE.search(done.stderr.replace("the studio needs", "")), done.stderr


def test_runs_that_hold_what_no_encoding_takes_are_told(client, store):
    bad = "\x1b]0;x\x07\udc80\u202e"
    images = np.repeat([20, 200], 40).astype(np.uint8)[:, None, None] * np.ones((1, 3, 3), np.uint8)
    run = pick(images, np.repeat([0, 1], 40), recipe=Recipe(hidden=(), epochs=1, batch_size=64))
    data = replace(run.data, source=bad, class_names=(bad, "b"), notes=(bad,))
    name = store.begin(Job(data, run.task, {"a": bad}, {"etascope": bad}))
    for one in run.histories:
        store.append(name, one)
    store.finish(name, replace(run, data=data, versions={"etascope": bad}))
    for path in ("/api/runs", f"/api/runs/{name}", f"/api/runs/{name}/code?learning_rate=0.1"):
        answer = client.get(path)
        assert answer.status_code == 200, answer.text
    store.remove(name)
