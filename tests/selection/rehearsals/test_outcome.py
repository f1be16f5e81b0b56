import pytest
from tests.selection.learning_curves import Curves, job, moving_valley, run_method

from etascope.core.choice import Basin
from etascope.core.trials import trials
from etascope.selection.halving.window import window_of
from etascope.selection.rehearsals.lengths import lengths_for
from etascope.selection.rehearsals.levels import read_levels
from etascope.selection.rehearsals.method import Rehearsals
from etascope.selection.rehearsals.outcome import Outcome, spacing_of

TASK = job(steps=4000, batch_size=1)


def outcome(curves, budget=1.0):
    histories, _ = run_method(Rehearsals(budget=budget), TASK, curves)
    lengths = lengths_for(TASK, budget)
    levels = read_levels(TASK, trials(TASK, histories), lengths, "accuracy")
    return Outcome(TASK, window_of(TASK.recipe, 7), lengths, levels, "accuracy")


def test_the_longest_level_that_learned_decides():
    one = outcome(Curves(moving_valley(-1.5)))
    assert one.answered
    assert one.top is one.levels[-1]
    assert one.finals.learning_rates.tolist() == list(one.top.alive)
    assert not one.same


def test_walls_are_what_diverged_or_is_clearly_worse_beside_the_basin():
    one = outcome(Curves(moving_valley(-1.5, pace=200.0), wall=-0.6))
    walls = one.walls(0.03, Basin(0.02, 0.05))
    assert walls.low < 0.02
    assert walls.high > 0.05
    assert all(one.behind(rate) >= 0.2 or one.stopped(rate) for rate in (walls.low, walls.high))


def test_trials_know_their_level_and_others_have_none():
    one = outcome(Curves(moving_valley(-1.5)))
    for level in one.levels:
        for scored in level.scored.values():
            assert one.level_at(scored.trial) == (level, scored)
    other = next(iter(outcome(Curves(moving_valley(-1.5))).levels[0].scored.values()))
    assert one.level_at(other.trial) is None


def test_the_distance_of_neighbours_is_told_in_decades():
    assert spacing_of([0.01, 0.1, 1.0]) == pytest.approx(1.0)
    assert spacing_of([0.01]) == 0.25
