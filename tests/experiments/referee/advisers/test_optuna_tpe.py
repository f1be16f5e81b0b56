from dataclasses import replace

import pytest

from etascope.core.errors import InputError
from etascope.core.plan import sweep
from etascope.experiments.referee.advisers.optuna_tpe import OptunaTPE, search_range
from tests.experiments.referee.made import SMALL, bench


@pytest.fixture
def optuna():
    import optuna

    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    yield optuna
    optuna.logging.set_verbosity(before)


def test_it_answers_what_optuna_itself_finds(optuna):
    problem = bench()
    advice = OptunaTPE(3).advise(problem)

    def objective(trial):
        rate = trial.suggest_float("learning_rate", 1e-5, 1.0, log=True)
        return float(problem.train(sweep(SMALL, 40, [rate], [0])).valid_loss[0, -1])

    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=0))
    study.optimize(objective, n_trials=3)
    assert advice.learning_rate == study.best_params["learning_rate"]
    assert advice.equivalents == pytest.approx(3)


def test_another_seed_asks_other_rates_and_the_same_seed_the_same():
    first, again, other = (OptunaTPE(2).advise(bench(replace(SMALL, seed=s))).learning_rate for s in (0, 0, 1))
    assert first == again != other


def test_every_trial_may_diverge():
    recipe = replace(SMALL, weight_decay=1e30)
    advice = OptunaTPE(2).advise(bench(recipe))
    assert 1e-5 <= advice.learning_rate <= 1


@pytest.mark.parametrize(("optimizer", "ends"), [("sgd", (1e-5, 1)), ("adamw", (1e-6, 0.1)), ("adagrad", (1e-5, 1))])
def test_the_range_is_the_familys(optimizer, ends):
    assert search_range(optimizer) == ends


def test_the_verbosity_of_optuna_stays_as_it_was(optuna):
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    OptunaTPE(1).advise(bench())
    assert optuna.logging.get_verbosity() == optuna.logging.ERROR


def test_no_trial_is_refused():
    with pytest.raises(InputError, match="at least 1 trial; found 0"):
        OptunaTPE(0)
