import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etascope.core.errors import InputError
from etascope.core.history import History, Part, Status, in_plan_order, put_together, settled
from etascope.core.plan import Checkpoint, sweep
from etascope.core.recipe import Recipe
from etascope.training.dense.engine import DenseEngine
from tests.training import made

RECIPE = Recipe((), batch_size=8, epochs=2)
ROWS = 5


def history(rates, steps=4, **plan):
    swept = replace(sweep(Recipe(), steps, rates, [0]), **plan)
    n = len(swept)
    table = np.arange(2.0 * n).reshape(n, 2) + rates[0]
    return History(
        plan=swept,
        step_loss=np.full((n, steps), rates[0], np.float32),
        evaluated_at=np.array([steps // 2, steps]),
        train_loss=table,
        train_accuracy=table + 1,
        valid_loss=table + 2,
        valid_accuracy=table + 3,
        status=(Status.FINISHED, Status.DIVERGED)[:n],
        diverged_at=np.array([-1, 2])[:n],
        examples=np.array([64, 32])[:n],
        checkpoints=tuple(Checkpoint(steps, (), {}) for _ in range(n)) if swept.keep_checkpoints else (),
        seconds=0.25,
    )


def test_joined_histories_hold_all_trials_in_order():
    one, two = history([0.1, 0.2]), history([0.5])
    both = History.stack([one, two])
    assert both.plan.learning_rates.tolist() == [0.1, 0.2, 0.5]
    for part in (
        "step_loss",
        "train_loss",
        "train_accuracy",
        "valid_loss",
        "valid_accuracy",
        "diverged_at",
        "examples",
    ):
        np.testing.assert_array_equal(getattr(both, part), np.concatenate([getattr(one, part), getattr(two, part)]))
    assert both.status == (Status.FINISHED, Status.DIVERGED, Status.FINISHED)
    assert both.diverged.tolist() == [False, True, False]
    assert both.seconds == 0.5
    assert both.checkpoints == ()


def test_one_history_is_itself():
    one = history([0.1])
    assert History.stack([one]) is one


def test_checkpoints_are_kept_when_all_have_them():
    one, two = history([0.1], keep_checkpoints=True), history([0.5], keep_checkpoints=True)
    assert History.stack([one, two]).checkpoints == one.checkpoints + two.checkpoints
    assert History.stack([one, history([0.5])]).checkpoints == ()


def test_resumed_plans_stay_resumed():
    start = Checkpoint(4, (), {})
    one, two = (history([rate], start=4, resume=(start,)) for rate in (0.1, 0.2))
    assert History.stack([one, two]).plan.resume == (start, start)
    assert History.stack([one, two]).plan.start == 4


@pytest.mark.parametrize(
    "other",
    [
        history([0.1], steps=6),
        history([0.1], start=4, resume=(Checkpoint(4, (), {}),)),
        replace(history([0.1]), evaluated_at=np.array([1, 4])),
    ],
)
def test_histories_of_other_steps_do_not_join(other):
    with pytest.raises(InputError, match="cover the same steps"):
        History.stack([history([0.1]), other])


def test_nothing_does_not_join():
    with pytest.raises(InputError, match="there is no history to stack"):
        History.stack([])


def test_a_status_is_a_sentence_for_people():
    assert all(len(status.value.split()) > 3 for status in Status)


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
    return [history.take(some).as_part(history.plan, some) for some in rows]


def test_rows_come_back_in_the_order_of_the_plan(whole):
    trials = np.array([2, 0, 1, 4, 3])
    remarked = replace(whole, remarks=tuple("abcde"))
    back = in_plan_order(
        whole.plan, [trials[:3], trials[3:]], [remarked.take(trials[:3]), remarked.take(trials[3:])], 7.0
    )
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
    (settled_history,), left = settled(parts)
    same(settled_history, whole)
    assert left == []
    assert put_together(parts, whole.plan).plan is whole.plan


def test_some_parts_are_a_larger_part(whole):
    larger = put_together(parts_of(whole, [4, 1], [0]))
    assert larger.part == Part((0, 1, 4), ROWS)
    same(replace(larger, part=None), whole.take([0, 1, 4]))


def test_of_a_trial_that_two_parts_have_the_later_counts(whole):
    early, late = parts_of(whole, [0, 1, 2], [2, 3, 4])
    joined = put_together([replace(early, examples=early.examples + 1), late])
    assert (joined.examples - whole.examples).tolist() == [1, 1, 0, 0, 0]


def test_whole_plans_and_the_parts_of_the_next_one_are_told_apart(whole):
    first, second, third = parts_of(whole, [0, 1], [2, 3], [4])
    settled_history, left = settled([whole, third, first, second, whole, second, first])
    assert len(settled_history) == 3
    assert settled_history[0] is whole
    same(settled_history[1], whole)
    assert settled_history[2] is whole
    assert left == [second, first]


def test_parts_that_another_plan_follows_are_left_out(whole):
    first, second = parts_of(whole, [0, 1, 2], [3, 4])
    assert settled([first, whole]) == ([whole], [])
    shorter = whole.take([0, 1, 2])
    other = parts_of(shorter, [0, 1], [2])
    settled_history, left = settled([first, *other, second])
    same(settled_history[0], shorter)
    assert left == [second]
