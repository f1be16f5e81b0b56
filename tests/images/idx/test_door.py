"""IDX files find each other."""

from __future__ import annotations

import numpy as np
import pytest

from etascope.images.idx.door import idx_in, open_idx
from etascope.images.open import open_images
from etascope.images.opened import Options
from tests.images.making import pictures, refused, write_idx, write_mnist


@pytest.mark.parametrize("ending", ["", ".gz"])
def test_a_folder_as_mnist_ships_it(tmp_path, ending):
    images = write_mnist(tmp_path, 6, 4, ending)
    opened = open_idx(tmp_path, None, Options())
    assert np.array_equal(opened.images, images)
    assert opened.labels.tolist() == [0, 1, 0, 1, 0, 1, 0, 1, 0, 1]
    assert opened.test_rows is not None
    assert opened.test_rows.tolist() == [6, 7, 8, 9]


@pytest.mark.parametrize("name", ["train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"])
def test_either_file_finds_the_other_and_the_test_part(tmp_path, name):
    images = write_mnist(tmp_path)
    opened = open_idx(tmp_path / name, None, Options())
    assert np.array_equal(opened.images, images)
    assert opened.test_rows.tolist() == [6, 7, 8, 9]
    assert opened.notes == (
        "t10k-images-idx3-ubyte.gz, which lies beside train-images-idx3-ubyte.gz, is the test part.",
    )
    for path in tmp_path.glob("t10k-labels*"):
        path.unlink()
    opened = open_idx(tmp_path / name, None, Options())
    assert np.array_equal(opened.images, images[:6])
    assert opened.test_rows is None


def test_one_of_two_sets_brings_its_own_test_part(tmp_path):
    for name in ("letters", "digits"):
        for part, count in (("train", 4), ("test", 3)):
            write_idx(tmp_path / f"x-{name}-{part}-images-idx3-ubyte", pictures(count)[..., 0])
            write_idx(tmp_path / f"x-{name}-{part}-labels-idx1-ubyte", np.arange(count, dtype=np.uint8) % 2)
    with refused("one set", "its test part is found beside it"):
        open_idx(tmp_path, None, Options())
    opened = open_idx(tmp_path / "x-letters-train-images-idx3-ubyte", None, Options())
    assert opened.test_rows.tolist() == [4, 5, 6]
    assert "x-letters-test-images-idx3-ubyte" in opened.notes[0]


def test_a_test_part_that_does_not_fit_is_told(tmp_path):
    write_mnist(tmp_path, ending="")
    write_idx(tmp_path / "t10k-images-idx3-ubyte", pictures(4, 9, 9)[..., 0])
    opened = open_idx(tmp_path / "train-images-idx3-ubyte", None, Options())
    assert opened.test_rows is None
    assert "could not be its test part: images of both parts must have one shape" in opened.notes[0]


def test_the_test_files_alone_are_a_set(tmp_path):
    images = write_mnist(tmp_path)
    for path in tmp_path.glob("train*"):
        path.unlink()
    opened = open_idx(tmp_path, None, Options())
    assert np.array_equal(opened.images, images[6:])
    assert opened.test_rows is None


def test_the_partner_may_be_packed_otherwise_or_dotted(tmp_path):
    images = pictures(2)[..., 0]
    path = write_idx(tmp_path / "train-images.idx3-ubyte", images)
    write_idx(tmp_path / "train-labels.idx1-ubyte.gz", np.array([0, 1], np.uint8))
    assert np.array_equal(open_idx(path, None, Options()).images[..., 0], images)


def test_a_plain_file_wins_over_its_packed_one(tmp_path):
    images = write_mnist(tmp_path, ending="")
    for path in list(tmp_path.iterdir()):
        path.with_name(path.name + ".gz").write_bytes(b"damaged")
    assert np.array_equal(open_idx(tmp_path, None, Options()).images, images)


def test_labels_may_be_given(tmp_path):
    path = write_idx(tmp_path / "train-images-idx3-ubyte", pictures(2)[..., 0])
    assert open_idx(path, ["cat", "dog"], Options()).labels.tolist() == ["cat", "dog"]


def test_images_alone(tmp_path):
    path = write_idx(tmp_path / "train-images-idx3-ubyte", pictures(2)[..., 0])
    with refused("labels of train-images-idx3-ubyte are missing", "train-labels-idx1-ubyte"):
        open_idx(path, None, Options())


def test_labels_of_another_length(tmp_path):
    path = write_idx(tmp_path / "train-images-idx3-ubyte", pictures(3)[..., 0])
    write_idx(tmp_path / "train-labels-idx1-ubyte", np.array([0, 1], np.uint8))
    with refused("2 labels for 3 images", "train-labels-idx1-ubyte"):
        open_idx(path, None, Options())


def test_parts_of_two_sizes(tmp_path):
    write_mnist(tmp_path)
    write_idx(tmp_path / "t10k-images-idx3-ubyte.gz", pictures(4, 7, 7)[..., 0])
    with refused("one shape", "5 x 4", "7 x 7"):
        open_idx(tmp_path, None, Options())


