import math
from datetime import datetime, timedelta

import optuna
import pytest

import etascope
from etascope.core.errors import InputError
from etascope.integrations.optuna.replay import ATTEMPTS, MARK, Replay, StudyTrial, finished, read_trial

NOON = datetime(2026, 1, 1, 12)


def ended(number, study_number, values=(0.5,), state="PRUNED", minute=0, rate=0.01):
    return StudyTrial(number, study_number, rate, values, state, NOON + timedelta(minutes=minute), 1.0)


def test_a_trial_is_read_with_its_values_in_the_order_of_steps():
    axis = optuna.distributions.FloatDistribution(1e-3, 1, log=True)
    trial = optuna.trial.create_trial(
        state=optuna.trial.TrialState.PRUNED, params={"lr": 0.1}, distributions={"lr": axis},
        intermediate_values={20: 0.2, 3: 0.4}, system_attrs={MARK: 7},
    )  # fmt: skip
    counted = read_trial(trial, "lr")
    assert (counted.number, counted.learning_rate, counted.values, counted.state) == (7, 0.1, (0.4, 0.2), "PRUNED")
    assert read_trial(trial, "lr", "FAIL").state == "FAIL"
    assert read_trial(trial, "learning_rate") is None
    assert (
        read_trial(optuna.trial.create_trial(value=1.0, params={"lr": 0.1}, distributions={"lr": axis}), "lr") is None
    )


def test_the_first_to_end_counts():
    first, second = ended(1, 5, minute=1), ended(1, 4, minute=2)
    assert finished([second, first]) == {1: first}


def test_a_failure_counts_when_it_diverged_or_happened_too_often():
    assert finished([ended(1, n, state="FAIL", minute=n) for n in range(ATTEMPTS - 1)]) == {}
    often = finished([ended(1, n, state="FAIL", minute=n) for n in range(ATTEMPTS)])
    assert (often[1].study_number, often[1].values) == (ATTEMPTS - 1, ())
    diverged = ended(1, 0, (0.5, math.nan), "FAIL")
    assert finished([diverged])[1] is diverged


def test_what_runs_and_what_ended_without_a_report_does_not_count():
    assert finished([ended(1, 0, state="RUNNING"), ended(2, 1, (), "COMPLETE")]) == {}
    assert set(finished([ended(3, 2, (), "PRUNED")])) == {3}


def replay():
    return Replay(etascope.Search(low=1e-4, high=1, epochs=10), maximize=False)


def test_a_replay_asks_for_the_next_trial_and_notices_what_changed():
    one = replay()
    first = one.next_trial
    known = {1: ended(1, 0, rate=first.learning_rate)}
    assert one.agrees({})
    one.catch_up(known)
    assert one.next_trial.number == 2
    assert one.agrees(known)
    assert not one.agrees({})
    assert not one.agrees({1: ended(1, 9, rate=first.learning_rate)})


def test_a_trial_that_goes_on_is_told_once_and_forgotten_where_another_takes_its_place():
    one = replay()
    rate = one.next_trial.learning_rate
    going = ended(1, 0, (0.9,), "RUNNING", rate=rate)
    assert one.report(going)
    assert one.report(going)
    assert one.agrees({}, going)
    assert not one.agrees({})
    assert not one.agrees({}, ended(1, 1, (0.8,), "RUNNING", rate=rate))
    one.catch_up({1: ended(1, 0, (0.9,), rate=rate)})
    assert one.run("x").trials[0].valid_loss.tolist() == [0.9]


def test_a_trial_that_the_search_does_not_ask_for_ends():
    assert replay().report(ended(5, 0))


def test_another_rate_than_was_asked_for_is_refused():
    one = replay()
    with pytest.raises(InputError, match=r"trial 3 of the study must be at the rate .* found 0\.9"):
        one.report(ended(1, 3, rate=0.9))
