import numpy as np
import pytest

from etascope.core.data import NO_FOLD
from etascope.core.errors import InputError
from etascope.integrations.rows import learn_scaling, rows_to_split, summary


def split_of(y, folds=None, seed=0, names=None):
    y = np.asarray(y, np.int64)
    names = [str(i) for i in range(y.max() + 1)] if names is None else names
    return rows_to_split(np.zeros((len(y), 2), np.float32), y, names, folds, seed, "as it was")


def test_columns_lose_mean_and_deviation_each_by_itself():
    rows = np.array([[0.0, 100.0], [2.0, 300.0], [4.0, 500.0]])
    scaled = learn_scaling(rows, "columns", images=True)(rows)
    assert scaled.dtype == np.float32
    np.testing.assert_allclose(scaled.mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(scaled.std(axis=0), 1, rtol=1e-6)
    assert np.array_equal(learn_scaling(rows, "auto", images=False)(rows), scaled)


def test_a_constant_column_becomes_zero_where_its_deviation_is_rounding():
    rows = np.full((1000, 1), 0.1) * 3
    assert rows.std() > 0 or rows.mean() != rows[0, 0]
    assert np.abs(learn_scaling(rows, "columns", images=False)(rows)).max() < 1e-6


def test_what_was_learned_is_used_on_other_rows():
    learned = learn_scaling(np.array([[1.0], [3.0]]), "columns", images=False)
    assert learned(np.array([[5.0]])).tolist() == [[3.0]]


@pytest.mark.parametrize(
    ("rows", "divisor"),
    [
        (np.array([[0, 7]], np.uint8), 255),
        (np.array([[0.0, 0.5]]), 1),
        (np.array([[0.0, 16.0]]), 16),
        (np.array([[0, 65535]], np.uint16), 65535),
    ],
)
def test_pixels_are_divided_by_what_white_is(rows, divisor):
    learned = learn_scaling(rows, "auto", images=True)
    np.testing.assert_allclose(learned(rows), rows / divisor, rtol=1e-6)
    assert learned.sentence == f"pixels divided by {divisor}"


def test_none_changes_nothing():
    assert learn_scaling(np.array([[-3.5]]), "none", images=True)(np.array([[-3.5]])).tolist() == [[-3.5]]


def test_negative_pixels_are_sent_another_way():
    with pytest.raises(InputError, match=r"pixels must be at least 0; found -2\.5\. Give scale='none'"):
        learn_scaling(np.array([[-2.5, 1]]), "pixels", images=False)


def test_an_unknown_scale_is_refused():
    with pytest.raises(InputError, match="scale must be one of auto, columns, pixels, none; found 'column'"):
        learn_scaling(np.ones((1, 1)), "column", images=False)


def test_numbers_beyond_float32_are_refused():
    with pytest.raises(InputError, match="numbers must fit float32"):
        learn_scaling(np.array([[1e300]]), "none", images=False)(np.array([[1e300]]))


@pytest.mark.parametrize("folds", [2, 5])
def test_folds_hold_each_class_in_proportion(folds):
    split = split_of([0] * 40 + [1] * 21, folds)
    assert split.n_folds == folds
    for c, rows in ((0, 40), (1, 21)):
        counts = np.bincount(split.folds[split.y == c], minlength=folds)
        assert counts.sum() == rows
        assert np.ptp(counts) <= 1
    assert len(split.x_test) == len(split.y_test) == len(split.test_rows) == 0


def test_the_only_row_of_a_class_always_trains():
    split = split_of([0, 0, 0, 1, 1, 2])
    assert split.folds[5] == NO_FOLD
    assert (split.folds[:5] >= 0).all()
    assert all(2 in split.y[split.train_rows(fold)] for fold in range(split.n_folds))


def test_few_rows_make_few_folds():
    assert split_of([0, 0, 1, 1]).n_folds == 4


def test_many_rows_hold_a_tenth_out_once():
    split = split_of([0] * 6000 + [1] * 4000)
    assert split.n_folds == 1
    assert np.bincount(split.y[split.folds == 0]).tolist() == [600, 400]
    assert (split.folds[split.folds != 0] == NO_FOLD).all()


def test_the_seed_decides_the_folds():
    assert np.array_equal(split_of([0, 1] * 20).folds, split_of([0, 1] * 20).folds)
    assert not np.array_equal(split_of([0, 1] * 20).folds, split_of([0, 1] * 20, seed=1).folds)


@pytest.mark.parametrize(
    ("y", "folds", "names", "says"),
    [
        ([0, 0], None, ["a"], "at least two; found one class, 'a'"),
        ([0, 1], None, None, "each of the 2 classes has one"),
        ([0, 0, 1], 0, None, "folds must be at least 1; found 0"),
    ],
)
def test_rows_that_cannot_be_folded_are_refused(y, folds, names, says):
    with pytest.raises(InputError, match=says):
        split_of(y, folds, names=names)


@pytest.mark.parametrize(
    ("shape", "sides"), [((2,), (1, 2, 1)), ((2, 1), (2, 1, 1)), ((1, 2, 1), (1, 2, 1)), ((1, 1, 2), (1, 1, 2))]
)
def test_the_summary_tells_sides_and_scaling(shape, sides):
    data = summary(split_of([0, 0, 1, 1]), shape)
    assert data.image_shape == sides
    assert (data.images, data.development, data.test) == (4, 4, 0)
    assert data.notes == ("Scaled for training: as it was.",)


def test_other_numbers_are_another_fingerprint():
    one, other = split_of([0, 0, 1, 1]), split_of([0, 1, 0, 1])
    assert summary(one, (2,)).fingerprint == summary(one, (2,)).fingerprint != summary(other, (2,)).fingerprint
