"""Sentences about trees: what they show, and a next move that works."""

from __future__ import annotations

from pathlib import Path

import pytest

from etascope.core.errors import InputError
from etascope.images.folders.layout import read_layout
from etascope.images.folders.refusals import in_two_ways, nothing_here
from etascope.images.folders.tree import read_tree
from etascope.images.open import open_images
from etascope.images.opened import Options
from tests.images.making import pictures, refused, write_folder


@pytest.mark.parametrize(
    ("folders", "part"),
    [(("one/a", "one/b", "two/a", "two/b"), "one"), (("x", "set/a", "set/b"), "set"),
     (("train/a", "train/b", "test/a", "test/b", "a"), "train")],
)  # fmt: skip
def test_the_folder_that_is_named_opens(tmp_path, folders, part):
    write_folder(tmp_path, pictures(len(folders)), folders)
    with refused("in one way only", str(tmp_path / part)):
        read_layout(read_tree(tmp_path), Options())
    assert len(open_images(tmp_path / part)) == 2


def test_the_tree_is_drawn_in_one_line(tmp_path):
    write_folder(tmp_path, pictures(12), [f"class{i}" for i in range(9)] + ["deep/x", "deep/y", "deep/y"])
    said = in_two_ways(read_tree(tmp_path)).said
    assert "class0/ (1 image), class1/ (1 image)" in said
    assert "and 4 more" in said


@pytest.mark.parametrize(
    ("name", "advice"),
    [("set.npz", "set.npz itself"), ("all.zip", "Unpack"), ("a/x.heic", "Convert"), ("a/x.parquet", "in Python")],
)
def test_the_next_move_fits_what_is_there(tmp_path, name, advice):
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).touch()
    error = nothing_here(read_tree(tmp_path))
    assert isinstance(error, InputError)
    assert advice in error.advice
    assert f"1 {Path(name).suffix} file" in error.said


@pytest.mark.parametrize("ending", ["", ".txt", ".dat", ".PNG_"])
@pytest.mark.parametrize("folders", ["ab", ("a",) * 2, ("",) * 2])
def test_images_without_their_ending_are_told(tmp_path, ending, folders):
    for path in write_folder(tmp_path, pictures(2), folders):
        path.rename(path.with_suffix(ending))
    with refused("holds no files that end in .png", "They are PNG images by their first bytes: add .png"):
        open_images(tmp_path)


def test_a_class_of_images_without_their_ending(tmp_path):
    for path in write_folder(tmp_path, pictures(6), "aabbcc"):
        if path.parent.name == "c":
            path.rename(path.with_suffix(""))
    with refused("c holds 2 files without an ending", "add .png to their names, or take the folder away"):
        open_images(tmp_path)


def test_several_formats_without_their_endings(tmp_path):
    for ending in (".png", ".bmp", ".gif"):
        for path in write_folder(tmp_path, pictures(2), "ab", ending):
            path.rename(path.with_name(f"{ending[1:]}-{path.stem}"))
    with refused("BMP and GIF and PNG images", "add .bmp or .gif or .png to their names"):
        open_images(tmp_path)


@pytest.mark.parametrize("name", ["a.jpg.part", "a.nef", "a.txt"])
def test_what_only_begins_as_an_image_is_not_told_so(tmp_path, name):
    start = {"a.nef": b"II*\0", "a.txt": b"cat"}.get(name, b"\xff\xd8\xff")
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / name).write_bytes(start)
    assert "first bytes" not in nothing_here(read_tree(tmp_path)).advice


@pytest.mark.parametrize(
    ("folders", "table"),
    [((".", "."), "labels.csv"), (("images", "images"), "list.tsv"), (("images", "images"), "images/a.CSV")],
)
def test_a_table_beside_images_in_no_class_is_named(tmp_path, folders, table):
    write_folder(tmp_path, pictures(2), folders)
    (tmp_path / table).write_text("path,label\n")
    with refused(f"If {tmp_path / table} lists the images and their classes, give that itself."):
        open_images(tmp_path)


def test_one_image_is_counted_so(tmp_path):
    write_folder(tmp_path, pictures(1), [""])
    with refused("holds 1 image, which is not in a directory."):
        open_images(tmp_path)
    write_folder(tmp_path, pictures(2), ["", "cat"])
    with refused("found only 'cat'"):
        open_images(tmp_path)
