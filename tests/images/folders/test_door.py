"""Folders of images, as people have them."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest

from etascope.images.folders.door import open_folder
from etascope.images.open import open_images
from etascope.images.opened import Options
from tests.images.making import pictures, refused, write_folder, write_mnist

IMAGES = pictures(6)
NAMES = ["a", "a", "a", "b", "b", "b"]


def test_a_directory_per_class(tmp_path):
    write_folder(tmp_path, IMAGES, NAMES)
    opened = open_folder(tmp_path, Options())
    assert np.array_equal(opened.images, IMAGES)
    assert opened.labels.tolist() == NAMES
    assert (opened.test_rows, opened.notes, opened.source) == (None, (), str(tmp_path))


def test_natural_order(tmp_path):
    images = pictures(12)
    write_folder(tmp_path, images, ["10"] * 11 + ["9"])
    opened = open_folder(tmp_path, Options())
    assert np.array_equal(opened.images, images[[11, *range(11)]])


def test_nested_hidden_and_other_files(tmp_path):
    paths = write_folder(tmp_path, IMAGES, NAMES)
    (tmp_path / "a" / "deep" / "er").mkdir(parents=True)
    paths[2].rename(tmp_path / "a" / "deep" / "er" / "img2.png")
    (tmp_path / "a" / ".hidden.png").write_text("x")
    (tmp_path / "a" / "Thumbs.db").write_text("x")
    (tmp_path / ".git").mkdir()
    (tmp_path / "__MACOSX" / "a").mkdir(parents=True)
    (tmp_path / "__MACOSX" / "a" / "x.png").write_text("x")
    (tmp_path / "empty").mkdir()
    (tmp_path / "README.md").write_text("x")
    opened = open_folder(tmp_path, Options())
    assert np.array_equal(opened.images, IMAGES)
    assert opened.labels.tolist() == NAMES


@pytest.mark.parametrize("test", ["test", "val", "valid", "validation", "Test"])
@pytest.mark.parametrize("train", ["train", "Training"])
def test_train_and_test_directories(tmp_path, train, test):
    write_folder(tmp_path / train, IMAGES[:4], ["a", "a", "b", "b"])
    write_folder(tmp_path / test, IMAGES[4:], ["a", "b"])
    opened = open_folder(tmp_path, Options())
    assert np.array_equal(opened.images, IMAGES)
    assert opened.labels.tolist() == ["a", "a", "b", "b", "a", "b"]
    assert opened.test_rows is not None
    assert opened.test_rows.tolist() == [4, 5]


def test_train_alone(tmp_path):
    write_folder(tmp_path / "train", IMAGES, NAMES)
    opened = open_folder(tmp_path, Options())
    assert opened.labels.tolist() == NAMES
    assert opened.test_rows is None


def test_a_test_directory_among_the_classes(tmp_path):
    write_folder(tmp_path, IMAGES[:4], ["a", "a", "b", "b"])
    write_folder(tmp_path / "test", IMAGES[4:], ["a", "b"])
    opened = open_folder(tmp_path, Options())
    assert opened.labels.tolist() == ["a", "a", "b", "b", "a", "b"]
    assert opened.test_rows is not None
    assert opened.test_rows.tolist() == [4, 5]


def test_train_validation_and_test(tmp_path):
    write_folder(tmp_path / "train", IMAGES[:2], ["a", "b"])
    write_folder(tmp_path / "val", IMAGES[2:4], ["a", "b"])
    write_folder(tmp_path / "test", IMAGES[4:], ["a", "b"])
    opened = open_folder(tmp_path, Options())
    assert np.array_equal(opened.images, IMAGES)
    assert opened.test_rows is not None
    assert opened.test_rows.tolist() == [4, 5]
    assert opened.notes == ("val joined the training images; test is the test part.",)


def test_classes_that_are_called_train_and_test(tmp_path):
    write_folder(tmp_path, IMAGES, ["train"] * 3 + ["car"] * 3)
    assert open_folder(tmp_path, Options()).labels.tolist() == ["car"] * 3 + ["train"] * 3


def test_a_folder_called_train_with_directories_in_it_beside_another(tmp_path):
    write_folder(tmp_path / "train", IMAGES[:4], ["day", "day", "night", "night"])
    write_folder(tmp_path, IMAGES[4:], ["car", "car"])
    drawn = "car/ (2 images), train/{day and night} (4 images)"
    with refused("lie at different depths", drawn, str(tmp_path / "train")):
        open_folder(tmp_path, Options())


def test_a_folder_in_a_folder(tmp_path):
    write_folder(tmp_path / "archive" / "pets", IMAGES, NAMES)
    opened = open_folder(tmp_path, Options())
    assert opened.labels.tolist() == NAMES
    assert opened.notes == (f"The classes were found further down, in {tmp_path / 'archive' / 'pets'}.",)


def test_images_of_no_class_are_told(tmp_path):
    write_folder(tmp_path, [*IMAGES, IMAGES[0]], [*NAMES, "."])
    opened = open_folder(tmp_path, Options())
    assert len(opened.images) == 6
    assert opened.notes == (f"1 image directly in {tmp_path} belongs to no class and was left out.",)


def test_links_are_followed_and_loops_end(tmp_path):
    elsewhere = tmp_path / "elsewhere"
    write_folder(elsewhere, IMAGES[3:], ["b"] * 3)
    root = tmp_path / "root"
    write_folder(root, IMAGES[:3], ["a"] * 3)
    (root / "b").symlink_to(elsewhere / "b")
    for number in range(3):
        (root / "a" / f"up{number}").symlink_to(root / "a")
    (elsewhere / "b" / "self").symlink_to(elsewhere / "b" / "self")
    opened = open_folder(root, Options())
    assert np.array_equal(opened.images, IMAGES)


def test_a_loop_of_single_folders_ends(tmp_path):
    (tmp_path / "again").symlink_to(tmp_path)
    with refused("leads to itself"):
        open_folder(tmp_path, Options())


@pytest.mark.parametrize("workers", [1, 3])
def test_a_bad_image_among_good_ones(tmp_path, workers):
    paths = write_folder(tmp_path, IMAGES, NAMES)
    paths[1].write_text("text")
    paths[4].write_bytes(paths[4].read_bytes()[:40])
    with refused(str(paths[1]), "text file"):
        open_folder(tmp_path, Options(workers=workers))
    opened = open_folder(tmp_path, Options(skip_bad=True, workers=workers))
    assert np.array_equal(opened.images, IMAGES[[0, 2, 3, 5]])
    assert opened.labels.tolist() == ["a", "a", "b", "b"]
    assert opened.notes == (
        f"2 of 6 images could not be read and were left out, the first: {paths[1]} (it is a text file).",
    )


def test_test_rows_follow_what_is_skipped(tmp_path):
    paths = write_folder(tmp_path / "train", IMAGES[:4], ["a", "a", "b", "b"])
    write_folder(tmp_path / "test", IMAGES[4:], ["a", "b"])
    paths[0].write_text("text")
    opened = open_folder(tmp_path, Options(skip_bad=True))
    assert opened.test_rows is not None
    assert opened.test_rows.tolist() == [3, 4]


def test_an_empty_folder(tmp_path):
    with refused("one directory per class", "is empty"):
        open_folder(tmp_path, Options())


def test_images_without_directories(tmp_path):
    write_folder(tmp_path, IMAGES[:2], [".", "."])
    with refused("holds 2 images", "CSV"):
        open_folder(tmp_path, Options())


def test_directories_without_images(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    with refused("holds only empty directories"):
        open_folder(tmp_path, Options())


def test_other_files_only(tmp_path):
    (tmp_path / "data.npz").touch()
    with refused("1 .npz file", "data.npz itself"):
        open_folder(tmp_path, Options())


def test_a_single_class_is_refused_before_anything_is_decoded(tmp_path):
    (tmp_path / "cats").mkdir()
    (tmp_path / "cats" / "x.png").write_text("text")
    with refused("at least two classes", "only 'cats'"):
        open_folder(tmp_path, Options())


NOBODY = """
import os, sys
from pathlib import Path
from PIL import Image
from etascope.core.errors import InputError
from etascope.images.folders.door import open_folder
from etascope.images.opened import Options
Image.init()
if os.getuid() == 0:
    os.setuid(65534)
