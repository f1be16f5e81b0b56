import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etascope.core.data import Dataset
from etascope.core.errors import InputError
from etascope.core.history import Status
from etascope.core.recipe import OPTIMIZERS, Recipe, Task
from etascope.core.trials import trials
from etascope.images.open import open_images
from etascope.pipeline.prepare import prepare
from etascope.pipeline.split import divide
from etascope.selection.cross_validation.method import CrossValidation
from etascope.training.dense.engine import DenseEngine
from tests.selection.closed_form import BLIND, ClosedForm, flat, search, task, valley


def sizes(histories):
    return [len(history.plan) for history in histories]


def tried(histories, seed=0):
    return sorted({t.learning_rate for t in trials(task(), histories) if t.seed == seed})


def real(recipe, method, folds=None, dataset=None):
    """Search with the real engine; the digits when there is no data set."""
    split = prepare(divide(dataset or open_images("digits"), test=None, folds=folds, seed=recipe.seed), recipe)
    job, histories = Task.of(split, recipe), []
    while (plan := method.propose(job, histories)) is not None:
        histories.append(DenseEngine().train(split, recipe, plan))
    return job, histories, method.choose(job, histories)


@given(best=st.floats(-2.4, -0.6), noise=st.floats(0.001, 0.03), folds=st.sampled_from([1, 3, 5]))
@settings(max_examples=15, deadline=None)
def test_the_minimum_of_a_valley_is_found_within_its_basin(best, noise, folds):
    job = task(folds)
    histories, choice = search(CrossValidation(), job, ClosedForm(valley(best), noise=noise))
    assert np.log10(choice.learning_rate) == pytest.approx(best, abs=0.25)
    assert choice.basin.low <= choice.learning_rate <= choice.basin.high
    assert 0.1 < np.log10(choice.basin.high / choice.basin.low) < 1
    assert choice.walls.low < choice.basin.low
    assert choice.basin.high < choice.walls.high
    assert len(choice.verdicts) == choice.cost.trials == len(trials(job, histories))
    assert (choice.regime, choice.target) == ("cheap", "accuracy")


def test_three_rounds_walls_window_and_fresh_seed():
    job = task()
    histories, choice = search(CrossValidation(), job, ClosedForm(valley(-1.4)))
    assert sizes(histories) == [8, 56, 5]
    walls, window, fresh = (history.plan for history in histories)
    assert set(walls.folds.tolist()) == {0}
    assert set(window.folds.tolist()) == set(fresh.folds.tolist()) == {0, 1, 2, 3, 4}
    assert set(window.seeds.tolist()) == {0}
    assert set(fresh.seeds.tolist()) == {1}
    assert fresh.learning_rates.tolist() == pytest.approx([choice.learning_rate] * 5)
    for plan in (walls, window, fresh):
        assert plan.keep_examples
        assert plan.evaluate_at == (2, 4, 6, 8, 9, 10)
        units = list(zip(plan.seeds.tolist(), plan.folds.tolist(), strict=True))
        assert units == sorted(units)
    assert CrossValidation().propose(job, histories) is None


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer_is_searched(optimizer):
    centre = -2.5 if optimizer in ("adam", "adamw", "rmsprop") else -1.5
    histories, choice = search(CrossValidation(), task(optimizer=optimizer), ClosedForm(valley(centre)))
    assert len(histories) == 3
    assert np.log10(choice.learning_rate) == pytest.approx(centre, abs=0.2)


@pytest.mark.parametrize(("best", "wall"), [(-5.3, -4.4), (2.6, np.inf), (1.3, 1.9)])
def test_a_best_beyond_the_first_rates_is_found(best, wall):
    histories, choice = search(CrossValidation(), task(), ClosedForm(valley(best), wall=wall))
    assert len(histories) > 3
    assert np.log10(choice.learning_rate) == pytest.approx(best, abs=0.25)
    assert not min(tried(histories[:1])) < choice.learning_rate < max(tried(histories[:1]))


