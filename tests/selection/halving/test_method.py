import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etascope.core.errors import InputError
from etascope.core.history import History, Status
from etascope.core.plan import trial_rates
from etascope.core.recipe import OPTIMIZERS, Recipe, Task
from etascope.core.trials import trials
from etascope.images.open import open_images
from etascope.pipeline.prepare import prepare
from etascope.pipeline.split import divide
from etascope.selection.halving.budgets import PLANS
from etascope.selection.halving.method import Halving
from etascope.selection.halving.window import window_of
from etascope.training.dense.engine import DenseEngine
from tests.selection.learning_curves import BLIND, Curves, job, moving_valley, run_method


def shape(histories):
    return [(len(h.plan), h.plan.start, h.plan.start + h.plan.steps) for h in histories]


def same(a, b):
    parts = (
        "learning_rate", "basin", "valid_loss", "valid_accuracy", "reasons", "verdicts", "confidence", "walls", "luck",
    )  # fmt: skip
    return all(getattr(a, part) == getattr(b, part) for part in parts)


@given(best=st.floats(-2.3, -0.8), drift=st.floats(0, 0.5), seed=st.integers(0, 99), noise=st.floats(0, 0.02))
@settings(max_examples=12, deadline=None)
def test_the_best_rate_of_a_moving_valley_is_found(best, drift, seed, noise):
    curves = Curves(moving_valley(best, drift), noise=noise)
    _, choice = run_method(Halving(), job(seed=seed), curves)
    assert np.log10(choice.learning_rate) == pytest.approx(best, abs=0.3)
    assert choice.basin.low <= choice.learning_rate <= choice.basin.high


@given(best=st.floats(-2.2, -0.9), seed=st.integers(0, 99))
@settings(max_examples=10, deadline=None)
def test_the_basin_of_a_narrow_valley_holds_the_best_rate_and_no_far_one(best, seed):
    _, choice = run_method(Halving(), job(seed=seed), Curves(moving_valley(best, width=0.7)))
    assert choice.basin.low * 0.95 <= 10**best <= choice.basin.high * 1.05
    assert np.log10(choice.basin.high / choice.basin.low) < 1.2


def test_seven_begin_five_go_on_and_three_come_to_three_quarters():
    histories, choice = run_method(Halving(), job(), Curves(moving_valley(-1.5)))
    assert shape(histories) == [(7, 0, 20), (5, 20, 80), (3, 80, 240)]
    assert [h.plan.evaluate_at for h in histories] == [(12, 16, 20), (48, 64, 80), (144, 192, 240)]
    statuses = [t.status for t in trials(job(), histories)]
    assert statuses == [Status.PAUSED] * 7
    assert choice.regime == "dear"
    assert choice.target == "accuracy"
    assert choice.cost.trials == 7


def test_all_share_the_recipes_seed_and_the_first_fold():
    histories, _ = run_method(Halving(), job(seed=11), Curves(moving_valley(-1.5)))
    for history in histories:
        assert set(history.plan.seeds.tolist()) == {11}
        assert set(history.plan.folds.tolist()) == {0}


def test_rows_are_the_recipes_own_full_schedule():
    task = job(schedule="cosine", warmup=0.1)
    histories, _ = run_method(Halving(), task, Curves(moving_valley(-1.5)))
    whole = np.concatenate(
        [h.plan.rates[h.plan.rates[:, 0].argmax()] / max(trial_rates(task, h.plan)) for h in histories]
    )
    full = (1 + np.cos(np.pi * np.arange(288) / 288)) / 2
    assert whole == pytest.approx(np.concatenate([(np.arange(32) + 1) / 32, full])[:240])


@pytest.mark.parametrize("budget", [1, 1.5, 1.8, 2.5, 3, 4, 6, 8, 15])
def test_a_budget_pays_for_the_plan_that_it_bought(budget):
    task = job(steps=640)
    histories, choice = run_method(Halving(budget=budget), task, Curves(moving_valley(-1.6)))
    cost = sum(h.plan.rates.size for h in histories) / task.steps
    bought = max((p.cost for p in PLANS if p.cost <= budget), default=PLANS[0].cost)
    assert cost == pytest.approx(bought, rel=0.12)
    assert np.log10(choice.learning_rate) == pytest.approx(-1.6, abs=0.3)
    ends = {h.plan.start + h.plan.steps for h in histories}
    assert (task.steps in ends) == (budget > 3.6)


