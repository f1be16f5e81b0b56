import ast
import contextlib
import copy
import json

import pytest

from etascope.core.errors import InputError
from etascope.core.visible import visible
from etascope.report.code.frameworks import code_for
from etascope.report.code.from_document import read_pick
from etascope.report.files.document import pick_document, write_json
from tests.learn import made
from tests.report.reported import reported_run


@pytest.mark.parametrize("learning_rate", [0.018, None])
def test_a_document_gives_back_what_was_asked(tmp_path, learning_rate):
    run = made.run(learning_rate=learning_rate)
    write_json(pick_document(run), tmp_path / "answer.json")
    recipe, data, rate = read_pick(tmp_path / "answer.json")
    assert (recipe, data, rate) == (run.recipe, run.data, learning_rate)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "one of etascope pick"),
        ("[]", "one of etascope pick"),
        ('{"schema": "etascope/trace/1"}', "one of etascope pick"),
        ('{"schema": "etascope/pick/1"}', "is not whole"),
    ],
)
def test_other_files_are_refused(tmp_path, text, said):
    (tmp_path / "answer.json").write_text(text)
    with pytest.raises(InputError, match=said):
        read_pick(tmp_path / "answer.json")


def test_a_file_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        read_pick(tmp_path / "answer.json")


def test_a_document_of_a_script_is_refused(tmp_path):
    write_json(pick_document(reported_run()), tmp_path / "answer.json")
    with pytest.raises(InputError, match="your own"):
        read_pick(tmp_path / "answer.json")


WRONG = [
    None,
    True,
    0,
    -1,
    1e400,
    10**400,
    "x",
    [],
    {},
    [None],
    {"a": 1},
    '" + __import__("os").abort() + "',
    "\x1b]0;x\x07",
]


@pytest.mark.parametrize("framework", ["etascope", "pytorch"])
def test_a_field_of_another_kind_is_a_sentence_and_never_code(tmp_path, framework):
    run = made.run(learning_rate=0.018)
    document, path = pick_document(run), tmp_path / "answer.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    assert "0.018" in code_for(framework, *read_pick(path))
    places = [(name,) for name in ("learning_rate", "recipe", "dataset")]
    places += [(part, name) for part in ("recipe", "dataset") for name in document[part]]
    places += [("dataset", "image_shape", 0), ("recipe", "hidden", 0)]
    for place in places:
        for wrong in WRONG:
            changed = copy.deepcopy(document)
            inside = changed
            for step in place[:-1]:
                inside = inside[step]
            inside[place[-1]] = wrong
            path.write_text(json.dumps(changed), encoding="utf-8")
            with contextlib.suppress(InputError):
                recipe, data, rate = read_pick(path)
                text = visible(code_for(framework, recipe, data, rate or 0.1))
                assert rate is None or 0 < rate < float("inf")
                called = [node.func for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
                assert not [name for name in called if isinstance(name, ast.Name) and name.id == "__import__"]
