from dataclasses import replace

import numpy as np
import pytest

from etascope.core.data import NO_FOLD
from etascope.core.plan import sweep
from etascope.selection.cost import search_cost
from tests.selection.closed_form import ClosedForm, task, valley


def test_validation_passes_count_a_third_an_example():
    job, engine = task(), ClosedForm(valley(-1), wall=0.5)
    told = [engine.train(job, sweep(job.recipe, job.steps, [0.1, 10.0], [0, 1]))]
    cost = search_cost(job, told)
    trained, validated = 2 * (640 * 5 + 32), 2 * 5 * 160
    assert cost.training_equivalents == pytest.approx((trained + validated / 3) / 4000)
    assert (cost.trials, cost.epochs, cost.seconds) == (4, 5, 0.5)
    assert search_cost(job, told * 2).training_equivalents == pytest.approx(2 * cost.training_equivalents)
    assert search_cost(job, told * 2).trials == 4


def test_trials_that_hold_nothing_out_have_no_validation_passes():
    job = task()
    history = ClosedForm(valley(-1)).train(job, sweep(job.recipe, job.steps, [0.1], [NO_FOLD]))
    assert np.isnan(history.valid_loss).all()
    assert search_cost(job, [history]).training_equivalents == pytest.approx(640 * 5 / 4000)


def test_the_rows_of_one_holdout_are_those_that_no_step_trains():
    job = task(n_folds=1, batch_size=300)
    history = ClosedForm(valley(-1)).train(job, sweep(job.recipe, job.steps, [0.1], [0]))
    assert search_cost(job, [history]).training_equivalents == pytest.approx((640 * 5 + 5 * 200 / 3) / 4000)


def test_validation_rows_of_a_loader_are_no_part_of_a_training():
    job = replace(task(n_folds=1), n_valid=80)
    history = ClosedForm(valley(-1)).train(job, sweep(job.recipe, job.steps, [0.1], [0]))
    assert search_cost(job, [history]).training_equivalents == pytest.approx((640 * 5 + 5 * 80 / 3) / 4000)
