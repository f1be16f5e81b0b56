from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etascope.core.data import NO_FOLD
from etascope.core.plan import sweep
from etascope.core.recipe import Recipe, Task
from etascope.core.trials import trials
from etascope.images.open import open_images
from etascope.pipeline.prepare import prepare
from etascope.pipeline.split import divide
from etascope.selection.cost import (
    cheap_trainings,
    duration,
    plan_cost,
    search_cost,
    train_rows,
    training_seconds,
    valid_rows,
)
from etascope.training.dense.engine import DenseEngine
from tests.selection.closed_form import ClosedForm, task, valley
from tests.selection.learning_curves import job


def cost_of(job, histories):
    return search_cost(job, trials(job, histories), histories)


def test_a_validated_example_counts_a_third_of_a_trained_one():
    job, engine = task(), ClosedForm(valley(-1), wall=0.5)
    histories = [engine.train(job, sweep(job.recipe, job.steps, [0.1, 10.0], [0, 1]))]
    cost = cost_of(job, histories)
    trained, validated = 2 * (640 * 5 + 32), 2 * 5 * 160
    assert cost.training_equivalents == pytest.approx((3 * trained + validated) / (5 * (3 * 640 + 160)))
    assert (cost.trials, cost.epochs, cost.seconds) == (4, 5, 0.5)
    assert cost_of(job, histories * 2).training_equivalents == pytest.approx(2 * cost.training_equivalents)
    assert cost_of(job, histories * 2).trials == 4


def test_trials_that_hold_nothing_out_have_no_validation_passes():
    job = task()
    history = ClosedForm(valley(-1)).train(job, sweep(job.recipe, job.steps, [0.1], [NO_FOLD]))
    assert np.isnan(history.valid_loss).all()
    assert cost_of(job, [history]).training_equivalents == pytest.approx(3 * 640 / (3 * 640 + 160))


def test_the_rows_of_one_holdout_are_those_that_no_step_trains():
    job = task(n_folds=1, batch_size=300)
    history = ClosedForm(valley(-1)).train(job, sweep(job.recipe, job.steps, [0.1], [0]))
    assert (train_rows(job), valid_rows(job)) == (600, 200)
    assert cost_of(job, [history]).training_equivalents == pytest.approx((3 * 640 + 200) / (3 * 600 + 200))


def test_validation_rows_of_a_loader_are_no_part_of_a_training():
    job = replace(task(n_folds=1), n_valid=80)
    history = ClosedForm(valley(-1)).train(job, sweep(job.recipe, job.steps, [0.1], [0]))
    assert cost_of(job, [history]).training_equivalents == pytest.approx((3 * 640 + 80) / (3 * 800 + 80))


def test_what_a_check_trains_before_the_search_counts():
    job = replace(task(), checked=64)
    history = ClosedForm(valley(-1)).train(job, sweep(job.recipe, job.steps, [0.1], [0]))
    assert cost_of(job, [history]).training_equivalents == pytest.approx(1 + 64 * 3 / (5 * (3 * 640 + 160)))


@given(st.integers(1, 200), st.integers(1, 60), st.integers(1, 200), st.sampled_from([7, 32, 100]))
@settings(max_examples=25, deadline=None)
def test_a_plan_costs_what_was_predicted(steps, epoch_steps, valid_rows, batch):
    split = prepare(divide(open_images("digits")), Recipe(hidden=()))
    recipe = Recipe(hidden=(), batch_size=batch)
    job = Task.of(split, recipe)
    steps = min(steps, job.steps)
    parts = {"length": steps, "epoch_steps": epoch_steps, "valid_rows": valid_rows, "evaluate_at": (steps,)}
    plan = replace(sweep(recipe, steps, [0.001, 0.01], [0]), **parts)
    history = DenseEngine(workers=1).train(split, recipe, plan)
    assert plan_cost(job, plan) == pytest.approx(cost_of(job, [history]).training_equivalents)


def test_a_training_takes_its_multiplications_over_the_speed():
    task = job(hidden=(100,))
    assert training_seconds(task) == pytest.approx(3 * (784 * 100 + 100 * 10) * 1000 * 5 / 5e10)


@pytest.mark.parametrize(("folds", "trainings"), [(1, 50), (2, 14), (5, 50), (10, 110)])
def test_cross_validation_costs_more_with_more_folds(folds, trainings):
    assert cheap_trainings(job(n_folds=folds)) == trainings


@given(st.integers(1, 20))
def test_it_grows_with_the_epochs(factor):
    once = job(epochs=1)
    more = job(epochs=factor)
    assert training_seconds(more) == pytest.approx(factor * training_seconds(once))
    assert Recipe(epochs=factor).epochs == factor


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.001, "0.1 s"), (3.14, "3.1 s"), (90, "90 s"), (150, "2.5 minutes"), (3600, "60 minutes"), (7200, "2 hours")],
)
def test_durations_are_said_in_the_unit_that_suits(seconds, said):
    assert duration(seconds) == said


def test_a_model_of_pytorch_takes_its_own_speed():
    task = replace(job(), forward=2e6)
    assert training_seconds(task) == pytest.approx(3 * 2e6 * 1000 * 5 / 5e9)
