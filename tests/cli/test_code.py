"""The command `code`, of a document and of a stored run."""

import sys

import pytest
from click.testing import CliRunner

import etascope
from etascope import Recipe
from etascope.cli.code import code
from etascope.core.errors import InputError
from etascope.core.stored import Job
from etascope.report.code.frameworks import code_for
from etascope.report.document import pick_document, write_json
from etascope.store.open import open_store

SMALL = Recipe(hidden=(), epochs=1)


@pytest.fixture(scope="module")
def found():
    return etascope.pick("digits", recipe=SMALL)


def printed(*arguments):
    ended = CliRunner().invoke(code, [str(a) for a in arguments], catch_exceptions=False, standalone_mode=False)
    return ended.output


@pytest.mark.parametrize("framework", ["pytorch", "keras", "lightning", "sklearn", "etascope"])
def test_a_document_gives_the_script_of_its_run(found, tmp_path, framework):
    path = tmp_path / "answer.json"
    write_json(pick_document(found), path)
    script = code_for(framework, found.recipe, found.data, found.choice.learning_rate)
    assert printed(path, "--framework", framework) == script


def test_a_stored_run_gives_its_script(found, tmp_path):
    url = str(tmp_path / "runs.sqlite")
    store = open_store(url)
    run_id = store.begin(Job(found.data, found.task))
    for history in found.histories:
        store.append(run_id, history)
    store.finish(run_id, found)
    script = code_for("pytorch", found.recipe, found.data, found.choice.learning_rate)
    assert printed(run_id, "--store", url) == script
    assert printed("--store", url) == script


def test_a_run_without_an_answer_has_no_script(tmp_path):
    from etascope.selection.search import GridSearch

    undecided = etascope.pick("digits", recipe=SMALL, method=GridSearch(low=1e-9, high=2e-9))
    path = tmp_path / "answer.json"
    write_json(pick_document(undecided), path)
    with pytest.raises(InputError, match=r"it cannot be told yet\. Its answer says what to try next"):
        printed(path)


def test_writing_a_script_loads_no_framework(found, tmp_path):
    write_json(pick_document(found), tmp_path / "answer.json")
    before = set(sys.modules)
    printed(tmp_path / "answer.json", "--framework", "keras")
    assert not {name.split(".")[0] for name in set(sys.modules) - before} & {"torch", "keras", "lightning", "sklearn"}
