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
from etascope.selection.halving.budgets import budgets_for
from etascope.selection.halving.method import Halving
from etascope.selection.halving.outcome import Outcome, beside, chained_scores, walls_to_seek
from etascope.selection.halving.state import Todo, read_state, score_trials, unit_of
from etascope.selection.halving.window import window_of
from etascope.selection.scores import WORST
from tests.selection.halving.test_reasons import outcome_of
from tests.selection.learning_curves import Curves, job, moving_valley, run_method


def reported(measure=None, high=math.inf, size=1.0, epochs=10):
    """Return the outcome of trials that reported a formula, in the unit `size`; above `high` they fail."""
    from etascope.loops.command import reports_halving

    task = Task.of_reports(epochs, 0, measure or Measure("val_loss"))
    method, histories = reports_halving(None, None, 3.0, None), []
    while (plan := method.propose(task, histories)) is not None:
        steps = range(plan.start + 1, plan.start + plan.steps + 1)
        reports = [
            Reported((), Status.FAILED, 0, "its script failed") if rate > high
            else Reported(tuple(size * (0.2 + math.log10(rate / 0.004) ** 2 + 1 / e) for e in steps), None, plan.steps)
            for rate in plan.learning_rates.tolist()
        ]  # fmt: skip
        histories.append(reported_history(plan, reports, epochs, task.measure))
    tried = trials(task, histories)
    unit = unit_of(task, tried)
    scored = score_trials(tried, 0, "loss", unit)
    window = window_of(task.recipe, 7, middle=method.middle)
    return Outcome(task, window, read_state(task, scored, budgets_for(3), window), scored, "loss", unit)


def test_losses_in_nats_read_as_such():
    outcome, _ = outcome_of(Curves(moving_valley(-1.5)))
    assert (outcome.step, outcome.loss_name, outcome.unit) == ("step", "temperature-scaled loss", 1.0)
    score = outcome.scored[outcome.best].score(outcome.top)
    assert outcome.written(outcome.best, outcome.top) == f"{math.exp(score):.2f}"
    assert outcome.blind == math.log(10)
    assert outcome.learned


@pytest.mark.parametrize("size", [1e-9, 1.0, 1e9])
def test_reports_have_a_unit_of_their_own(size):
    outcome = reported(size=size)
    assert (outcome.step, outcome.loss_name, outcome.learned) == ("epoch", "val_loss", True)
    first = [float(s.trial.valid_loss[0]) for s in outcome.scored.values()]
    assert outcome.unit == pytest.approx(min(first))
    assert outcome.written(outcome.best, 8) == f"{outcome.scored[outcome.best].trial.valid_loss[7]:.4g}"
    assert outcome.blind == math.inf


def test_what_is_told_of_a_metric_is_its_value():
    outcome = reported(Measure("points", maximize=True, best=10))
    assert float(outcome.written(outcome.best, 8)) == pytest.approx(
        10 - outcome.scored[outcome.best].trial.valid_loss[7], abs=1e-3
    )


def test_trials_that_failed_are_walls_and_named_for_it():
    outcome = reported(high=0.02)
    over = [r for r in outcome.state.rates if r > 0.02]
    assert {outcome.ended(r) for r in over} == {"failed"}
    assert all(outcome.stopped(r) for r in over)
    assert outcome.walls(0.004, Basin(0.003, 0.005)).high <= over[0]
    diverging, _ = outcome_of(Curves(moving_valley(-1.5), wall=-1.2))
    assert {diverging.ended(r) for r in diverging.state.rates if diverging.stopped(r)} == {"diverged"}


def test_no_wall_lies_within_the_basin():
    outcome = reported()
    walls = outcome.walls(0.004, Basin(min(outcome.state.rates), max(outcome.state.rates)))
    assert (walls.low, walls.high) in (
        (None, None), (min(outcome.state.rates), max(outcome.state.rates)),
        (None, max(outcome.state.rates)), (min(outcome.state.rates), None),
    )  # fmt: skip


def test_nothing_is_best_where_every_trial_failed():
    outcome = reported(high=0)
    assert (outcome.best, outcome.learned, outcome.open_end) == (None, False, "")


