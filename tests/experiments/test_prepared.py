import numpy as np

from etascope.core.protocols import ignore
from etascope.core.recipe import Recipe
from etascope.experiments.prepared import prepared
from etascope.images.open import open_images


def test_images_are_opened_once_and_divided_as_pick_divides_them():
    digits = open_images("digits")
    dataset, share, split = prepared(digits, None, Recipe(), 0.3, 4, ignore)
    assert dataset is digits
    assert (share, len(split.y_test), set(split.folds.tolist())) == (0.3, 300, {0, 1, 2, 3})
    dataset, share, split = prepared("digits", None, Recipe(), None, 0, ignore)
    assert dataset.fingerprint == digits.fingerprint
    assert (share, len(split.y_test)) == (None, 200)


def test_test_images_may_lie_elsewhere(tmp_path):
    digits = open_images("digits")
    np.savez(tmp_path / "test.npz", x=digits.images[900:], y=digits.labels[900:])
    path = tmp_path / "test.npz"
    dataset, share, split = prepared(digits.images[:900], digits.labels[:900], Recipe(), path, 0, ignore)
    assert (len(dataset), share, len(split.y_test)) == (1000, None, 100)
