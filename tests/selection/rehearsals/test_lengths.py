from dataclasses import replace

import pytest

from etascope.core.recipe import Recipe, Task
from etascope.selection.rehearsals.lengths import RATIO, least_budget, lengths_for

TASK = Task(Recipe(epochs=20), n_classes=10, n_development=4000, n_folds=1, steps_per_epoch=225, held_out=400)


def test_each_length_is_three_times_the_one_before_and_the_shortest_ten_steps():
    for budget in (0.1, 0.25, 1, 3):
        lengths = lengths_for(TASK, budget)
        assert lengths.steps[0] >= 10
        for short, long in zip(lengths.steps, lengths.steps[1:], strict=False):
            assert long == pytest.approx(RATIO * short, abs=RATIO)
        assert lengths.rates[0] == 7
        assert set(lengths.rates[1:]) <= {4}


def test_a_larger_budget_buys_longer_rehearsals_up_to_the_whole():
    longest = [lengths_for(TASK, budget).steps[-1] for budget in (0.1, 0.3, 1, 3, 9, 20)]
    assert longest == sorted(longest)
    assert longest[-1] == TASK.steps
    # What is left over goes into more rates of the whole length.
    assert lengths_for(TASK, 20).rates[-1] > 4


def test_validation_looks_at_a_part_of_the_rows_where_all_would_cost_too_much():
    dear = replace(TASK, held_out=None, n_valid=100_000)
    rows = lengths_for(dear, 0.5).valid_rows
    assert 50 <= rows < 100_000
    assert lengths_for(replace(TASK, held_out=60), 3).valid_rows is None


def test_the_smallest_budget_buys_five_rates_and_a_smaller_one_none():
    least = least_budget(TASK)
    assert lengths_for(TASK, least).rates == (5,)
    assert lengths_for(TASK, 0.9 * least) is None
    assert least_budget(replace(TASK, checked=1000)) > least


def test_lengths_are_said_in_words():
    assert str(lengths_for(TASK, 0.1)).startswith("7 trainings of ")
