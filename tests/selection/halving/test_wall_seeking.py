from dataclasses import replace

import pytest

from etascope.core.choice import Walls
from etascope.core.trials import trials
from etascope.selection.halving.budgets import rungs_for
from etascope.selection.halving.finished import Ascent
from etascope.selection.halving.method import Ladder
from etascope.selection.halving.state import Todo, climb, score_trials
from etascope.selection.halving.wall_seeking import beside, walls_to_seek
from etascope.selection.halving.window import window_of
from tests.selection.learning_curves import Curves, climb_up, job, moving_valley

WIDE = Curves(moving_valley(-1.5, width=4))


def top(curves, **limits):
    """Return the ladder before anything was sought, and the rates that were."""
    task = job()
    histories, _ = climb_up(Ladder(**limits), task, curves)
    window = window_of(task.recipe, 7, **limits)
    scored = score_trials(trials(task, histories), task.recipe.seed, "accuracy")
    return Ascent(task, window, climb(task, scored, rungs_for(3), window), scored, "accuracy")


def test_what_was_sought_stands_beside_the_ladder_left_behind_on_its_first_rung():
    ascent = top(WIDE)
    wider = beside(ascent)
    sought = set(wider.climbed.rates) - set(ascent.climbed.rates)
    assert sought
    assert sought <= set(wider.climbed.reached[0].rates)
    assert all(wider.climbed.left[rate] == 0 for rate in sought)
    assert wider.climbed.finalists == ascent.climbed.finalists
    assert list(wider.climbed.rates) == sorted(wider.climbed.rates)


def test_one_that_was_sought_and_diverged_is_a_wall_and_not_on_the_rung():
    ascent = top(Curves(moving_valley(-1.5, width=4), wall=0.0))
    wider = beside(ascent)
    lost = [rate for rate in wider.climbed.rates if rate >= 1]
    assert lost
    assert not set(lost) & set(wider.climbed.reached[0].rates)
    assert all(wider.stopped(rate) for rate in lost)


def test_where_nothing_was_sought_nothing_changes():
    ascent = top(Curves(moving_valley(-1.5, width=0.8)))
    assert beside(ascent) is ascent


@pytest.mark.parametrize(
    ("walls", "sides"), [((None, None), (0, -1)), ((1e-4, None), (-1,)), ((None, 1.0), (0,)), ((1e-4, 1.0), ())]
)
def test_a_side_without_a_wall_gets_one_more_rate(walls, sides):
    ascent = top(WIDE)
    todo = walls_to_seek(ascent, Walls(*walls), 0)
    rates = ascent.climbed.rates
    beyond = tuple(ascent.window.beyond(rates, rates[side]) for side in sides)
    assert todo == (Todo(beyond, 0, ascent.climbed.reached[0].step) if beyond else None)


def test_it_ends_where_half_a_training_was_spent_or_two_trials():
    ascent = top(WIDE)
    assert ascent.climbed.reached[0].step == 20
    assert ascent.task.steps == 320
    assert len(walls_to_seek(ascent, Walls(None, None), 7).rates) == 1
    assert walls_to_seek(ascent, Walls(None, None), 8) is None
    dear = replace(ascent, climbed=replace(ascent.climbed, reached=ascent.climbed.reached[-1:]))
    assert len(walls_to_seek(dear, Walls(None, None), 0).rates) == 2
    assert walls_to_seek(dear, Walls(None, None), 2) is None
