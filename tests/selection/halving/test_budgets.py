import pytest
from hypothesis import given
from hypothesis import strategies as st

from etascope.selection.halving.budgets import PLANS, budgets_for


@pytest.mark.parametrize(
    ("budget", "cost"),
    [
        (0.5, 1.35),
        (1, 1.35),
        (1.7, 1.35),
        (2, 1.77),
        (2.5, 2.19),
        (3, 2.94),
        (4, 3.69),
        (5.5, 5.32),
        (8, 7.43),
        (99, 14.7),
    ],
)
def test_the_costliest_plan_that_fits_is_taken(budget, cost):
    assert budgets_for(budget).cost == cost


@pytest.mark.parametrize("budgets", PLANS)
def test_the_cost_is_what_the_milestones_add_up_to(budgets):
    done = (0.0, *budgets.shares)
    counts = (budgets.trials, *budgets.keep)
    steps = sum(count * (b - a) for count, a, b in zip(counts, done, budgets.shares, strict=False))
    assert budgets.cost == pytest.approx(steps, rel=0.13)


@given(st.sampled_from(PLANS), st.integers(1, 10_000))
def test_steps_ascend_within_the_training(budgets, total):
    steps = [budgets.steps(share, total) for share in budgets.shares]
    assert steps == sorted(steps)
    assert steps[0] >= 1
    assert steps[-1] <= total
    assert (budgets.shares[-1] < 1) or steps[-1] == total


def test_it_is_said_in_words():
    assert str(PLANS[-1]) == "14 trials to 100 % of the steps"