def test_a_basin_that_reaches_the_end_of_the_window_widens_it():
    wide = ClosedForm(valley(-1.5, floor=1.2, width=3.0), noise=0.05)
    histories, choice = search(CrossValidation(rates=5), task(), wide)
    assert len(histories) > 3
    full = [t.learning_rate for t in trials(task(), histories) if t.fold == 4 and t.seed == 0]
    assert min(full) < choice.basin.low
    assert choice.basin.high < max(full)


def test_fresh_trials_have_no_say_in_rate_and_basin_and_only_lower_the_confidence():
    job, method = task(), CrossValidation()
    histories, choice = search(method, job, ClosedForm(valley(-1.4), noise=0.02))
    without = method.choose(job, histories[:-1])
    worse = ClosedForm(flat(2.2)).train(job, histories[-1].plan)
    other = method.choose(job, [*histories[:-1], worse])
    for other_choice in (without, other):
        assert (other_choice.learning_rate, other_choice.basin) == (choice.learning_rate, choice.basin)
        assert other_choice.reasons[:2] == choice.reasons[:2]
        assert other_choice.curve.mean.tolist() == choice.curve.mean.tolist()
        assert other_choice.confidence.share == choice.confidence.share
        assert other_choice.landscape.units == choice.landscape.units == tuple((0, fold) for fold in range(5))
    assert without.confidence == choice.confidence
    assert other.confidence.word == "not settled"
    assert str(other.reasons[3]).startswith("On a fresh seed the accuracy fell by 42.6 points, from 53.8 % to 11.3 %: ")
    assert without.luck.fresh is None
    assert without.valid_accuracy == without.luck.shown
    assert choice.luck.seeds == (1,)
    assert choice.valid_accuracy == choice.luck.fresh
    assert other.luck.fresh < choice.luck.fresh
    assert other.valid_loss == pytest.approx(2.2, rel=0.5)


def test_equal_histories_give_equal_answers():
    first, second = (search(CrossValidation(), task(), ClosedForm(valley(-1.2), noise=0.1))[1] for _ in range(2))
    assert (first.learning_rate, first.basin, first.luck, first.verdicts) == (
        second.learning_rate, second.basin, second.luck, second.verdicts,
    )  # fmt: skip


def test_a_cliff_next_to_the_best_is_a_wall_and_named():
    cliff = ClosedForm(lambda x, seed, fold: BLIND * 10 ** (-0.3 * (x + 3)), wall=-0.6)
    _, choice = search(CrossValidation(), task(), cliff)
    assert -0.9 < np.log10(choice.learning_rate) < -0.6
    assert choice.walls.high == 0.316
    assert "0.316 diverged in 5 of 5 trials" in str(choice.reasons[1])
    assert str(choice.reasons[3]).startswith("Mind the edge: 0.316")
    assert {verdict.word for verdict in choice.verdicts} >= {"diverged", "slow", "best"}


def test_all_diverged_is_told_after_the_lowest_rate_was_tried():
    histories, choice = search(CrossValidation(), task(), ClosedForm(valley(-1), wall=-9))
    assert choice.learning_rate is choice.basin is choice.confidence is choice.luck is None
    assert min(tried(histories)) == 1e-7
    assert str(choice.reasons[0]) == "Every learning rate from 1e-07 to 1 diverged in some trial."
    assert all(verdict.startswith("diverged") for verdict in map(str, choice.verdicts))
    assert np.isnan(choice.valid_loss)


def test_nothing_learned_is_told():
    _, choice = search(CrossValidation(), task(), ClosedForm(flat(BLIND), noise=0.001, shared=0.001))
    assert choice.learning_rate is None
    assert "learned: the lowest mean temperature-scaled loss is 2.3" in str(choice.reasons[0])