@pytest.mark.parametrize("wrong", [-1.0, 1.0])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_window_a_decade_off_grows_until_the_best_is_within(optimizer, wrong):
    task = job(optimizer=optimizer)
    middle = np.median(np.log10(Halving().propose(task, []).learning_rates))
    best = middle + 1.3 * wrong
    histories, choice = run_method(Halving(), task, Curves(moving_valley(best)))
    assert np.log10(choice.learning_rate) == pytest.approx(best, abs=0.3)
    assert histories[1].plan.start == 0
    assert any("first window" in sentence for sentence in map(str, choice.reasons))


def test_a_best_that_moves_out_of_the_window_late_is_followed():
    task = job()
    lowest = float(np.log10(Halving().propose(task, []).learning_rates.min()))
    histories, choice = run_method(Halving(), task, Curves(moving_valley(lowest - 0.2, drift=0.8, width=1.5)))
    assert np.log10(choice.learning_rate) == pytest.approx(lowest - 0.2, abs=0.35)
    assert any(start == 0 and end > 20 for _, start, end in shape(histories))


def test_the_first_milestone_is_doubled_while_nothing_has_learned():
    histories, choice = run_method(Halving(), job(), Curves(moving_valley(-1.5, pace=1.5)))
    assert shape(histories)[:3] == [(7, 0, 20), (7, 20, 40), (5, 40, 80)] or shape(histories)[2][0] == 7
    assert choice.learning_rate is not None


def test_nothing_that_learns_gives_no_answer_and_says_so():
    histories, choice = run_method(Halving(), job(), Curves(lambda x, share: np.full_like(share, BLIND), noise=0.001))
    assert choice.learning_rate is None
    assert choice.confidence is None
    assert (
        "learned" in str(choice.reasons[0]) or "end" in str(choice.reasons[0]) or "rate that" in str(choice.reasons[0])
    )
    assert sum(h.plan.rates.size for h in histories) / 320 < 8
    assert all(v.startswith("learned nothing") for v in map(str, choice.verdicts))


def test_all_diverged_gives_no_answer_after_the_lowest_rate():
    histories, choice = run_method(Halving(), job(), Curves(moving_valley(-1.5), wall=-20))
    assert choice.learning_rate is None
    assert str(choice.reasons[0]).startswith("Every learning rate from")
    assert all(v.startswith("diverged") for v in map(str, choice.verdicts))
    assert min(h.plan.learning_rates.min() for h in histories) < 1e-6
    assert choice.cost.training_equivalents < 0.5


def test_walls_far_beyond_the_window_are_sought_at_the_first_milestone():
    histories, choice = run_method(Halving(), job(), Curves(moving_valley(-1.5, width=4)))
    first = Halving().propose(job(), []).learning_rates
    assert choice.walls.low < first.min() < first.max() < choice.walls.high
    assert choice.walls.low <= choice.basin.low < choice.basin.high <= choice.walls.high
    sought = [part for part in shape(histories)[1:] if part[1] == 0]
    assert sought
    assert all(end == 20 for _, _, end in sought)
    assert any("showed no wall" in sentence for sentence in map(str, choice.reasons))


def test_no_wall_is_named_where_none_is_found_for_half_a_training():
    histories, choice = run_method(Halving(), job(), Curves(moving_valley(-1.5, width=40)))
    assert choice.walls.low is None
    assert choice.walls.high is None
    assert "no rate down to" in str(choice.reasons[1])
    assert "no rate up to" in str(choice.reasons[1])
    assert sum(h.plan.rates.size for h in histories if not h.plan.start) <= (7 + 8) * 20


def test_no_wall_is_sought_beyond_what_was_allowed():
    rates = Halving().propose(job(), []).learning_rates
    halving = Halving(low=float(rates.min()), high=float(rates.max()))
    histories, choice = run_method(halving, job(), Curves(moving_valley(-1.5, width=4)))
    tried = np.concatenate([trial_rates(job(), h.plan) for h in histories])
    assert tried.min() >= halving.low
    assert tried.max() <= halving.high
    assert choice.walls.low is None
    assert choice.walls.high is None


