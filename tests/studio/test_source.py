import numpy as np
import pytest

from etascope import InputError
from etascope.images.open import open_images
from etascope.studio.source import Source
from tests.studio.answers import DIGITS, FASHION


def test_small_sets_are_whole_and_large_ones_a_part():
    digits, whole = DIGITS.open()
    assert (len(digits), whole) == (1000, 0)
    part, whole = FASHION.open()
    assert (len(part), len(part.test_rows), whole) == (1000, 200, 70_000)
    every, whole = Source("fashion-mnist", None).open()
    assert (len(every), whole) == (70_000, 0)
    assert np.array_equal(every.images, open_images("fashion-mnist").images)


def test_nothing_is_fetched(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(InputError, match="not on this machine"):
        Source("mnist").open()
    assert list(tmp_path.iterdir()) == []