try:
    open_folder(Path(sys.argv[1]), Options())
except InputError as error:
    print(error)
"""


@pytest.mark.parametrize("closed", ["a/img0.png", "b"])
def test_what_may_not_be_read(closed):
    """In a process of the user nobody, because no permission binds root."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        write_folder(folder, IMAGES, NAMES)
        (folder / closed).chmod(0)
        done = subprocess.run([sys.executable, "-c", NOBODY, name], capture_output=True, text=True, check=True)
        (folder / closed).chmod(0o755)
    assert str(folder / closed) in done.stdout
    assert "ermission denied" in done.stdout
    assert "chmod" in done.stdout
    assert os.linesep not in done.stdout.strip()


def test_idx_files_further_down(tmp_path):
    images = write_mnist(tmp_path / "MNIST" / "raw")
    opened = open_folder(tmp_path, Options())
    assert np.array_equal(opened.images, images)
    write_mnist(tmp_path / "KMNIST" / "raw")
    with refused("one set", str(tmp_path / "KMNIST" / "raw"), str(tmp_path / "MNIST" / "raw")):
        open_folder(tmp_path, Options())


def test_a_class_that_loses_all_its_images_is_no_class_less(tmp_path):
    paths = write_folder(tmp_path, IMAGES, ["a", "a", "b", "b", "c", "c"])
    for path in paths[2:4]:
        path.write_text("text")
    with refused("of 2 of class 'b'", f"in {tmp_path / 'b'} none can"):
        open_folder(tmp_path, Options(skip_bad=True))