def test_trials_that_diverge_do_not_go_on_and_are_the_wall():
    curves = Curves(moving_valley(-1.5, width=3), wall=-1.2)
    histories, choice = run_method(Halving(), job(), curves)
    for history in histories[1:]:
        assert (np.log10(trial_rates(job(), history.plan)) < -1.2).all()
    assert choice.walls.high > 10**-1.2 > choice.learning_rate
    assert any(
        v.startswith("diverged: the training loss was no longer a finite number at step 4")
        for v in map(str, choice.verdicts)
    )


def test_trials_that_blow_up_are_stopped_though_their_loss_is_finite():
    curves = Curves(moving_valley(-1.5, width=3), blow=-1.2)
    histories, choice = run_method(Halving(), job(), curves)
    for history in histories[1:]:
        assert (np.log10(trial_rates(job(), history.plan)) < -1.2).all()
    assert any("passed 30 times its first" in v for v in map(str, choice.verdicts))
    assert choice.learning_rate < 10**-1.2


def test_one_that_diverges_late_never_wins():
    curves = Curves(moving_valley(-1.2, width=3), wall=-1.5, at=100)
    _, choice = run_method(Halving(), job(), curves)
    assert choice.learning_rate < 10**-1.5


def test_a_flat_landscape_is_answered_with_a_wide_basin_or_not_at_all():
    _, choice = run_method(Halving(), job(), Curves(moving_valley(-1.5, width=50), noise=0.02))
    if choice.learning_rate is not None:
        assert np.log10(choice.basin.high / choice.basin.low) > 0.8


def test_of_two_dips_the_deeper_one_wins():
    shallow, deep = moving_valley(-2.5, floor=0.5, width=0.5), moving_valley(-1.0, floor=0.3, width=0.5)
    _, choice = run_method(Halving(), job(), Curves(lambda x, share: np.minimum(shallow(x, share), deep(x, share))))
    assert np.log10(choice.learning_rate) == pytest.approx(-1.0, abs=0.25)


def test_one_rate_is_trained_to_the_top_and_answered_as_the_only_one():
    histories, choice = run_method(Halving(low=0.02, high=0.02), job(), Curves(moving_valley(-1.5)))
    assert shape(histories) == [(1, 0, 20), (1, 20, 80), (1, 80, 240)]
    assert choice.learning_rate == 0.02
    assert choice.basin.low == choice.basin.high == 0.02
    assert choice.confidence is None
    assert "only learning rate" in str(choice.reasons[0])


def test_limits_are_kept_and_one_may_win():
    histories, choice = run_method(Halving(low=0.001, high=0.01), job(), Curves(moving_valley(-1.0)))
    tried = np.concatenate([trial_rates(job(), h.plan) for h in histories])
    assert tried.min() >= 0.001
    assert tried.max() == 0.01
    assert choice.learning_rate <= 0.01
    assert choice.learning_rate == pytest.approx(0.01, rel=0.3)
    assert any("end of what was allowed" in sentence for sentence in map(str, choice.reasons))


@given(best=st.floats(-9, 6), seed=st.integers(0, 9))
@settings(max_examples=10, deadline=None)
def test_an_end_of_the_window_never_wins(best, seed):
    histories, choice = run_method(Halving(), job(seed=seed), Curves(moving_valley(best)))
    rates = np.unique(np.concatenate([trial_rates(job(), h.plan) for h in histories]))
    if choice.learning_rate is not None:
        assert rates[0] < choice.learning_rate < rates[-1]
        assert np.log10(choice.learning_rate) == pytest.approx(best, abs=0.4)


@pytest.mark.parametrize("seed", range(3))
def test_a_smooth_curve_that_is_lowest_at_an_end_of_the_window_gives_the_best_trial(seed):
    task = job(seed=seed)
    end, before = np.log10(window_of(task.recipe, 7).first)[[-1, -2]]
    near = {end: 0.302, before: 0.3}

    def loss(x, share):
        return np.full_like(share, next((level for at, level in near.items() if abs(x - at) < 1e-6), 1.2))

    _, choice = run_method(Halving(), task, Curves(loss, noise=0))
    assert np.log10(choice.learning_rate) == pytest.approx(before)
    assert choice.basin.low <= choice.learning_rate <= choice.basin.high


