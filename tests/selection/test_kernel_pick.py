import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etascope.selection.kernel_pick import kernel_pick


@given(best=st.floats(-2.5, -1.5))
def test_the_minimum_of_a_valley_is_picked(best):
    x = np.linspace(-3.2, -0.8, 8)
    assert kernel_pick(x, (x - best) ** 2, -3.2, -0.8) == pytest.approx(best, abs=0.12)


@given(
    scores=st.lists(st.floats(-6, 2.3), min_size=2, max_size=9),
    low=st.integers(0, 8),
    high=st.integers(0, 8),
    gap=st.floats(0.05, 2),
)
def test_nothing_above_the_highest_finalist_is_picked(scores, low, high, gap):
    x = -2 + gap * np.arange(len(scores))
    low, high = sorted((min(low, len(x) - 1), min(high, len(x) - 1)))
    picked = kernel_pick(x, np.array(scores), x[low], x[high])
    assert x[low] - 0.1801 <= picked <= x[high] + 1e-12


def test_one_bad_neighbour_does_not_push_without_bound():
    x = np.array([-2.5, -2.0, -1.5])
    capped = kernel_pick(x, np.array([0.0, 0.0, 1.0]), -2.5, -2.0)
    assert kernel_pick(x, np.array([0.0, 0.0, 50.0]), -2.5, -2.0) == capped
