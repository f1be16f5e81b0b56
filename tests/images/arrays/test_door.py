"""Images in memory."""

from __future__ import annotations

import numpy as np
import pytest

from etascope.images.arrays.door import is_bunch, open_array, open_bunch, open_mapping
from etascope.images.arrays.names import NamePair, part_names
from etascope.images.open import open_images
from etascope.images.opened import Options
from tests.images.making import pictures, refused

IMAGES = pictures(4)
LABELS = [0, 1, 0, 1]


class Wrapped:
    """Anything with `__array__`."""

    def __init__(self, array: np.ndarray) -> None:
        self.array = array

    def __array__(self, dtype=None, copy=None):
        return self.array


@pytest.mark.parametrize(
    "given",
    [
        IMAGES,
        IMAGES[..., 0],
        IMAGES.transpose(0, 3, 1, 2),
        IMAGES.astype(np.int64),
        IMAGES.astype(np.float32),
        IMAGES / 255,
        np.asfortranarray(IMAGES),
        Wrapped(IMAGES),
    ],
)
def test_forms_of_the_same_images(given):
    opened = open_array(given, LABELS, Options(), "an array")
    assert np.array_equal(opened.images, IMAGES)
    assert opened.labels.tolist() == LABELS


def test_flat_rows():
    square = pictures(4, 6, 6)
    assert np.array_equal(open_array(square.reshape(4, 36), LABELS, Options(), "an array").images, square)


def test_torch_tensors():
    import torch

    opened = open_array(torch.from_numpy(IMAGES.transpose(0, 3, 1, 2)), torch.tensor(LABELS), Options(), "a tensor")
    assert np.array_equal(opened.images, IMAGES)
    with refused("readable as an array", "Tensor is not"):
        open_array(torch.ones(4, 5, 5, requires_grad=True), LABELS, Options(), "a tensor")


def test_bytes_are_shared():
    assert np.shares_memory(open_array(IMAGES, LABELS, Options(), "an array").images, IMAGES)


def test_dark_images_are_told():
    opened = open_array(np.minimum(IMAGES, 16), LABELS, Options(), "an array")
    assert opened.notes == ("The brightest pixel is 16 of 255; if it is meant to be white, divide by 16 first.",)


def test_images_without_labels():
    with refused("images need labels", "Give them with labels."):
        open_array(IMAGES, None, Options(), "an array")


def test_labels_of_another_length():
    with refused("3 labels for 4 images"):
        open_array(IMAGES, [0, 1, 0], Options(), "an array")


def test_a_mapping_with_a_test_part():
    opened = open_mapping(
        {"x_train": IMAGES[:2], "y_train": [0, 1], "x_test": IMAGES[2:], "y_test": [0, 1]}, None, Options(), "m"
    )
    assert np.array_equal(opened.images, IMAGES)
    assert opened.test_rows is not None
    assert opened.test_rows.tolist() == [2, 3]


def test_parts_that_do_not_fit():
    parts = {"x_train": IMAGES[:2], "y_train": [0, 1], "x_test": pictures(2, 9, 9), "y_test": [0, 1]}
    with refused("one size", "5 x 4", "9 x 9", "image_size"):
        open_mapping(parts, None, Options(), "m")
    assert open_mapping(parts, None, Options((5, 5)), "m").images.shape == (4, 5, 5, 1)
    with refused("one kind"):
        open_mapping(parts | {"y_test": ["a", "b"]}, None, Options((5, 5)), "m")


def test_pick_prefers_pairs_that_are_whole():
    picked = part_names(["images", "target", "data"], "here")
    assert (picked.train, picked.left) == (NamePair("images", "target"), ("data",))
    with refused("holds nothing"):
        part_names([], "here")
    with refused("holds 1"):
        open_mapping({1: IMAGES}, None, Options(), "m")