def test_a_limit_with_more_digits_than_are_told_stays_within_its_basin():
    _, choice = run_method(Halving(low=0.123456, high=0.2345678), job(), Curves(moving_valley(-1.5, width=0.5)))
    assert 0.123456 <= choice.basin.low <= choice.learning_rate <= choice.basin.high <= 0.2345678


def test_what_diverged_is_not_in_the_basin():
    flat = Curves(lambda x, share: np.full_like(share, 0.1 * np.exp(0.1 * (x + 1.3) ** 2)), wall=-1.2, noise=0.05)
    for seed in range(6):
        histories, choice = run_method(Halving(), job(seed=seed), flat)
        tried = np.concatenate([trial_rates(job(), h.plan) for h in histories])
        assert choice.learning_rate <= choice.basin.high < tried[np.log10(tried) >= -1.2].min()


@pytest.mark.parametrize("after", [0, 1, 2, 3])
def test_another_process_goes_on_with_the_histories_so_far(after):
    task = job(seed=5)
    curves = Curves(moving_valley(-2.9))
    whole, choice = run_method(Halving(), task, curves)
    histories = whole[:after]
    while (plan := Halving().propose(task, histories)) is not None:
        histories.append(curves.train(task, plan))
    assert shape(histories) == shape(whole)
    for a, b in zip(histories, whole, strict=True):
        assert np.array_equal(a.plan.rates, b.plan.rates)
    assert same(Halving().choose(task, histories), choice)


def test_an_unfinished_search_says_what_is_missing():
    curves = Curves(moving_valley(-1.5))
    plan = Halving().propose(job(), [])
    choice = Halving().choose(job(), [curves.train(job(), plan)])
    assert choice.learning_rate is None
    assert "5 trials have yet to be trained to step 80 of 320" in str(choice.reasons[0])
    assert Halving().choose(job(), []).learning_rate is None


def test_choosing_needs_no_checkpoints():
    histories, choice = run_method(Halving(), job(), Curves(moving_valley(-1.5)))
    bare = [replace(h, checkpoints=(), plan=replace(h.plan, keep_checkpoints=False)) for h in histories]
    assert same(Halving().choose(job(), bare), choice)


def test_trials_without_their_checkpoint_begin_anew():
    curves = Curves(moving_valley(-1.5))
    first = replace(curves.train(job(), Halving().propose(job(), [])), checkpoints=())
    plan = Halving().propose(job(), [first])
    assert (plan.start, plan.steps, plan.resume) == (0, 80, None)


def test_engines_that_keep_no_example_losses_are_read_too():
    curves = Curves(moving_valley(-1.5))
    histories = []
    while (plan := Halving().propose(job(), histories)) is not None:
        histories.append(replace(curves.train(job(), plan), example_losses=None))
    choice = Halving().choose(job(), histories)
    assert np.log10(choice.learning_rate) == pytest.approx(-1.5, abs=0.3)


def test_accuracy_looks_at_tempered_losses_and_loss_at_plain_ones():
    """Plain loss has its lowest point a decade below where loss at temperature 2 has it."""
    low, high = moving_valley(-2.5), moving_valley(-1.5)

    class Overconfident(Curves):
        def train(self, task, plan):
            history = super().train(task, plan)
            cool = Curves(high, noise=0).train(task, plan).example_losses
            mixed = history.example_losses + 0.5
            mixed[:, :, 1] = cool[:, :, 1]
            return replace(history, example_losses=mixed, valid_loss=history.valid_loss + 0.5)

    _, by_accuracy = run_method(Halving(), job(), Overconfident(low))
    _, by_loss = run_method(Halving(target="loss"), job(), Overconfident(low))
    assert np.log10(by_accuracy.learning_rate) == pytest.approx(-1.5, abs=0.3)
    assert np.log10(by_loss.learning_rate) == pytest.approx(-2.5, abs=0.35)
    assert (by_accuracy.curve.unit, by_loss.curve.unit) == ("points", "%")
    assert (by_accuracy.confidence.tolerance, by_loss.confidence.tolerance) == (1.0, 5.0)


