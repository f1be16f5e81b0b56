from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etascope.core.data import NO_FOLD, Dataset, Split
from etascope.core.errors import InputError

IMAGES = np.arange(4 * 2 * 3, dtype=np.uint8).reshape(4, 2, 3, 1)
DATA = Dataset(IMAGES, np.array([0, 1, 0, 1]), ("cat", "dog"), "here", np.array([3]), ("resized",))


def split(folds):
    n = len(folds)
    x, y = np.zeros((n, 2), np.float32), np.zeros(n, np.int64)
    return Split(x, y, np.array(folds, np.int64), x, y, np.arange(n), np.arange(n), ("a", "b"))


def test_a_data_set_knows_its_size_and_classes():
    assert len(DATA) == 4
    assert DATA.n_classes == 2


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"images": IMAGES[..., 0]}, "found uint8 of shape (4, 2, 3)"),
        ({"images": IMAGES.astype(np.float32)}, "found float32 of shape (4, 2, 3, 1)"),
        ({"labels": np.array([0, 1])}, "labels must be one number an image; found (2,) for 4 images"),
        ({"labels": np.array([[0, 1, 0, 1]])}, "found (1, 4) for 4 images"),
        (
            {"labels": np.array([0, 1, 2, 1])},
            "labels must be whole numbers from 0 to 1, one for each class name; found 0",
        ),
        ({"labels": np.array([0, -1, 0, 1])}, "found -1 to 1"),
        ({"test_rows": np.array([0, 4])}, "test rows must be rows of the 4 images; found 0 to 4"),
        ({"test_rows": np.array([-1])}, "found -1 to -1"),
    ],
)
def test_parts_that_disagree_are_a_sentence(change, sentence):
    with pytest.raises(InputError) as error:
        replace(DATA, **change)
    assert sentence in str(error.value)


def test_no_images_are_a_data_set_too():
    assert len(Dataset(IMAGES[:0], np.array([], np.int64), ("cat", "dog"), "here", np.array([], np.int64))) == 0


def test_equal_data_have_equal_fingerprints_wherever_they_come_from():
    same = Dataset(IMAGES[::-1][::-1].copy(), DATA.labels.astype(">i8"), DATA.class_names, "there", DATA.test_rows)
    assert same.fingerprint == DATA.fingerprint
    assert len(DATA.fingerprint) == 64
    assert replace(DATA, images=IMAGES[:, :, ::-1][:, :, ::-1]).fingerprint == DATA.fingerprint


@pytest.mark.parametrize(
    "change",
    [
        {"images": IMAGES + 1},
        {"images": IMAGES.reshape(4, 3, 2, 1)},
        {"labels": np.array([0, 1, 1, 0])},
        {"class_names": ("cat", "cow")},
        {"test_rows": np.array([2])},
        {"test_rows": None},
    ],
)
def test_other_data_have_another_fingerprint(change):
    assert replace(DATA, **change).fingerprint != DATA.fingerprint


@given(st.lists(st.integers(NO_FOLD, 4), min_size=1, max_size=30))
def test_every_row_either_trains_or_validates(folds):
    here = split(folds)
    for fold in {*folds} - {NO_FOLD}:
        trains, validates = here.train_rows(fold), here.valid_rows(fold)
        assert sorted([*trains, *validates]) == list(range(len(folds)))
        assert all(folds[row] == fold for row in validates)
        assert here.train_size(fold) <= len(trains)
    assert here.train_rows(NO_FOLD).tolist() == list(range(len(folds)))
    assert here.valid_rows(NO_FOLD).tolist() == []
    assert here.train_size(NO_FOLD) == len(folds)


def test_folds_are_counted():
    assert split([0, 1, 2, 0, 1, 2]).n_folds == 3
    assert split([0, NO_FOLD, NO_FOLD]).n_folds == 1
    assert split([NO_FOLD] * 3).n_folds == 0


def test_every_fold_trains_as_many_rows_although_folds_differ_in_size():
    here = split([0, 0, 0, 1, 1, 2, 2])
    assert [here.train_size(f) for f in range(3)] == [4, 4, 4]
    assert [len(here.train_rows(f)) for f in range(3)] == [4, 5, 5]
    assert split([0, NO_FOLD, NO_FOLD, NO_FOLD]).train_size(0) == 3
