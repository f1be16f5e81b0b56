"""Folders that are classes."""

from __future__ import annotations

import unicodedata

import pytest

from etascope.images.class_folders import TreeReading, check_classes, own_images
from etascope.images.tree import read_tree
from tests.images.making import pictures, refused, write_folder


def tree(root, *folders):
    write_folder(root, pictures(len(folders)), folders)
    return read_tree(root)


def test_images_come_with_the_class_of_their_folder_and_the_rest_is_counted(tmp_path):
    found = tree(tmp_path, "a", "a/deep", "b")
    (tmp_path / "b" / "x.heic").touch()
    reading = TreeReading()
    files = reading.collect(read_tree(tmp_path).full)
    assert [(path.parent.name, name) for path, name in files] == [("a", "a"), ("deep", "a"), ("b", "b")]
    assert reading.left_out == 1
    assert len(reading.notes) == 2
    assert found.total == 3


def test_a_class_written_in_two_ways_is_told(tmp_path):
    both = [unicodedata.normalize(form, "Bär") for form in ("NFC", "NFD")]
    write_folder(tmp_path, pictures(3), [*both, "Kuh"])
    reading = TreeReading()
    folders = read_tree(tmp_path).full
    assert [name for _, name in reading.collect(folders)] == [both[0], both[0], "Kuh"]
    # A file system that composes names holds one folder only.
    assert sum("are one class" in note for note in reading.notes) == len(folders) - 2


def test_of_images_and_masks_the_images_are_taken(tmp_path):
    found = tree(tmp_path, "a/images", "a/masks", "b/images", "b/extra")
    first, second = found.full
    own = own_images(first)
    assert own is not None
    assert own.name == "images"
    assert own_images(second) is None


@pytest.mark.parametrize("ending", ["_mask", "_mask_1", "_seg", "-gt", " label", "_labels", "_annotation", "_Mask"])
def test_masks_among_the_images_are_left_out(tmp_path, ending):
    for name in ("benign/b (1)", "benign/b (2)", "normal/n.1", "normal/deep/n"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / f"{name}.jpg").touch()
        (tmp_path / f"{name}{ending}.png").touch()
    reading = TreeReading()
    files = reading.collect(read_tree(tmp_path).full)
    assert [path.name for path, _ in files] == ["b (1).jpg", "b (2).jpg", "n.1.jpg", "n.jpg"]
    assert reading.left_out == 4
    assert (
        f"4 images called like another beside them, as masks or previews are, were left out; the first: {tmp_path}"
        in (reading.notes[0])
    )


def test_what_is_called_like_a_mask_without_its_image_is_taken(tmp_path):
    names = ["a/x_mask.png", "a/y.png", "a/y_mask.png", "b/with_mask.png", "b/y_gt.png", "b/z-unmask.png", "b/z.png"]
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    reading = TreeReading()
    assert len(reading.collect(read_tree(tmp_path).full)) == len(names)
    assert not reading.notes


@pytest.mark.parametrize(
    "folders", [("a", "b/x"), ("a/x", "a/y", "b/x", "b/y"), ("a", "b", "masks"), ("a", "images"), ("a", "a/test", "b")]
)
def test_folders_that_cannot_all_be_classes(tmp_path, folders):
    found = tree(tmp_path, *folders)
    with refused("one way only"):
        check_classes(found.full, found)


def test_a_class_without_images_that_are_read(tmp_path):
    tree(tmp_path, "a", "b")
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "x.avif").touch()
    found = read_tree(tmp_path)
    with refused("c holds 1 .avif file"):
        check_classes(found.full, found)
