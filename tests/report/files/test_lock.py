import json
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etascope.core.choice import Basin
from etascope.core.errors import InputError
from etascope.core.recipe import Recipe
from etascope.report.files.lock import lock_document, lock_of, read_lock, write_lock
from etascope.report.words.lock import Lock
from tests.test_documents import SCHEMAS, strict

LOCK = Lock(
    learning_rate=0.0177827941003892, basin=Basin(0.01, 0.0316227766016838), recipe=Recipe(hidden=(64, 32)),
    fingerprint="9cda0c11", images=1000, image_shape=(28, 28, 1), classes=10, valid_accuracy=0.875, valid_loss=0.42,
    test_accuracy=0.89, confidence="likely", tolerance=1.0, options={"data": "photos", "folds": None, "low": 0.001},
    run="3f2a91c0", versions={"etascope": "0.1.0"},
)  # fmt: skip
BARE = Lock(0.1, Basin(0.1, 0.1), Recipe(), "00", 1, (1, 1, 1), 1, None, None, None)
DOCUMENT = lock_document(LOCK)
HERE = Path("etascope.lock.json")


def refused(document):
    text = document if isinstance(document, str) else json.dumps(document)
    with pytest.raises(InputError) as caught:
        lock_of(text, HERE)
    assert str(caught.value).startswith(str(HERE))
    assert str(caught.value).endswith((".", "?"))
    return str(caught.value)


def changed(*names, to):
    """Return the document with one field changed."""
    document = deepcopy(DOCUMENT)
    inner = document
    for name in names[:-1]:
        inner = inner[name]
    inner[names[-1]] = to
    return document


@pytest.mark.parametrize("lock", [LOCK, BARE])
def test_what_was_written_is_read(tmp_path, lock):
    write_lock(lock, tmp_path / "a.json")
    assert read_lock(tmp_path / "a.json") == lock


@pytest.mark.parametrize("lock", [LOCK, BARE])
def test_documents_fit_their_schema(lock):
    schema = json.loads((SCHEMAS / "lock-1.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(strict(json.dumps(lock_document(lock))))


def test_a_file_is_sorted_with_a_number_a_line(tmp_path):
    write_lock(LOCK, tmp_path / "a.json")
    text = (tmp_path / "a.json").read_text(encoding="utf-8")
    names = [line.strip().split('"')[1] for line in text.splitlines() if line.startswith('  "')]
    assert names == sorted(names)
    assert '\n  "learning_rate": 0.0177827941003892,\n' in text
    assert text.endswith("}\n")
    assert list(tmp_path.iterdir()) == [tmp_path / "a.json"]


def test_a_place_that_cannot_be_written_is_a_sentence(tmp_path):
    with pytest.raises(InputError, match="cannot be written"):
        write_lock(LOCK, tmp_path / "none" / "a.json")


def test_a_missing_file_says_how_to_make_one(tmp_path):
    with pytest.raises(InputError, match=r"there is no lock .*etascope.pick\(\), then etascope lock"):
        read_lock(tmp_path / "a.json")


def test_what_is_no_text_or_no_file_is_refused(tmp_path):
    (tmp_path / "a.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="is no lock: it is not text"):
        read_lock(tmp_path / "a.json")
    with pytest.raises(InputError, match="cannot be read: is a directory"):
        read_lock(tmp_path)


@pytest.mark.parametrize("text", ["", "{", "lock", "[" * 100_000, '{"schema": ' + "9" * 5000 + "}"])
def test_what_is_no_json_is_refused(text):
    assert "is no lock" in refused(text)


@pytest.mark.parametrize("document", [[], 3, None, {}, {"schema": 1}, {"schema": "etascope/pick/1"}])
def test_other_json_is_refused(document):
    assert '"schema": "etascope/lock/1"' in refused(document)


def test_a_newer_lock_is_refused_with_the_way_out():
    assert "newer etascope, as etascope/lock/2" in refused(changed("schema", to="etascope/lock/2"))


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (changed("learning_rate", to=-0.1), "learning_rate must be above 0; found -0.1"),
        (changed("learning_rate", to="0.1"), "learning_rate must be a finite number; found 0.1"),
        (changed("learning_rate", to=True), "learning_rate must be a finite number; found True"),
        (changed("learning_rate", to=float("nan")), "learning_rate must be a finite number; found nan"),
        (changed("learning_rate", to=10**400), "learning_rate must be a finite number"),
        (changed("basin", to=None), "basin.low must be there"),
        (
            changed("basin", "low", to=1.0),
            "basin must have a low end that is not above its high end; found 1.0 .. 0.03",
        ),
        (changed("basin", to={"low": 0.1}), "basin.high must be there; found nothing"),
        (changed("data", "images", to=0), "data.images must be a whole number of at least 1; found 0"),
        (changed("data", "image_shape", to=[28, 28]), "data.image_shape must be height, width and channels"),
        (changed("data", "image_shape", to="28"), "data.image_shape must be a list"),
        (changed("data", "fingerprint", to=7), "data.fingerprint must be text; found 7"),
        (changed("test", "accuracy", to=89.0), "test.accuracy must be from 0 to 1; found 89.0"),
        (changed("confidence", to={"word": "likely"}), "confidence.tolerance must be there"),
        (changed("options", to=[]), "options must hold names with values"),
        (changed("recipe", "optimizer", to="adm"), "Did you mean 'adam'?"),
        (changed("recipe", "epochs", to=0), "epochs must be a whole number of at least 1; found 0"),
        (changed("recipe", "warmup", to="x"), "recipe.warmup must be a finite number; found x"),
        (changed("recipe", "warmup", to="x\ny"), "recipe.warmup must be a finite number; found 'x\\ny'"),
        (changed("recipe", "drop_last", to="yes"), "recipe.drop_last must be true or false; found yes"),
        (changed("recipe", "hidden", to=128), "recipe.hidden must be a list; found 128"),
        (changed("recipe", "dropout", to=0.5), "nothing else; found dropout"),
        (changed("recipe", to={}), "recipe must hold batch_size, drop_last, epochs"),
    ],
)
def test_edited_fields_are_named_with_the_rule_and_the_value(document, expected):
    assert expected in refused(document)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
PATHS = [(name,) for name in DOCUMENT] + [
    (name, inner) for name, value in DOCUMENT.items() if isinstance(value, dict) for inner in value
]


@given(st.sampled_from(PATHS), JSON)
def test_whatever_stands_in_a_field_it_is_read_or_refused_in_a_sentence(names, value):
    sentence = ""
    try:
        lock_of(json.dumps(changed(*names, to=value)), HERE)
    except InputError as error:
        sentence = str(error)
    assert "\n" not in sentence


def test_a_model_comes_back_and_older_locks_have_none(tmp_path):
    path = tmp_path / "lock.json"
    write_lock(replace(LOCK, recipe=Recipe(model="cnn")), path)
    assert read_lock(path).recipe == Recipe(model="cnn")
    document = lock_document(LOCK)
    del document["recipe"]["model"], document["recipe"]["drop_last"]
    path.write_text(json.dumps(document))
    assert read_lock(path) == LOCK
    document["recipe"]["model"] = 3
    path.write_text(json.dumps(document))
    with pytest.raises(InputError, match=r"recipe\.model must be text; found 3"):
        read_lock(path)