def test_two_sets_in_one_folder(tmp_path):
    for name in ("a", "b"):
        write_idx(tmp_path / f"{name}-images-idx3-ubyte", pictures(2)[..., 0])
        write_idx(tmp_path / f"{name}-labels-idx1-ubyte", np.array([0, 1], np.uint8))
    with refused("one set", "a-, b-"):
        open_idx(tmp_path, None, Options())


def test_a_name_that_tells_nothing(tmp_path):
    path = write_idx(tmp_path / "digits.idx", pictures(2)[..., 0])
    with refused("named like", "digits.idx"):
        open_idx(path, None, Options())
    assert len(open_idx(path, [0, 1], Options()).images) == 2


def test_idx_in(tmp_path):
    assert not idx_in(tmp_path)
    write_mnist(tmp_path)
    assert idx_in(tmp_path)


@pytest.mark.parametrize("name", ["emnist-letters", "EMNIST-balanced"])
def test_emnist_stands_upright(tmp_path, name):
    """Its files hold columns where MNIST's hold rows, which `torchvision` shows lying."""
    upright = pictures(10, 7, 7)
    lying = upright.swapaxes(1, 2)
    for part, rows in (("train", slice(0, 6)), ("test", slice(6, 10))):
        write_idx(tmp_path / f"{name}-{part}-images-idx3-ubyte.gz", lying[rows, ..., 0])
        labels = (np.arange(len(lying[rows])) % 2 + 1).astype(np.uint8)
        write_idx(tmp_path / f"{name}-{part}-labels-idx1-ubyte.gz", labels)
    opened = open_idx(tmp_path, None, Options())
    assert np.array_equal(opened.images, upright)
    assert opened.test_rows.tolist() == [6, 7, 8, 9]
    [note] = opened.notes
    assert "EMNIST is published with rows and columns exchanged" in note


@pytest.mark.parametrize("name", ["train", "qmnist-train", "kmnist-train", "not-emnist-train"])
def test_others_are_left_as_they_are(tmp_path, name):
    images = pictures(4, 7, 7)
    write_idx(tmp_path / f"{name}-images-idx3-ubyte", images[..., 0])
    write_idx(tmp_path / f"{name}-labels-idx1-ubyte", np.array([0, 1, 0, 1], np.uint8))
    opened = open_idx(tmp_path, None, Options())
    assert np.array_equal(opened.images, images)
    assert opened.notes == ()


@pytest.mark.parametrize(
    ("code", "kind", "high"),
    [(0x09, np.int8, 127), (0x0B, np.int16, 4095), (0x0C, np.int32, 255), (0x0D, np.float32, 1)],
)
def test_images_of_other_types(tmp_path, code, kind, high):
    values = (pictures(4, 7, 7)[..., 0] / 255 * high).astype(kind)
    values[0, 0, 0] = high
    write_idx(tmp_path / "train-images-idx3-ubyte", values, code)
    write_idx(tmp_path / "train-labels-idx1-ubyte", np.array([0, 1, 0, 1], np.uint8))
    opened = open_idx(tmp_path, None, Options())
    white = 255 if kind == np.int8 else high
    assert np.array_equal(opened.images[..., 0], np.rint(values.astype(np.float64) * 255 / white))


def test_parts_of_two_types(tmp_path):
    write_mnist(tmp_path)
    write_idx(tmp_path / "t10k-images-idx3-ubyte.gz", pictures(4)[..., 0].astype(np.int16), 0x0B)
    with refused("one type", "uint8", "int16"):
        open_idx(tmp_path, None, Options())


def test_a_packed_file_that_holds_something_else_is_told(tmp_path):
    images = write_mnist(tmp_path, ending="")
    write_mnist(tmp_path, ending=".gz")
    assert open_images(tmp_path).notes == ()
    write_idx(tmp_path / "train-images-idx3-ubyte.gz", 255 - images[:6, ..., 0])
    data = open_images(tmp_path)
    assert np.array_equal(data.images, images)
    assert data.notes[0] == (
        "train-images-idx3-ubyte was read; train-images-idx3-ubyte.gz, which lies beside it, holds something else."
    )


@pytest.mark.parametrize("folder", ["emnist", "EMNIST/raw", "emnist-letters"])
def test_emnist_in_a_folder_of_that_name(tmp_path, folder):
    images = write_mnist(tmp_path / folder)
    data = open_images(tmp_path / folder)
    assert np.array_equal(data.images, images.swapaxes(1, 2))
    assert any("EMNIST is published with rows and columns exchanged" in note for note in data.notes)


def test_the_files_of_a_set_in_folders_of_their_own(tmp_path):
    write_mnist(tmp_path / "raw")
    for file in [*(tmp_path / "raw").iterdir()]:
        (tmp_path / file.stem).mkdir()
        file.rename(tmp_path / file.stem / file.name)
    (tmp_path / "raw").rmdir()
    with refused("IDX images and labels lie in one folder; found one file in each of", "into one folder"):
        open_images(tmp_path)


def test_a_test_part_beside_is_told_where_labels_are_given(tmp_path):
    images = write_mnist(tmp_path)
    data = open_images(tmp_path / "train-images-idx3-ubyte.gz", [0, 1] * (len(images[:6]) // 2))
    assert data.test_rows is None
    assert any("t10k-images-idx3-ubyte.gz, which lies beside" in note and "left out" in note for note in data.notes)
