import json
import os
from pathlib import Path

import numpy as np
import pytest

from etascope.cli.searching import DEFAULTS, is_path, kept_options, open_again, search
from etascope.core.errors import InputError
from etascope.core.protocols import ignore
from etascope.core.recipe import Recipe
from etascope.images.open import open_images
from tests.cli.kept import OPTIONS, searched
from tests.images.making import pictures, write_folder


@pytest.mark.parametrize(
    ("value", "expected"),
    [("digits", False), ("mnist", False), ("0.3", False), (None, False), ("photos/", True), ("./digits", True),
     ("labels.npy", True), ("", True)],
)  # fmt: skip
def test_paths_are_told_from_names_and_shares(value, expected):
    assert is_path(value) is expected
    # Images and labels are no share of anything.
    assert is_path(value, "data") is (expected or value == "0.3")


def test_options_are_kept_with_whole_paths_and_without_the_recipe(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    given = {"data": "photos/", "labels": "y.npy", "test": "0.3", "folds": 5, "hidden": "128", "optimizer": "adam"}
    kept = kept_options(given)
    assert kept == {"data": str(tmp_path / "photos"), "labels": str(tmp_path / "y.npy"), "test": "0.3", "folds": 5}
    assert json.loads(json.dumps(kept)) == kept
    assert given["data"] == "photos/"


def test_known_sets_stay_names():
    assert kept_options({"data": "digits", "test": None}) == {"data": "digits", "test": None}


def test_images_are_opened_again_from_anywhere(tmp_path, monkeypatch):
    write_folder(tmp_path / "photos", pictures(8), ["a", "b"] * 4)
    monkeypatch.chdir(tmp_path)
    kept = kept_options({"data": "photos", "image_size": "8"})
    monkeypatch.chdir(os.sep)
    dataset, share = open_again(kept, "run 3f2a", ignore)
    assert (dataset.images.shape, share) == ((8, 8, 8, 1), None)
    assert open_again({"data": "digits", "test": "0.3"}, "run 3f2a", ignore)[1] == 0.3


def test_a_run_from_python_says_that_its_images_cannot_be_opened():
    with pytest.raises(InputError, match="run 3f2a does not say where its images are: they came from Python"):
        open_again({}, "run 3f2a", ignore)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"data": 3}, "the option data of the lock must be text; found 3"),
        ({"folds": "5"}, "the option folds of the lock must be a whole number; found '5'"),
        ({"folds": True}, "the option folds of the lock must be a whole number; found True"),
        ({"low": [1]}, "the option low of the lock must be a number"),
        ({"grayscale": 1}, "the option grayscale of the lock must be true or false; found 1"),
        ({"tolerance": "1"}, "the option tolerance of the lock must be a number"),
    ],
)
def test_options_that_were_edited_are_refused_with_a_sentence(options, expected):
    with pytest.raises(InputError) as refused:
        open_again({"data": "digits", **options}, "the lock", ignore)
    assert expected in str(refused.value)


def test_a_search_uses_the_options():
    rates = searched().choice.landscape.learning_rates
    assert (rates[0], rates[-1]) == (0.001, 1.0)
    assert searched().task.n_folds == 2
    assert set(OPTIONS) <= set(DEFAULTS)


def test_a_search_goes_on_from_histories_and_tells_the_recorder():
    class Notes:
        def __init__(self):
            self.calls = []

        def begin(self, data, task):
            self.calls.append("begin")

        def append(self, history):
            self.calls.append("append")

        def finish(self, run):
            self.calls.append(run)

    whole, notes = searched(), Notes()
    assert len(whole.histories) > 1
    again = search(
        open_images("digits"), None, Recipe(hidden=(), epochs=1), OPTIONS, ignore, whole.histories[:1], notes
    )
    assert notes.calls == ["begin", *["append"] * (len(whole.histories) - 1), notes.calls[-1]]
    assert notes.calls[-1].choice is again.choice
    assert again.options["folds"] == OPTIONS["folds"]
    assert again.choice.learning_rate == whole.choice.learning_rate
    for one, two in zip(again.histories, whole.histories, strict=True):
        np.testing.assert_array_equal(one.step_loss, two.step_loss)


def test_paths_with_a_home_or_dots_are_as_the_shell_left_them(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert Path(kept_options({"data": "../photos"})["data"]) == tmp_path / ".." / "photos"


def test_where_a_model_in_a_file_is_seen_from_is_kept(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert kept_options({"data": "digits", "model": "models.py:net"}) == {"data": "digits", "folder": str(tmp_path)}
    assert "folder" not in kept_options({"data": "digits", "model": f"{tmp_path}/models.py:net"})
    assert "folder" not in kept_options({"data": "digits", "model": "cnn"})