def test_sklearns_digits_are_scaled():
    from sklearn.datasets import load_digits

    bunch = load_digits()
    assert is_bunch(bunch)
    opened = open_bunch(bunch, None, Options())
    assert opened.images.shape == (1797, 8, 8, 1)
    assert np.array_equal(opened.images[..., 0], np.rint(bunch.images * 255 / 16))
    assert np.array_equal(opened.labels, bunch.target)
    assert opened.class_names == tuple("0123456789")
    assert opened.notes == ("Pixels were scaled from 0 .. 16 to 0 .. 255.",)


def test_a_bunch_of_unit_floats_is_not_stretched():
    from sklearn.utils import Bunch

    opened = open_bunch(Bunch(data=np.full((2, 9), 0.5), target=["a", "b"]), None, Options())
    assert (opened.images == 128).all()
    assert (opened.images.shape, opened.class_names, opened.notes) == (
        (2, 3, 3, 1),
        None,
        ("Rows of 9 were read as gray images of 3 x 3 pixels.",),
    )


def test_a_bunch_with_names_that_do_not_fit():
    from sklearn.utils import Bunch

    opened = open_bunch(Bunch(data=IMAGES, target=LABELS, target_names=["class"]), None, Options())
    assert opened.class_names is None
    named = open_bunch(Bunch(data=IMAGES, target=LABELS, target_names=["cat", "dog"]), None, Options())
    assert named.class_names == ("cat", "dog")


def test_a_bunch_that_is_refused():
    from sklearn.utils import Bunch

    with refused("brings its own labels"):
        open_bunch(Bunch(data=IMAGES, target=LABELS), LABELS, Options())
    with refused("finite", "nan"):
        open_bunch(Bunch(data=np.full((2, 9), np.nan), target=[0, 1]), None, Options())
    with refused("0 .. 255", "-3"):
        open_bunch(Bunch(data=np.full((2, 9), -3.0), target=[0, 1]), None, Options())


def test_what_is_no_bunch():
    assert not is_bunch(IMAGES)
    assert not is_bunch([1])


@pytest.mark.parametrize(
    ("kind", "white", "opaque"),
    [(np.uint16, 4095, 65535), (np.float32, 255, 1), (np.float32, 1, 1), (np.uint16, 4095, 4095), (np.int64, 255, 255)],
)
@pytest.mark.parametrize("channels", [2, 4])
def test_transparency_has_a_range_of_its_own(kind, white, opaque, channels):
    colours = (pictures(6, 5, 4, channels - 1) / 255.0 * white).round(0 if white > 1 else 6).astype(kind)
    images = np.concatenate([colours, np.full((6, 5, 4, 1), opaque, kind)], axis=3)
    expected = np.rint(colours.astype(np.float64) * 255 / white)
    for source in (images, list(images), [*images[:-1], images[-1][:4]]):
        data = open_images(source, [0, 1] * 3, image_size=(5, 4))
        assert np.array_equal(data.images[:5], expected[:5])
    images[0, 0, 0, -1] = 0
    data = open_images(images, [0, 1] * 3)
    assert data.images[0, 0, 0].tolist() == [255] * (channels - 1)
    assert np.array_equal(data.images[1:], expected[1:])


def test_names_of_classes_that_do_not_fit_are_told():
    from sklearn.utils import Bunch

    opened = open_bunch(
        Bunch(images=pictures(4)[..., 0], target=[0, 1, 2, 1], target_names=["a", "b"]), None, Options()
    )
    assert opened.class_names is None
    assert opened.notes == ("The 2 target_names were left out: the labels go up to 2.",)


def test_a_sparse_bunch_is_to_be_made_dense():
    from scipy.sparse import csr_matrix
    from sklearn.utils import Bunch

    with refused("the images of a Bunch must be a dense array", ".toarray()"):
        open_bunch(Bunch(data=csr_matrix(np.eye(64)), target=np.arange(64) % 2), None, Options())


def test_a_set_of_white_images_is_told():
    opened = open_images(np.full((4, 5, 4), 255, np.uint8), [0, 1, 0, 1])
    assert opened.notes[0] == "Every pixel is 255: all images are white."
