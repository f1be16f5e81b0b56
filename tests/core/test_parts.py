"""Trials of one plan apart and together again."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etascope.core.history import Part
from etascope.core.parts import in_plan_order, part_of, put_together, settled, take
from etascope.core.recipe import Recipe
from etascope.training.dense.engine import DenseEngine
from tests.training import made

RECIPE = Recipe((), batch_size=8, epochs=2)
ROWS = 5


@pytest.fixture(scope="module")
def whole():
    split = made.split(90, side=3, folds=3)
    plan = made.constant(np.geomspace(0.1, 3e38, ROWS), 16, folds=[0, 1, 2, 0, 1], keep_examples=True)
    return DenseEngine(1).train(split, RECIPE, made.kept(plan))


def same(one, other):
    assert made.bits(one) == made.bits(other)
    np.testing.assert_array_equal(one.example_losses, other.example_losses)
    np.testing.assert_array_equal(one.plan.rates, other.plan.rates)
    assert (one.remarks, one.part) == (other.remarks, other.part)


def parts_of(history, *rows):
    return [part_of(history.plan, some, take(history, some)) for some in rows]


def test_rows_come_back_in_the_order_of_the_plan(whole):
    trials = np.array([2, 0, 1, 4, 3])
    remarked = replace(whole, remarks=tuple("abcde"))
    back = in_plan_order(take(remarked, trials), whole.plan, trials, 7.0)
    assert back.seconds == 7
    assert back.plan is whole.plan
    same(back, remarked)


@settings(deadline=None, max_examples=30)
@given(
    order=st.permutations(range(ROWS)),
    cuts=st.sets(st.integers(1, ROWS - 1), min_size=1),
    again=st.integers(0, ROWS - 1),
)
def test_parts_in_any_order_are_the_whole(whole, order, cuts, again):
    bounds = [0, *sorted(cuts), ROWS]
    rows = [order[a:b] for a, b in itertools.pairwise(bounds)]
    early = [row for some in rows[:-1] for row in some]
    parts = parts_of(whole, *rows[:-1], [again if again in early else early[0]], rows[-1])
    same(put_together(parts), whole)
    (found,), left = settled(parts)
    same(found, whole)
    assert left == []
    assert put_together(parts, whole.plan).plan is whole.plan


def test_some_parts_are_a_larger_part(whole):
    larger = put_together(parts_of(whole, [4, 1], [0]))
    assert larger.part == Part((0, 1, 4), ROWS)
    same(replace(larger, part=None), take(whole, [0, 1, 4]))


def test_of_a_trial_that_two_parts_have_the_later_counts(whole):
    early, late = parts_of(whole, [0, 1, 2], [2, 3, 4])
    found = put_together([replace(early, examples=early.examples + 1), late])
    assert (found.examples - whole.examples).tolist() == [1, 1, 0, 0, 0]


def test_whole_plans_and_the_parts_of_the_next_one_are_told_apart(whole):
    first, second, third = parts_of(whole, [0, 1], [2, 3], [4])
    found, left = settled([whole, third, first, second, whole, second, first])
    assert len(found) == 3
    assert found[0] is whole
    same(found[1], whole)
    assert found[2] is whole
    assert left == [second, first]


def test_parts_that_another_plan_follows_are_left_out(whole):
    first, second = parts_of(whole, [0, 1, 2], [3, 4])
    assert settled([first, whole]) == ([whole], [])
    shorter = take(whole, [0, 1, 2])
    other = parts_of(shorter, [0, 1], [2])
    found, left = settled([first, *other, second])
    same(found[0], shorter)
    assert left == [second]