def test_every_verdict_has_a_word_and_a_number():
    curves = Curves(moving_valley(-1.5, width=0.8), wall=-0.7)
    histories, choice = run_method(Halving(), job(), curves)
    assert len(choice.verdicts) == len(trials(job(), histories))
    words = [v.word for v in choice.verdicts]
    assert words.count("best") == 1
    assert {"too small", "slow"} & set(words)
    assert "diverged" in words
    stopped = next(v for v in map(str, choice.verdicts) if v.startswith(("slow", "too small")))
    assert "when it was stopped at step" in stopped
    assert "of 320" in stopped


def test_luck_is_expected_and_not_measured_again():
    _, choice = run_method(Halving(), job(), Curves(moving_valley(-1.5)))
    assert 0.1 < choice.luck.expected < 0.5
    assert 2 <= choice.luck.spread <= 4
    assert choice.luck.fresh is None
    assert choice.luck.shown == choice.valid_accuracy


def test_what_would_settle_it_is_named_unless_it_is_likely():
    _, sure = run_method(Halving(tolerance=50), job(), Curves(moving_valley(-1.5)))
    assert (sure.confidence.word, str(sure.confidence.settle)) == ("likely", "")
    _, unsure = run_method(Halving(tolerance=0.001), job(), Curves(moving_valley(-1.5)))
    assert unsure.confidence.word == "not settled"
    assert "budget=50, about" in str(unsure.confidence.settle)
    _, holdout = run_method(Halving(tolerance=0.001), job(n_folds=1), Curves(moving_valley(-1.5)))
    assert "folds=5 budget=50" in str(holdout.confidence.settle)


def test_the_customary_rate_costs_something_where_the_curve_reaches_it():
    _, choice = run_method(Halving(), job(), Curves(moving_valley(-1.5)))
    assert choice.worth_tuning.learning_rate == 0.01
    assert choice.worth_tuning.low <= choice.worth_tuning.cost <= choice.worth_tuning.high


@given(steps=st.sampled_from([5, 10, 15, 25, 60]), budget=st.sampled_from([1, 1.8, 3, 4, 6, 8]))
@settings(max_examples=15, deadline=None)
def test_short_trainings_are_climbed_too(steps, budget):
    histories, choice = run_method(Halving(budget=budget), job(steps), Curves(moving_valley(-1.5)))
    assert np.log10(choice.learning_rate) == pytest.approx(-1.5, abs=0.4)
    assert all(h.plan.start < h.plan.start + h.plan.steps <= steps for h in histories)


@pytest.mark.parametrize(
    ("field", "sentence"),
    [
        ({"target": "acuracy"}, "Did you mean 'accuracy'"),
        ({"tolerance": 0}, "tolerance must be a finite number above 0; found 0"),
        ({"low": -1}, "low learning rate must be finite and above 0; found -1"),
        ({"low": 2, "high": 1}, "found 2 and 1. Swap them"),
        ({"budget": 0.5}, "budget must be a finite number of at least 1 training; found 0.5. Try 3"),
        ({"budget": float("nan")}, "budget must be"),
    ],
)
def test_what_cannot_be_asked_for_is_said_in_a_sentence(field, sentence):
    with pytest.raises(InputError, match=sentence):
        Halving(**field)


def test_nothing_to_validate_on_is_said_in_a_sentence():
    with pytest.raises(InputError, match="needs validation rows"):
        Halving().propose(replace(job(), n_folds=0), [])


def test_digits_are_climbed_by_the_real_engine_for_about_three_trainings():
    recipe = Recipe(hidden=(32,), optimizer="momentum", batch_size=16, epochs=4, seed=3)
    split = prepare(divide(open_images("digits"), seed=3), recipe)
    task, engine, histories = Task.of(split, recipe), DenseEngine(workers=1), list[History]()
    while (plan := Halving().propose(task, histories)) is not None:
        histories.append(engine.train(split, recipe, plan))
    choice = Halving().choose(task, histories)
    assert sum(h.plan.rates.size for h in histories) / task.steps == pytest.approx(2.9, abs=0.25)
    # Trials hold a fifth of the rows out, and are validated 9 times on them.
    assert choice.cost.training_equivalents == pytest.approx(3.6, abs=0.2)
    assert 0.003 < choice.learning_rate < 0.3
    assert choice.valid_accuracy > 0.7
    for history in histories[1:]:
        assert history.plan.resume is not None or history.plan.start == 0
    again = Halving().choose(task, histories)
    assert same(again, choice)
    json.dumps(choice.curve.mean.tolist())
