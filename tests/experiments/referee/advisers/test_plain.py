import numpy as np
import pytest
from bench.grid_search import GridSearch

from etascope.core.data import NO_FOLD
from etascope.core.plan import Plan
from etascope.core.recipe import OPTIMIZERS, Recipe
from etascope.experiments.range_test.rules import RULES
from etascope.experiments.referee.advisers.plain import CustomaryDefault, OwnPick, RangeTestAdviser
from tests.experiments.referee.made import SMALL, bench


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_the_customary_default_is_free_and_by_family(optimizer):
    advice = CustomaryDefault().advise(bench(Recipe(hidden=(), epochs=1, optimizer=optimizer)))
    assert advice.equivalents == 0
    assert advice.learning_rate == (0.001 if optimizer in ("adam", "adamw", "rmsprop") else 0.01)


def test_own_pick_is_the_search_of_its_method():
    problem = bench()
    advice = OwnPick(GridSearch()).advise(problem)
    histories = []
    while (plan := GridSearch().propose(problem.task, histories)) is not None:
        histories.append(problem.train(plan))
    assert advice.learning_rate == GridSearch().choose(problem.task, histories).learning_rate
    assert advice.equivalents > len(histories[0].plan) * 0.8


def test_a_method_that_cannot_tell_gives_no_rate():
    assert OwnPick(GridSearch(low=1e-9, high=2e-9)).advise(bench()).learning_rate is None


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_every_rule_advises_from_its_own_sweep(rule):
    adviser, problem = RangeTestAdviser(rule), bench()
    advice = adviser.advise(problem)
    assert advice.learning_rate is None or rule.sweep.low / 10 <= advice.learning_rate <= rule.sweep.high
    assert 0 < advice.equivalents <= rule.sweep.length(50) / 50
    assert (adviser.name, adviser.needs, advice.train) == (rule.name, (), None)
    assert f"{rule.sweep.low:g}" in adviser.about


def test_the_suggestion_is_the_rules_on_the_losses_of_that_sweep():
    rule = next(rule for rule in RULES if rule.name == "ignite steepest")
    problem = bench()
    rates = rule.sweep.trained(50)
    history = problem.train(Plan(rates[None], np.array([0]), np.array([NO_FOLD])))
    expected = rule.suggest(rule.sweep.stated(50), history.step_loss[0].astype(float))
    assert RangeTestAdviser(rule).advise(problem).learning_rate == expected


def test_a_sweep_longer_than_the_training_trains_longer():
    rule = RULES[0]
    assert rule.sweep.length(50) == 100 > 50 == asked_steps()
    assert RangeTestAdviser(rule).advise(bench()).equivalents > 1


def asked_steps():
    return 800 // SMALL.batch_size * SMALL.epochs
