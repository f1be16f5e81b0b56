import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etascope.core.data import Dataset
from etascope.images.open import open_images
from etascope.images.subset import LEAST, SUBSET, subset_rows, take_subset
from etascope.pipeline.split import divide


def made(counts, test_rows=None):
    labels = np.repeat(np.arange(len(counts)), counts)
    images = np.arange(len(labels) * 3, dtype=np.uint8).reshape(-1, 1, 1, 3)
    return Dataset(images, labels, tuple(map(str, range(len(counts)))), "made", test_rows)


def test_what_is_small_stays_as_it_is():
    digits = open_images("digits")
    assert take_subset(digits) is digits


def test_a_large_set_keeps_its_classes_in_proportion_and_its_own_test_part():
    whole = open_images("fashion-mnist")
    part = take_subset(whole)
    assert (len(part), len(part.test_rows)) == (SUBSET, SUBSET // 5)
    assert np.bincount(part.labels).tolist() == [100] * 10
    assert part.notes[-1].startswith("1,000 of 70,000 images")
    split = divide(part, folds=5)
    assert (len(split.y), np.bincount(split.y_test).tolist()) == (800, [20] * 10)
    rows = subset_rows(whole.labels, whole.test_rows, SUBSET)
    assert np.array_equal(part.images, whole.images[rows])
    assert np.isin(rows[part.test_rows], whole.test_rows).all()
    assert take_subset(whole).fingerprint == part.fingerprint


@given(counts=st.lists(st.integers(1, 900), min_size=2, max_size=8), own=st.booleans())
def test_every_class_is_in_every_part(counts, own):
    labels = np.repeat(np.arange(len(counts)), counts)
    test_rows = np.flatnonzero(np.arange(len(labels)) % 5 == 0) if own else None
    rows = subset_rows(labels, test_rows, 200)
    assert (np.diff(rows) > 0).all()
    kept = np.bincount(labels[rows], minlength=len(counts))
    assert (kept >= np.minimum(counts, 1)).all()
    if not own:
        assert (kept >= np.minimum(counts, LEAST)).all()
    if len(labels) <= 200:
        assert len(rows) == len(labels)
    else:
        assert min(200, len(labels)) - 1 <= len(rows) <= 200 + LEAST * len(counts)


@pytest.mark.parametrize("most", [100, 300])
def test_a_rare_class_can_still_be_folded(most):
    part = take_subset(made([3000, 12]), most)
    assert np.bincount(part.labels).tolist()[1] >= LEAST
    divide(part, folds=5)
