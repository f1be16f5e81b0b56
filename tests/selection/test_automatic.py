from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etascope.core.errors import InputError
from etascope.core.recipe import Recipe, Task
from etascope.images.open import open_images
from etascope.pipeline.prepare import prepare
from etascope.pipeline.split import divide
from etascope.selection.automatic import Automatic
from etascope.selection.cost import cheap_trainings, training_seconds
from etascope.selection.cross_validation.method import CrossValidation
from etascope.selection.rehearsals.method import Rehearsals
from etascope.training.dense.engine import DenseEngine
from tests.selection.learning_curves import Curves, job, moving_valley, run_method

SMALL = Task(Recipe(), n_classes=10, n_development=800, n_folds=5, steps_per_epoch=40)
LARGE = Task(Recipe(hidden=(512, 512)), n_classes=10, n_development=56000, n_folds=5, steps_per_epoch=2800)


def test_small_tasks_are_cross_validated_and_large_ones_rehearsed():
    assert Automatic().method(SMALL) == CrossValidation()
    assert Automatic().method(LARGE) == Rehearsals()


def test_one_holdout_is_always_rehearsed():
    for budget in (None, 3, 100):
        assert isinstance(Automatic(budget=budget).method(replace(SMALL, n_folds=1)), Rehearsals)


@given(rows=st.integers(100, 100_000), hidden=st.integers(1, 1024), epochs=st.integers(1, 30))
@settings(max_examples=30, deadline=None)
def test_the_predicted_time_decides(rows, hidden, epochs):
    task = replace(SMALL, recipe=Recipe(hidden=(hidden,), epochs=epochs), n_development=rows)
    cheap = isinstance(Automatic().method(task), CrossValidation)
    assert cheap == (cheap_trainings(task) * training_seconds(task) <= 60)


@pytest.mark.parametrize(("budget", "cheap"), [(1, False), (3, False), (23.9, False), (24, True), (50, True)])
@pytest.mark.parametrize("task", [SMALL, LARGE])
def test_a_budget_decides_whatever_the_time(task, budget, cheap):
    method = Automatic(budget=budget).method(task)
    assert isinstance(method, CrossValidation if cheap else Rehearsals)
    if isinstance(method, Rehearsals):
        assert method.budget == budget


def test_one_holdout_has_three_trainings_and_more_where_they_are_quick():
    budgets = {
        rows: Automatic().method(replace(task, n_folds=1, n_valid=rows)).budget
        for task, rows in ((SMALL, None), (SMALL, 80))
    }
    assert budgets == {None: 12.0, 80: 3.0}
    assert Automatic().method(replace(LARGE, n_folds=1)).budget == 3.0


def test_the_fields_are_handed_on():
    method = Automatic(target="loss", tolerance=2, low=0.01, high=0.1).method(SMALL)
    assert (method.target, method.tolerance, method.low, method.high) == ("loss", 2, 0.01, 0.1)
    rehearsals = Automatic(target="loss", tolerance=2, low=0.01, high=0.1).method(LARGE)
    assert (rehearsals.target, rehearsals.tolerance, rehearsals.low, rehearsals.high) == ("loss", 2, 0.01, 0.1)


@pytest.mark.parametrize(
    ("method", "task", "sentence"),
    [
        (Automatic(), SMALL, "Cheap regime: 50 trainings were predicted to take 1.2 s, no more than 60 s"),
        (Automatic(), LARGE, "predicted to take 9.4 minutes, over 60 s"),
        (
            Automatic(budget=30),
            SMALL,
            "a budget of 24 trainings and more asks for cross-validation with every trial to the end, about 50",
        ),
        (
            Automatic(budget=3),
            SMALL,
            "Dear regime: rehearsals for at most 3 trainings (7 trainings of 26 steps, 4 of 78).",
        ),
        (
            Automatic(budget=1),
            SMALL,
            "Dear regime: rehearsals for at most 1 training (7 trainings of 21 steps).",
        ),
        (Automatic(), replace(SMALL, n_folds=1), "with one holdout, rehearsals for at most 12 trainings"),
        (Automatic(budget=40), replace(SMALL, n_folds=1), "With folds=5, it would be cross-validation"),
    ],
)
def test_the_reason_says_which_regime_and_why(method, task, sentence):
    assert sentence in str(method.why(task))


def test_the_answer_is_that_of_rehearsals_with_one_more_reason():
    task, curves = job(), Curves(moving_valley(-1.5))
    histories, choice = run_method(Automatic(budget=3), task, curves)
    alone = Rehearsals(budget=3).choose(task, histories)
    assert choice.learning_rate == alone.learning_rate
    assert choice.basin == alone.basin
    assert choice.reasons[:-1] == alone.reasons
    assert choice.reasons[-1] == Automatic(budget=3).why(task)


def test_small_digits_are_cross_validated_for_real():
    recipe = Recipe(hidden=(), epochs=2, seed=1)
    split = prepare(divide(open_images("digits"), seed=1), recipe)
    task, engine, histories = Task.of(split, recipe), DenseEngine(workers=1), []
    while (plan := Automatic().propose(task, histories)) is not None:
        histories.append(engine.train(split, recipe, plan))
    choice = Automatic().choose(task, histories)
    assert choice.regime == "cheap"
    assert str(choice.reasons[-1]).startswith("Cheap regime")
    assert 0.003 < choice.learning_rate < 0.3


@pytest.mark.parametrize(
    ("field", "sentence"),
    [
        ({"target": "lose"}, "Did you mean 'loss'"),
        ({"tolerance": -1}, "tolerance must be a finite number above 0; found -1"),
        ({"high": 0}, "high learning rate must be finite and above 0; found 0"),
        ({"budget": 0.01}, "must be a finite number of trainings, at least 0.02; found 0.01"),
    ],
)
def test_what_cannot_be_asked_for_is_said_in_a_sentence(field, sentence):
    with pytest.raises(InputError, match=sentence):
        Automatic(**field)
