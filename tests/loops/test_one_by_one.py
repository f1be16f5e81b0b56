import numpy as np
import pytest

from etascope.core.history import Status
from etascope.core.trials import Trial
from etascope.loops.one_by_one import first_of, keeps_up, milestones
from etascope.selection.halving.budgets import PLANS, budgets_for
from etascope.selection.halving.state import Scored

BUDGETS = budgets_for(3)


def scored(losses, rate=0.1, status=Status.PAUSED):
    """A trial that reported these losses, one a step."""
    n = len(losses)
    nothing = np.full(n, np.nan)
    trial = Trial(
        rate, 0, 0, status, n, nothing.astype(np.float32), np.arange(1, n + 1), nothing, nothing, np.array(losses),
        nothing, n - 1 if status is Status.DIVERGED else -1, n,
    )  # fmt: skip
    return Scored(trial, np.log(losses))


@pytest.mark.parametrize("budgets", PLANS)
@pytest.mark.parametrize("total", [1, 2, 3, 7, 10, 100])
def test_milestones_ascend_from_one_to_the_whole_at_most(budgets, total):
    steps = milestones(budgets, total)
    assert steps == sorted(steps)
    assert (steps[0] >= 1, steps[-1] <= total, len(steps)) == (True, True, len(budgets.shares))


def test_at_the_first_milestone_everything_stops_unless_it_has_to_come_further():
    assert not keeps_up({9: scored([0.1])}, BUDGETS, 9, 10, 1)
    assert keeps_up({9: scored([0.1])}, BUDGETS, 9, 10, 2)


def test_where_all_milestones_are_one_nothing_stops_before_the_top():
    assert keeps_up({9: scored([0.1])}, budgets_for(8), 9, 1, 1)


def test_a_trial_at_a_later_milestone_goes_on_when_it_is_among_the_best_so_far():
    # Three go on from epoch 2, of 10.
    others = {rate: scored([loss, loss]) for rate, loss in zip((1, 2, 3, 4, 5), (0.1, 0.2, 0.3, 0.4, 0.5), strict=True)}
    for loss, on in ((0.05, True), (0.25, True), (0.35, False), (0.6, False)):
        assert keeps_up({**others, 9: scored([loss, loss])}, BUDGETS, 9, 10, 2) is on


def test_between_milestones_and_before_its_least_epoch_it_always_goes_on():
    others = {rate: scored([0.1] * 8) for rate in (1, 2, 3, 4, 5)}
    assert keeps_up({**others, 9: scored([9.0] * 5)}, BUDGETS, 9, 10, 1)
    assert keeps_up({**others, 9: scored([9.0] * 2)}, BUDGETS, 9, 10, 5)


def test_trials_that_were_stopped_or_did_not_come_so_far_are_no_rivals():
    lost = {rate: scored([0.1, 0.1], status=Status.DIVERGED) for rate in (1, 2, 3)}
    short = {rate: scored([0.1]) for rate in (4, 5, 6)}
    assert keeps_up({**lost, **short, 9: scored([0.9, 0.9])}, BUDGETS, 9, 10, 1)


def test_in_a_tie_the_lower_rate_goes_on():
    alike = {rate: scored([0.5, 0.5]) for rate in (1, 2, 3, 4)}
    assert [keeps_up(alike, BUDGETS, rate, 10, 1) for rate in alike] == [True, True, True, False]


def test_the_first_is_the_one_in_the_middle_and_then_the_one_nearest_to_the_best():
    rates = [1e-4, 1e-3, 1e-2, 1e-1]
    assert first_of(rates, {}, 2e-3) == 1e-3
    known = {1e-3: scored([0.5]), 3e-2: scored([0.2]), 1.0: scored([0.1], status=Status.DIVERGED)}
    assert first_of([1e-4, 1e-2, 1e-1], known, 1e-3) == 1e-2


def test_of_those_that_were_trained_before_the_best_goes_on_first():
    known = {1e-3: scored([0.5]), 3e-2: scored([0.2]), 1e-2: scored([0.3])}
    assert first_of([1e-3, 1e-2], known, 1e-3) == 1e-2
