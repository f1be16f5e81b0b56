"""Names of arrays, of any case and with common words, find their part."""

from __future__ import annotations

import numpy as np
import pytest

from etascope.images.arrays.names import NamePair, part_names, word_and_part
from etascope.images.open import open_images
from tests.images.making import pictures, refused


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("x", ("x", "")),
        ("X_train", ("x", "train")),
        ("Xtrain", ("x", "train")),
        ("trainX", ("x", "train")),
        ("train_x", ("x", "train")),
        ("y_val", ("y", "val")),
        ("X_valid", ("x", "val")),
        ("validation-labels", ("labels", "val")),
        ("val_images", ("images", "val")),
        ("test_imgs", ("imgs", "test")),
        ("Test Data", ("data", "test")),
        ("x_dev", ("x", "val")),
        ("arr_0", None),
        ("latest_x", None),
        ("extra", None),
        ("xy", None),
    ],
)
def test_words_and_parts(name, expected):
    assert word_and_part(name) == expected


@pytest.mark.parametrize(
    "names",
    [
        ("x_train", "y_train", "x_test", "y_test", "x_val", "y_val"),
        ("train_images", "train_labels", "test_images", "test_labels", "val_images", "val_labels"),
        ("X_train", "Y_train", "X_test", "Y_test", "X_valid", "Y_valid"),
        ("trainX", "trainY", "testX", "testY", "valX", "valY"),
        ("train_data", "train_target", "test_data", "test_target", "dev_data", "dev_target"),
        ("images", "labels", "test_images", "test_labels", "val_images", "val_labels"),
    ],
)
def test_three_parts(names):
    for order in (names, names[::-1]):
        picked = part_names(order, "here")
        assert (picked.train, picked.test, picked.val) == tuple(NamePair(*names[i : i + 2]) for i in (0, 2, 4))
        assert picked.left == ()


def test_a_part_without_labels_is_left_out():
    picked = part_names(["x_train", "y_train", "x_test", "note"], "here")
    assert (picked.train, picked.test, picked.left) == (NamePair("x_train", "y_train"), None, ("x_test", "note"))


def test_images_alone_wait_for_labels():
    assert part_names(["images"], "here").train == NamePair("images", None)
    assert part_names(["arr_0", "arr_1", "arr_2"], "here").train == NamePair("arr_0", "arr_1")


def test_only_a_test_part():
    with refused("named as x with y", "holds x_test, y_test"):
        part_names(["x_test", "y_test"], "here")


IMAGES, LABELS, OTHERS = pictures()[..., 0], np.array([0, 1] * 3), np.array([0, 0, 1, 1, 0, 1])


@pytest.mark.parametrize(
    "arrays",
    [
        {"data": IMAGES, "labels": LABELS, "target": OTHERS},
        {"x": IMAGES, "y": LABELS, "images": 255 - IMAGES, "labels": OTHERS},
        {"x": IMAGES, "y": LABELS, "images": 255 - IMAGES, "labels": LABELS},
        {"images": IMAGES, "label": LABELS, "labels": OTHERS},
        {"x": IMAGES, "y": LABELS, "labels": OTHERS},
        {"x_train": IMAGES, "y_train": LABELS, "x_test": IMAGES, "y_test": LABELS, "test_labels": OTHERS},
    ],
)
def test_what_can_be_read_in_two_ways_is_refused(arrays, tmp_path):
    np.savez(tmp_path / "a.npz", **arrays)
    for source in (arrays, tmp_path / "a.npz"):
        with refused("Leave one"):
            open_images(source)


@pytest.mark.parametrize(
    "more",
    [
        {"target": LABELS},
        {"target": np.array(["a", "b"] * 3)},
        {"y": np.eye(2)[LABELS]},
        {"y": np.linspace(0, 1, 6), "x": np.linspace(0, 1, 6)},
        {"x": np.arange(6), "y": np.arange(6)},
        {"data": IMAGES.reshape(6, -1)},
        {"target": np.linspace(0, 1, 24).reshape(6, 4)},
    ],
)
def test_what_says_the_same_and_coordinates_are_left_out(more, tmp_path):
    arrays = {"images": IMAGES, "labels": LABELS} | more
    np.savez(tmp_path / "a.npz", **arrays)
    for source in (arrays, tmp_path / "a.npz"):
        data = open_images(source)
        assert np.array_equal(data.images[..., 0], IMAGES)
        assert data.labels.tolist() == LABELS.tolist()
        assert all(name in data.notes[0] for name in more)


def test_labels_of_another_name_are_named():
    with refused("of fine_labels, images in the mapping none is named labels", "Rename the one"):
        open_images({"images": IMAGES, "fine_labels": LABELS})


@pytest.mark.parametrize("labels", [np.arange(9) % 2, np.eye(2)[np.arange(9) % 2]])
def test_arrays_without_names_in_the_other_order(tmp_path, labels):
    images = np.random.default_rng(0).integers(0, 256, (9, 8, 8)).astype(np.uint8)
    np.savez(tmp_path / "a.npz", labels, images)
    data = open_images(tmp_path / "a.npz")
    assert np.array_equal(data.images[..., 0], images)
    assert data.labels.tolist() == (np.arange(9) % 2).tolist()


def test_an_archive_without_arrays(tmp_path):
    np.savez(tmp_path / "a.npz")
    with refused("a.npz holds nothing. Save images and labels in it (numpy.savez(path, x=images, y=labels))."):
        open_images(tmp_path / "a.npz")
