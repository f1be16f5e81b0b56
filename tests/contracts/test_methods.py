"""What every method promises; add a method to `METHODS` and it is held to it."""

from dataclasses import fields

import numpy as np
import pytest

from etascope.core.plan import Plan
from etascope.core.trials import trials
from etascope.selection.automatic import Automatic
from etascope.selection.cross_validation.method import CrossValidation
from etascope.selection.halving.method import Halving
from etascope.selection.rehearsals.method import Rehearsals
from tests.selection import closed_form
from tests.selection.closed_form import BLIND, ClosedForm, flat, task, valley

METHODS = (CrossValidation(), Halving(), Rehearsals(budget=1), Automatic(budget=8, low=0.001, high=0.5))
ENGINES = {
    "a valley with a cliff": ClosedForm(valley(-1.4), wall=-0.6),
    "a valley far below": ClosedForm(valley(-5)),
    "all diverge": ClosedForm(valley(-1), wall=-20),
    "nothing learns": ClosedForm(flat(BLIND), wall=0.5, shared=0.003, noise=0.003),
    "all alike": ClosedForm(flat(0.5), wall=0.5, noise=0, shared=0),
}
TASKS = {
    "five folds": task(),
    "a holdout": task(1, seed=3),
    "one-cycle with Adam": task(schedule="one-cycle", warmup=0.1, optimizer="adam"),
}

SEARCHED = {}


def search(method, job, engine):
    """Search once for each situation: every test looks at the same histories and choice."""
    key = repr(method), id(job), id(engine)
    if key not in SEARCHED:
        SEARCHED[key] = closed_form.search(method, job, engine)
    return SEARCHED[key]


everywhere = [
    pytest.mark.parametrize("method", METHODS, ids=repr),
    pytest.mark.parametrize("job", TASKS.values(), ids=TASKS),
    pytest.mark.parametrize("engine", ENGINES.values(), ids=ENGINES),
]


def each_situation(test):
    for mark in everywhere:
        test = mark(test)
    return test


def arrays(plan):
    return [plan.rates, plan.seeds, plan.folds]


@each_situation
def test_plans_fit_the_task_and_are_not_empty(method, job, engine):
    histories, _ = search(method, job, engine)
    assert histories
    for plan in (h.plan for h in histories):
        assert isinstance(plan, Plan)
        assert len(plan)
        # Halving and rehearsals train for part of the steps.
        assert 0 < plan.start + plan.steps <= job.steps
        assert set(plan.folds.tolist()) <= set(range(job.n_folds))


@each_situation
def test_the_search_ends_and_stays_ended(method, job, engine):
    histories, _ = search(method, job, engine)
    assert len(histories) <= 20
    assert method.propose(job, histories) is None


@each_situation
def test_plans_and_choice_depend_on_nothing_but_task_and_histories(method, job, engine):
    histories, choice = search(method, job, engine)
    for done in range(len(histories)):
        again = method.propose(job, histories[:done])
        for one, other in zip(arrays(again), arrays(histories[done].plan), strict=True):
            np.testing.assert_array_equal(one, other)
    again = method.choose(job, histories)
    assert (again.learning_rate, again.basin, again.reasons, again.verdicts) == (
        choice.learning_rate, choice.basin, choice.reasons, choice.verdicts,
    )  # fmt: skip


@each_situation
def test_trials_that_are_compared_share_seeds_and_folds(method, job, engine):
    _, choice = search(method, job, engine)
    if choice.learning_rate is not None:
        here = choice.landscape
        inside = (here.learning_rates >= choice.basin.low) & (here.learning_rates <= choice.basin.high)
        # The answer may lie between rates that were tried; a basin of one rate may hold none of them.
        for best in here.valid_loss[here.learning_rates == choice.learning_rate]:
            assert np.isfinite(best[~np.isnan(best)]).all()
        assert (np.isfinite(here.valid_loss[inside]).sum(axis=1) > 0).all()


@each_situation
def test_the_choice_is_whole_or_says_that_there_is_none(method, job, engine):
    histories, choice = search(method, job, engine)
    # A trial that goes on from its checkpoint is one trial, over several plans.
    assert len(choice.verdicts) == len(trials(job, histories)) == choice.cost.trials
    assert choice.cost.epochs == job.recipe.epochs
    assert choice.cost.training_equivalents > 0
    assert choice.reasons
    assert all(
        sentence.endswith(".") and "\n" not in sentence for sentence in map(str, (*choice.reasons, choice.not_tried))
    )
    if choice.learning_rate is None:
        assert choice.basin is None
        assert np.isnan(choice.valid_loss)
        assert np.isnan(choice.valid_accuracy)
    else:
        tried = choice.landscape.learning_rates
        assert tried[0] <= choice.learning_rate <= tried[-1]
        assert choice.basin.low <= choice.learning_rate <= choice.basin.high
        assert np.isfinite(choice.valid_loss)
        assert 0 <= choice.valid_accuracy <= 1


@pytest.mark.parametrize("method", METHODS, ids=repr)
def test_a_choice_may_be_asked_for_after_any_round(method):
    job, engine = TASKS["five folds"], ENGINES["a valley far below"]
    histories, _ = search(method, job, engine)
    for done in range(1, len(histories) + 1):
        choice = method.choose(job, histories[:done])
        assert len(choice.verdicts) == len(trials(job, histories[:done]))


@pytest.mark.parametrize("method", METHODS, ids=repr)
def test_a_method_is_a_frozen_value(method):
    same = type(method)(**{f.name: getattr(method, f.name) for f in fields(method)})
    assert same == method
    assert hash(same) == hash(method)
