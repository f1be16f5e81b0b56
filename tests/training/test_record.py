import numpy as np
import pytest

from etascope.core.errors import InputError
from etascope.core.history import Status
from etascope.core.recipe import Recipe
from etascope.training.record import Record, Validated, check_rows, units_of
from tests.training import made

BOTH = np.array([0, 1])


def record(steps=4, evaluated_at=(2, 4), start=0):
    return Record(made.constant([0.1, 0.2], steps), np.array(evaluated_at), 2, 3)


def floats(*values):
    return np.array(values, np.float32)


def note(notes, trials, column, losses, rights, *batches):
    """Note steps from a list of losses and of rights a step."""
    notes.block(trials, column, np.array(losses, np.float32), np.array(rights, np.float32), floats(*batches))


def ended(record):
    return record.history(Status.FINISHED, ())


def test_losses_are_means_and_epochs_are_means_over_examples_not_batches():
    notes = record()
    note(notes, BOTH, 0, [[8, 4], [1, 1]], [[1, 3], [0, 1]], 4, 1)
    notes.evaluate(BOTH, 2, np.array([True, True]), Validated(np.array([0.5, 0.6]), np.array([0.9, 0.8])))
    history = ended(notes)
    np.testing.assert_array_equal(history.step_loss[:, :2], [[2, 1], [1, 1]])
    np.testing.assert_allclose(history.train_loss[:, 0], [9 / 5, 5 / 5])
    np.testing.assert_allclose(history.train_accuracy[:, 0], [1 / 5, 4 / 5])
    np.testing.assert_array_equal(history.valid_loss[:, 0], [0.5, 0.6])
    np.testing.assert_array_equal(history.valid_accuracy[:, 0], [0.9, 0.8])
    assert history.examples.tolist() == [5, 5]
    assert history.status == (Status.FINISHED,) * 2
    assert history.diverged_at.tolist() == [-1, -1]


def test_the_second_evaluation_forgets_what_the_first_counted():
    notes = record()
    for column in range(4):
        note(notes, BOTH, column, [[column, 10]], [[0, 1]], 1)
        if column % 2:
            notes.evaluate(BOTH, column + 1, np.array([True, True]), None)
    history = ended(notes)
    np.testing.assert_allclose(history.train_loss, [[0.5, 2.5], [10, 10]])
    assert np.isnan(history.valid_loss).all()
    assert np.isnan(history.valid_accuracy).all()


def test_what_was_not_measured_is_nan():
    history = ended(record())
    for table in (history.step_loss, history.train_loss, history.train_accuracy, history.valid_loss):
        assert np.isnan(table).all()
    assert history.step_loss.dtype == np.float32
    assert history.train_loss.dtype == np.float64


def test_a_loss_that_is_not_finite_ends_a_trial_there_even_if_a_later_one_is():
    for bad in (np.nan, np.inf):
        notes = record()
        note(notes, BOTH, 0, [[1, 1], [bad, 2], [3, 3], [4, bad]], np.ones((4, 2)), 1, 1, 1, 1)
        history = ended(notes)
        np.testing.assert_array_equal(history.step_loss, [[1, np.nan, np.nan, np.nan], [1, 2, 3, np.nan]])
        assert history.diverged_at.tolist() == [1, 3]
        assert history.status == (Status.DIVERGED,) * 2


def test_trials_that_are_not_trained_any_more_stand_still():
    notes = record()
    note(notes, BOTH, 0, [[np.nan, 1]], [[0, 1]], 3)
    note(notes, np.array([1]), 1, [[2]], [[1]], 3)
    notes.evaluate(np.array([1]), 2, np.array([True]), Validated(np.array([0.5]), np.array([1.0])))
    history = ended(notes)
    assert history.examples.tolist() == [3, 6]
    np.testing.assert_allclose(history.train_loss[:, 0], [np.nan, 0.5])
    np.testing.assert_allclose(history.valid_loss[:, 0], [np.nan, 0.5])
    assert history.status == (Status.DIVERGED, Status.FINISHED)


def test_weights_or_validation_that_overflow_end_a_trial_at_the_step_before():
    for finite, valid in (([False, True], [0.5, 0.5]), ([True, True], [np.inf, 0.5]), ([True, True], [np.nan, 0.5])):
        notes = record()
        note(notes, BOTH, 0, [[1, 1], [2, 2]], np.ones((2, 2)), 1, 1)
        notes.evaluate(BOTH, 2, np.array(finite), Validated(np.array(valid), np.array([1.0, 1.0])))
        history = ended(notes)
        assert history.diverged_at.tolist() == [1, -1]
        assert history.status == (Status.DIVERGED, Status.FINISHED)
        for table in (history.train_loss, history.train_accuracy, history.valid_loss, history.valid_accuracy):
            np.testing.assert_array_equal(np.isnan(table[:, 0]), [True, False])


def test_steps_are_counted_from_the_start_of_the_training():
    checkpoint = made.checkpoint(step=10)
    notes = Record(made.constant([0.1], 4, start=10, resume=(checkpoint,)), np.array([12, 14]), 2, 3)
    note(notes, np.array([0]), 0, [[1], [np.nan]], [[1], [1]], 1, 1)
    assert ended(notes).diverged_at.tolist() == [11]


RECIPE = Recipe((), batch_size=8, epochs=2)


def test_units_are_equal_seeds_and_folds_in_the_order_of_the_plan():
    plan = made.constant(np.ones(6), 1, seeds=[0, 1, 0, 0, 1, 0], folds=[0, 0, 1, 0, 0, 1])
    assert [trials.tolist() for trials in units_of(plan)] == [[0, 3], [1, 4], [2, 5]]


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"rates": []}, "no trials"),
        ({"seeds": -1}, "a seed must be"),
        ({"folds": 3}, "the split has 3 folds"),
        ({"folds": -2}, "a fold counts from 0"),
        ({"folds": [0, -1]}, "must all hold a fold out"),
        ({"steps": 17}, "the recipe has 16 steps; the plan goes to step 17"),
    ],
)
def test_a_plan_that_does_not_fit_is_refused(how, message):
    split = made.split(90, side=3, folds=3)
    how = {"rates": [0.1, 0.2], "steps": 5, "seeds": 0, "folds": 0, **how}
    plan = made.constant(how["rates"], how["steps"], seeds=how["seeds"], folds=how["folds"])
    with pytest.raises(InputError, match=message):
        check_rows(split, RECIPE, plan)
