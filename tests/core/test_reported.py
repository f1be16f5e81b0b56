import numpy as np

from etascope.core.history import Status
from etascope.core.measure import Measure
from etascope.core.plan import Plan
from etascope.core.recipe import Task
from etascope.core.reported import Reported, reported_history
from etascope.core.trials import trials


def plan(epochs=3, start=0, resume=None):
    return Plan(
        np.full((3, epochs), [[0.1], [0.2], [0.3]]), np.zeros(3, np.int64), np.zeros(3, np.int64), start, resume,
        keep_checkpoints=True,
    )  # fmt: skip


THREE = (
    Reported((0.5, 0.4, 0.3), None, 3, accuracies=(0.6, 0.7, 0.8)),
    Reported((0.5,), Status.DIVERGED, 2),
    Reported((), Status.FAILED, 0, "its script failed"),
)


def test_what_was_reported_stands_where_a_loss_would():
    history = reported_history(plan(), THREE, 5, Measure("loss"), seconds=2.0)
    np.testing.assert_array_equal(history.valid_loss, [[0.5, 0.4, 0.3], [0.5, np.nan, np.nan], [np.nan] * 3])
    np.testing.assert_array_equal(history.valid_accuracy[0], [0.6, 0.7, 0.8])
    assert np.isnan(history.valid_accuracy[1:]).all()
    assert np.isnan(history.step_loss).all()
    assert np.isnan(history.train_loss).all()
    assert history.evaluated_at.tolist() == [1, 2, 3]
    assert history.status == (Status.PAUSED, Status.DIVERGED, Status.FAILED)
    assert history.diverged.tolist() == [False, True, True]
    assert history.diverged_at.tolist() == [-1, 1, 0]
    assert history.examples.tolist() == [3, 2, 0]
    assert [None if c is None else c.step for c in history.checkpoints] == [3, None, None]
    assert (history.remarks[2], history.seconds) == ("its script failed", 2.0)


def test_the_last_epoch_finishes_a_trial():
    assert reported_history(plan(), THREE, 3, Measure("loss")).status[0] is Status.FINISHED


def test_an_accuracy_that_is_the_measure_is_the_accuracy():
    history = reported_history(plan(), THREE, 3, Measure("acc", maximize=True))
    np.testing.assert_allclose(history.valid_accuracy[1], [0.5, np.nan, np.nan])


def test_trials_go_on_from_their_checkpoints():
    measure = Measure("loss")
    first = reported_history(plan().take([0]), THREE[:1], 5, measure)
    later = plan(2).take([0])
    later = Plan(later.rates, later.seeds, later.folds, 3, (first.checkpoints[0],))
    second = reported_history(later, [Reported((0.2, 0.1), None, 2, "ended by itself")], 5, measure)
    (trial,) = trials(Task.of_reports(5, 0, measure), [first, second])
    assert trial.valid_loss.tolist() == [0.5, 0.4, 0.3, 0.2, 0.1]
    assert (trial.steps, trial.examples, trial.remark, trial.status) == (5, 5, "ended by itself", Status.FINISHED)