def test_a_flat_landscape_has_a_wide_basin_and_no_walls():
    _, choice = search(CrossValidation(), task(), ClosedForm(flat(0.5), noise=0.02))
    assert choice.walls.low is choice.walls.high is None
    assert choice.learning_rate is not None
    assert np.log10(choice.basin.high / choice.basin.low) > 1


def test_of_two_dips_the_deeper_one_is_taken():
    def dips(x, seed, fold):
        return BLIND - 1.5 * np.exp(-(((x + 2.75) / 0.35) ** 2)) - 1.8 * np.exp(-(((x + 1.0) / 0.35) ** 2))

    _, choice = search(CrossValidation(), task(), ClosedForm(dips))
    assert np.log10(choice.learning_rate) == pytest.approx(-1.0, abs=0.2)


def test_one_seed_that_is_an_outlier_does_not_move_the_answer():
    def outlier(x, seed, fold):
        return valley(-2.6 if seed == 2 else -1.4)(x, seed, fold)

    method = CrossValidation(seeds=(0, 1, 2, 3, 4))
    _, plain = search(method, task(3), ClosedForm(valley(-1.4)))
    _, choice = search(method, task(3), ClosedForm(outlier))
    assert np.log10(choice.learning_rate) == pytest.approx(np.log10(plain.learning_rate), abs=0.45)
    assert choice.basin.high / choice.basin.low > plain.basin.high / plain.basin.low


def test_losses_that_are_not_numbers_count_as_divergence():
    def broken(x, seed, fold):
        return np.where(x > -1.1, np.nan, valley(-1.5)(x, seed, fold))

    _, choice = search(CrossValidation(), task(), ClosedForm(broken))
    assert np.log10(choice.learning_rate) == pytest.approx(-1.5, abs=0.25)
    assert choice.walls.high == 0.1


def test_a_rate_that_diverges_on_one_fold_only_is_an_edge():
    def one_fold(x, seed, fold):
        return np.where((x > -1.35) & (fold == 3), np.nan, valley(-1.4)(x, seed, fold))

    _, choice = search(CrossValidation(), task(), ClosedForm(one_fold))
    assert np.log10(choice.learning_rate) < -1.3
    assert "diverged in 1 of 5 trials" in str(choice.reasons[1])


def test_a_single_rate_is_tried_on_every_fold_and_again_afresh():
    histories, choice = search(CrossValidation(low=0.02, high=0.02), task(), ClosedForm(valley(-1.4)))
    assert sizes(histories) == [1, 4, 5]
    assert choice.learning_rate == choice.basin.low == choice.basin.high == 0.02
    assert choice.confidence is choice.curve is None
    assert choice.luck.expected == 0
    assert str(choice.reasons[0]).startswith("0.02 is the only learning rate that was allowed")


def test_limits_are_kept_and_an_end_of_them_may_win():
    histories, choice = search(CrossValidation(high=0.005), task(), ClosedForm(valley(-1.4)))
    assert max(tried(histories)) == choice.learning_rate == 0.005
    assert "It lies at the end of what was allowed" in str(choice.reasons[-1])
    narrow, _ = search(CrossValidation(low=0.01, high=0.02), task(), ClosedForm(valley(-1.8)))
    assert len(tried(narrow)) >= 12


def test_an_open_end_is_never_the_answer():
    method = CrossValidation(max_rounds=1)
    job = task()
    histories, choice = search(method, job, ClosedForm(valley(-4)))
    assert len(histories) == 1
    assert choice.learning_rate is None
    assert "allow it more rounds" in str(choice.reasons[1])
    assert choice.verdicts[0].word == "not judged"


