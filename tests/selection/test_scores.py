import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from etascope.core.data import NO_FOLD
from etascope.core.history import TEMPERATURES, History, Status
from etascope.core.plan import Plan, sweep
from etascope.core.trials import trials
from etascope.selection.log_loss import unit_adjusted_mean
from etascope.selection.scores import LEAST, WORST, read_scores, tempered_log_loss
from tests.selection.closed_form import BLIND, ClosedForm, task, valley

LAST = (1.0,)


def history(losses, *, diverged=(), seeds=None, rates=None, kept=True):
    """Return a history of `(trials, evaluations, temperatures, rows)` losses, evaluated after each of 10 steps."""
    losses = np.asarray(losses, np.float32)
    count, evaluations = losses.shape[:2]
    job = task()
    plan = Plan(
        rates=np.repeat(np.array(rates or [0.1] * count)[:, None], job.steps, axis=1),
        seeds=np.array(seeds or [0] * count),
        folds=np.arange(count) if rates is None else np.zeros(count, np.int64),
        evaluate_at=tuple(range(job.steps - evaluations + 1, job.steps + 1)),
        keep_examples=kept,
    )
    known = ~np.isnan(losses[:, :, 0])
    mean = np.where(known, losses[:, :, 0], 0).sum(-1) / np.maximum(known.sum(-1), 1)
    bad = np.isin(np.arange(count), diverged)
    return job, History(
        plan=plan, step_loss=np.ones((count, job.steps), np.float32), evaluated_at=np.array(plan.evaluate_at),
        train_loss=mean, train_accuracy=mean, valid_loss=np.where(bad[:, None], np.nan, mean),
        valid_accuracy=np.full((count, evaluations), 0.75),
        status=tuple(Status.DIVERGED if b else Status.FINISHED for b in bad), diverged_at=np.where(bad, 3, -1),
        examples=np.full(count, 6400), example_losses=losses if kept else None,
    )  # fmt: skip


def scores_of(losses, fractions=LAST, target="accuracy", **more):
    job, one_history = history(losses, **more)
    return read_scores(job, trials(job, [one_history]), fractions, target)


def spread(*levels, rows=4):
    """Return losses of one evaluation whose mean at temperature t is the t-th level, the rest far higher."""
    table = np.full((1, len(TEMPERATURES), rows), 9.0)
    for t, level in enumerate(levels):
        table[0, t] = level * np.linspace(0.5, 1.5, rows)
    return table


def test_the_temperature_is_chosen_over_all_folds_of_a_seed():
    first, second = spread(0.8, 0.2), spread(0.4, 0.9)
    assert np.exp(scores_of([first, second]).log_loss) == pytest.approx(np.array([[0.2, 0.9]]), rel=1e-6)
    assert np.exp(scores_of([first, second], seeds=[0, 1]).log_loss) == pytest.approx(np.array([[0.2, 0.4]]), rel=1e-6)


def test_the_target_loss_and_trials_without_example_losses_take_the_plain_loss():
    losses = [spread(0.8, 0.2), spread(0.4, 0.9)]
    for scores in (scores_of(losses, target="loss"), scores_of(losses, kept=False)):
        assert np.exp(scores.log_loss) == pytest.approx(np.array([[0.8, 0.4]]), rel=1e-6)


def test_the_mean_is_over_the_evaluations_nearest_to_the_fractions():
    losses = np.concatenate([spread(level) for level in (9.0, 8.0, 0.5, 0.25, 0.125)])[None]
    scores = scores_of(losses, fractions=(0.8, 0.9, 1.0))
    assert scores.log_loss[0, 0] == pytest.approx(np.log([0.5, 0.25, 0.125]).mean(), rel=1e-6)
    assert scores_of(losses, fractions=(0.79, 0.81, 1.0)).log_loss[0, 0] == pytest.approx(np.log(0.25), rel=1e-6)


def test_a_trial_that_diverged_has_the_worst_score_and_guesses():
    scores = scores_of([spread(0.5), np.full_like(spread(0.5), np.nan)], diverged=[1])
    assert scores.log_loss[0].tolist() == pytest.approx([np.log(0.5), WORST], rel=1e-6)
    assert scores.error[0] == pytest.approx((0.25 + 0.9) / 2)
    everything = scores_of([np.full_like(spread(0.5), np.nan)] * 2, diverged=[0, 1])
    assert everything.log_loss.tolist() == [[WORST, WORST]]


