from dataclasses import replace

import numpy as np
import pytest

from etascope.core.choice import Basin
from etascope.core.recipe import Recipe, Task
from etascope.core.trials import trials
from etascope.selection.automatic import Automatic
from etascope.selection.cross_validation.method import CrossValidation
from etascope.selection.last_batch import before_last_step, epoch_shares, last_batch_advice
from tests.selection.closed_form import ClosedForm, search, valley

SMALL = Task(Recipe(batch_size=16, epochs=5), 10, n_development=200, n_folds=5, steps_per_epoch=10)
EVEN = replace(SMALL, n_development=208)
BASIN = Basin(0.01, 0.1)


@pytest.mark.parametrize(
    ("epochs", "shares"), [(1, (1.0,)), (2, (1.0,)), (5, (0.8, 1.0)), (8, (0.75, 0.875, 1.0)), (40, (0.8, 0.9, 1.0))]
)
def test_a_training_that_ends_small_is_scored_at_the_ends_of_epochs(epochs, shares):
    task = replace(SMALL, recipe=Recipe(epochs=epochs))
    assert epoch_shares(task, (0.8, 0.9, 1.0)) == pytest.approx(shares)
    assert epoch_shares(replace(EVEN, recipe=Recipe(epochs=epochs)), (0.8, 0.9, 1.0)) == (0.8, 0.9, 1.0)


def test_it_is_evaluated_before_its_last_step():
    assert (before_last_step(SMALL), before_last_step(EVEN)) == ((49,), ())
    plan = CrossValidation().propose(SMALL, [])
    assert plan.evaluate_at == (10, 20, 30, 40, 49, 50)
    assert CrossValidation().propose(EVEN, []).evaluate_at == (10, 20, 30, 40, 45, 50)


def searched(task, cost, spread=0.0):
    """Return a choice whose trials lost so many points of accuracy in their last step, and the trials in the basin."""

    def spoil(history):
        right = history.valid_accuracy.copy()
        noise = np.random.default_rng(0).normal(size=len(right)) * spread
        before = history.evaluated_at == task.steps - 1
        right[:, before] = (right[:, -1] + (cost + noise) / 100)[:, None]
        return replace(history, valid_accuracy=right)

    histories, _ = search(CrossValidation(), task, ClosedForm(valley(-1.5)))
    return [spoil(history) for history in histories]


@pytest.mark.parametrize(("cost", "spread", "said"), [(2.0, 1.0, True), (0.2, 0.0, False), (0.5, 8.0, False)])
def test_what_the_last_step_cost_is_told_where_it_can_be_told_from_nothing(cost, spread, said):
    every = trials(SMALL, searched(SMALL, cost, spread))
    advice = last_batch_advice(SMALL, every, BASIN)
    assert bool(advice) == said
    if said:
        assert "has 8 images where others have 16, and that one step cost 2." in str(advice[0])
        assert str(advice[0]).endswith("Train and search with drop_last=True.")


def test_where_nobody_looked_it_is_advised_all_the_same():
    every = [replace(t, evaluated_at=t.evaluated_at + 1) for t in trials(SMALL, searched(SMALL, 0.0))]
    (advice,) = last_batch_advice(SMALL, every, BASIN)
    assert str(advice).startswith("Mind the last batch of an epoch, of 8 images where others have 16: its noise stays")


@pytest.mark.parametrize(
    "task",
    [
        EVEN,
        replace(SMALL, recipe=Recipe(drop_last=True)),
        replace(SMALL, recipe=Recipe(schedule="cosine")),
        replace(SMALL, recipe=Recipe(batch_size=300), steps_per_epoch=1),
    ],
)
def test_nothing_is_said_where_the_last_step_is_like_others(task):
    assert last_batch_advice(task, trials(SMALL, searched(SMALL, 2.0)), BASIN) == ()


def test_the_answer_says_it():
    reasons = Automatic().choose(SMALL, searched(SMALL, 2.0)).reasons
    assert [i for i, reason in enumerate(reasons) if "last batch" in str(reason)] == [len(reasons) - 2]
    assert not any("last batch" in str(reason) for reason in Automatic().choose(EVEN, searched(EVEN, 2.0)).reasons)
