import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etascope.core.choice import Landscape
from etascope.core.data import NO_FOLD
from etascope.core.plan import Plan, sweep, trial_rates
from etascope.core.schedules import SCHEDULES
from etascope.selection.landscape import best_index, read_landscape
from tests.selection.closed_form import ClosedForm, flat, task, valley


@given(
    rate=st.sampled_from([1e-7, 0.00133, 0.1, 0.237, 10.0]),
    schedule=st.sampled_from(SCHEDULES),
    warmup=st.sampled_from([0.0, 0.1, 0.5]),
    epochs=st.integers(1, 30),
)
def test_the_rate_that_was_asked_for_is_read_back_to_the_digit(rate, schedule, warmup, epochs):
    job = task(schedule=schedule, warmup=warmup, epochs=epochs)
    assert trial_rates(job, sweep(job.recipe, job.steps, [rate], [0, 1])).tolist() == [rate, rate]


def test_a_later_part_of_a_training_has_the_rate_of_the_whole():
    job = task(schedule="cosine", epochs=10)
    whole = sweep(job.recipe, job.steps, [0.1], [0]).rates
    part = Plan(whole[:, :5], np.zeros(1, np.int64), np.zeros(1, np.int64))
    assert trial_rates(job, part).tolist() == [0.1]


def test_equal_rates_of_several_histories_become_one_row_of_all_units():
    job, engine = task(), ClosedForm(valley(-1))
    first = engine.train(job, sweep(job.recipe, job.steps, [0.1, 0.01], [0, 1], (0,)))
    second = engine.train(job, sweep(job.recipe, job.steps, [1.0, 0.1], [0, 1], (7,)))
    landscape = read_landscape(job, [first, second])
    assert landscape.learning_rates.tolist() == [0.01, 0.1, 1]
    assert landscape.units == ((0, 0), (0, 1), (7, 0), (7, 1))
    assert np.isnan(landscape.valid_loss).tolist() == [[False] * 2 + [True] * 2, [False] * 4, [True] * 2 + [False] * 2]
    assert landscape.valid_loss[1, 1] == first.valid_loss[2, -1]
    assert landscape.valid_accuracy[1, 2] == second.valid_accuracy[1, -1]
    assert landscape.full.tolist() == [False, True, False]


def test_the_later_history_counts_where_a_trial_was_trained_twice():
    job = task()
    plan = sweep(job.recipe, job.steps, [0.1], [0])
    early, late = (ClosedForm(flat(level), noise=0, shared=0).train(job, plan) for level in (1.0, 0.5))
    assert read_landscape(job, [early, late]).valid_loss.tolist() == [[0.5]]


@pytest.mark.parametrize(
    "engine", [ClosedForm(flat(1), wall=-5), ClosedForm(flat(np.nan)), ClosedForm(flat(np.inf), shared=0, noise=0)]
)
def test_a_trial_that_diverged_or_validates_to_no_number_has_infinite_loss(engine):
    job = task()
    with np.errstate(invalid="ignore"):
        history = engine.train(job, sweep(job.recipe, job.steps, [0.1], [0]))
    landscape = read_landscape(job, [history])
    assert landscape.valid_loss.tolist() == [[np.inf]]
    assert np.isnan(landscape.valid_accuracy).all()
    assert best_index(landscape) is None


def test_a_trial_that_holds_nothing_out_is_left_out():
    job = task()
    history = ClosedForm(flat(1)).train(job, sweep(job.recipe, job.steps, [0.1], [NO_FOLD]))
    assert read_landscape(job, [history]).learning_rates.shape == (0,)


def test_without_histories_the_landscape_is_empty_and_nothing_is_best():
    landscape = read_landscape(task(), [])
    assert landscape.valid_loss.shape == (0, 0)
    assert best_index(landscape) is None


@pytest.mark.parametrize(
    ("loss", "best"),
    [
        ([[3.0, 3], [1, 2], [2, 2]], 1),
        ([[3.0, 3], [1, 2], [2, 1]], 1),
        ([[0.1, np.nan], [1, 2], [2, 2]], 1),
        ([[0.1, np.inf], [1, 2], [1, 1]], 2),
        ([[np.inf, np.inf]] * 3, None),
    ],
)
def test_the_best_has_the_lowest_mean_of_all_units(loss, best):
    table = np.array(loss)
    assert best_index(Landscape(np.array([0.1, 0.2, 0.3]), ((0, 0), (0, 1)), table, table)) == best
