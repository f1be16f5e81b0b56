import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etascope.core.data import NO_FOLD, Dataset
from etascope.core.errors import InputError
from etascope.pipeline.split import divide

DIGIT_COUNTS = (83, 110, 95, 129, 96, 75, 100, 106, 93, 113)


def dataset(counts, test_rows=None, seed=0):
    labels = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(counts)), counts))
    images = np.zeros((len(labels), 2, 2, 1), np.uint8)
    images[:, 0, 0, 0] = np.arange(len(labels)) % 256
    images[:, 1, 1, 0] = np.arange(len(labels)) // 256
    names = tuple(f"class {c}" for c in range(len(counts)))
    return Dataset(images, labels, names, "made up", test_rows)


def test_1000_digits_give_exactly_800_and_200_and_five_folds_of_160():
    split = divide(dataset(DIGIT_COUNTS))
    assert (len(split.y), len(split.y_test), split.n_folds) == (800, 200, 5)
    assert np.bincount(split.folds).tolist() == [160] * 5
    in_test = np.bincount(split.y_test)
    assert np.abs(in_test - 0.2 * np.array(DIGIT_COUNTS)).max() < 1


@given(
    counts=st.lists(st.integers(10, 60), min_size=2, max_size=8),
    test=st.floats(0.1, 0.4),
    folds=st.integers(0, 6),
    seed=st.integers(0, 1000),
)
def test_every_row_is_in_one_part_and_each_class_in_proportion(counts, test, folds, seed):
    data = dataset(counts)
    split = divide(data, test=test, folds=folds, seed=seed)
    assert sorted([*split.rows, *split.test_rows]) == list(range(sum(counts)))
    assert (np.diff(split.rows) > 0).all()
    assert (np.diff(split.test_rows) > 0).all()
    assert len(split.test_rows) == round(sum(counts) * test)
    assert np.abs(np.bincount(split.y_test) - np.array(counts) * test).max() < 1 + 1e-9
    np.testing.assert_array_equal(split.x, data.images[split.rows])
    np.testing.assert_array_equal(split.x_test, data.images[split.test_rows])
    np.testing.assert_array_equal(split.y, data.labels[split.rows])
    np.testing.assert_array_equal(split.y_test, data.labels[split.test_rows])
    assert split.n_folds == folds
    assert split.x.dtype == np.uint8
    assert split.folds.dtype == np.int64
    if folds > 1:
        assert np.ptp(np.bincount(split.folds)) <= 1
        per_class = np.array([np.bincount(split.y[split.folds == f], minlength=len(counts)) for f in range(folds)])
        assert np.ptp(per_class, axis=0).max() <= 1
    elif folds == 0:
        assert (split.folds == NO_FOLD).all()


def test_a_holdout_validates_a_tenth_of_each_class_and_the_rest_always_trains():
    split = divide(dataset((100, 200)), folds=1)
    held_out = np.bincount(split.y[split.folds == 0])
    assert held_out.tolist() == [8, 16]
    assert set(split.folds.tolist()) == {0, NO_FOLD}
    assert np.bincount(divide(dataset((100, 200)), folds=1, valid=0.25).y[split.folds == 0]).sum() == 24