def halve(curves):
    task = job()
    histories, _ = run_method(Halving(), task, curves)
    scored = score_trials(trials(task, histories), task.recipe.seed, "accuracy")
    return task, scored, read_state(task, scored, budgets_for(3), window_of(task.recipe, 7))


def test_one_that_was_left_behind_is_carried_on_by_its_nearest_neighbour():
    _, scored, state = halve(Curves(moving_valley(-1.5)))
    chained = dict(zip(state.rates, chained_scores(state, scored).tolist(), strict=True))
    rate = next(r for r, level in state.left.items() if level == 1)
    near = min(state.finalists, key=lambda r: abs(np.log10(r / rate)))
    gained = scored[near].score(240) - scored[near].score(80)
    assert chained[rate] == pytest.approx(scored[rate].score(80) + gained)
    for finalist in state.finalists:
        assert chained[finalist] == scored[finalist].score(240)


def test_stopped_trials_have_the_worst_score_at_any_milestone():
    _task, scored, state = halve(Curves(moving_valley(-1.5), wall=-1.0))
    chained = dict(zip(state.rates, chained_scores(state, scored).tolist(), strict=True))
    assert all(chained[r] == WORST for r in state.rates if np.log10(r) >= -1.0)
    assert all(r not in state.reached[0].rates for r in state.rates if np.log10(r) >= -1.0)


WIDE = Curves(moving_valley(-1.5, width=4))


def top(curves, **limits):
    """Return the outcome before anything was sought, and the rates that were."""
    task = job()
    histories, _ = run_method(Halving(**limits), task, curves)
    window = window_of(task.recipe, 7, **limits)
    scored = score_trials(trials(task, histories), task.recipe.seed, "accuracy")
    return Outcome(task, window, read_state(task, scored, budgets_for(3), window), scored, "accuracy")


def test_what_was_sought_stands_beside_it_left_behind_at_the_first_milestone():
    outcome = top(WIDE)
    wider = beside(outcome)
    sought = set(wider.state.rates) - set(outcome.state.rates)
    assert sought
    assert sought <= set(wider.state.reached[0].rates)
    assert all(wider.state.left[rate] == 0 for rate in sought)
    assert wider.state.finalists == outcome.state.finalists
    assert list(wider.state.rates) == sorted(wider.state.rates)


def test_one_that_was_sought_and_diverged_is_a_wall_and_not_at_the_milestone():
    outcome = top(Curves(moving_valley(-1.5, width=4), wall=0.0))
    wider = beside(outcome)
    lost = [rate for rate in wider.state.rates if rate >= 1]
    assert lost
    assert not set(lost) & set(wider.state.reached[0].rates)
    assert all(wider.stopped(rate) for rate in lost)


def test_where_nothing_was_sought_nothing_changes():
    outcome = top(Curves(moving_valley(-1.5, width=0.8)))
    assert beside(outcome) is outcome


@pytest.mark.parametrize(
    ("walls", "sides"), [((None, None), (0, -1)), ((1e-4, None), (-1,)), ((None, 1.0), (0,)), ((1e-4, 1.0), ())]
)
def test_a_side_without_a_wall_gets_one_more_rate(walls, sides):
    outcome = top(WIDE)
    todo = walls_to_seek(outcome, Walls(*walls), 0)
    rates = outcome.state.rates
    beyond = tuple(outcome.window.beyond(rates, rates[side]) for side in sides)
    assert todo == (Todo(beyond, 0, outcome.state.reached[0].step) if beyond else None)


def test_it_ends_where_half_a_training_was_spent_or_two_trials():
    outcome = top(WIDE)
    assert outcome.state.reached[0].step == 20
    assert outcome.task.steps == 320
    assert len(walls_to_seek(outcome, Walls(None, None), 7).rates) == 1
    assert walls_to_seek(outcome, Walls(None, None), 8) is None
    dear = replace(outcome, state=replace(outcome.state, reached=outcome.state.reached[-1:]))
    assert len(walls_to_seek(dear, Walls(None, None), 0).rates) == 2
    assert walls_to_seek(dear, Walls(None, None), 2) is None
