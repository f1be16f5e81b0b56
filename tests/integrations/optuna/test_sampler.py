import math
import os
import pickle
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import optuna
import pytest
from optuna.samplers import PartialFixedSampler
from optuna.trial import TrialState
from sklearn.datasets import load_digits
from sklearn.linear_model import SGDClassifier
from sklearn.metrics import log_loss

import etascope
from etascope.core.errors import InputError
from etascope.core.history import Status
from etascope.integrations.optuna.sampler import LearningRatePruner, LearningRateSampler
from etascope.integrations.optuna.study import optuna_study
from etascope.report.html.run import run_html

ROOT = Path(__file__).parents[3]
LOW, HIGH, EPOCHS = 1e-5, 10.0, 10


@pytest.fixture(autouse=True)
def quiet():
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    yield
    optuna.logging.set_verbosity(before)


def valley(rate, epoch, best=0.004):
    return 0.2 + 0.5 / epoch + 0.3 * abs(math.log10(rate / best))


def made(storage=None, direction="minimize", **settings):
    sampler = LearningRateSampler(**{"epochs": EPOCHS, **settings})
    return sampler, optuna.create_study(
        storage=storage, study_name="rates", load_if_exists=True, direction=direction, sampler=sampler,
        pruner=LearningRatePruner(sampler),
    )  # fmt: skip


def objective(trial, loss=valley):
    rate = trial.suggest_float("learning_rate", LOW, HIGH, log=True)
    for epoch in range(1, EPOCHS + 1):
        trial.report(loss(rate, epoch), epoch)
        if trial.should_prune():
            raise optuna.TrialPruned
    return loss(rate, EPOCHS)


def searched(loss=valley, **settings):
    """The same search by itself, and how far each of its trials went."""
    search = etascope.Search(low=LOW, high=HIGH, epochs=EPOCHS, **settings)
    went = []
    for trial in search:
        for epoch in range(1, EPOCHS + 1):
            if trial.report(valid_loss=loss(trial.learning_rate, epoch)).stop:
                break
        went.append((trial.learning_rate, epoch))
    return search, went


def went(study):
    return [(trial.params["learning_rate"], len(trial.intermediate_values)) for trial in study.trials]


def same(run, other):
    assert run.choice.learning_rate == other.choice.learning_rate
    assert run.choice.basin == other.choice.basin
    assert run.choice.verdicts == other.choice.verdicts
    assert run.choice.reasons == other.choice.reasons


def test_the_same_reports_give_the_same_search():
    sampler, study = made()
    study.optimize(objective)
    search, expected = searched()
    assert went(study) == expected
    same(sampler.run(study), search.run)
    assert sampler.choice(study).learning_rate == pytest.approx(0.004, rel=0.6)
    assert sampler.done(study)


@pytest.mark.parametrize("settings", [{"budget": 8.0}, {"tolerance": 1.0}, {"seed": 3}])
def test_settings_are_those_of_the_search(settings):
    sampler, study = made(**settings)
    study.optimize(objective)
    search, expected = searched(**settings)
    assert went(study) == expected
    same(sampler.run(study), search.run)


def test_trials_that_are_stopped_are_pruned_and_the_answer_stands_beside_them():
    sampler, study = made()
    study.optimize(objective)
    choice = sampler.choice(study)
    assert {trial.state for trial in study.trials} == {TrialState.PRUNED}
    assert study.user_attrs["learning_rate"] == choice.learning_rate
    assert study.user_attrs["basin_low"] == choice.basin.low
    assert study.user_attrs["reason"] == " ".join(map(str, choice.reasons))


def test_trials_that_a_large_budget_trains_to_the_end_are_complete():
    _, study = made(budget=float(EPOCHS))
    study.optimize(objective)
    assert {trial.state for trial in study.trials} == {TrialState.COMPLETE}
    assert {length for _, length in went(study)} == {EPOCHS}
    assert study.best_value == min(trial.value for trial in study.trials)