def test_a_class_of_the_test_part_that_loses_all_its_images_is_named_with_its_folder(tmp_path):
    write_folder(tmp_path / "train", IMAGES[:4], ["a", "a", "b", "b"])
    paths = write_folder(tmp_path / "test", IMAGES[4:], ["a", "b"])
    paths[1].write_text("text")
    with refused(f"of 1 of class 'b' of the test part in {tmp_path / 'test' / 'b'} none can"):
        open_folder(tmp_path, Options(skip_bad=True))


@pytest.mark.parametrize("test", ["test/a"])
def test_one_class_to_train_on_is_looked_for_where_it_is(tmp_path, test):
    write_folder(tmp_path, IMAGES[:4], ["train/a", "train/a", "test/a", test])
    with refused(f"only 'a' in {tmp_path / 'train'}. Add"):
        open_folder(tmp_path, Options())


def test_what_is_left_out_is_counted(tmp_path):
    paths = write_folder(tmp_path, IMAGES, NAMES)
    paths[0].write_text("text")
    (tmp_path / "a" / "x.heic").touch()
    assert open_folder(tmp_path, Options(skip_bad=True)).left_out == 2


def test_images_that_are_links_to_others_of_the_set_are_told(tmp_path):
    paths = write_folder(tmp_path, IMAGES, NAMES)
    (tmp_path / "b" / "img9.png").symlink_to(paths[0])
    opened = open_folder(tmp_path, Options())
    assert len(opened.images) == 7
    assert opened.notes == (
        "1 image is a link to another of the same set, in another class, which is there twice so; the first: "
        f"{tmp_path / 'b' / 'img9.png'}, which is {paths[0]}.",
    )


def test_files_with_two_names_are_told(tmp_path):
    paths = write_folder(tmp_path, IMAGES, NAMES)
    (tmp_path / "b" / "img9.png").hardlink_to(paths[0])
    (tmp_path / "a" / "img7.png").hardlink_to(paths[1])
    (tmp_path / "a" / "img8.png").hardlink_to(paths[1])
    [note] = open_folder(tmp_path, Options()).notes
    assert note.startswith("3 images are links to others of the same set, 1 of them in another class, which")
    assert f"{tmp_path / 'a' / 'img7.png'}, which is {paths[1]}" in note


def test_two_links_to_one_file_elsewhere_are_told(tmp_path):
    paths = write_folder(tmp_path / "set", IMAGES, NAMES)
    [other] = write_folder(tmp_path, pictures(1, seed=9), ["elsewhere"])
    for name in "ab":
        (tmp_path / "set" / name / "link.png").symlink_to(other)
    [note] = open_folder(tmp_path / "set", Options()).notes
    assert "1 image is a link to another of the same set, in another class" in note
    paths[0].parent.joinpath("more").symlink_to(other.parent)
    assert "2 images are links" in open_folder(tmp_path / "set", Options()).notes[-1]


def test_classes_that_are_spelled_almost_alike_are_told(tmp_path):
    write_folder(tmp_path, pictures(6), ["Cat", "cat", "dog", "dog", "owl", "owl"])
    assert open_images(tmp_path).notes == ("Classes 'Cat' and 'cat' are spelled almost alike, and were kept apart.",)


@pytest.mark.parametrize("ending", ["", ".x", ".jpg_large", ".jpg?w=640", ".txt", ".dat"])
@pytest.mark.parametrize("part", ["", "test"])
def test_a_class_of_images_by_their_first_bytes_is_not_left_out(tmp_path, ending, part):
    names = [f"{place}/{name}" for place in ("train", "test") for name in ("cat", "dog")]
    write_folder(tmp_path, pictures(8), names * 2)
    root = tmp_path if part else tmp_path / "train"
    for path in (root / part / "dog").iterdir():
        path.rename(path.with_name(f"{path.stem}{ending}"))
    with refused(str(root / part / "dog"), "none of these is read. They are PNG images by their first bytes: add .png"):
        open_images(root)


def test_a_class_of_broken_downloads_is_to_be_fetched_again(tmp_path):
    write_folder(tmp_path, pictures(6), ["cat", "dog", "eel"] * 2)
    for path in (tmp_path / "eel").iterdir():
        path.rename(path.with_name(f"{path.name}.crdownload"))
    with refused("They are downloads that broke off: fetch them again, or take the folder away"):
        open_images(tmp_path)


@pytest.mark.parametrize("name", ["cache", "annotations"])
def test_what_goes_with_a_set_is_no_class_though_it_holds_images_of_another_name(tmp_path, name):
    write_folder(tmp_path, pictures(6), ["cat", "dog", name] * 2)
    for path in (tmp_path / name).iterdir():
        path.rename(path.with_name(f"{path.stem}.thumb"))
    assert open_images(tmp_path).class_names == ("cat", "dog")


def test_many_links_to_what_is_read_anyway_are_one_note(tmp_path):
    write_folder(tmp_path, pictures(2), ["a", "b"])
    for number in range(5):
        (tmp_path / "a" / f"to{number}").symlink_to(tmp_path / "b")
    notes = [note for note in open_images(tmp_path).notes if "read anyway" in note]
    assert notes == [f"5 links lead to folders that are read anyway, and were left out; the first: {tmp_path}/a/to0."]
