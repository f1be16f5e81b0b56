"""A test part from another source."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etascope.images.dataset import copies_notes, to_dataset, with_test
from etascope.images.open import open_images
from etascope.images.opened import Opened
from tests.images.making import pictures, refused, write_folder


def opened(labels, images=None, **more) -> Opened:
    labels = np.array(labels)
    return Opened(pictures(len(labels)) if images is None else images, labels, more.pop("source", "train"), **more)


def test_rows_come_last_and_classes_meet_by_name():
    joined = with_test(opened(["b", "a", "c"]), opened(["c", "b"], pictures(2, seed=1), source="held"))
    data = to_dataset(joined)
    assert data.labels.tolist() == [1, 0, 2, 2, 1]
    assert data.class_names == ("a", "b", "c")
    assert data.test_rows is not None
    assert data.test_rows.tolist() == [3, 4]
    assert np.array_equal(data.images[3:], pictures(2, seed=1))


def test_numbers_meet_strings():
    assert to_dataset(with_test(opened([3, 5, 3]), opened(["5", "3"], source="held"))).labels.tolist() == [
        0,
        1,
        0,
        1,
        0,
    ]


def test_numbers_meet_given_names():
    joined = with_test(opened([0, 1], class_names=("cat", "dog")), opened([1, 0], source="held"))
    assert to_dataset(joined).labels.tolist() == [0, 1, 1, 0]
    joined = with_test(opened(["dog", "cat"]), opened([0, 1], class_names=("cat", "dog"), source="held"))
    assert to_dataset(joined).labels.tolist() == [1, 0, 0, 1]


def test_an_unknown_class():
    with refused("'z' of held", "among a, b"):
        with_test(opened(["a", "b"]), opened(["z"], source="held"))


def test_all_unknown_classes_are_named_and_what_may_be_meant():
    with refused("2 classes, 'Cat' and 'emu', of held are not among cat, dog", "('Cat' may be 'cat')"):
        with_test(opened(["cat", "dog"]), opened(["emu", "Cat"], source="held"))
    with refused("2 classes, 'dog-1' and 'emu', of train are not ('dog-1' may be 'Dog 1')."):
        to_dataset(opened(["a", "Dog 1", "emu", "dog-1"], test_rows=np.array([2, 3])))


def test_the_given_test_part_wins_and_the_own_one_is_never_trained_on():
    own = opened(["a", "b", "a", "b"], test_rows=np.array([1, 2]))
    joined = with_test(own, opened(["a", "b"], pictures(2, seed=1), source="held", notes=("Resized.",)))
    assert np.array_equal(joined.images, np.concatenate([pictures(4)[[0, 3]], pictures(2, seed=1)]))
    assert joined.test_rows is not None
    assert joined.test_rows.tolist() == [2, 3]
    assert joined.notes == (
        "The test part of train was left out, because held was given as test.",
        "Test part: Resized.",
    )


def test_only_the_test_part_of_a_divided_test_source():
    held = opened(["a", "b", "a"], pictures(3, seed=1), source="held", test_rows=np.array([1]))
    joined = with_test(opened(["a", "b"]), held)
    assert np.array_equal(joined.images[2:], pictures(3, seed=1)[[1]])
    assert joined.notes == ("Of held, only its own test part is the test part.",)


def test_gray_test_images_among_colours():
    joined = with_test(opened(["a", "b"], pictures(2, channels=3)), opened(["a"], source="held"))
    assert joined.images.shape == (3, 5, 4, 3)
    assert (joined.images[2] == pictures(1)[0]).all()


def test_a_single_class_is_counted_without_the_test_part():
    with refused("at least two classes", "only 'a'"):
        to_dataset(opened(["a", "a", "b"], test_rows=np.array([2])))


def test_a_class_that_is_only_in_the_test_part():
    with refused("every class of the test part", "'c' of train"):
        to_dataset(opened(["a", "b", "c"], test_rows=np.array([2])))


def test_an_unknown_class_of_a_folder_is_named_with_its_place(tmp_path):
    write_folder(tmp_path / "set", pictures(4), ["a", "b", "a", "b"])
    write_folder(
        tmp_path / "held", pictures(6, seed=1), [f"{part}/{name}" for part in ("train", "test") for name in "abc"]
    )
    for held, place in ((tmp_path / "held", "test/c"), (tmp_path / "held" / "train", "c")):
        with refused(f"'c' of {held / place} is not among a, b."):
            open_images(tmp_path / "set", test=held)


@pytest.mark.parametrize("test", ["test", "val", "deep/in/Testing"])
def test_a_class_that_is_only_in_the_test_part_of_a_folder(tmp_path, test):
    train = str(Path(test).with_name("train"))
    write_folder(tmp_path, pictures(5), [f"{train}/a", f"{train}/b", f"{test}/a", f"{test}/c", f"{test}/c/x"])
    with refused(f"'c' of {tmp_path / test / 'c'}"):
        open_images(tmp_path)
    table = tmp_path / "list.csv"
    table.write_text(f"path,label,split\n{train}/a/img0.png,a,train\n{train}/b/img1.png,b,train\n"
                     f"{test}/c/img3.png,c,test\n")  # fmt: skip
    with refused(f"'c' of {test}/c/img3.png in line 4 of {table}"):
        open_images(table)


def test_the_same_images_for_both():
    with refused("others than those trained on", "train was given for both"):
        with_test(opened(["a", "b"]), opened(["a", "b"]))


def test_what_was_said_of_a_test_part_that_is_left_out_goes_with_it():
    said = ("b.npy, which lies beside a.npy, is the test part.", "val joined the training images; te is the test part.")
    own = opened(["a", "b", "a"], test_rows=np.array([1]), notes=said)
    joined = with_test(own, opened(["a"], pictures(1, seed=1), source="held"))
    assert joined.notes == (
        "val joined the training images.",
        "The test part of train was left out, because held was given as test.",
    )
    # The same is told once.
    both = with_test(
        opened(["a", "b"], notes=said[:1]), opened(["a"], pictures(1, seed=1), source="held", notes=said[:1])
    )
    assert both.notes == said[:1]


def test_what_is_of_the_test_part_alone_is_kept_apart(tmp_path):
    images = pictures(12)
    images[10] = images[0]
    names = [f"{part}/{name}" for part in ("train", "val") for name in "abc"] + ["test/a"] * 3 + ["train/b"] * 3
    write_folder(tmp_path, images[[*range(6), 10, 6, 7, 8, 9, 11]], names)
    data = open_images(tmp_path)
    assert (
        data.test_notes
        == data.notes
        == (
            "val joined the training images; test is the test part.",
            "1 of 3 test images is among the training images too.",
            "No test images of b and c: the test says nothing about that.",
        )
    )
    assert data.notes_for(3) == data.notes
    assert data.notes_for(0) == (
        "val joined the training images.",
        "A share was given as test, so all images were divided anew, 3 of the data's own test part among them. Leave "
        "test out to test on these alone.",
    )
    # A set that is opened again tells no more and no less.
    assert open_images(data).notes == open_images(data).test_notes == data.notes
    write_folder(tmp_path / "held", pictures(3, seed=2), ["a", "b", "c"])
    joined, notes = open_images(data, test=tmp_path / "held").notes
    assert joined == "val joined the training images."
    assert notes.startswith("The test part of")


def test_what_is_true_of_all_images_stays_where_they_are_divided_anew(tmp_path):
    images = pictures(4)
    images[2] = images[0]
    data = to_dataset(opened(list("abba"), images, notes=("Resized.",), test_rows=np.array([3])))
    [resized, alike, anew] = data.notes_for(0)
    assert resized == "Resized."
    assert anew.startswith("A share was given as test")
    assert "equal to one of another class" in alike


@pytest.mark.parametrize(
    ("train", "held"), [("1", "01"), ("1", "1.0"), ("2.5", "2.50"), ("Cat", "cat"), ("red cat", "red_cat")]
)
def test_a_class_that_is_spelled_almost_alike_is_named(train, held):
    with refused(f"({held!r} may be {train!r})"):
        with_test(opened([train, "x"]), opened([held, "x"], source="held"))


def parted(root, form):
    """Write a set of two classes with a part to validate with, and another set beside it, in a form."""
    images, numbers = pictures(12), np.array([0, 1] * 6)
    write_folder(root / "ext", images[8:], ["a", "b"] * 2)
    split = ["train"] * 4 + ["val"] * 4
    if form == "mapping":
        return {"x_train": images[:4], "y_train": numbers[:4], "x_val": images[4:8], "y_val": numbers[4:8]}
    if form == "table":
        paths = write_folder(root / "set", images[:8], ["x"] * 8)
        lines = [f"{path},{'ab'[row % 2]},{split[row]}" for row, path in enumerate(paths)]
        (root / "set.csv").write_text("\n".join(["path,label,split", *lines]))
        return root / "set.csv"
    names = [f"{part}/{'ab'[row % 2]}" for row, part in enumerate(split)]
    if form == "classes":
        names = [f"{'ab'[row % 2]}/{part}" for row, part in enumerate(split)]
    write_folder(root / "set", images[:8], names)
    return root / "set"


@pytest.mark.parametrize("form", ["folder", "classes", "table", "mapping"])
def test_what_validates_trains_where_a_test_is_given(form, tmp_path):
    source = parted(tmp_path, form)
    assert len(open_images(source).test_rows) == 4
    held = tmp_path / "ext" if form != "mapping" else tmp_path / "ext.npz"
    if form == "mapping":
        np.savez(held, x=pictures(4, seed=1), y=[0, 1, 0, 1])
    data = open_images(source, test=held)
    assert (len(data), data.test_rows.tolist()) == (12, [8, 9, 10, 11])
    assert "joined the training images; what was given as test is the test part." in " ".join(data.notes)
    assert "left out" not in " ".join(data.notes)


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


def duplicates_note(data) -> str:
    [note] = [note for note in data.notes if "of another class" in note]
    return note


def test_an_image_in_two_folders_is_named(tmp_path):
    images = pictures(6)
    images[4] = images[1]
    paths = write_folder(tmp_path, images, ["a", "a", "a", "b", "b", "b"])
    note = duplicates_note(open_images(tmp_path))
    assert note.startswith("2 images are equal to one of another class, pixel by pixel at 5 x 4,")
    assert f"{paths[1]} (a) and {paths[4]} (b)" in note
    # Of another format, the pixels are the same.
    write_folder(tmp_path, [images[0]], ["b"], ".bmp")
    assert "4 images" in duplicates_note(open_images(tmp_path))


def test_an_image_in_two_folders_of_the_parts_is_named(tmp_path):
    images = pictures(6)
    images[5] = images[0]
    names = ["train/a", "train/a", "train/b", "train/b", "test/a", "test/b"]
    paths = write_folder(tmp_path / "set", images, names)
    assert f"{paths[0]} (a) and {paths[5]} (b)" in duplicates_note(open_images(tmp_path / "set"))
    held = write_folder(tmp_path / "held", images[:1], ["b"])
    note = duplicates_note(open_images(tmp_path / "set" / "train", test=tmp_path / "held"))
    assert f"{paths[0]} (a) and {held[0]} (b)" in note


def test_an_image_with_two_labels_in_arrays(tmp_path):
    images = pictures(6)
    images[5] = images[2]
    labels = np.array(["x", "x", "x", "y", "y", "y"])
    assert "the first: image 2 (x) and image 5 (y)." in duplicates_note(open_images(images, labels))
    np.savez(tmp_path / "held.npz", x=images[:1], y=["y"])
    note = duplicates_note(open_images(images[:5], labels[:5], test=tmp_path / "held.npz"))
    assert f"image 0 of an array (x) and image 0 of {tmp_path / 'held.npz'} (y)" in note


@pytest.mark.parametrize("other", ["copy.png", "./a/img0.png"])
def test_an_image_with_two_labels_in_a_table(tmp_path, other):
    write_folder(tmp_path, pictures(4), ["a"] * 4)
    (tmp_path / "copy.png").write_bytes((tmp_path / "a" / "img0.png").read_bytes())
    table = tmp_path / "list.csv"
    table.write_text(f"path,label\na/img0.png,x\na/img1.png,x\na/img2.png,y\n{other},y\n")
    assert f"a/img0.png in line 2 of {table} (x) and {other} in line 5 of {table} (y)" in duplicates_note(
        open_images(table)
    )
