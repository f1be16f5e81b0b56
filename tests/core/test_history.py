from dataclasses import replace

import numpy as np
import pytest

from etascope.core.errors import InputError
from etascope.core.history import History, Status, in_order, join
from etascope.core.plan import Checkpoint, sweep
from etascope.core.recipe import Recipe


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
    both = join([one, two])
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


def test_trials_go_back_to_their_rows_of_the_plan():
    one = history([0.3, 0.1], keep_checkpoints=True)
    asked = one.plan.take([1, 0])
    sorted_again = in_order(one, asked, np.array([1, 0]), 7.0)
    assert sorted_again.plan is asked
    assert sorted_again.train_loss[:, 0].tolist() == one.train_loss[[1, 0], 0].tolist()
    assert sorted_again.diverged_at.tolist() == [2, -1]
    assert sorted_again.status == (Status.DIVERGED, Status.FINISHED)
    assert sorted_again.checkpoints == one.checkpoints[::-1]
    assert sorted_again.seconds == 7.0


def test_one_history_is_itself():
    one = history([0.1])
    assert join([one]) is one


def test_checkpoints_are_kept_when_all_have_them():
    one, two = history([0.1], keep_checkpoints=True), history([0.5], keep_checkpoints=True)
    assert join([one, two]).checkpoints == one.checkpoints + two.checkpoints
    assert join([one, history([0.5])]).checkpoints == ()


def test_resumed_plans_stay_resumed():
    start = Checkpoint(4, (), {})
    one, two = (history([rate], start=4, resume=(start,)) for rate in (0.1, 0.2))
    assert join([one, two]).plan.resume == (start, start)
    assert join([one, two]).plan.start == 4


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
        join([history([0.1]), other])


def test_nothing_does_not_join():
    with pytest.raises(InputError, match="there is no history to join"):
        join([])


def test_a_status_is_a_sentence_for_people():
    assert all(len(status.value.split()) > 3 for status in Status)
