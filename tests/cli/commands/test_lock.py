"""Writing an accepted answer down, and holding the present against it."""

import json
import shutil

import jsonschema
import pytest

from tests.cli.kept import keep, searched, untold, write_photos
from tests.cli.running import SMALL, refused, run
from tests.test_documents import SCHEMAS, strict

FEW = (*SMALL, "--low", "0.01", "--high", "0.1")


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """An empty directory to work in, with its store outside."""
    (tmp_path / "desk").mkdir()
    monkeypatch.chdir(tmp_path / "desk")
    monkeypatch.setenv("ETASCOPE_STORE", str(tmp_path / "runs.sqlite"))
    return tmp_path / "desk"


@pytest.fixture
def locked(desk):
    """The lock of a small search of the digits."""
    keep(desk.parent / "runs.sqlite", searched())
    assert run("lock").code == 0
    return desk / "etascope.lock.json"


@pytest.fixture
def photos(desk):
    """The lock of a search of a folder beside it."""
    write_photos(desk / "photos")
    assert run("pick", "photos", *FEW).code == 0
    assert run("lock").code == 0
    return desk / "photos"


def edit(path, change):
    document = strict(path.read_text())
    change(document)
    path.write_text(json.dumps(document))


def moved(ended):
    """Return the sentences with which a check failed, and look how it ended."""
    assert (ended.code, ended.err) == (1, "")
    *lines, last = ended.out.splitlines()
    assert last.startswith("Accept what is new with etascope pick and etascope lock")
    assert all(sentence[0].isupper() and sentence.endswith(".") for sentence in lines)
    return [sentence[0].lower() + sentence[1:] for sentence in lines]


