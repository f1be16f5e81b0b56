"""Folders that stand for the parts of a set; the table of `test_layout.py` has many more."""

from __future__ import annotations

import pytest

from etascope.images.folders.class_folders import TreeReading
from etascope.images.folders.part_folders import read_parts
from etascope.images.folders.tree import read_tree
from tests.images.making import pictures, refused, write_folder


def read(root, *folders):
    write_folder(root, pictures(len(folders)), folders)
    reading = TreeReading()
    return read_parts(read_tree(root), reading), reading


def test_two_parts(tmp_path):
    layout, reading = read(tmp_path, "train/a", "train/b", "val/a", "val/b", "test/a", "test/b")
    assert layout is not None
    assert [name for _, name in layout.train] == ["a", "b", "a", "b"]
    assert [path.parts[-3] for path, _ in layout.test] == ["test", "test"]
    assert reading.notes == ["val joined the training images; test is the test part."]


@pytest.mark.parametrize("folders", [("a", "b"), ("train/a", "train/b"), ("train", "car", "bus")])
def test_no_parts(tmp_path, folders):
    assert read(tmp_path, *folders)[0] is None


@pytest.mark.parametrize(
    "folders",
    [("train/a", "train/b", "x"), ("test", "a", "b"), ("a_train", "a_test", "b_train", "b_test"), ("test/a", "val/a")],
)
def test_two_readings(tmp_path, folders):
    with refused("one way only"):
        read(tmp_path, *folders)
