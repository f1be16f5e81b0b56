"""Folders that are classes."""

from __future__ import annotations

import unicodedata

import pytest

from etascope.images.folders.class_folders import TreeReading, check_classes, own_images
from etascope.images.folders.tree import read_tree
from tests.images.making import pictures, refused, write_folder


def tree(root, *folders):
    write_folder(root, pictures(len(folders)), folders)
    return read_tree(root)


def test_images_come_with_the_class_of_their_folder_and_the_rest_is_counted(tmp_path):
    listing = tree(tmp_path, "a", "a/deep", "b")
    (tmp_path / "b" / "x.heic").touch()
    reading = TreeReading()
    files = reading.collect(read_tree(tmp_path).full)
    assert [(path.parent.name, name) for path, name in files] == [("a", "a"), ("deep", "a"), ("b", "b")]
    assert reading.left_out == 1
    assert len(reading.notes) == 2
    assert listing.total == 3


def test_a_class_written_in_two_ways_is_told(tmp_path):
    both = [unicodedata.normalize(form, "Bär") for form in ("NFC", "NFD")]
    write_folder(tmp_path, pictures(3), [*both, "Kuh"])
    reading = TreeReading()
    folders = read_tree(tmp_path).full
    assert [name for _, name in reading.collect(folders)] == [both[0], both[0], "Kuh"]
    # A file system that composes names holds one folder only.
    assert sum("are one class" in note for note in reading.notes) == len(folders) - 2


def test_of_images_and_masks_the_images_are_taken(tmp_path):
    listing = tree(tmp_path, "a/images", "a/masks", "b/images", "b/extra")
    first, second = listing.full
    own = own_images(first)
    assert own is not None
    assert own.name == "images"
    assert own_images(second) is None


@pytest.mark.parametrize(
    "ending",
    [
        "_mask",
        "_mask_1",
        "_seg",
        "-gt",
        " label",
        "_labels",
        "_annotation",
        "_Mask",
        "_superpixels",
        "_depth",
        "_thumb",
    ],
)
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
    listing = tree(tmp_path, *folders)
    with refused("one way only"):
        check_classes(listing.full, listing)


def test_a_class_without_images_that_are_read(tmp_path):
    tree(tmp_path, "a", "b")
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "x.avif").touch()
    listing = read_tree(tmp_path)
    with refused("c holds 1 .avif file"):
        check_classes(listing.full, listing)


@pytest.mark.parametrize("name", ["thumb_{}", "mask-{}", "{}_depth", "Preview {}"])
def test_small_copies_and_depths_are_left_out(tmp_path, name):
    for number in range(3):
        (tmp_path / f"{number}.jpg").touch()
        (tmp_path / f"{name.format(number)}.png").touch()
    reading = TreeReading()
    assert [path.suffix for path, _ in reading.collect([read_tree(tmp_path)])] == [".jpg"] * 3
    assert reading.left_out == 3


def test_of_crops_the_masks_and_depths_are_left_out(tmp_path):
    for number in range(3):
        for kind in ("crop", "maskcrop", "depthcrop"):
            (tmp_path / f"apple_1_{number}_{kind}.png").touch()
    listing = TreeReading().collect([read_tree(tmp_path)])
    assert [path.name for path, _ in listing] == [f"apple_1_{number}_crop.png" for number in range(3)]


@pytest.mark.parametrize(
    "pair", ["{0}.jpg {0}.png", "{0}.bmp {0}-d.bmp", "{0}-001.BMP {0}-001-d.bmp", "{0}.png {0} (edge).png"]
)
def test_pairs_called_alike_are_told_and_taken(tmp_path, pair):
    for number in range(3):
        for name in pair.replace(" {0}", "|{0}").format(number).split("|"):
            (tmp_path / name).touch()
    reading = TreeReading()
    assert len(reading.collect([read_tree(tmp_path)])) == 6
    assert len(reading.notes) == 1
    first, second = pair.replace(" {0}", "|{0}").format(0).split("|")
    assert f"Images of {tmp_path.name} come in pairs called alike, as {first} and {second}," in reading.notes[0]


@pytest.mark.parametrize(
    "names",
    [
        "{0}.png {0}_flip.png", "{0}.png {0}_rot90.png", "{0}.png aug_{0}.png", "{0}_l.png {0}_r.png",
        "{0}.png 1{0}.png", "img{0}.png img{0}_1.png", "cat.{0}.png dog.{0}.png",
    ],
)  # fmt: skip
def test_what_is_varied_or_numbered_is_no_pair(tmp_path, names):
    for number in range(4):
        for name in names.format(number).split():
            (tmp_path / name).touch()
    reading = TreeReading()
    assert len(reading.collect([read_tree(tmp_path)])) == 8
    assert not reading.notes


def test_a_few_pairs_among_many_are_not_told(tmp_path):
    for name in ("0.png", "0.jpg", "1.png", "1.jpg", "2.png", "2.jpg", *(f"x{n}.png" for n in range(6))):
        (tmp_path / name).touch()
    reading = TreeReading()
    assert len(reading.collect([read_tree(tmp_path)])) == 12
    assert not reading.notes
