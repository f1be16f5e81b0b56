import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etascope.core.schedules import SCHEDULES
from etascope.selection.halving.method import Ladder
from etascope.selection.halving.shift import shift_mean
from tests.selection.learning_curves import Curves, climb_up, job, moving_valley


@given(st.floats(0.01, 1), st.floats(0.01, 1))
def test_the_shorter_the_training_the_further_its_best_rate_lies_above_and_never_by_more_than_a_quarter(one, other):
    short, long = sorted((one, other))
    assert 0.25 >= shift_mean("constant", short) >= shift_mean("constant", long) >= 0.08


@pytest.mark.parametrize("schedule", [s for s in SCHEDULES if s != "constant"])
def test_a_schedule_that_comes_down_has_no_shift(schedule):
    assert shift_mean(schedule, 0.5) == 0.0


def test_a_ladder_recommends_less_than_its_trials_say_by_the_shift_where_the_rate_is_constant():
    curves = Curves(moving_valley(-1.5), noise=0)
    constant, cosine = (
        np.log10(climb_up(Ladder(), job(schedule=s), curves)[1].learning_rate) for s in ("constant", "cosine")
    )
    assert cosine == pytest.approx(-1.5, abs=0.06)
    assert constant == pytest.approx(-1.68, abs=0.06)
