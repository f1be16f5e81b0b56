import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etascope.core.measure import Measure
from etascope.core.plan import Plan
from etascope.core.recipe import Recipe, Task
from etascope.core.reported import Reported, reported_history
from etascope.core.trials import trials
from etascope.selection.halving.budgets import budgets_for
from etascope.selection.halving.method import Halving
from etascope.selection.halving.state import blown_up, evaluations, learned, read_state, score_trials, unit_of
from etascope.selection.halving.window import window_of
from tests.selection.learning_curves import Curves, job, moving_valley, run_method


def test_a_loss_that_stays_high_is_blown_up_and_one_that_comes_back_is_not():
    calm = np.ones(50)
    assert blown_up(calm) is None
    spike = calm.copy()
    spike[20] = 200.0
    assert blown_up(spike) is None
    burst = calm.copy()
    burst[20:] = 200.0
    assert blown_up(burst) == 21
    assert blown_up(burst[:15]) is None


def test_the_smoothed_loss_is_corrected_for_its_beginning():
    """Uncorrected, 40 after the first step would smooth to 16 at the sixth."""
    assert blown_up(np.array([1.0] + [40.0] * 5)) == 5
    assert blown_up(np.array([1.0] + [40.0] * 4)) is None


@given(st.integers(1, 5000), st.integers(0, 4999))
def test_evaluations_lie_in_the_plan_and_end_with_it(end, start):
    start = min(start, end - 1)
    at = evaluations(start, end)
    assert at[-1] == end
    assert all(start < step <= end for step in at)
    assert list(at) == sorted(set(at))


def halve(curves, **recipe):
    task = job(**recipe)
    histories, _ = run_method(Halving(), task, curves)
    scored = score_trials(trials(task, histories), task.recipe.seed, "accuracy")
    return task, scored, read_state(task, scored, budgets_for(3), window_of(task.recipe, 7))


def test_the_best_of_each_milestone_go_on():
    _, scored, state = halve(Curves(moving_valley(-1.5)))
    assert [len(milestone.rates) for milestone in state.reached] == [7, 5, 3]
    assert [milestone.step for milestone in state.reached] == [20, 80, 240]
    for number, milestone in enumerate(state.reached[:-1]):
        kept = state.reached[number + 1].rates
        worst = max(scored[r].score(milestone.step) for r in kept)
        assert all(scored[r].score(milestone.step) >= worst for r in milestone.rates if r not in kept)
    assert sorted(state.left.values()) == [0, 0, 1, 1]


def test_a_score_averages_the_last_evaluations_of_its_milestone():
    _, scored, state = halve(Curves(moving_valley(-1.5), noise=0.1))
    one = scored[state.finalists[0]]
    at = one.trial.evaluated_at
    assert at.tolist() == [12, 16, 20, 48, 64, 80, 144, 192, 240]
    assert one.score(80) == pytest.approx(one.log_loss[3:6].mean())
    assert one.score(20) == pytest.approx(one.log_loss[:3].mean())


def test_a_trial_may_stop_late_and_counts_until_then():
    _, scored, state = halve(Curves(moving_valley(-1.5, width=3), wall=-1.3, at=100))
    late = [r for r in state.reached[1].rates if np.log10(r) >= -1.3]
    assert late
    for rate in late:
        assert not scored[rate].stopped(80)
    assert all(np.log10(r) < -1.3 for r in state.finalists)


def test_other_seeds_and_folds_are_left_out():
    task = job(seed=1)
    histories, _ = run_method(Halving(), task, Curves(moving_valley(-1.5)))
    assert score_trials(trials(task, histories), 2, "accuracy") == {}
    assert Recipe(seed=1).seed == task.recipe.seed


@pytest.mark.parametrize(("steps", "first"), [(800, 50), (320, 20), (200, 20), (80, 10), (5, 2)])
def test_a_first_milestone_of_few_steps_is_moved_up_to_twenty_but_not_beyond_twice_its_share(steps, first):
    task = job(steps=steps)
    state = read_state(task, {}, budgets_for(3), window_of(task.recipe, 7))
    assert (state.todo.start, state.todo.end) == (0, first)


def test_what_is_reported_keeps_its_order_however_low_the_lowest_is():
    """In units of the lowest first epoch all others are at the end of the scores; they are still told apart."""
    task = Task.of_reports(8, 0, Measure("loss"))
    worst = {0.01 * 2**k: 1.0 - 0.1 * k for k in range(7)}
    for reported in (worst, worst | {1.28: 0.0001}):
        histories = [
            reported_history(Plan(np.full((1, 1), r), np.zeros(1, np.int64), np.zeros(1, np.int64)),
                             [Reported((loss,), None, 1)], 8, Measure("loss"), 0.0)
            for r, loss in reported.items()
        ]  # fmt: skip
        tried = trials(task, histories)
        scored = score_trials(tried, 0, "loss", unit_of(task, tried))
        assert sorted(scored, key=lambda r: scored[r].rank(1)) == sorted(reported, key=reported.get)
        assert learned(task, scored, min(one.score(1) for one in scored.values()))
