import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etascope.core.schedules import SCHEDULES
from etascope.core.trials import trials
from etascope.selection.halving.budgets import rungs_for
from etascope.selection.halving.finished import chained_scores
from etascope.selection.halving.method import Ladder
from etascope.selection.halving.noise import noise_variance, shift_mean
from etascope.selection.halving.state import climb, score_trials
from etascope.selection.halving.window import window_of
from tests.selection.learning_curves import Curves, climb_up, job, moving_valley


def noise(curves, target="accuracy"):
    task = job()
    histories, _ = climb_up(Ladder(target=target), task, curves)
    scored = score_trials(trials(task, histories), 0, target)
    climbed = climb(task, scored, rungs_for(3), window_of(task.recipe, 7))
    scores, scale = chained_scores(climbed, scored), 9.0
    points = scale * (scores - scores.min())
    best = climbed.rates[int(scores.argmin())]
    return climbed, points, noise_variance(climbed, scored, best, points, scale, task.steps, target)


def test_the_best_is_uncertain_by_the_run_alone():
    _climbed, points, variance = noise(Curves(moving_valley(-1.5)))
    assert variance[points.argmin()] == pytest.approx(0.6 * (0.025 * 9.0) ** 2)


def test_those_left_behind_are_the_more_uncertain_the_earlier():
    climbed, _points, variance = noise(Curves(moving_valley(-1.5, width=10), noise=0))
    by_rate = dict(zip(climbed.rates, variance.tolist(), strict=True))
    early = [by_rate[r] for r, rung in climbed.left.items() if rung == 0]
    late = [by_rate[r] for r, rung in climbed.left.items() if rung == 1]
    top = [by_rate[r] for r in climbed.finalists]
    assert min(early) > max(late) > max(top)
    assert min(early) >= 0.6 * (0.4 * 3) ** 2


def test_curves_that_cross_and_wobble_are_more_uncertain():
    _, _points, calm = noise(Curves(moving_valley(-1.5, width=10), noise=0))
    _, _other, restless = noise(Curves(moving_valley(-1.5, width=10), noise=0.05))
    assert np.sort(restless)[1] > np.sort(calm)[1]


def test_with_proportional_losses_examples_add_nothing():
    climbed, points, variance = noise(Curves(moving_valley(-1.5), noise=0), target="loss")
    second = climbed.rates.index(next(r for r in climbed.finalists if points[climbed.rates.index(r)] > 0))
    floor = 0.6 * (0.025 * (9.0 + 2 * min(points[second], 8.0))) ** 2
    assert variance[second] == pytest.approx(floor, rel=0.5)


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