def test_a_run_is_reported_with_the_times_of_its_trials_and_is_a_study_again():
    sampler, study = made()
    study.optimize(objective)
    run = sampler.run(study)
    times = [trial.duration.total_seconds() for trial in study.trials]
    # The time that the search itself takes counts for Optuna.
    assert 0 < run.seconds < sum(times)
    assert LearningRateSampler(epochs=EPOCHS).run(study).seconds == pytest.approx(sum(times))
    assert [history.seconds > 0 for history in run.histories] == [True] * len(times)
    assert "study rates of Optuna" in run_html(run)
    again = optuna_study(run)
    assert again.user_attrs["learning_rate"] == run.choice.learning_rate


def test_real_trainings_find_a_rate_that_learns():
    digits = load_digits()
    x, y = digits.data / 16, digits.target
    train, valid = np.arange(0, 1200), np.arange(1200, 1797)

    def train_one(trial):
        rate = trial.suggest_float("eta", 1e-6, 100, log=True)
        model = SGDClassifier("log_loss", alpha=0, learning_rate="constant", eta0=rate, random_state=0)
        for epoch in range(8):
            order = np.random.default_rng(epoch).permutation(train)
            model.partial_fit(x[order], y[order], classes=np.arange(10))
            trial.report(log_loss(y[valid], model.predict_proba(x[valid])), epoch)
            if trial.should_prune():
                raise optuna.TrialPruned
        return model.score(x[valid], y[valid])

    sampler = LearningRateSampler(epochs=8, parameter="eta")
    study = optuna.create_study(sampler=sampler, pruner=LearningRatePruner(sampler))
    study.optimize(train_one, n_trials=60)
    choice = sampler.choice(study)
    assert 1e-3 < choice.learning_rate < 3
    assert choice.walls.low is not None
    assert choice.walls.high is not None
    assert len(study.trials) < 40


RESUMED = """
    import os, signal, sys
    import optuna
    from tests.integrations.optuna.test_sampler import made, objective, valley

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    left = [int(sys.argv[2])]

    def loss(rate, epoch):
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return valley(rate, epoch)

    made(sys.argv[1])[1].optimize(lambda trial: objective(trial, loss))
"""


@pytest.mark.parametrize("after", [4, 20])
def test_a_study_in_sqlite_goes_on_in_another_process_after_it_was_killed(tmp_path, after):
    address = f"sqlite:///{tmp_path / 'studies.db'}"
    script = tmp_path / "script.py"
    script.write_text(textwrap.dedent(RESUMED))
    killed = subprocess.run(
        [sys.executable, script, address, str(after)], timeout=100, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src")])},
    )  # fmt: skip
    assert killed.returncode == -9, killed.stderr
    sampler, study = made(address)
    study.optimize(objective)
    search, expected = searched()
    lost = [trial.number for trial in study.trials if trial.state is TrialState.RUNNING]
    assert len(lost) == 1
    assert [at for number, at in enumerate(went(study)) if number != lost[0]] == expected
    same(sampler.run(study), search.run)
    # Another sampler reads the same answer, and a finished study has nothing more to train.
    other, loaded = made(address)
    same(other.run(loaded), search.run)
    loaded.optimize(objective, n_trials=5)
    assert len(loaded.trials) == len(expected) + 2
    assert loaded.trials[-1].state is TrialState.PRUNED
    assert loaded.trials[-1].params == {}


def test_an_interrupted_study_goes_on_with_a_new_sampler_or_one_that_was_pickled():
    sampler, study = made()
    study.optimize(objective, n_trials=5)
    study.sampler = pickle.loads(pickle.dumps(sampler))
    study.pruner = LearningRatePruner(study.sampler)
    study.optimize(objective, n_trials=3)
    new = LearningRateSampler(epochs=EPOCHS)
    study.sampler, study.pruner = new, LearningRatePruner(new)
    study.optimize(objective)
    search, expected = searched()
    assert went(study) == expected
    same(new.run(study), search.run)


def test_a_second_process_at_the_same_time_costs_trials_and_changes_nothing(tmp_path):
    address = f"sqlite:///{tmp_path / 'studies.db'}"
    ones = [made(address), made(address)]
    # Both train what the search asks for first; the second one ends first.
    trials = [study.ask() for _, study in ones]
    rates = [trial.suggest_float("learning_rate", LOW, HIGH, log=True) for trial in trials]
    assert rates[0] == rates[1]
    for trial in trials:
        trial.report(valley(rates[0], 1), 1)
    assert trials[1].should_prune()
    ones[1][1].tell(trials[1], state=TrialState.PRUNED)
    trials[0].report(5.0, 2)
    assert trials[0].should_prune()
    ones[0][1].tell(trials[0], state=TrialState.PRUNED)
    ones[0][1].optimize(objective)
    search, expected = searched()
    assert went(ones[0][1])[1:] == expected
    same(ones[0][0].run(ones[0][1]), search.run)
    same(ones[1][0].run(ones[1][1]), search.run)


