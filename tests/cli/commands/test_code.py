"""The command `code`, of a document and of a stored run."""

import json
import subprocess
import sys

import numpy as np
import pytest
from click.testing import CliRunner

import etascope
from etascope import Recipe
from etascope.cli.commands.runs import code
from etascope.core.errors import InputError
from etascope.core.stored import Job
from etascope.report.code.from_document import code_for
from etascope.report.files.document import pick_document, write_json
from etascope.store.open import open_store
from tests.cli.running import run
from tests.images.making import write_folder

SMALL = Recipe(hidden=(), epochs=1)
SMALL_WORDS = ("--hidden", "0", "--epochs", "4")


@pytest.fixture(scope="module")
def picked():
    return etascope.pick("digits", recipe=SMALL)


def printed(*arguments):
    ended = CliRunner().invoke(code, [str(a) for a in arguments], catch_exceptions=False, standalone_mode=False)
    return ended.output


@pytest.mark.parametrize("framework", ["pytorch", "keras", "lightning", "sklearn", "etascope"])
def test_a_document_gives_the_script_of_its_run(picked, tmp_path, framework):
    path = tmp_path / "answer.json"
    write_json(pick_document(picked), path)
    script = code_for(framework, picked.recipe, picked.data, picked.choice.learning_rate)
    assert printed(path, "--framework", framework) == script


def test_a_stored_run_gives_its_script(picked, tmp_path):
    url = str(tmp_path / "runs.sqlite")
    store = open_store(url)
    run_id = store.begin(Job(picked.data, picked.task))
    for history in picked.histories:
        store.append(run_id, history)
    store.finish(run_id, picked)
    script = code_for("pytorch", picked.recipe, picked.data, picked.choice.learning_rate)
    assert printed(run_id, "--store", url) == script
    assert printed("--store", url) == script


def kept(tmp_path, *arguments):
    """Search and keep it; return where, and the document."""
    url, document = tmp_path / "runs.sqlite", tmp_path / "answer.json"
    ended = run("pick", *SMALL_WORDS, *arguments, "--store", url, "--json", document)
    assert ended.code in (0, 1), ended.err
    return url, document


def test_a_folder_called_like_a_known_set_stays_itself(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_folder(tmp_path / "digits", strips(60), ["dark", "light"] * 30)
    url, document = kept(tmp_path, "./digits")
    assert json.loads(document.read_text())["dataset"]["source"] == "./digits"
    for framework in ("etascope", "pytorch"):
        for source in (["last", "--store", url], [document]):
            script = printed(*source, "--framework", framework)
            ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
            assert (ended.returncode, ended.stderr) == (0, "")
            assert "note:" not in ended.stdout
    lock = tmp_path / "deeper" / "my lock.json"
    lock.parent.mkdir()
    assert run("lock", "--store", url, "--out", lock).code == 0
    assert run("check", lock).code == 0
    assert "./digits" in run("show", "--store", url).out
    assert "2 classes (dark, light)" in run("show", "--store", url).out


def test_labels_that_were_apart_are_found_again(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.save(tmp_path / "pictures.npy", strips(60))
    np.save(tmp_path / "answers.npy", np.arange(60) % 2)
    url, _ = kept(tmp_path, "pictures.npy", "--labels", "answers.npy")
    assert repr(str(tmp_path / "answers.npy")) in printed("--store", url, "--framework", "etascope")
    assert repr(str(tmp_path / "answers.npy")) in printed("--store", url)


def test_files_that_were_left_out_are_left_out_by_the_script_of_a_document(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_folder(tmp_path / "bad", strips(60), ["dark", "light"] * 30)
    (tmp_path / "bad" / "dark" / "broken.png").write_bytes(b"no image")
    _, document = kept(tmp_path, "bad", "--skip-bad")
    assert "skip_bad=True" in printed(document, "--framework", "etascope")


def strips(count):
    """Pictures of two kinds that are learned at once."""
    images = np.random.default_rng(0).integers(0, 60, (count, 6, 6, 1), np.uint8)
    images[1::2] += 190
    return images


def test_a_run_without_an_answer_has_no_script(tmp_path):
    from bench.grid_search import GridSearch

    undecided = etascope.pick("digits", recipe=SMALL, method=GridSearch(low=1e-9, high=2e-9))
    path = tmp_path / "answer.json"
    write_json(pick_document(undecided), path)
    with pytest.raises(InputError, match=r"it cannot be told yet\. Its answer says what to try next"):
        printed(path)


def test_writing_a_script_loads_no_framework(picked, tmp_path):
    write_json(pick_document(picked), tmp_path / "answer.json")
    before = set(sys.modules)
    printed(tmp_path / "answer.json", "--framework", "keras")
    assert not {name.split(".")[0] for name in set(sys.modules) - before} & {"torch", "keras", "lightning", "sklearn"}
