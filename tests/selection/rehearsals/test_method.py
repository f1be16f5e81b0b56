from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.selection.learning_curves import Curves, job, moving_valley, run_method

from etascope.core.errors import InputError
from etascope.core.history import Status
from etascope.core.plan import sweep, trial_rates
from etascope.core.recipe import OPTIMIZERS, Recipe, Task
from etascope.core.schedules import SCHEDULES, schedule_row
from etascope.core.trials import trials
from etascope.images.open import open_images
from etascope.pipeline.prepare import prepare
from etascope.pipeline.split import divide
from etascope.selection.cost import search_cost
from etascope.selection.rehearsals.lengths import least_budget
from etascope.selection.rehearsals.method import Rehearsals
from etascope.training.dense.engine import DenseEngine

LONG = job(steps=4000, batch_size=1)


@pytest.mark.parametrize("budget", [0.25, 1.0, 3.0])
@given(best=st.floats(-2.2, -0.9), seed=st.integers(0, 99))
@settings(max_examples=6, deadline=None)
def test_the_best_rate_of_the_whole_length_is_found_where_shorter_ones_have_a_higher_one(budget, best, seed):
    curves = Curves(moving_valley(best, drift=0.4, pace=60.0))
    _, choice = run_method(Rehearsals(budget=budget), job(steps=4000, batch_size=1, seed=seed), curves)
    assert np.log10(choice.learning_rate) == pytest.approx(best, abs=0.45)
    assert choice.basin.low <= choice.learning_rate <= choice.basin.high


def test_the_lengths_of_a_job_tell_its_own_drift():
    for drift in (0.2, 0.6):
        _, choice = run_method(Rehearsals(budget=3), LONG, Curves(moving_valley(-1.5, drift=drift, pace=60.0)))
        assert np.log10(choice.learning_rate) == pytest.approx(-1.5, abs=0.4)


@given(
    steps=st.integers(5, 3000), epochs=st.integers(1, 40), batch=st.sampled_from([1, 8, 32]),
    valid=st.integers(5, 5000), budget=st.floats(0.02, 20), optimizer=st.sampled_from(OPTIMIZERS),
    schedule=st.sampled_from(SCHEDULES), best=st.floats(-4, 1), checked=st.integers(0, 200),
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_no_search_costs_more_than_its_budget(
    steps, epochs, batch, valid, budget, optimizer, schedule, best, checked
):  # fmt: skip
    recipe = Recipe(epochs=epochs, batch_size=batch, optimizer=optimizer, schedule=schedule)
    per_epoch = -(-steps // epochs)
    task = Task(recipe, 10, per_epoch * batch, 1, per_epoch, n_valid=valid, checked=checked)
    histories, choice = run_method(Rehearsals(budget=budget), task, Curves(moving_valley(best), wall=best + 1))
    cost = search_cost(task, trials(task, histories), histories).training_equivalents
    assert cost <= budget or not histories
    if not histories:
        assert choice.learning_rate is None
        [setting] = choice.search_again
        assert budget < setting.value == least_budget(task)
        assert Rehearsals(budget=setting.value).propose(task, []) is not None


@pytest.mark.parametrize(("schedule", "warmup"), [("cosine", 0.1), ("one-cycle", 0.0), ("constant", 0.0)])
def test_a_rehearsal_has_the_whole_schedule_all_epochs_and_a_share_of_the_batches(schedule, warmup):
    task = job(steps=4000, batch_size=1, schedule=schedule, warmup=warmup)
    histories, _ = run_method(Rehearsals(budget=1), task, Curves(moving_valley(-1.5)))
    for plan in (history.plan for history in histories):
        assert plan.start == 0
        assert plan.length == plan.steps < task.steps
        assert plan.epoch_steps == max(-(-plan.steps // 5), 4)
        shape = schedule_row(schedule, warmup, plan.steps)
        np.testing.assert_allclose(plan.rates, np.outer(trial_rates(task, plan), shape))
        assert set(plan.seeds.tolist()) == {task.recipe.seed}
        assert set(plan.folds.tolist()) == {0}
    assert [history.plan.steps for history in histories] == sorted(history.plan.steps for history in histories)


def test_what_has_not_learned_in_a_short_time_is_no_reason_to_doubt_the_labels():
    asleep = Curves(lambda x, share: np.full_like(x + share, np.log(10)))
    _, short = run_method(Rehearsals(budget=0.1), LONG, asleep)
    # Nothing but what is customary speaks for a rate then, which is told as such.
    assert short.confidence is None or short.confidence.word == "not settled"
    _, longer = run_method(Rehearsals(budget=4), LONG, asleep)
    assert longer.learning_rate is None
    assert "labels" not in "".join(map(str, longer.reasons)) or longer.cost.training_equivalents > 3


def test_where_all_diverge_lower_rates_are_named():
    _, choice = run_method(Rehearsals(budget=1), LONG, Curves(moving_valley(-1.5), wall=-9))
    assert choice.learning_rate is None
    assert "diverged" in str(choice.reasons[0])
    assert choice.search_again[0].name == "high"
    assert {verdict.word for verdict in choice.verdicts} == {"diverged"}


def test_nothing_is_recommended_above_what_trained_to_the_end():
    _, choice = run_method(Rehearsals(budget=1), LONG, Curves(moving_valley(-0.8), wall=-1.0))
    assert choice.learning_rate < 0.1
    assert choice.walls.high is not None


def test_limits_are_kept():
    _, choice = run_method(Rehearsals(budget=1, low=0.01, high=0.02), LONG, Curves(moving_valley(-1.0)))
    tried = choice.landscape.learning_rates
    assert 0.01 <= tried[0] <= tried[-1] <= 0.02
    assert choice.confidence.word != "likely"
    _, one = run_method(Rehearsals(budget=1, low=0.01, high=0.01), LONG, Curves(moving_valley(-1.0)))
    assert one.learning_rate == 0.01


def test_the_search_of_another_method_is_refused_in_a_sentence():
    plan = replace(sweep(LONG.recipe, 40, [0.1], [0]), keep_examples=True, evaluate_at=(40,), keep_checkpoints=True)
    history = Curves(moving_valley(-1)).train(LONG, plan)
    with pytest.raises(InputError, match="begun by another method"):
        Rehearsals().propose(LONG, [history])


def test_real_digits_are_chosen_for_within_what_was_promised():
    recipe = Recipe(hidden=(32,), batch_size=16, epochs=20, seed=3)
    split = prepare(divide(open_images("digits"), seed=3), recipe)
    task, engine, histories = Task.of(split, recipe), DenseEngine(workers=1), []
    method = Rehearsals(budget=0.5)
    while (plan := method.propose(task, histories)) is not None:
        histories.append(engine.train(split, recipe, plan))
    choice = method.choose(task, histories)
    assert 0.3 < choice.cost.training_equivalents <= 0.5
    assert 0.005 < choice.learning_rate < 0.3
    assert {trial.status for trial in trials(task, histories)} <= {Status.PAUSED, Status.DIVERGED}