def test_ask_and_tell_goes_on_until_it_is_done():
    sampler, study = made()
    while not sampler.done(study):
        trial = study.ask()
        try:
            study.tell(trial, objective(trial))
        except optuna.TrialPruned:
            study.tell(trial, state=TrialState.PRUNED)
    assert went(study) == searched()[1]
    trial = study.ask()
    with pytest.raises(optuna.TrialPruned, match="knows enough"):
        objective(trial)


def test_a_study_that_maximises_reports_accuracies():
    sampler, study = made(direction="maximize")
    study.optimize(lambda trial: objective(trial, lambda rate, epoch: 1 - valley(rate, epoch) / 4))
    choice = sampler.choice(study)
    assert choice.measure.maximize
    assert choice.learning_rate == pytest.approx(0.004, rel=0.6)


@pytest.mark.parametrize("worst", [math.nan, math.inf])
def test_a_value_that_is_not_finite_is_a_divergence(worst, tmp_path):
    def loss(rate, epoch):
        return worst if rate > 0.02 else valley(rate, epoch)

    sampler, study = made(f"sqlite:///{tmp_path / 'studies.db'}")
    study.optimize(lambda trial: objective(trial, loss))
    search, expected = searched(loss)
    assert went(study) == expected
    same(sampler.run(study), search.run)
    assert any(trial.status is Status.DIVERGED for trial in sampler.run(study).trials)


def test_a_trial_that_fails_is_trained_again_and_has_failed_after_three_times():
    calls = []

    def loss(rate, epoch):
        if epoch == 1:
            calls.append(rate)
        # Once for a reason that goes away, and always for high rates.
        if len(calls) == 3 or (rate > 0.02 and epoch == 1):
            raise OSError("no space left")
        return valley(rate, epoch)

    sampler, study = made()
    study.optimize(lambda trial: objective(trial, loss), catch=(OSError,))
    run = sampler.run(study)
    failed = [trial for trial in run.trials if trial.status is Status.FAILED]
    assert failed
    assert all(trial.learning_rate > 0.02 for trial in failed)
    assert calls[2] == calls[3]
    for trial in failed:
        assert calls.count(trial.learning_rate) % 3 == 0
    assert run.choice.learning_rate < 0.02


def test_a_failure_in_the_middle_of_a_trial_leaves_nothing():
    calls = []

    def loss(rate, epoch):
        calls.append(rate)
        if len(calls) == 20:
            raise RuntimeError("out of memory")
        return valley(rate, epoch)

    sampler, study = made()
    with pytest.raises(RuntimeError, match="out of memory"):
        study.optimize(lambda trial: objective(trial, loss))
    assert went(study)[-1][1] > 1
    study.optimize(lambda trial: objective(trial, loss))
    search, expected = searched()
    states = [trial.state for trial in study.trials]
    assert [at for at, state in zip(went(study), states, strict=True) if state is not TrialState.FAIL] == expected
    same(sampler.run(study), search.run)


def test_without_a_pruner_trials_go_to_their_end_and_the_answer_is_the_same():
    sampler = LearningRateSampler(epochs=EPOCHS)
    study = optuna.create_study(sampler=sampler, pruner=optuna.pruners.NopPruner())
    study.optimize(objective)
    search, _ = searched()
    assert {length for _, length in went(study)} == {EPOCHS}
    assert study.best_value > 0
    same(sampler.run(study), search.run)


def test_trials_given_by_hand_do_not_count():
    sampler, study = made()
    study.enqueue_trial({"learning_rate": 0.5})
    study.optimize(objective)
    search, expected = searched()
    assert went(study) == [(0.5, EPOCHS), *expected]
    same(sampler.run(study), search.run)


