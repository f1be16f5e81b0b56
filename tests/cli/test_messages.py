"""Files, classes, scripts and stores whose names hold what would move a cursor, at every door to a terminal."""

import json
import os
import re
import sqlite3
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

import etascope
from etascope.cli.messages import complain, note, say
from etascope.core.choice import Verdict
from etascope.core.errors import InputError
from etascope.core.sentences import Sentence
from etascope.core.stored import Job
from etascope.store.open import open_store

#: Sets a title, rings, clears the screen in one byte, turns the order of reading, begins a line, is no text.
HOSTILE = "\x1b]0;x\x07\x9b2J\u202e\u2066\u2028\r\x7f" + os.fsdecode(b"\xff") + "\netascope: all is well"
#: What no terminal may get raw.
RAW = re.compile("[\0-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
SMALL = ("--hidden", "0", "--epochs", "1", "--batch-size", "64")


def run(*arguments, folder=None, code=None):
    """Return what a command wrote to both streams; none of it may move a cursor or begin a line of ours."""
    done = subprocess.run(
        [sys.executable, "-m", "etascope", *map(str, arguments)], cwd=folder, capture_output=True, check=False,
        env={**os.environ, "PYTHONIOENCODING": "utf-8:surrogateescape", "COLUMNS": "100"}, timeout=300,
    )  # fmt: skip
    out, err = (text.decode("utf-8", "surrogateescape") for text in (done.stdout, done.stderr))
    if code is not None:
        assert done.returncode == code, err
    for text in (out, err):
        assert not RAW.search(text), ascii(text)
        assert not re.search("^etascope: all is well", text, re.MULTILINE)
    assert "Traceback" not in err
    return out, err


def write_images(folder, kinds, count=12, name="{}.png"):
    from PIL import Image

    rng = np.random.default_rng(0)
    for turn, kind in enumerate(kinds):
        (folder / kind).mkdir(parents=True)
        for i in range(count):
            pixels = (rng.random((6, 6)) * 60 + 150 * turn).astype(np.uint8)
            Image.fromarray(pixels).save(folder / kind / name.format(i), "PNG")
    return folder


@pytest.mark.parametrize("bad", [HOSTILE, "\x1b]0;x\x07"])
def test_sentences_of_the_commands_themselves(bad, capfd):
    for tell in (say, note, complain):
        tell(f"a.{bad}.b")
    out, err = capfd.readouterr()
    for text in (out, err):
        assert not RAW.search(text)
        assert not re.search("^etascope: all", text, re.MULTILINE)
        assert r"\x1b]0;x\x07" in text


def test_an_error_shows_escapes_to_whoever_catches_it():
    error = InputError(f"{HOSTILE} cannot be read.", f"Give another than {HOSTILE}.")
    for text in (str(error), error.said, error.advice, f"{error!r}"):
        assert not RAW.search(text)
        assert r"\x1b]0;x\x07" in text.replace("\\\\", "\\")


def test_files_and_folders_of_images(tmp_path):
    folder = write_images(tmp_path / f"in {HOSTILE}".replace("/", "_"), ("a", "b"))
    (folder / "a" / f"{HOSTILE}.png").write_bytes(b"no image")
    _, err = run("trace", folder, *SMALL, code=2)
    assert r"\x1b]0;x\x07" in err
    _, err = run("trace", folder, *SMALL, "--skip-bad", code=0)
    assert r"\x1b]0;x\x07" in err
    run("trace", folder / "nothing", *SMALL, code=2)
    run("trace", folder, "--labels", f"{HOSTILE}.npy", *SMALL, code=2)
    run("trace", folder, "--test", tmp_path / HOSTILE, *SMALL, code=2)


def test_classes_runs_code_and_stores(tmp_path):
    folder = write_images(tmp_path / "of \x1b]0;x\x07\u202e", (f"cat {HOSTILE}", "dog\x9b\x1b[2J"))
    kept = tmp_path / "runs.sqlite"
    more = ("--store", kept)
    out, _ = run("pick", folder, *SMALL, *more, "--report", tmp_path / "a.md", "--image-size", "4")
    assert r"\x1b]0;x\x07" in out
    # Whoever prints a report at a terminal sees it, too.
    assert not RAW.search((tmp_path / "a.md").read_text(encoding="utf-8"))
    out, _ = run("runs", *more, code=0)
    assert r"\x1b]0;x\x07" in out
    for command in (("show",), ("code",), ("export", "--json", "-"), ("compare",), ("lock", "--out", tmp_path / "l")):
        run(command[0], *(("last",) if command[0] != "compare" else ()), *command[1:], *more)
    run("trace", folder, *SMALL, "--json", "-", code=0)
    run("quiz", folder, *SMALL, code=0)
    run("show", f"no{HOSTILE.strip()}", *more, code=2)


def test_what_a_script_prints_and_is_called(tmp_path):
    script = tmp_path / "train.py"
    script.write_text(
        "import sys\nlr = float(sys.argv[1])\nprint('\\x1b]0;x\\x07 \\x9b2J \\u202e')\n"
        "print('\\x1b[2J val 0.5')\nsys.exit('bye \\x1b]0;x\\x07\\u202e')\n",
        encoding="utf-8",
    )
    command = f"PYTHONIOENCODING=utf-8 {sys.executable} {script} {{lr}}"
    arguments = ("--epochs", "2", "--no-store", "--logs", tmp_path / "logs \x1b]0;x\x07")
    for metric in ("val ([0-9.]+)", "none\x1b]0;x\x07 ([0-9.]+)"):
        run("pick", "--command", command, "--metric", metric, *arguments)
    run("pick", "--command", f"false '{HOSTILE}' {{lr}}", "--metric", "a ([0-9])", *arguments, code=2)


@pytest.mark.parametrize("option", ["--optimizer", "--schedule", "--hidden", "--image-size", "--report", "--json",
                                    "--model", "--target", "--pixels", "--nothing"])  # fmt: skip
def test_values_of_options(option, tmp_path):
    _, err = run("pick", "digits", *SMALL, "--no-store", option, f"{HOSTILE.strip()}/x", folder=tmp_path, code=2)
    assert err.startswith("etascope: ")


def test_a_store_that_another_wrote(tmp_path):
    path = tmp_path / f"runs {HOSTILE[:8]}.sqlite"
    kept = open_store(str(path))
    rng = np.random.default_rng(0)
    images = (rng.random((80, 4, 4)) * 60 + np.repeat([0, 150], 40)[:, None, None]).astype(np.uint8)
    recipe = etascope.Recipe(hidden=(), epochs=1, batch_size=64)
    result = etascope.pick(images, np.repeat([0, 1], 40), recipe=recipe)
    for source in (HOSTILE, "digits"):
        data = replace(result.data, source=source, class_names=(HOSTILE, f"b{HOSTILE}"), notes=(HOSTILE,))
        request = Job(data, result.task, {"data": HOSTILE, "folder": HOSTILE}, {"etascope": HOSTILE})
        choice = replace(result.choice, reasons=(Sentence(HOSTILE),), not_tried=Sentence(HOSTILE), verdicts=(
            Verdict(HOSTILE),) * len(result.choice.verdicts))  # fmt: skip
        for ended in (True, False):
            name = kept.begin(request)
            for history in result.histories:
                kept.append(name, history)
            if ended:
                kept.finish(name, replace(result, data=data, choice=choice, versions=request.versions))
    with sqlite3.connect(path) as connection:
        columns = [row[1] for row in connection.execute("PRAGMA table_info(etascope_runs)")]
        assert {"source", "recipe"} <= set(columns)
        connection.execute("UPDATE etascope_runs SET recipe = ?", ("\x1b]0;x\x07\u202e\x9b",))
    more = ("--store", path)
    out, _ = run("runs", *more, code=0)
    assert "x1b]0;x" in out
    for command in ("show", "code", "export", "resume", "compare", "rm", "lock"):
        for line in kept.find():
            place = ("--out", tmp_path / "lock.json") if command == "lock" else ()
            run(command, line.id, *more, *place, folder=tmp_path)
    run("rm", "last", "--yes", *more)
    run("gc", *more)
    lock = json.loads((tmp_path / "lock.json").read_text()) if (tmp_path / "lock.json").exists() else {}
    (tmp_path / "other.json").write_text(json.dumps(lock).replace("0.2.0", "\\u001b]0;x"))
    run("check", tmp_path / "other.json")
