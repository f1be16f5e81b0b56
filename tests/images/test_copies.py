"""Images that are there twice are told: in both parts, and in two classes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etascope.images.copies import copies_notes
from etascope.images.open import open_images
from tests.images.making import pictures, write_folder


def test_copies_are_counted():
    images, labels = pictures(10), np.zeros(10, np.int64)
    assert copies_notes(images, labels, "a", np.arange(6, 10)) == ((), ())
    images[7], images[9] = images[0], images[0]
    held = np.arange(6, 10)
    assert copies_notes(images, labels, "a", held)[0] == ("2 of 4 test images are among the training images too.",)
    held = np.array([6, 9])
    assert copies_notes(images, labels, "a", held)[0] == ("1 of 2 test images is among the training images too.",)


def test_copies_among_the_test_images_or_the_training_images_alone_do_not_count():
    images, labels = pictures(6), np.zeros(6, np.int64)
    images[1], images[5] = images[0], images[4]
    assert copies_notes(images, labels, "a", np.array([4, 5])) == ((), ())
    assert copies_notes(images, labels, "a") == ((), ())


def test_a_test_part_that_is_the_training_part():
    images = np.concatenate([pictures(4), pictures(4)])
    [note], _ = copies_notes(images, np.zeros(8, np.int64), "a", np.arange(4, 8))
    assert "All test images (4)" in note


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 2)), min_size=1, max_size=12))
def test_images_of_two_classes_are_counted(drawn):
    images = np.array([picture for picture, _ in drawn], np.uint8).reshape(-1, 1, 1, 1)
    labels = np.array([label for _, label in drawn])
    odd = [row for row, (picture, label) in enumerate(drawn)
           if any(picture == other and label != its for other, its in drawn)]  # fmt: skip
    _, notes = copies_notes(images, labels, "abc")
    assert len(notes) == bool(odd)
    if odd:
        assert notes[0].startswith(f"{len(odd)} images are equal to one of another class, pixel by pixel at 1 x 1,")
        assert f"the first: image {odd[0]} ({'abc'[labels[odd[0]]]}) and image" in notes[0]


def told(data) -> str:
    [note] = [note for note in data.notes if "of another class" in note]
    return note


def test_an_image_in_two_folders_is_named(tmp_path):
    images = pictures(6)
    images[4] = images[1]
    paths = write_folder(tmp_path, images, ["a", "a", "a", "b", "b", "b"])
    note = told(open_images(tmp_path))
    assert note.startswith("2 images are equal to one of another class, pixel by pixel at 5 x 4,")
    assert f"{paths[1]} (a) and {paths[4]} (b)" in note
    # Of another format, the pixels are the same.
    write_folder(tmp_path, [images[0]], ["b"], ".bmp")
    assert "4 images" in told(open_images(tmp_path))


def test_an_image_in_two_folders_of_the_parts_is_named(tmp_path):
    images = pictures(6)
    images[5] = images[0]
    names = ["train/a", "train/a", "train/b", "train/b", "test/a", "test/b"]
    paths = write_folder(tmp_path / "set", images, names)
    assert f"{paths[0]} (a) and {paths[5]} (b)" in told(open_images(tmp_path / "set"))
    held = write_folder(tmp_path / "held", images[:1], ["b"])
    note = told(open_images(tmp_path / "set" / "train", test=tmp_path / "held"))
    assert f"{paths[0]} (a) and {held[0]} (b)" in note


def test_an_image_with_two_labels_in_arrays(tmp_path):
    images = pictures(6)
    images[5] = images[2]
    labels = np.array(["x", "x", "x", "y", "y", "y"])
    assert "the first: image 2 (x) and image 5 (y)." in told(open_images(images, labels))
    np.savez(tmp_path / "held.npz", x=images[:1], y=["y"])
    note = told(open_images(images[:5], labels[:5], test=tmp_path / "held.npz"))
    assert f"image 0 of an array (x) and image 0 of {tmp_path / 'held.npz'} (y)" in note


@pytest.mark.parametrize("other", ["copy.png", "./a/img0.png"])
def test_an_image_with_two_labels_in_a_table(tmp_path, other):
    write_folder(tmp_path, pictures(4), ["a"] * 4)
    (tmp_path / "copy.png").write_bytes((tmp_path / "a" / "img0.png").read_bytes())
    table = tmp_path / "list.csv"
    table.write_text(f"path,label\na/img0.png,x\na/img1.png,x\na/img2.png,y\n{other},y\n")
    assert f"a/img0.png in line 2 of {table} (x) and {other} in line 5 of {table} (y)" in told(open_images(table))
