import math
from dataclasses import replace

import numpy as np
import pytest

from etascope.core.choice import Basin, Walls
from etascope.core.history import Status
from etascope.core.measure import Measure
from etascope.core.recipe import Task
from etascope.core.reported import Reported, reported_history
from etascope.core.trials import trials
from etascope.selection.halving.budgets import rungs_for
from etascope.selection.halving.finished import Ascent, beside, chained_scores, walls_to_seek
from etascope.selection.halving.method import Ladder
from etascope.selection.halving.state import Todo, climb, score_trials, unit_of
from etascope.selection.halving.window import window_of
from etascope.selection.scores import WORST
from tests.selection.learning_curves import Curves, climb_up, job, moving_valley
from tests.selection.words.test_halving import ascend


def reported(measure=None, high=math.inf, size=1.0, epochs=10):
    """Return a ladder at its top whose trials reported a formula, in the unit `size`; above `high` they fail."""
    from etascope.loops.command import reports_ladder

    task = Task.of_reports(epochs, 0, measure or Measure("val_loss"))
    method, histories = reports_ladder(None, None, 3.0, None), []
    while (plan := method.propose(task, histories)) is not None:
        steps = range(plan.start + 1, plan.start + plan.steps + 1)
        told = [
            Reported((), Status.FAILED, 0, "its script failed") if rate > high
            else Reported(tuple(size * (0.2 + math.log10(rate / 0.004) ** 2 + 1 / e) for e in steps), None, plan.steps)
            for rate in plan.learning_rates.tolist()
        ]  # fmt: skip
        histories.append(reported_history(plan, told, epochs, task.measure))
    found = trials(task, histories)
    unit = unit_of(task, found)
    scored = score_trials(found, 0, "loss", unit)
    window = window_of(task.recipe, 7, middle=method.middle)
    return Ascent(task, window, climb(task, scored, rungs_for(3), window), scored, "loss", unit)


def test_a_ladder_of_losses_in_nats_reads_as_such():
    ascent, _ = ascend(Curves(moving_valley(-1.5)))
    assert (ascent.step, ascent.loss_name, ascent.unit) == ("step", "temperature-scaled loss", 1.0)
    score = ascent.scored[ascent.best].score(ascent.top)
    assert ascent.written(ascent.best, ascent.top) == f"{math.exp(score):.2f}"
    assert ascent.hardly(math.log(0.96 * math.log(10))) == ", hardly below a blind guess (2.30)"
    assert ascent.hardly(math.log(0.90 * math.log(10))) == ""
    assert ascent.learned


@pytest.mark.parametrize("size", [1e-9, 1.0, 1e9])
def test_a_ladder_of_reports_has_a_unit_of_its_own(size):
    ascent = reported(size=size)
    assert (ascent.step, ascent.loss_name, ascent.learned) == ("epoch", "val_loss", True)
    first = [float(s.trial.valid_loss[0]) for s in ascent.scored.values()]
    assert ascent.unit == pytest.approx(min(first))
    assert ascent.written(ascent.best, 8) == f"{ascent.scored[ascent.best].trial.valid_loss[7]:.4g}"
    assert ascent.hardly(9.0) == ""


def test_what_is_told_of_a_metric_is_its_value():
    ascent = reported(Measure("points", maximize=True, best=10))
    assert float(ascent.written(ascent.best, 8)) == pytest.approx(
        10 - ascent.scored[ascent.best].trial.valid_loss[7], abs=1e-3
    )


def test_trials_that_failed_are_walls_and_named_for_it():
    ascent = reported(high=0.02)
    over = [r for r in ascent.climbed.rates if r > 0.02]
    assert {ascent.ended(r) for r in over} == {"failed"}
    assert all(ascent.stopped(r) for r in over)
    assert ascent.walls(0.004, Basin(0.003, 0.005)).high <= over[0]
    diverging, _ = ascend(Curves(moving_valley(-1.5), wall=-1.2))
    assert {diverging.ended(r) for r in diverging.climbed.rates if diverging.stopped(r)} == {"diverged"}


def test_no_wall_lies_within_the_basin():
    ascent = reported()
    walls = ascent.walls(0.004, Basin(min(ascent.climbed.rates), max(ascent.climbed.rates)))
    assert (walls.low, walls.high) in (
        (None, None), (min(ascent.climbed.rates), max(ascent.climbed.rates)),
        (None, max(ascent.climbed.rates)), (min(ascent.climbed.rates), None),
    )  # fmt: skip


def test_nothing_is_best_where_every_trial_failed():
    ascent = reported(high=0)
    assert (ascent.best, ascent.learned, ascent.open_end) == (None, False, "")


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
