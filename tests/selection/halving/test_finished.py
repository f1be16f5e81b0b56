import math

import pytest

from etascope.core.choice import Basin
from etascope.core.history import Status
from etascope.core.measure import Measure
from etascope.core.recipe import Task
from etascope.core.reported import Reported, reported_history
from etascope.core.trials import trials
from etascope.selection.halving.budgets import rungs_for
from etascope.selection.halving.finished import Ascent
from etascope.selection.halving.state import climb, score_trials, unit_of
from etascope.selection.halving.window import window_of
from tests.selection.learning_curves import Curves, moving_valley
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
    assert ascent.told(ascent.best, ascent.top) == f"{math.exp(score):.2f}"
    assert ascent.hardly(math.log(0.96 * math.log(10))) == ", hardly below a blind guess (2.30)"
    assert ascent.hardly(math.log(0.90 * math.log(10))) == ""
    assert ascent.learned


@pytest.mark.parametrize("size", [1e-9, 1.0, 1e9])
def test_a_ladder_of_reports_has_a_unit_of_its_own(size):
    ascent = reported(size=size)
    assert (ascent.step, ascent.loss_name, ascent.learned) == ("epoch", "val_loss", True)
    first = [float(s.trial.valid_loss[0]) for s in ascent.scored.values()]
    assert ascent.unit == pytest.approx(min(first))
    assert ascent.told(ascent.best, 8) == f"{ascent.scored[ascent.best].trial.valid_loss[7]:.4g}"
    assert ascent.hardly(9.0) == ""


def test_what_is_told_of_a_metric_is_its_value():
    ascent = reported(Measure("points", maximize=True, best=10))
    assert float(ascent.told(ascent.best, 8)) == pytest.approx(
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