@pytest.mark.parametrize(("development", "folds"), [(9_999, 5), (10_000, 1)])
def test_ten_thousand_development_rows_turn_cross_validation_into_a_holdout(development, folds):
    n = development + 10
    split = divide(dataset((n // 2, n - n // 2), test_rows=np.arange(10)))
    assert len(split.y) == development
    assert split.n_folds == folds


def test_the_datas_own_test_part_is_taken_as_it_is():
    split = divide(dataset((50, 50), test_rows=np.array([9, 3, 40, 3])))
    assert split.test_rows.tolist() == [3, 9, 40]


def test_a_fraction_divides_all_images_anew_although_the_data_brings_a_test_part():
    own = np.arange(4)
    split = divide(dataset((50, 50), test_rows=own), test=0.3)
    assert len(split.test_rows) == 30
    assert not set(own.tolist()) <= set(split.test_rows.tolist())


def test_an_empty_test_part_counts_as_none():
    assert len(divide(dataset((50, 50), test_rows=np.array([], np.int64))).test_rows) == 20


def test_the_same_seed_gives_the_same_split_and_another_seed_another():
    data = dataset((60, 40))
    one, same, other = divide(data, seed=3), divide(data, seed=3), divide(data, seed=4)
    np.testing.assert_array_equal(one.test_rows, same.test_rows)
    np.testing.assert_array_equal(one.folds, same.folds)
    assert not np.array_equal(one.test_rows, other.test_rows)
    assert not np.array_equal(one.folds, other.folds)


def test_the_test_rows_do_not_depend_on_folds_or_valid_or_pixels():
    data = dataset((60, 40))
    noise = np.random.default_rng(0).integers(0, 256, data.images.shape, np.uint8)
    other_pixels = Dataset(noise, data.labels, data.class_names, "noise")
    rows = divide(data).test_rows
    for split in (divide(data, folds=0), divide(data, folds=1, valid=0.3), divide(other_pixels, folds=3)):
        np.testing.assert_array_equal(split.test_rows, rows)
    np.testing.assert_array_equal(divide(other_pixels).folds, divide(data).folds)


def test_a_small_class_still_has_a_test_image():
    assert np.bincount(divide(dataset((100, 3)), folds=2).y_test).tolist() == [20, 1]


@pytest.mark.parametrize(
    ("counts", "options", "sentence"),
    [
        ((20,), {}, "at least two classes with images; found one, 'class 0'"),
        ((20, 0), {}, "at least two classes with images; found one, 'class 0'"),
        ((20, 20, 0), {}, "'class 2' has no images"),
        ((20, 5), {}, "'class 1' has 5 images, 4 of them outside the test part, but 5 folds need at least 5"),
        ((20, 5), {}, "folds=4 or less"),
        (
            (20, 2),
            {"folds": 1},
            "'class 1' has 2 images, 1 of them outside the test part, but a holdout needs at least",
        ),
        ((20, 1), {}, "'class 1' has 1 image, 1 of them outside the test part, but 5 folds need"),
        ((20, 1), {"folds": 0}, "'class 1' has 1 image, and every class needs at least 2"),
        ((20, 20), {"test": 0.0}, "test must be a share of the images between 0 and 1; found 0"),
        ((20, 20), {"test": 1.0}, "between 0 and 1; found 1"),
        ((20, 20), {"test": float("nan")}, "between 0 and 1; found nan"),
        ((20, 20), {"valid": -0.1}, "valid must be a share of the images between 0 and 1; found -0.1"),
        ((20, 20), {"folds": -1}, "folds must be 1 (a holdout) or more"),
        ((20, 20), {"seed": -1}, "seed must be a whole number of at least 0; found -1"),
    ],
)
def test_bad_input_is_a_sentence(counts, options, sentence):
    with pytest.raises(InputError) as error:
        divide(dataset(counts), **options)
    assert sentence in str(error.value)
    assert "\n" not in str(error.value)


@given(counts=st.lists(st.integers(2, 9), min_size=2, max_size=5), folds=st.integers(2, 9))
def test_the_folds_that_are_advised_are_enough(counts, folds):
    try:
        divide(dataset(counts), folds=folds)
    except InputError as error:
        said = str(error)
    else:
        return
    few = sum(count < folds for count in np.bincount(divide(dataset(counts), folds=0).y))
    assert ("remove" in said) == (len(counts) - few > 1)
    advised = re.search(r"folds=(\d+)( or less)?", said)
    if advised and "are enough" in said:
        counts, advised = [3] * len(counts), re.search(r"folds=(2)", said)
    if advised:
        assert divide(dataset(counts), folds=int(advised[1])).n_folds == int(advised[1])
    else:
        assert (folds, min(counts)) == (2, 2)


def test_where_all_classes_are_small_nobody_is_told_to_remove_one():
    with pytest.raises(InputError, match="Add images of the 3 classes that have too few; with folds=2, 2 images of"):
        divide(dataset((2, 2, 2)))


def test_enough_images_for_the_folds_is_enough():
    assert divide(dataset((20, 6))).n_folds == 5
    assert divide(dataset((20, 5)), folds=4).n_folds == 4
    assert divide(dataset((20, 2)), folds=0).n_folds == 0


def test_an_own_test_part_may_lack_a_class_but_must_leave_some_of_each():
    labels = dataset((20, 20)).labels
    zeros, ones = np.flatnonzero(labels == 0), np.flatnonzero(labels == 1)
    split = divide(dataset((20, 20), test_rows=zeros[:5]))
    assert np.bincount(split.y).tolist() == [15, 20]
    assert set(split.y_test.tolist()) == {0}
    with pytest.raises(InputError, match="'class 1' is in the data's own test part only"):
        divide(dataset((20, 20), test_rows=np.concatenate([zeros[:5], ones])))
