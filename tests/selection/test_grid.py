import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etascope.core.errors import InputError
from etascope.selection.grid import LIMITS, check_fields, check_window, make_grid

RATES = st.floats(1e-9, 1e6)


def test_eight_rates_a_decade_from_limit_to_limit():
    grid = make_grid(8)
    assert grid.limits == LIMITS
    assert len(grid.rates) == 11 * 8 + 1
    assert np.abs(np.diff(np.log10(grid.rates)) - 1 / 8).max() < 0.003
    assert [grid.rates[i] for i in grid.decades] == [10.0**k for k in range(-7, 5)]


@given(st.integers(1, 64), st.none() | RATES, st.none() | RATES)
def test_a_grid_ascends_within_its_limits_which_are_decades_when_given(per_decade, one, other):
    low, high = (one, other) if one is None or other is None or one <= other else (other, one)
    grid = make_grid(per_decade, low, high)
    assert (np.diff(grid.rates) > 0).all()
    for given_end, end, position in ((low, grid.rates[0], 0), (high, grid.rates[-1], len(grid.rates) - 1)):
        if given_end is not None:
            assert end == pytest.approx(given_end, rel=1e-11)
            assert position in grid.decades
    assert all(rate == float(f"{rate:.3g}") for rate in grid.rates[1:-1])


def test_one_rate_alone_is_a_grid():
    assert make_grid(8, 0.02, 0.02).rates == (0.02,)
    assert make_grid(8, 0.02, 0.02).decades == (0,)


def test_the_nearest_rate_is_nearest_in_decades():
    grid = make_grid(1)
    assert grid.rates[grid.nearest(0.031)] == 0.01
    assert grid.rates[grid.nearest(0.032)] == 0.1


@pytest.mark.parametrize(
    ("low", "high", "message"),
    [
        (0.0, None, "low learning rate"),
        (None, float("inf"), "high learning rate"),
        (0.2, 0.1, "Swap them"),
        (1e308, None, r"must lie in 1e-37 \.\. 1e\+38"),
        (None, 5e-324, "Try 10000"),
    ],
)
def test_a_window_that_is_none_is_refused(low, high, message):
    with pytest.raises(InputError, match=message):
        check_window(low, high)


def test_a_window_may_be_open_or_a_single_rate():
    check_window(None, None)
    check_window(0.1, 0.1)


@pytest.mark.parametrize(
    ("fields", "message"),
    [(("speed", None), "target"), (("loss", 0.0), "tolerance"), (("loss", 1.0, 2.0, 1.0), "low"),
     (("loss", 1.0, None, None, 0.01), "budget")],
)  # fmt: skip
def test_what_no_search_can_take_is_told(fields, message):
    with pytest.raises(InputError, match=message):
        check_fields(*(*fields, None, None)[: max(len(fields), 4)])