def test_a_row_that_a_fold_lacks_is_left_out():
    short = spread(0.5)
    short[0, :, -1] = np.nan
    scores = scores_of([spread(0.5), short])
    assert np.exp(scores.log_loss[0, 1]) == pytest.approx(0.5 * np.linspace(0.5, 1.5, 4)[:3].mean(), rel=1e-6)
    assert scores.examples == 7


def test_losses_are_held_within_bounds():
    assert scores_of([spread(1e-9), spread(1e-9)]).log_loss[0].tolist() == pytest.approx([np.log(LEAST)] * 2)
    huge = np.full((1, 1, len(TEMPERATURES), 4), np.inf)
    scores = scores_of(huge)
    assert scores.log_loss.tolist() == [[WORST]]


def test_variance_by_examples_is_that_of_relative_losses_against_near_rates():
    base = np.array([0.2, 0.4, 0.6, 0.8])
    other = np.array([0.4, 0.2, 0.6, 0.8])
    losses = np.full((2, 1, len(TEMPERATURES), 4), 9.0)
    losses[0, 0, 0], losses[1, 0, 0] = base, other
    scores = scores_of(losses, rates=[0.1, 0.2])
    apart = (base - other) / 0.5 / 2
    assert scores.example_variance == pytest.approx([apart.var(ddof=1) / 4] * 2, rel=1e-5)
    assert scores.run_variance.tolist() == [0.0, 0.0]


def test_variance_of_runs_is_what_examples_leave_of_the_variance_between_units():
    job = task()
    noisy = ClosedForm(valley(-1.4), noise=0.2, shared=0.3, examples=0.0)
    plan = sweep(job.recipe, job.steps, list(np.logspace(-2, -1, 9)), range(5))
    plan = Plan(plan.rates, plan.seeds, plan.folds, keep_examples=True)
    scores = read_scores(job, trials(job, [noisy.train(job, plan)]), LAST)
    near = scores.mean < scores.mean.min() + 0.5
    assert np.median(scores.run_variance[near]) == pytest.approx(0.2**2, rel=0.7)
    assert scores.example_variance.max() < 1e-3
    quiet = ClosedForm(valley(-1.4), noise=0.0, shared=0.3, examples=1.0)
    scores = read_scores(job, trials(job, [quiet.train(job, plan)]), LAST)
    assert np.median(scores.run_variance) < 1e-3
    assert scores.example_variance.min() > 1e-6


def test_trials_that_hold_nothing_out_or_stopped_before_are_left_out():
    job, engine = task(), ClosedForm(valley(-1))
    held = engine.train(job, sweep(job.recipe, job.steps, [0.1], [0]))
    bare = engine.train(job, sweep(job.recipe, job.steps, [0.2], [NO_FOLD]))
    scores = read_scores(job, trials(job, [held, bare]), LAST)
    assert scores.learning_rates.tolist() == [0.1]
    assert read_scores(job, [], LAST).learning_rates.shape == (0,)


def test_a_rate_that_lacks_the_hard_unit_is_not_favoured():
    table = np.array([[1.0, 3.0], [1.2, 3.2], [1.1, np.nan]])
    assert unit_adjusted_mean(table) == pytest.approx([2.0, 2.2, 2.1])
    assert unit_adjusted_mean(np.array([[1.0, np.nan], [np.nan, 3.0]])) == pytest.approx([1.0, 3.0])


@given(arrays(np.float64, (2, 3, 5), elements=st.floats(0, 20)))
def test_tempered_loss_is_never_above_plain_loss(losses):
    log_losses = tempered_log_loss(losses)
    assert log_losses.shape == (2,)
    assert (log_losses <= np.log(np.clip(losses[:, 0].mean(-1), LEAST, 10)) + 1e-12).all()
    assert tempered_log_loss(np.full((3, 2), np.nan)) == WORST


def test_scores_of_the_closed_form_have_its_minimum():
    job, engine = task(), ClosedForm(valley(-1.4), noise=0, shared=0)
    plan = sweep(job.recipe, job.steps, list(np.logspace(-3, 0, 13)), range(5))
    scores = read_scores(job, trials(job, [engine.train(job, Plan(plan.rates, plan.seeds, plan.folds))]), LAST)
    assert np.log10(scores.learning_rates[scores.best]) == pytest.approx(-1.4, abs=0.13)
    assert scores.counts.tolist() == [5] * 13
    assert scores.error[scores.best] == pytest.approx(1 - np.exp(-0.45), abs=0.02)
    assert scores.mean.max() <= np.log(BLIND) + 1e-9
