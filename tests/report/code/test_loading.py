import sys
from dataclasses import replace
from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import etascope
from etascope import Recipe
from etascope.core.data import Dataset
from etascope.core.run import DataSummary
from etascope.images.subset import SUBSET, subset_rows, take_subset
from etascope.pipeline.split import divide
from etascope.report.code.loading import kind_of, loading, note
from tests.images.folders.test_layout import OPENED, make
from tests.images.making import picture, pictures, write_folder
from tests.report.code.running import DATA, DIGITS

#: Whose test part can be opened, but not tested with.
UNTESTED = "a part without one of the classes"


def opened(data, *arguments, recipe=None):
    """Run the loading part of a script and return what it left behind."""
    imports, lines = loading(recipe or Recipe(), data)
    modules = "\n".join(f"import {name}" for name in (*imports, "numpy as np"))
    text = f"{modules}\nfrom pathlib import Path\nfrom PIL import Image, ImageOps\n{lines}"
    named = {"__name__": "script"}
    with mock.patch.object(sys, "argv", ["train.py", *map(str, arguments)]):
        exec(compile(text, "script", "exec"), named)
    return named


def summary(dataset, source, test):
    shape = dataset.images.shape
    return DataSummary(
        source, "", len(dataset), shape[1:], len(dataset) - test, test, dataset.class_names, folders=dataset.folders
    )


def agrees(named, dataset, test=None, seed=0, folds=None):
    split = divide(dataset, test=test, folds=folds, seed=seed)
    assert named["test"].tolist() == split.test_rows.tolist()
    assert named["train"].tolist() == split.rows.tolist()
    np.testing.assert_array_equal(named["labels"], dataset.labels)
    np.testing.assert_array_equal(named["images"].reshape(dataset.images.shape), dataset.images)


@pytest.mark.parametrize("seed", [0, 7])
def test_the_digits_and_the_rows_that_were_held_back(seed):
    agrees(opened(DATA, recipe=Recipe(seed=seed)), DIGITS, seed=seed)


@given(counts=st.lists(st.integers(2, 30), min_size=2, max_size=6), share=st.floats(0.05, 0.6), seed=st.integers(0, 99))
def test_any_classes_are_divided_as_etascope_divides_them(counts, share, seed):
    labels = np.repeat(np.arange(len(counts)), counts)
    names = tuple(map(str, range(len(counts))))
    split = divide(
        Dataset(np.zeros((len(labels), 1, 1, 1), np.uint8), labels, names, ""), test=share, seed=seed, folds=0
    )
    named = {"np": np}
    exec(loading(Recipe(), DATA)[1].split("\n\nplace = ")[0].split("    return images, labels, None")[1], named)
    assert named["test_rows"](labels, share, seed).tolist() == split.test_rows.tolist()


@pytest.mark.parametrize("share", [0.2, 0.31])
def test_a_share_that_was_asked_for_is_found_again(share):
    count = len(divide(DIGITS, test=share).test_rows)
    agrees(opened(replace(DATA, test=count, development=1000 - count)), DIGITS, test=share)


@pytest.mark.parametrize("as_floats", [False, True])
@pytest.mark.parametrize("own_test", [False, True])
def test_an_npz(tmp_path, own_test, as_floats):
    rng = np.random.default_rng(0)
    images, labels = rng.integers(0, 256, (60, 5, 6), np.uint8), np.arange(60) % 3
    images = (images / np.float32(255)).astype(np.float32) if as_floats else images
    path = tmp_path / "images.npz"
    if own_test:
        np.savez(path, x_train=images[:45], y_train=labels[:45], x_test=images[45:], y_test=labels[45:])
    else:
        np.savez(path, images=images, labels=labels)
    dataset = etascope.open_images(path)
    count = len(divide(dataset).test_rows)
    agrees(opened(summary(dataset, str(path), count)), dataset)


@pytest.mark.parametrize("own_test", [False, True])
def test_a_folder(tmp_path, own_test):
    from PIL import Image

    rng = np.random.default_rng(0)
    for part in ("train", "test") if own_test else ("",):
        for name in ("cat10", "cat9", "dog"):
            folder = tmp_path / part / name
            folder.mkdir(parents=True)
            for i in (1, 2, 10, 11, 12, 13):
                Image.fromarray(rng.integers(0, 256, (9, 8, 3), np.uint8)).save(folder / f"img{i}.png")
    dataset = etascope.open_images(tmp_path, image_size=(7, 6))
    count = len(divide(dataset, folds=0).test_rows)
    named = opened(summary(dataset, str(tmp_path), count))
    assert named["labels"].tolist() == dataset.labels.tolist()
    assert named["test"].tolist() == divide(dataset, folds=0).test_rows.tolist()
    np.testing.assert_array_equal(named["images"], dataset.images)


def test_other_images_than_those_of_the_run_are_refused(tmp_path):
    path = tmp_path / "images.npz"
    np.savez(path, images=np.zeros((9, 4, 4), np.uint8), labels=np.arange(9) % 3)
    with pytest.raises(SystemExit, match="etascope saw 1000 images of 28 x 28 x 1; these are"):
        opened(replace(DATA, source=str(path)))