def test_a_lock_holds_the_answer_and_says_so(desk):
    store = desk.parent / "runs.sqlite"
    run_id = keep(store, searched())
    keep(store, searched(optimizer="adam"))
    ended = run("lock", run_id, "--out", "a.json")
    choice = searched().choice
    document = strict((desk / "a.json").read_text())
    schema = json.loads((SCHEMAS / "lock-1.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(document)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith(f"a.json holds learning rate {choice.learning_rate:.3g} with its basin ")
    assert document["learning_rate"] == choice.learning_rate
    assert document["basin"] == {"low": choice.basin.low, "high": choice.basin.high}
    assert document["run"] == run_id
    assert not {"workers", "image"} & set(document["options"])


def test_the_same_run_gives_the_same_file(desk, locked):
    text = locked.read_bytes()
    assert run("lock").code == 0
    assert locked.read_bytes() == text


def test_what_cannot_be_locked_is_refused(desk):
    store = desk.parent / "runs.sqlite"
    assert "etascope pick" in refused(run("lock"))
    keep(store, untold())
    assert "there is nothing to lock" in refused(run("lock"))
    keep(store, searched(), rounds=1)
    assert "etascope resume" in refused(run("lock"))
    keep(store, searched())
    assert "there is no directory" in refused(run("lock", "--out", "none/a.json"))
    assert "--out needs a file to commit; found '-'" in refused(run("lock", "--out", "-"))
    assert list(desk.iterdir()) == []


def test_what_did_not_move_holds(locked):
    ended = run("check")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("etascope.lock.json holds: learning rate ")
    assert ended.out.endswith("and digits is what was locked.\n")


def test_paths_are_as_seen_from_the_lock(photos, tmp_path, monkeypatch):
    desk = photos.parent
    assert strict((desk / "etascope.lock.json").read_text())["options"]["data"] == "photos"
    desk.rename(tmp_path / "elsewhere")
    monkeypatch.chdir(tmp_path)
    assert run("check", "elsewhere/etascope.lock.json").code == 0


def test_data_that_lie_elsewhere_can_be_named(photos, tmp_path):
    shutil.move(photos, tmp_path / "images")
    assert "photos' is not there. Put them back, or say where they are: --data PATH" in refused(run("check"))
    assert "where the test images are now, a path; found 0.1" in refused(run("check", "--test", "0.1"))
    assert run("check", "--data", "../images").code == 0
    assert run("lock", "--out", "a.json").code == 0
    assert strict((photos.parent / "a.json").read_text())["options"]["data"] == "photos"


def test_a_folder_that_is_called_like_a_known_set_stays_a_folder(desk):
    write_photos(desk / "digits")
    assert run("pick", "./digits", *FEW).code == 0
    assert run("lock").code == 0
    assert run("check").code == 0


def test_data_that_moved_fail(photos):
    write_photos(photos, 42)
    (move,) = moved(run("check"))
    assert move.startswith("the data have moved: ")
    assert "images: 42, locked 40" in move


def test_one_pixel_is_data_that_moved(photos):
    from PIL import Image

    path = next(photos.rglob("*.png"))
    image = Image.open(path)
    image.putpixel((0, 0), 255 - image.getpixel((0, 0)))
    image.save(path)
    (move,) = moved(run("check"))
    assert "other pixels" in move


def test_a_recipe_that_moved_fails(locked):
    assert run("check", "--hidden", "0", "--epochs", 1, "--optimizer", "momentum").code == 0
    (move,) = moved(run("check", "--epochs", 10, "--optimizer", "adam", "--batch-size", 16))
    assert move == "the recipe has moved: epochs is 10, locked is 1; optimizer is adam, locked is momentum."
    assert "Did you mean 'adam'?" in refused(run("check", "--optimizer", "adm"))


def test_the_rate_that_is_used_must_lie_in_the_basin(locked):
    basin = searched().choice.basin
    assert run("check", "--lr", basin.high).code == 0
    assert f"learning rate {basin.low:.3g} lies in" in run("check", "--lr", basin.low).out
    (move,) = moved(run("check", "--lr", 30 * basin.high))
    assert move.startswith("the rate has moved: ")
    assert "above 0; found -1" in refused(run("check", "--lr", -1))


def test_a_lock_whose_rate_was_edited_out_of_its_basin_fails(locked):
    edit(locked, lambda document: document.update(learning_rate=77.0))
    (move,) = moved(run("check"))
    assert move.startswith("the rate has moved: the locked rate 77 lies outside the locked basin")


def test_everything_that_moved_is_told_a_sentence_each(locked):
    edit(locked, lambda document: document.update(learning_rate=77.0))
    edit(locked, lambda document: document["data"].update(fingerprint="00"))
    moves = moved(run("check", "--epochs", 9, "--lr", 50))
    assert [sentence.split()[1] for sentence in moves] == ["rate", "rate", "recipe", "data"]


def test_searching_again_finds_the_same(locked):
    ended = run("check", "--retrain")
    assert (ended.code, ended.err) == (0, "")
    assert "A new search found its best rate in the basin." in ended.out
    assert "A new search" not in run("check").out


def test_a_result_that_moved_out_of_the_basin_fails(locked):
    rate = searched().choice.learning_rate
    edit(locked, lambda d: d.update(learning_rate=rate / 10, basin={"low": rate / 20, "high": rate / 5}))
    assert run("check").code == 0
    (move,) = moved(run("check", "--retrain"))
    assert move.startswith(f"the result has moved: a new search finds {rate:.3g} best, outside the locked basin")


def test_a_search_that_cannot_tell_any_more_fails(locked):
    edit(locked, lambda document: document["options"].update(low=1e-9, high=2e-9))
    (move,) = moved(run("check", "--retrain"))
    assert move == "the result has moved: a new search cannot tell a best rate."


def test_a_lock_of_another_version_is_noted(locked):
    edit(locked, lambda document: document["versions"].update(etascope="0.0.1"))
    ended = run("check")
    assert ended.code == 0
    assert ended.err.startswith("note: it was locked by etascope 0.0.1, and this is ")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda document: document.update(schema="etascope/lock/9"), "newer etascope"),
        (lambda document: document.update(schema="etascope/pick/1"), "is no lock"),
        (lambda document: document.update(learning_rate=-1), "learning_rate must be above 0; found -1"),
        (lambda document: document["recipe"].update(epochs=0), "epochs must be a whole number of at least 1"),
        (lambda document: document["options"].update(folds="five"), "folds of the lock etascope.lock.json must be"),
        (lambda document: document["options"].update(folds=0), "folds"),
        (lambda document: document["options"].update(image_size="huge"), "SIZE or HEIGHTxWIDTH"),
        (lambda document: document["options"].update(data=None), "does not say where its images are"),
    ],
)
def test_a_lock_that_cannot_be_used_is_bad_input(locked, change, expected):
    edit(locked, change)
    assert expected in refused(run("check", "--retrain"))


def test_a_lock_of_images_that_came_from_python_asks_where_they_are(locked):
    edit(locked, lambda document: document["options"].update(data=None))
    assert refused(run("check")).endswith("name it: etascope check etascope.lock.json --data images.npz.")
    assert run("check", "--data", "digits").code == 0


def test_a_missing_lock_is_bad_input(desk):
    assert "there is no lock none.json" in refused(run("check", "none.json"))
    (desk / "etascope.lock.json").write_text("{")
    assert "is not JSON" in refused(run("check"))


def test_the_help_says_that_the_recipe_is_the_locked_one(desk):
    text = run("check", "--help", COLUMNS=100).out
    assert text.count("[default: as locked]") >= 12
    assert "[default: momentum]" not in text
    assert "--image " not in text
