import ast
import contextlib
import copy
import itertools
import json
from dataclasses import replace

import pytest

from etascope import Recipe
from etascope.core.data import DIVIDED_ANEW, ClassFolder
from etascope.core.errors import InputError
from etascope.core.recipe import OPTIMIZERS
from etascope.core.schedules import SCHEDULES
from etascope.core.visible import visible
from etascope.report.code.etascope import divided_anew
from etascope.report.code.from_document import FRAMEWORKS, code_for, read_pick
from etascope.report.files.document import pick_document, write_json
from tests.learn import made
from tests.report.code.running import DATA
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


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_every_recipe_gives_a_script_that_compiles_or_a_sentence(framework):
    written = 0
    for optimizer, schedule, pixels, hidden in itertools.product(
        OPTIMIZERS, SCHEDULES, ("unit", "standard"), ((), (64, 32))
    ):
        recipe = Recipe(hidden, optimizer, schedule, 0.1 if hidden else 0.0, pixels=pixels, weight_decay=1e-3)
        count = None
        with contextlib.suppress(InputError) if framework == "sklearn" else contextlib.nullcontext():
            count = code_for(framework, recipe, DATA, 0.017782794100389)
        if count is None:
            continue
        compile(count, framework, "exec")
        assert "0.017782794100389" in count
        assert count.endswith("\n")
        assert not any(line != line.rstrip() for line in count.split("\n"))
        written += 1
    assert written == (140 if framework != "sklearn" else 8)


@pytest.mark.parametrize("framework", [name for name in FRAMEWORKS if name != "etascope"])
def test_only_etascopes_own_script_imports_it(framework):
    code = code_for(framework, Recipe(), DATA, 0.1)
    assert "import etascope" not in code
    assert "from etascope" not in code


def test_an_unknown_framework_is_refused():
    with pytest.raises(InputError, match=r"framework must be one of pytorch, keras.*Did you mean 'pytorch'"):
        code_for("pytorh", Recipe(), DATA, 0.1)


def test_a_model_is_refused_with_its_rate():
    with pytest.raises(InputError, match=r"this recipe has the model cnn\. Give your own script the learning"):
        code_for("pytorch", Recipe(model="cnn"), DATA, 0.012)


def test_parts_stand_in_reading_order():
    text = code_for("pytorch", Recipe(schedule="cosine", epochs=2), DATA, 0.1)
    kinds = [type(node).__name__ for node in ast.parse(text).body]
    assert kinds[0] == "Expr"
    assert kinds.index("FunctionDef") > kinds.index("Assign") > kinds.index("ImportFrom") > kinds.index("Import")
    assert text.count("import math") == 1
    assert "def factor" in text
    assert "\n\n\n\n" not in text
    assert "def factor" not in code_for("pytorch", Recipe(), DATA, 0.1)


def test_pillow_is_imported_only_where_images_are_read():
    assert "PIL" not in code_for("pytorch", Recipe(), DATA, 0.1)
    folders = replace(DATA, folders=(ClassFolder("zeros", "0", False),))
    assert "from PIL import Image, ImageOps" in code_for("pytorch", Recipe(), folders, 0.1)


@pytest.mark.parametrize("field", [True, False, None])
def test_whether_all_images_were_divided_anew_comes_back_also_from_a_document_that_lacks_it(tmp_path, field):
    run = made.run(learning_rate=0.018)
    data = replace(run.data, divided_anew=field, notes=(f"{DIVIDED_ANEW}, so all images were divided anew.",))
    document = pick_document(replace(run, data=data))
    if field is None:
        del document["dataset"]["divided_anew"]
    (tmp_path / "answer.json").write_text(json.dumps(document))
    _, back, _ = read_pick(tmp_path / "answer.json")
    assert back.divided_anew is field
    assert divided_anew(back) == (field is not False)
