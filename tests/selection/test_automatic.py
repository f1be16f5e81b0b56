from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etascope.core.data import Dataset
from etascope.core.errors import InputError
from etascope.core.recipe import Recipe, Task
from etascope.images.open import open_images
from etascope.pipeline.prepare import prepare
from etascope.pipeline.split import divide
from etascope.selection.automatic import Automatic
from etascope.selection.cost import cheap_trainings, training_seconds
from etascope.selection.cross_validation.method import CrossValidation
from etascope.selection.halving.method import Halving
from etascope.training.dense.engine import DenseEngine
from tests.selection.learning_curves import Curves, job, moving_valley, run_method

SMALL = Task(Recipe(), n_classes=10, n_development=800, n_folds=5, steps_per_epoch=40)
LARGE = Task(Recipe(hidden=(512, 512)), n_classes=10, n_development=56000, n_folds=5, steps_per_epoch=2800)


def test_small_tasks_are_cross_validated_and_large_ones_climb():
    assert Automatic().method(SMALL) == CrossValidation()
    assert Automatic().method(LARGE) == Halving()


def test_one_holdout_always_climbs():
    for budget in (None, 3, 100):
        assert isinstance(Automatic(budget=budget).method(replace(SMALL, n_folds=1)), Halving)


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
    assert isinstance(method, CrossValidation if cheap else Halving)
    if isinstance(method, Halving):
        assert method.budget == budget


def test_the_fields_are_handed_on():
    method = Automatic(target="loss", tolerance=2, low=0.01, high=0.1).method(SMALL)
    assert (method.target, method.tolerance, method.low, method.high) == ("loss", 2, 0.01, 0.1)
    halving = Automatic(target="loss", tolerance=2, low=0.01, high=0.1).method(LARGE)
    assert (halving.target, halving.tolerance, halving.low, halving.high) == ("loss", 2, 0.01, 0.1)


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
            "halving of about 2.9 trainings (7 trials to 6 %, 5 to 25 %, 3 to 75 % of the steps) fits",
        ),
        (
            Automatic(budget=1),
            SMALL,
            "about 1.4 trainings (7 trials to 3 %, 3 to 38 % of the steps) is the smallest, by a budget of 1 training.",
        ),
        (Automatic(), replace(SMALL, n_folds=1), "with one holdout, successive halving of about 2.9 trainings"),
        (Automatic(budget=40), replace(SMALL, n_folds=1), "With folds=5, it would be cross-validation"),
    ],
)
def test_the_reason_says_which_regime_and_why(method, task, sentence):
    assert sentence in str(method.why(task))


def test_the_answer_is_that_of_halving_with_one_more_reason():
    task, curves = replace(job(), n_development=1024), Curves(moving_valley(-1.5))
    histories, choice = run_method(Automatic(budget=3), task, curves)
    halving = Halving(budget=3).choose(task, histories)
    assert choice.learning_rate == halving.learning_rate
    assert choice.basin == halving.basin
    assert choice.reasons[:-1] == halving.reasons
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
        ({"budget": 0.9}, "must be a finite number of at least 1 training; found 0.9"),
    ],
)
def test_what_cannot_be_asked_for_is_said_in_a_sentence(field, sentence):
    with pytest.raises(InputError, match=sentence):
        Automatic(**field)


@pytest.mark.parametrize("budget", [None, 3])
def test_knowing_the_classes_shares_is_not_learning(budget):
    """Noise of two classes, 20 to 1: a model that learns the shares has a loss far below log(2)."""
    random = np.random.default_rng(0)
    images, labels = random.integers(0, 256, (420, 6, 6, 1), np.uint8), np.repeat([0, 1], [400, 20])
    recipe, method = Recipe(hidden=(), epochs=3, batch_size=32), Automatic(budget=budget)
    split = prepare(divide(Dataset(images, labels, ("coat", "pullover"), "noise"), seed=1), recipe)
    task, histories = Task.of(split, recipe), []
    while (plan := method.propose(task, histories)) is not None:
        histories.append(DenseEngine(1).train(split, recipe, plan))
    choice = method.choose(task, histories)
    assert choice.learning_rate is None
    reasons = list(map(str, choice.reasons))
    assert "and a blind guess has 0.19" in reasons[0]
    assert any("95.2 % would be had by always answering coat, and no rate" in reason for reason in reasons)
