import numpy as np
import pytest

from etascope.training.dense.packed import GRAM_ROWS_PER_COLUMN, pack
from tests.training import made


def test_features_that_are_zero_in_every_row_stay_out():
    split = made.split(rows=30, side=4, dark=5)
    packed = pack(split, every_feature=False)
    np.testing.assert_array_equal(packed.columns, np.arange(5, 16))
    np.testing.assert_array_equal(packed.x[:, :-1], split.x[:, 5:])
    assert packed.features == 16


def test_a_feature_lit_in_one_row_only_stays_in():
    split = made.split(rows=30, side=4, dark=5)
    split.x[17, 2] = 1e-3
    assert pack(split, every_feature=False).columns.tolist() == [2, *range(5, 16)]


def test_every_feature_is_kept_when_weights_decay():
    split = made.split(rows=30, side=4, dark=5)
    packed = pack(split, every_feature=True)
    np.testing.assert_array_equal(packed.columns, np.arange(16))
    np.testing.assert_array_equal(packed.x[:, :-1], split.x)


def test_the_last_column_is_ones_and_labels_are_one_hot():
    split = made.split(rows=30, side=4)
    packed = pack(split, every_feature=False)
    assert packed.x.dtype == packed.onehot.dtype == np.float32
    np.testing.assert_array_equal(packed.x[:, -1], 1)
    np.testing.assert_array_equal(packed.onehot.argmax(axis=0), split.y)
    np.testing.assert_array_equal(packed.onehot.sum(axis=0), 1)
    assert packed.onehot.shape == (3, 30)


@pytest.mark.parametrize(("rows", "few"), [(34, True), (35, False)])
def test_products_of_all_rows_are_there_where_rows_are_few(rows, few):
    packed = pack(made.split(rows=rows, side=4), every_feature=False)
    assert int(GRAM_ROWS_PER_COLUMN * 17) == 34
    assert (packed.gram is not None) == few
    if few:
        np.testing.assert_allclose(packed.gram, packed.x @ packed.x.T, rtol=1e-6)


def test_the_split_is_left_as_it_was():
    split = made.split(rows=30, side=4)
    before = split.x.copy()
    pack(split, every_feature=True).x[:] = 7
    np.testing.assert_array_equal(split.x, before)
