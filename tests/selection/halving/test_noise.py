import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etascope.core.schedules import SCHEDULES
from etascope.core.trials import trials
from etascope.selection.halving.budgets import budgets_for
from etascope.selection.halving.method import Halving
from etascope.selection.halving.noise import noise_variance, shift_mean
from etascope.selection.halving.outcome import chained_scores
from etascope.selection.halving.state import read_state, score_trials
from etascope.selection.halving.window import window_of
from tests.selection.learning_curves import Curves, job, moving_valley, run_method


def noise(curves, target="accuracy"):
    task = job()
    histories, _ = run_method(Halving(target=target), task, curves)
    scored = score_trials(trials(task, histories), 0, target)
    state = read_state(task, scored, budgets_for(3), window_of(task.recipe, 7))
    scores, scale = chained_scores(state, scored), 9.0
    points = scale * (scores - scores.min())
    best = state.rates[int(scores.argmin())]
    return state, points, noise_variance(state, scored, best, points, scale, task.steps, target)


def test_the_best_is_uncertain_by_the_run_alone():
    _state, points, variance = noise(Curves(moving_valley(-1.5)))
    assert variance[points.argmin()] == pytest.approx(0.6 * (0.025 * 9.0) ** 2)


def test_those_left_behind_are_the_more_uncertain_the_earlier():
    state, _points, variance = noise(Curves(moving_valley(-1.5, width=10), noise=0))
    by_rate = dict(zip(state.rates, variance.tolist(), strict=True))
    early = [by_rate[r] for r, level in state.left.items() if level == 0]
    late = [by_rate[r] for r, level in state.left.items() if level == 1]
    top = [by_rate[r] for r in state.finalists]
    assert min(early) > max(late) > max(top)
    assert min(early) >= 0.6 * (0.4 * 3) ** 2


def test_curves_that_cross_and_wobble_are_more_uncertain():
    _, _points, calm = noise(Curves(moving_valley(-1.5, width=10), noise=0))
    _, _other, restless = noise(Curves(moving_valley(-1.5, width=10), noise=0.05))
    assert np.sort(restless)[1] > np.sort(calm)[1]


def test_with_proportional_losses_examples_add_nothing():
    state, points, variance = noise(Curves(moving_valley(-1.5), noise=0), target="loss")
    second = state.rates.index(next(r for r in state.finalists if points[state.rates.index(r)] > 0))
    floor = 0.6 * (0.025 * (9.0 + 2 * min(points[second], 8.0))) ** 2
    assert variance[second] == pytest.approx(floor, rel=0.5)


@given(st.floats(0.01, 1), st.floats(0.01, 1))
def test_the_shorter_the_training_the_further_its_best_rate_lies_above_and_never_by_more_than_a_quarter(one, other):
    short, long = sorted((one, other))
    assert 0.25 >= shift_mean("constant", short) >= shift_mean("constant", long) >= 0.08


@pytest.mark.parametrize("schedule", [s for s in SCHEDULES if s != "constant"])
def test_a_schedule_that_comes_down_has_no_shift(schedule):
    assert shift_mean(schedule, 0.5) == 0.0


def test_it_recommends_less_than_its_trials_say_by_the_shift_where_the_rate_is_constant():
    curves = Curves(moving_valley(-1.5), noise=0)
    constant, cosine = (
        np.log10(run_method(Halving(), job(schedule=s), curves)[1].learning_rate) for s in ("constant", "cosine")
    )
    assert cosine == pytest.approx(-1.5, abs=0.06)
    assert constant == pytest.approx(-1.68, abs=0.06)
