"""Options: a bad value is one sentence before any training, a good one is what is trained."""

import json

import numpy as np
import pytest

from tests.cli.running import SMALL, refused, run
from tests.images.making import pictures, write_folder

ABOVE_0 = "a learning rate must be a finite number above 0; found {}. Try 0.01."
TEST = "test must be a share of the images between 0 and 1; found {}. Try 0.2."
HIDDEN = "--hidden must be whole numbers with commas between; found {}. Try 128, or 256,128, or 0 for none."
SIZE = "--image-size must be SIZE or HEIGHTxWIDTH; found {}. Try 64 or 48x64."
LATER = "the size of images must be a whole number or (height, width), each from 1 to 4096; found {}. Try 32."


def document(*arguments):
    ended = run(*arguments, "--json", "-")
    assert ended.code == 0, ended.err
    return json.loads(ended.out)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ("tarce", "found 'tarce'. Did you mean 'trace'?"),
        ("xyz", "a command must be one of pick, trace, quiz,"),
        ("--foo", "No such option '--foo'. See --help."),
        ("pick --warmupp 0.1", "No such option '--warmupp'. Did you mean '--warmup'? See --help."),
        ("trace digits more", "Got unexpected extra argument (more). See --help."),
        ("trace --lr", "Option '--lr' requires an argument. See --help."),
        ("quiz --json -", "No such option '--json'. See --help."),
        ("trace --lr 0", ABOVE_0.format("0")),
        ("trace --lr -1", ABOVE_0.format("-1")),
        ("trace --lr nan", ABOVE_0.format("nan")),
        ("trace --lr inf", ABOVE_0.format("inf")),
        ("trace --lr 1e999", ABOVE_0.format("inf")),
        ("trace --lr abc", "Invalid value for '--lr' / '--learning-rate': 'abc' is not a valid float. See --help."),
        ("trace --optimizer adm", "optimizer must be one of sgd, momentum, nesterov, adam, adamw, rmsprop, adagrad; "
         "found 'adm'. Did you mean 'adam'?"),
        ("pick --schedule cosin", "schedule must be one of constant, linear, cosine, step, one-cycle; found 'cosin'. "
         "Did you mean 'cosine'?"),
        ("quiz --pixels unt", "pixels must be one of unit, standard; found 'unt'. Did you mean 'unit'?"),
        ("trace --hidden abc", HIDDEN.format("'abc'")),
        ("trace --hidden 1.5", HIDDEN.format("'1.5'")),
        ("trace --hidden 128,", HIDDEN.format("'128,'")),
        ("trace --hidden -1", "hidden units must be a whole number of at least 1; found -1."),
        ("trace --hidden 128,0", "hidden units must be a whole number of at least 1; found 0."),
        ("trace --epochs 0", "epochs must be a whole number of at least 1; found 0."),
        ("trace --epochs 1.5", "Invalid value for '--epochs': '1.5' is not a valid integer. See --help."),
        ("trace http://x/y.zip", "this machine; found the address 'http://x/y.zip'. Download it"),
        ("pick digits --test HTTPS://x/y.zip", "this machine; found the address 'HTTPS://x/y.zip'. Download it"),
        ("trace --batch-size 0", "the batch size must be a whole number of at least 1; found 0."),
        ("trace --warmup 1", "warmup must be in [0, 1); found 1.0."),
        ("trace --warmup nan", "warmup must be in [0, 1); found nan."),
        ("trace --momentum 1", "momentum must be in [0, 1); found 1.0."),
        ("trace --momentum 0.5 --optimizer adam", "momentum belongs to the optimizers momentum and nesterov; found 0.5 "
         "with adam. Leave --momentum out, or choose --optimizer momentum."),
        ("trace --weight-decay -1", "the weight decay must be finite and at least 0; found -1.0."),
        ("trace --weight-decay nan", "the weight decay must be finite and at least 0; found nan."),
        ("trace --seed -1", "seed must be a whole number of at least 0; found -1."),
        ("trace --seed 99999999999", "seed must be at most 4,294,967,295; found 99,999,999,999."),
        ("trace --workers 0", "found 0"),
        ("pick --workers -3", "found -3"),
        ("trace --image 200", "image must be a test image, 0 to 199; found 200."),
        ("pick --image -1", "image must be a test image, 0 to 199; found -1."),
        ("pick --folds 1000", "class '0' has 83 images, 66 of them outside the test part, but 1000 folds need at least "
         "1000 of every class. Add images of the 10 classes that have too few, or choose --folds 60 or less."),
        ("pick --folds 0", "choosing a learning rate needs validation rows; found 0 folds. Try --folds 5."),
        ("pick --folds -1", "folds must be 1 (a holdout) or more; found -1. Leave it out for the default."),
        ("trace --test 0", TEST.format("0")),
        ("trace --test 1", TEST.format("1")),
        ("trace --test 1.5", TEST.format("1.5")),
        ("trace --test nan", TEST.format("nan")),
        ("pick --low 1 --high 0.1", "the low learning rate must not be above the high one; found 1 and 0.1."),
        ("pick --low 0", "the low learning rate must be finite and above 0; found 0. Try 0.01."),
        ("pick --high nan", "the high learning rate must be finite and above 0; found nan. Try 0.01."),
        ("trace --image-size abc", SIZE.format("'abc'")),
        ("trace --image-size 1x2x3", SIZE.format("'1x2x3'")),
        ("trace --image-size 10x", SIZE.format("'10x'")),
        ("trace --image-size 0", LATER.format(0)),
        ("trace --image-size 99999", LATER.format(99999)),
        ("trace --labels labels.npy", "labels"),
    ],
)  # fmt: skip
def test_a_bad_value_is_one_sentence_and_exit_code_2(arguments, sentence, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert sentence in refused(run(*arguments.split(), COLUMNS=80))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("no/such/answer.json", "there is no directory {}/no/such"),
        ("file/answer.json", "there is no directory {}/file"),
        ("new/", "that is the name of a directory"),
        (".", "it is a directory"),
        ("", "that is no name"),
    ],
)
def test_where_the_json_goes_is_looked_at_before_anything_else(path, why, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("in the way")
    for command in ("trace", "pick"):
        ended = run(command, "no-such-data", "--json", path)
        assert ended.err == (
            f"etascope: --json needs a file that can be written; found {path!r}, but {why.format(tmp_path)}. "
            "Name another.\n"
        )
        assert (ended.code, ended.out) == (2, "")
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_a_document_and_a_report_need_a_file_each(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ended = run("pick", "no-such-data", "--json", "a.html", "--report", "./a.html")
    assert (ended.code, ended.err) == (
        2, "etascope: --json and --report need a file each; found 'a.html' for both. Rename one.\n"
    )  # fmt: skip


@pytest.mark.parametrize(
    ("command", "expected"), [(("trace",), "Key insight"), (("pick", "--low", "1e-3", "--high", "1"), "recommended")]
)
def test_an_answer_is_told_even_if_its_document_cannot_be_written_at_the_end(command, expected):
    ended = run(*command, *SMALL, "--json", "/dev/full")
    assert expected in ended.out
    assert ended.err.startswith("etascope: /dev/full cannot be written: no space left on device.")
    assert ended.code == 2


def test_a_document_in_a_file_comes_whole_and_with_the_text(tmp_path):
    path = tmp_path / "answer.json"
    path.write_text("old")
    ended = run("trace", *SMALL, "--json", path)
    assert (ended.code, ended.err) == (0, "")
    assert "Key insight" in ended.out
    assert json.loads(path.read_text())["schema"] == "etascope/trace/1"
    assert [p.name for p in tmp_path.iterdir()] == ["answer.json"]


def test_the_options_are_the_recipe():
    answer = document(
        "trace", "--lr", "0.02", "--optimizer", "nesterov", "--batch-size", "40", "--epochs", "2", "--hidden", "8,6",
        "--schedule", "one-cycle", "--warmup", "0.1", "--momentum", "0.8", "--weight-decay", "0.001",
        "--pixels", "standard", "--seed", "3", "--drop-last",
    )  # fmt: skip
    assert answer["learning_rate"] == 0.02
    assert answer["recipe"] == {
        "hidden": [8, 6], "optimizer": "nesterov", "schedule": "one-cycle", "warmup": 0.1, "batch_size": 40,
        "epochs": 2, "momentum": 0.8, "weight_decay": 0.001, "pixels": "standard", "seed": 3, "model": None,
        "drop_last": True,
    }  # fmt: skip
    assert len(answer["step_loss"]) == 2 * 800 / 40
    assert "training deviation" in answer["stages"][1]["action"]
    assert [layer["weights"] for layer in answer["prediction"]["layers"]] == [[], [784, 8], [8, 6], [6, 10]]


@pytest.mark.parametrize(
    ("units", "hidden"), [("0", []), ("7", [7]), ("7,5,3", [7, 5, 3]), (" 7 , 5 ", [7, 5])], ids=repr
)
def test_hidden_layers_are_numbers_with_commas_between(units, hidden):
    assert document("trace", "--epochs", "1", "--hidden", units)["recipe"]["hidden"] == hidden


def test_the_short_and_the_long_name_of_the_learning_rate_are_one_option():
    assert (
        document("trace", *SMALL, "--lr", "0.3")["epochs"]
        == document("trace", *SMALL, "--learning-rate", "0.3")["epochs"]
    )


@pytest.mark.parametrize(
    ("options", "shape"),
    [
        ((), [1000, 28, 28, 1]),
        (("--image-size", "14"), [1000, 14, 14, 1]),
        (("--image-size", "10x20"), [1000, 10, 20, 1]),
        (("--image-size", "10X20"), [1000, 10, 20, 1]),
    ],
)
def test_images_are_resized_on_demand(options, shape):
    assert document("trace", *SMALL, *options)["stages"][0]["shape_in"] == shape


@pytest.mark.parametrize(("share", "tested"), [("0.5", 500), ("0.1", 100), ("2e-1", 200)])
def test_a_number_is_the_share_to_test_on(share, tested):
    assert document("trace", *SMALL, "--test", share)["stages"][4]["shape_in"] == [tested, 784]


@pytest.mark.parametrize("number", [0, 17, 199])
def test_the_prediction_follows_the_image_asked_for(number):
    assert document("trace", *SMALL, "--image", number)["prediction"]["number"] == number


def test_the_search_keeps_to_its_folds_and_its_bounds():
    answer = document("pick", *SMALL, "--folds", "3", "--low", "0.003", "--high", "0.3")
    rates = [trial["learning_rate"] for trial in answer["trials"]]
    assert {trial["fold"] for trial in answer["trials"]} == {0, 1, 2}
    assert (min(rates), max(rates)) == (0.003, 0.3)


@pytest.fixture
def colours(tmp_path):
    """Pictures in colour of two classes, and a few more in a folder of their own."""
    for part, count in (("photos", 30), ("held", 8)):
        write_folder(tmp_path / part, pictures(count, channels=3, seed=count), ["red", "green"] * (count // 2))
    return tmp_path


def test_a_path_is_where_the_test_images_are(colours):
    answer = document("trace", *SMALL, colours / "photos", "--test", colours / "held")
    assert [answer["stages"][i]["shape_in"] for i in (0, 3, 4)] == [[38, 5, 4, 3], [30, 60], [8, 60]]
    assert answer["class_names"] == ["green", "red"]


def test_colour_is_kept_or_dropped(colours):
    assert document("trace", *SMALL, colours / "photos")["stages"][0]["shape_in"] == [30, 5, 4, 3]
    assert document("trace", *SMALL, colours / "photos", "--grayscale")["stages"][0]["shape_in"] == [30, 5, 4, 1]


def test_labels_may_be_in_a_file_of_their_own(tmp_path):
    np.save(tmp_path / "pictures.npy", pictures(30))
    np.save(tmp_path / "answers.npy", np.arange(30) % 3)
    answer = document("trace", *SMALL, tmp_path / "pictures.npy", "--labels", tmp_path / "answers.npy")
    assert answer["class_names"] == ["0", "1", "2"]


def test_what_was_left_out_is_said_beside_the_answer(colours):
    (colours / "photos" / "red" / "broken.png").write_text("no picture")
    ended = run("trace", *SMALL, colours / "photos", "--skip-bad")
    assert ended.code == 0
    assert ended.err.startswith("note: ")
    assert "broken.png" in ended.err
    assert "Key insight" in ended.out


def test_notes_of_the_test_part_go_where_all_images_are_divided_anew(tmp_path):
    for part, count in (("train", 30), ("test", 8)):
        names = ["red", "green"] if part == "train" else ["red", "red"]
        write_folder(tmp_path / part, pictures(count, seed=count), names * (count // 2))
    write_folder(tmp_path / "test", pictures(1, seed=30), ["red"])
    ended = run("trace", *SMALL, tmp_path)
    assert "No test images of green" in ended.err
    assert "among the training images too" in ended.err
    assert "8 of them the data's own test part" in ended.out + ended.err
    ended = run("trace", *SMALL, tmp_path, "--test", "0.3")
    assert ended.code == 0
    assert "8 of the data's own test part among them" in ended.err
    assert "No test images" not in ended.err
    assert "own test part" not in ended.out


@pytest.mark.parametrize("kind", ["folder", "table", "arrays"])
def test_a_share_tells_that_the_own_test_part_joined(tmp_path, kind):
    images, names, parts = pictures(36), ["red", "green"] * 18, ["train"] * 24 + ["val"] * 6 + ["test"] * 6
    where = tmp_path / "set"
    if kind == "folder":
        write_folder(where, images, [f"{part}/{name}" for part, name in zip(parts, names, strict=True)])
    elif kind == "table":
        paths = write_folder(where, images, names)
        rows = [f"{path},{name},{part}" for path, name, part in zip(paths, names, parts, strict=True)]
        where = tmp_path / "table.csv"
        where.write_text("\n".join(["path,label,split", *rows]))
    else:
        where, numbers = tmp_path / "set.npz", np.arange(36) % 2
        np.savez(
            where, x_train=images[:24], y_train=numbers[:24], x_val=images[24:30], y_val=numbers[24:30],
            x_test=images[30:], y_test=numbers[30:],
        )  # fmt: skip
    ended = run("pick", *SMALL, where, "--test", "0.3", "--folds", "2", "--no-store", "--json", "-")
    document = json.loads(ended.out)["dataset"]["notes"]
    assert any("joined the training images." in note for note in document)
    assert "all images were divided anew, 6 of the data's own test part among them" in document[-1]


def test_a_test_part_that_was_given_is_not_called_the_own_one(colours):
    ended = run("trace", *SMALL, colours / "photos", "--test", colours / "held")
    assert "38 images, 8 of them given as test" in ended.out + ended.err
    assert "own test part" not in ended.out + ended.err
