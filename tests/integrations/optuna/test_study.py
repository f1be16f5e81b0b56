import math

import optuna
import pytest
from optuna.trial import TrialState

from etascope.core.errors import InputError
from etascope.integrations.optuna.study import optuna_study
from etascope.selection.automatic import Automatic
from tests.integrations.made import SMALL, cannot_tell, cheap, diverging, halving


def test_a_study_holds_every_trial_with_its_value():
    run = cheap()
    study = optuna_study(run)
    assert study.direction.name == "MAXIMIZE"
    assert len(study.trials) == len(run.trials)
    for frozen, trial, verdict in zip(study.trials, run.trials, map(str, run.choice.verdicts), strict=True):
        assert frozen.state is TrialState.COMPLETE
        assert frozen.params == {"learning_rate": trial.learning_rate}
        assert frozen.value == trial.valid_accuracy[-1]
        assert frozen.intermediate_values == dict(
            zip(trial.evaluated_at.tolist(), trial.valid_accuracy.tolist(), strict=True)
        )
        assert (frozen.user_attrs["fold"], frozen.user_attrs["seed"]) == (trial.fold, trial.seed)
        assert frozen.user_attrs["verdict"] == verdict
        assert frozen.user_attrs["status"] == trial.status.value
    assert study.best_value == max(trial.valid_accuracy[-1] for trial in run.trials)


def test_the_answer_stands_beside_the_trials():
    study, run = optuna_study(cheap(), name="digits"), cheap()
    assert study.study_name == "digits"
    assert study.user_attrs["learning_rate"] == run.choice.learning_rate
    assert study.user_attrs["basin_low"] == run.choice.basin.low
    assert study.user_attrs["hidden"] == "16"
    assert study.user_attrs["fingerprint"] == run.data.fingerprint


def test_a_loss_is_minimised():
    import etascope

    run = etascope.pick("digits", recipe=SMALL, method=Automatic(target="loss", budget=2))
    study = optuna_study(run)
    longest = max(trial.steps for trial in run.trials)
    assert study.direction.name == "MINIMIZE"
    assert study.best_value == min(trial.valid_loss[-1] for trial in run.trials if trial.steps == longest)


def test_trials_that_halving_stopped_are_pruned():
    run = halving()
    study = optuna_study(run)
    longest = max(trial.steps for trial in run.trials)
    assert {trial.state for trial in study.trials} == {TrialState.COMPLETE, TrialState.PRUNED}
    for frozen, trial in zip(study.trials, run.trials, strict=True):
        assert (frozen.state is TrialState.COMPLETE) == (trial.steps == longest)
        assert frozen.last_step == trial.steps
        if frozen.state is TrialState.PRUNED:
            assert frozen.value is None
            assert frozen.intermediate_values[trial.steps] == trial.valid_accuracy[-1]


def test_trials_that_diverged_have_failed():
    run = diverging()
    study = optuna_study(run)
    failed = [frozen.number for frozen in study.trials if frozen.state is TrialState.FAIL]
    assert failed == [number for number, trial in enumerate(run.trials) if trial.diverged]
    assert failed
    assert all(math.isfinite(v) for frozen in study.trials for v in frozen.intermediate_values.values())


def test_a_study_without_an_answer_has_trials():
    study = optuna_study(cannot_tell())
    assert len(study.trials) == 2
    assert study.user_attrs["answer"] == "cannot tell yet"
    assert "learning_rate" not in study.user_attrs


def test_importances_are_computed():
    assert optuna.importance.get_param_importances(optuna_study(cheap())) == {"learning_rate": 1.0}
    assert optuna.importance.get_param_importances(optuna_study(halving())) == {"learning_rate": 1.0}


def test_a_study_in_sqlite_is_read_back_as_it_was(tmp_path):
    address = f"sqlite:///{tmp_path / 'studies.db'}"
    kept = optuna_study(diverging(), address, "first")
    optuna_study(halving(), address, "second")
    read = optuna.load_study(study_name="first", storage=address)
    assert read.user_attrs == kept.user_attrs
    assert len(read.trials) == len(diverging().trials)
    plain = optuna_study(diverging())
    for one, other in zip(read.trials, plain.trials, strict=True):
        assert (one.state, one.value, one.params, one.user_attrs) == (
            other.state, other.value, other.params, other.user_attrs,
        )  # fmt: skip
        assert one.intermediate_values == other.intermediate_values
    assert {s.study_name: s.n_trials for s in optuna.get_all_study_summaries(address)} == {
        "first": len(diverging().trials),
        "second": len(halving().trials),
    }
    assert optuna.importance.get_param_importances(read) == {"learning_rate": 1.0}


def test_a_study_can_go_on_with_optunas_own_sampler():
    study = optuna_study(cheap())
    trial = study.ask()
    best = trial.suggest_float("learning_rate", 1e-4, 1, log=True)
    study.tell(trial, 0.5)
    assert 1e-4 <= best <= 1
    assert len(study.trials) == len(cheap().trials) + 1


def test_a_name_that_is_taken_is_refused(tmp_path):
    address = f"sqlite:///{tmp_path / 'studies.db'}"
    optuna_study(cannot_tell(), address, "mine")
    with pytest.raises(InputError, match=r"a study needs a new name; 'mine' is in sqlite:.* already"):
        optuna_study(cannot_tell(), address, "mine")


@pytest.mark.parametrize("address", ["nowhere", "sqlite:///{}/file/studies.db", 3])
def test_a_storage_that_cannot_be_opened_is_refused(address, tmp_path):
    (tmp_path / "file").write_text("")
    address = address.format(tmp_path) if isinstance(address, str) else address
    with pytest.raises(InputError, match=r"storage must be one that Optuna opens; found .* Try sqlite:///studies\.db"):
        optuna_study(cannot_tell(), address)


def test_optunas_voice_is_left_as_it_was():
    optuna.logging.set_verbosity(optuna.logging.INFO)
    optuna_study(cannot_tell())
    assert optuna.logging.get_verbosity() == optuna.logging.INFO