@pytest.mark.filterwarnings("ignore:PartialFixedSampler is experimental")
def test_other_parameters_can_be_fixed_from_outside():
    def with_momentum(trial):
        assert trial.suggest_float("momentum", 0, 1) == 0.9
        return objective(trial)

    sampler = LearningRateSampler(epochs=EPOCHS)
    fixed = PartialFixedSampler({"momentum": 0.9}, sampler)
    study = optuna.create_study(sampler=fixed, pruner=LearningRatePruner(sampler))
    study.optimize(with_momentum)
    same(sampler.run(study), searched()[0].run)


def suggesting(*names, **axis):
    def objective_of_names(trial):
        for name in names:
            trial.suggest_float(name, **{"low": LOW, "high": HIGH, "log": True, **axis})
        trial.report(0.5, 1)
        return 0.5

    return objective_of_names


@pytest.mark.parametrize(
    ("objective_given", "sentence"),
    [
        (suggesting("learning_rate", log=False), r"must be a float on a logarithmic axis; found FloatDistribution"),
        (lambda trial: trial.suggest_int("learning_rate", 1, 9, log=True), r"must be a float on a logarithmic axis"),
        (suggesting("learning_rate", low=0.1, high=0.1), r"needs a range to be searched; found 0\.1 alone"),
        (suggesting("momentum"), r"searches 'learning_rate' with all else alike; found the parameter 'momentum'"),
        (suggesting("learning_rate", "momentum"), r"found the parameter 'momentum'. Fix it in the objective"),
        (suggesting("lr", low=0.1, high=0.1), r"must suggest 'learning_rate'; found 'lr'"),
        (lambda trial: 0.5, r"must suggest 'learning_rate'; found none"),
        (lambda trial: trial.suggest_float("learning_rate", LOW, HIGH, log=True), r"needs their reports; found none"),
        (lambda trial: objective(trial, lambda rate, epoch: -1.0), r"valid_loss must be at least 0; found -1"),
    ],
)
def test_an_objective_that_cannot_be_searched_is_refused(objective_given, sentence):
    sampler, study = made()
    with pytest.raises(InputError, match=sentence):
        study.optimize(objective_given, n_trials=3)
    # What was refused leaves nothing that hinders once the objective is right.
    study.optimize(objective, n_trials=2)
    assert sampler.run(study).trials[0].status is Status.PAUSED


def test_a_study_that_cannot_be_searched_is_refused(tmp_path):
    sampler = LearningRateSampler()
    with pytest.raises(InputError, match=r"found MedianPruner\. Give pruner=LearningRatePruner\(sampler\)"):
        optuna.create_study(sampler=sampler).optimize(objective, n_trials=1)
    several = optuna.create_study(sampler=sampler, pruner=LearningRatePruner(sampler), directions=["minimize"] * 2)
    with pytest.raises(InputError, match="searched for one objective; found 2"):
        several.optimize(objective, n_trials=1)
    with pytest.raises(InputError, match="found none in study 'rates'"):
        sampler.choice(made()[1])
    assert not sampler.done(made()[1])
    with pytest.raises(InputError, match="epochs"):
        LearningRateSampler(epochs=0)


def test_trials_at_once_are_refused():
    _, study = made()
    with pytest.raises(InputError, match="n_jobs must be 1, because each trial"):
        study.optimize(objective, n_trials=9, n_jobs=2)
    assert study.trials == []


def test_a_study_that_began_with_other_settings_is_refused(tmp_path):
    address = f"sqlite:///{tmp_path / 'studies.db'}"
    made(address)[1].optimize(objective, n_trials=3)

    def wider(trial):
        return trial.suggest_float("learning_rate", 1e-7, HIGH, log=True)

    with pytest.raises(InputError, match=r"must stay as it was, 1e-05 to 10; found 1e-07 to 10"):
        made(address)[1].optimize(wider, n_trials=1)
    other, loaded = made(address, direction="maximize")
    assert loaded.direction.name == "MINIMIZE"
    study = made()[1]
    study.optimize(objective, n_trials=12)
    with pytest.raises(InputError, match=r"of the study must be at the rate that the search asks for, .* Give the"):
        LearningRateSampler(epochs=EPOCHS, budget=30.0).run(study)
    assert other.run(loaded).trials