def test_one_holdout_takes_three_seeds_and_one_seed_when_asked():
    histories, choice = search(CrossValidation(), task(1), ClosedForm(valley(-1.4)))
    assert choice.landscape.units == ((0, 0), (1, 0), (2, 0))
    assert choice.luck.seeds == (3,)
    histories, choice = search(CrossValidation(seeds=(7,)), task(1), ClosedForm(valley(-1.4)))
    assert sizes(histories) == [8, 8, 1]
    assert np.log10(choice.learning_rate) == pytest.approx(-1.4, abs=0.25)
    assert choice.luck.seeds == (8,)


def test_the_fresh_seed_of_the_last_seed_is_another():
    _, choice = search(CrossValidation(seeds=(0, 2**32 - 1)), task(3), ClosedForm(valley(-1.4)))
    assert choice.luck.seeds == (1,)


def test_accuracy_and_loss_are_two_targets_on_an_overfitting_job():
    def calm(x):
        return np.clip(0.4 * (x + 2.6), 0, 0.8)

    job, engine = task(), ClosedForm(valley(-2.0, width=2.0), overconfident=calm)
    accuracy = search(CrossValidation(), job, engine)[1]
    loss = search(CrossValidation(target="loss"), job, engine)[1]
    assert np.log10(loss.learning_rate) == pytest.approx(-2.0, abs=0.2)
    assert np.log10(accuracy.learning_rate) > np.log10(loss.learning_rate) + 0.2
    assert (loss.target, loss.curve.unit, loss.confidence.tolerance) == ("loss", "%", 5.0)
    assert (accuracy.curve.unit, accuracy.confidence.tolerance) == ("points", 1.0)
    assert str(accuracy.reasons[-1]).startswith("Plain validation loss is lowest at ")
    assert all("temperature-scaled loss" in verdict.because for verdict in accuracy.verdicts if verdict.word == "good")


def test_a_tolerance_is_kept():
    _, choice = search(CrossValidation(tolerance=0.01), task(), ClosedForm(valley(-1.4), noise=0.1))
    assert choice.confidence.tolerance == 0.01
    assert choice.confidence.word == "not settled"
    assert str(choice.confidence.settle).startswith("It is likely within")


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"target": "speed"}, "target"),
        ({"tolerance": 0.0}, "tolerance must be"),
        ({"low": -1.0}, "low learning rate"),
        ({"low": 1.0, "high": 0.1}, "Swap them"),
        ({"seeds": (1, 1)}, "seeds must be"),
        ({"rates": 3}, "rates must be"),
        ({"max_rounds": 0}, "max_rounds"),
    ],
)
def test_fields_outside_their_range_are_told(fields, sentence):
    with pytest.raises(InputError, match=sentence):
        CrossValidation(**fields)


def test_nothing_to_validate_on_is_told():
    with pytest.raises(InputError, match="0 folds"):
        CrossValidation().propose(task(0), [])


def test_the_bundled_digits():
    job, histories, choice = real(Recipe(), CrossValidation())
    assert sum(sizes(histories)) <= 85
    assert 0.015 < choice.learning_rate < 0.05
    assert 0.2 < np.log10(choice.basin.high / choice.basin.low) < 0.8
    assert choice.confidence.word == "likely"
    assert choice.walls.low < choice.basin.low
    assert choice.basin.high < choice.walls.high
    assert abs(choice.luck.shown - choice.luck.fresh) < 0.04
    assert 0 <= choice.luck.expected < 1
    assert 0 < choice.worth_tuning.cost < 3
    assert len(choice.verdicts) == len(trials(job, histories))


def test_a_handful_of_images():
    images = open_images("digits")
    rows = np.concatenate([np.flatnonzero(images.labels == label)[:8] for label in range(10)])
    few = Dataset(images.images[rows], images.labels[rows], images.class_names, "few digits")
    _, histories, choice = real(Recipe(hidden=(16,)), CrossValidation(), folds=3, dataset=few)
    assert all(status in (Status.FINISHED, Status.DIVERGED) for h in histories for status in h.status)
    assert choice.learning_rate is None or choice.basin.low <= choice.learning_rate <= choice.basin.high
