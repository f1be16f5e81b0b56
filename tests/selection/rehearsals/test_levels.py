import math

import numpy as np
import pytest
from tests.selection.learning_curves import Curves, job, moving_valley, run_method

from etascope.core.trials import trials
from etascope.selection.rehearsals.lengths import lengths_for
from etascope.selection.rehearsals.levels import learned, points_per_log_loss, read_levels, rehearsed
from etascope.selection.rehearsals.method import Rehearsals

TASK = job(steps=4000, batch_size=1)


def levels_of(curves, target="accuracy", budget=1.0):
    histories, _ = run_method(Rehearsals(budget=budget, target=target), TASK, curves)
    return read_levels(TASK, trials(TASK, histories), lengths_for(TASK, budget), target), histories


def test_each_level_has_the_trials_of_its_length_by_their_rate():
    levels, histories = levels_of(Curves(moving_valley(-1.5), wall=-0.6))
    assert sum(len(level.scored) for level in levels) == sum(len(history.plan) for history in histories)
    for level in levels:
        assert list(level.scored) == sorted(level.scored)
        assert level.best in level.alive
        assert all(level.score(rate) == math.log(10) for rate in level.scored if rate not in level.alive)
    assert any(len(level.alive) < len(level.scored) for level in levels)


def test_what_is_lost_is_told_in_points_against_the_best_of_the_length():
    levels, _ = levels_of(Curves(moving_valley(-1.5)))
    level = levels[-1]
    scale = points_per_log_loss(level, TASK.steps, 0.15)
    one = rehearsed(level, scale, "accuracy")
    assert one.points.min() == 0.0
    assert np.argmin(one.points) == list(level.scored).index(level.best)
    assert (one.variance >= 0).all()
    # Errors shrink on the way to the whole length, and with them what a loss is worth.
    assert scale < points_per_log_loss(level, level.steps, 0.15)


def test_a_level_has_learned_where_its_best_is_clearly_below_a_blind_guess():
    assert all(learned(TASK, level) for level in levels_of(Curves(moving_valley(-1.5, pace=200.0)))[0])
    asleep, _ = levels_of(Curves(lambda x, share: np.full_like(x + share, np.log(10)), noise=0))
    assert not any(learned(TASK, level) for level in asleep)
    assert points_per_log_loss(asleep[0], TASK.steps, 0.15) == pytest.approx(
        80 * 0.9 * (asleep[0].steps / TASK.steps) ** 0.25
    )
