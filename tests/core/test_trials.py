from dataclasses import replace

import numpy as np

from etascope.core.data import Split
from etascope.core.history import Status
from etascope.core.plan import sweep
from etascope.core.recipe import Recipe, Task
from etascope.core.trials import one_history, trials
from etascope.training.dense.engine import DenseEngine

RECIPE = Recipe((4,), batch_size=4, epochs=2)


def split():
    rng = np.random.default_rng(0)
    return Split(
        x=rng.random((40, 9), np.float32), y=np.arange(40) % 2, folds=np.arange(40) % 2,
        x_test=np.empty((0, 9), np.float32), y_test=np.empty(0, np.int64), rows=np.arange(40),
        test_rows=np.empty(0, np.int64), class_names=("a", "b"),
    )  # fmt: skip


def milestones():
    """Return the task, one whole training of three rates, and the same in two plans, the second without one rate."""
    data, engine = split(), DenseEngine(1)
    task = Task.of(data, RECIPE)
    whole = replace(sweep(RECIPE, task.steps, [0.01, 0.1, 1e38], [0]), evaluate_at=(3, 5, 10), keep_examples=True)
    first = replace(whole, rates=whole.rates[:, :5], evaluate_at=(3,), keep_checkpoints=True)
    one = engine.train(data, RECIPE, first)
    second = replace(
        whole.take([1]), rates=whole.rates[1:2, 5:], start=5, resume=one.checkpoints[1:2], evaluate_at=None
    )
    return task, engine.train(data, RECIPE, whole), [one, engine.train(data, RECIPE, second)]


def test_a_trial_that_went_on_is_one_trial():
    task, whole, parts = milestones()
    tried = trials(task, parts)
    assert [t.learning_rate for t in tried] == [0.01, 0.1, 1e38]
    assert [t.steps for t in tried] == [5, 10, 5]
    assert [t.status for t in tried] == [Status.PAUSED, Status.FINISHED, Status.DIVERGED]
    gone_on, alone = tried[1], trials(task, [whole])[1]
    assert gone_on.evaluated_at.tolist() == alone.evaluated_at.tolist() == [3, 5, 10]
    assert gone_on.examples == alone.examples == 40
    for name in ("step_loss", "train_loss", "train_accuracy", "valid_loss", "valid_accuracy", "example_losses"):
        np.testing.assert_allclose(getattr(gone_on, name), getattr(alone, name), rtol=1e-4, atol=1e-5)
    assert gone_on.epoch_ends(task.steps_per_epoch).tolist() == [1, 2]


def test_a_plan_that_begins_anew_replaces_the_trial():
    task, whole, parts = milestones()
    assert trials(task, [*parts, whole])[0].steps == 10


def test_one_history_holds_every_trial_with_nan_where_it_was_not_trained():
    task, whole, parts = milestones()
    history = one_history(task, trials(task, parts), 2.5)
    np.testing.assert_allclose(history.plan.rates, whole.plan.rates)
    assert history.evaluated_at.tolist() == [3, 5, 10]
    assert np.isnan(history.step_loss[0, 5:]).all()
    assert not np.isnan(history.step_loss[0, :5]).any()
    assert np.isnan(history.valid_loss[0]).tolist() == [False, False, True]
    assert history.seconds == 2.5
    assert history.status == tuple(t.status for t in trials(task, parts))
