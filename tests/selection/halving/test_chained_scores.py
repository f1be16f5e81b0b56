import numpy as np
import pytest

from etascope.core.trials import trials
from etascope.selection.halving.budgets import rungs_for
from etascope.selection.halving.chained_scores import chained_scores
from etascope.selection.halving.method import Ladder
from etascope.selection.halving.state import climb, score_trials
from etascope.selection.halving.window import window_of
from etascope.selection.scores import WORST
from tests.selection.learning_curves import Curves, climb_up, job, moving_valley


def ladder(curves):
    task = job()
    histories, _ = climb_up(Ladder(), task, curves)
    scored = score_trials(trials(task, histories), task.recipe.seed, "accuracy")
    return task, scored, climb(task, scored, rungs_for(3), window_of(task.recipe, 7))


def test_one_that_was_left_behind_is_carried_on_by_its_nearest_neighbour():
    _, scored, climbed = ladder(Curves(moving_valley(-1.5)))
    chained = dict(zip(climbed.rates, chained_scores(climbed, scored).tolist(), strict=True))
    rate = next(r for r, rung in climbed.left.items() if rung == 1)
    near = min(climbed.finalists, key=lambda r: abs(np.log10(r / rate)))
    gained = scored[near].score(240) - scored[near].score(80)
    assert chained[rate] == pytest.approx(scored[rate].score(80) + gained)
    for finalist in climbed.finalists:
        assert chained[finalist] == scored[finalist].score(240)


def test_stopped_trials_have_the_worst_score_at_any_rung():
    _task, scored, climbed = ladder(Curves(moving_valley(-1.5), wall=-1.0))
    chained = dict(zip(climbed.rates, chained_scores(climbed, scored).tolist(), strict=True))
    assert all(chained[r] == WORST for r in climbed.rates if np.log10(r) >= -1.0)
    assert all(r not in climbed.reached[0].rates for r in climbed.rates if np.log10(r) >= -1.0)