@pytest.mark.parametrize("source", ["an array", "table.csv", "mnist"])
def test_what_a_script_cannot_find_is_asked_for(source):
    with pytest.raises(SystemExit, match="Give the images as the first argument"):
        opened(replace(DATA, source=source))
    assert "first argument" in note(replace(DATA, source=source))


@pytest.mark.parametrize(
    ("source", "kind"),
    [("digits", "digits"), ("kmnist", "idx"), ("a.npz", "npz"), ("a.csv", "arrays"), ("the mapping", "arrays"),
     ("/no/longer/there", "arrays")],
)  # fmt: skip
def test_sources_are_told_apart(source, kind):
    assert kind_of(replace(DATA, source=source)) == kind


def test_a_part_of_a_large_set_is_chosen_by_the_same_rows():
    whole = etascope.open_images("fashion-mnist")
    part = take_subset(whole)
    data = replace(summary(part, "fashion-mnist", 200), whole=len(whole))
    agrees(opened(data, "/usr/share/datasets/fashion-mnist"), part)


@given(counts=st.lists(st.integers(1, 900), min_size=2, max_size=6), own=st.booleans())
def test_any_part_is_chosen_by_the_same_rows(counts, own):
    labels = np.repeat(np.arange(len(counts)), counts)
    test = np.arange(0, len(labels), 7) if own else None
    lines = loading(Recipe(), replace(DATA, whole=5000))[1]
    named = {"np": np}
    exec("def part_rows" + lines.split("def part_rows")[1].split("\n\n\n")[0], named)
    assert named["part_rows"](labels, test, SUBSET).tolist() == subset_rows(labels, test, SUBSET).tolist()


@pytest.mark.parametrize("row", [row for row in OPENED if row.name != UNTESTED], ids=lambda row: row.name)
def test_a_layout_is_loaded_as_etascope_opened_it(row, tmp_path):
    root = tmp_path / "root"
    root.mkdir()
    make(row, root)
    dataset = etascope.open_images(root)
    data = DataSummary.of(dataset, divide(dataset, folds=0))
    if data.folders:
        agrees(opened(data, root), dataset, folds=0)
    else:
        # Where images of a folder were left out, its name does not say which the others are.
        assert data.left_out
        assert kind_of(data) == "arrays"


@pytest.mark.parametrize("deep", [False, True])
def test_pixels_that_etascope_scaled_are_told(tmp_path, capsys, deep):
    from PIL import Image

    rng = np.random.default_rng(0)
    for name in ("ant", "bee"):
        (tmp_path / name).mkdir()
        for i in range(10):
            pixels = rng.integers(0, 4096 if deep else 256, (9, 8), np.uint16).astype(np.uint16 if deep else np.uint8)
            Image.fromarray(pixels).save(tmp_path / name / f"img{i}.png")
    dataset = etascope.open_images(tmp_path)
    opened(DataSummary.of(dataset, divide(dataset, folds=0)), tmp_path)
    assert ("not bit for bit" in capsys.readouterr().out) == deep


@pytest.mark.parametrize("own_test", [False, True])
def test_a_test_part_from_elsewhere_is_read_from_there(tmp_path, own_test):
    parts = {"set/train": 6, "set/test": 2} if own_test else {"set": 6}
    counts = {**parts, "held": 3}
    names = [f"{part}/{label}" for part, count in counts.items() for label in "ab" for _ in range(count)]
    write_folder(tmp_path, pictures(len(names)), names)
    dataset = etascope.open_images(tmp_path / "set", test=tmp_path / "held")
    agrees(opened(DataSummary.of(dataset, divide(dataset, folds=0))), dataset, folds=0)


def test_a_test_part_that_is_no_folder_is_asked_for(tmp_path):
    write_folder(tmp_path / "set", pictures(8), ["a", "b"] * 4)
    np.savez(tmp_path / "held.npz", x=pictures(4, seed=1), y=["a", "b"] * 2)
    dataset = etascope.open_images(tmp_path / "set", test=tmp_path / "held.npz")
    data = DataSummary.of(dataset, divide(dataset, folds=0))
    assert kind_of(data) == "arrays"
    assert f"with {tmp_path / 'held.npz'} as the test part" in note(data)


def test_names_of_any_signs_stand_in_the_same_order(tmp_path):
    names = ["2.png", "\u00b22.png", "10.png", "#0.png", "0.PNG", "0.png", "a01.png", "a1.png", "A1.png"]
    for turn, label in enumerate(("@a", "$b")):
        for number, name in enumerate(names):
            (tmp_path / label).mkdir(exist_ok=True)
            picture(np.full((4, 4, 1), 10 * number + turn, np.uint8)).save(tmp_path / label / name, "PNG")
    dataset = etascope.open_images(tmp_path)
    assert len(dataset) == 18
    agrees(opened(DataSummary.of(dataset, divide(dataset, folds=0))), dataset, folds=0)
