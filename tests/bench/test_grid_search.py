import numpy as np
import pytest
from bench.grid_search import GridSearch
from hypothesis import given, settings
from hypothesis import strategies as st

from etascope.core.choice import Basin
from etascope.core.errors import InputError
from etascope.core.history import History
from etascope.core.recipe import OPTIMIZERS
from tests.selection.closed_form import BLIND, ClosedForm, flat, search, task, valley


def tried(histories):
    return sorted(set(History.stack(histories).plan.learning_rates.tolist()))


def sizes(histories):
    return [len(h.plan) for h in histories]


@given(best=st.floats(-2.4, -0.6), noise=st.floats(0.001, 0.03), folds=st.sampled_from([1, 3, 5]))
@settings(max_examples=25, deadline=None)
def test_the_minimum_of_a_valley_is_found_and_bracketed(best, noise, folds):
    histories, choice = search(GridSearch(), task(folds), ClosedForm(valley(best), noise=noise))
    assert choice.learning_rate is not None
    assert np.log10(choice.learning_rate) == pytest.approx(best, abs=0.4)
    rates = np.array(tried(histories))
    below, above = rates[rates < choice.basin.low], rates[rates > choice.basin.high]
    assert np.log10(choice.basin.low / below[-1]) < 0.13
    assert np.log10(above[0] / choice.basin.high) < 0.13


def test_the_default_search_is_twenty_trials_for_the_walls_and_fifty_for_the_fine_grid():
    histories, choice = search(GridSearch(), task(), ClosedForm(valley(-1.4), wall=-0.4))
    assert sizes(histories) == [20, 50]
    assert choice.cost.trials == 70
    assert choice.cost.epochs == 5
    assert choice.cost.seconds == 1.0
    joined = History.stack(histories)
    validated = 160 * np.isfinite(joined.valid_loss).sum()
    assert choice.cost.training_equivalents == pytest.approx(
        (3 * joined.examples.sum() + validated) / (5 * (3 * 640 + 160))
    )
    assert len(choice.verdicts) == 70


def test_rates_are_printed_as_they_were_trained():
    histories, _ = search(GridSearch(), task(), ClosedForm(valley(-1.4)))
    assert all(rate == float(f"{rate:.3g}") for rate in tried(histories))


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer_starts_with_four_decades(optimizer):
    job = task(optimizer=optimizer)
    rates = np.unique(GridSearch().propose(job, []).learning_rates)
    assert np.diff(np.log10(rates)).tolist() == pytest.approx([1, 1, 1])
    customary = {"sgd": 0.1, "momentum": 0.03, "nesterov": 0.03, "adagrad": 0.03}.get(optimizer, 3e-3)
    assert rates[0] < customary / 3
    assert rates[-1] > customary * 3


@pytest.mark.parametrize(("best", "wall"), [(-5.3, -4.4), (2.6, np.inf), (1.3, 1.9)])
def test_a_best_beyond_the_first_window_is_found(best, wall):
    histories, choice = search(GridSearch(), task(), ClosedForm(valley(best), wall=wall))
    assert np.log10(choice.learning_rate) == pytest.approx(best, abs=0.2)
    assert len(histories) > 2
    assert not min(tried(histories[:1])) < choice.learning_rate < max(tried(histories[:1]))


def test_a_cliff_next_to_the_best_is_named():
    cliff = ClosedForm(lambda x, seed, fold: BLIND * 10 ** (-0.3 * (x + 3)), wall=-0.6)
    _, choice = search(GridSearch(), task(), cliff)
    assert choice.learning_rate == 0.237
    assert choice.basin == Basin(0.237, 0.237)
    assert "0.316 diverged in 5 of 5 trials" in str(choice.reasons[1])
    assert str(choice.reasons[3]) == "Mind the edge: 0.316, only 1.3 times as large, diverged."


def test_no_wall_of_divergence_is_needed_when_high_rates_are_clearly_worse():
    _, choice = search(GridSearch(), task(), ClosedForm(valley(-1.4)))
    assert "too large" in str(choice.reasons[1])
    assert choice.learning_rate is not None


def test_when_every_rate_diverges_down_to_the_limit_there_is_no_answer():
    histories, choice = search(GridSearch(), task(), ClosedForm(valley(-1), wall=-20))
    assert min(tried(histories)) == 1e-7
    assert max(tried(histories)) == 1.0
    assert choice.learning_rate is None
    assert choice.basin is None
    assert np.isnan(choice.valid_loss)
    assert str(choice.reasons[0]) == "Every learning rate from 1e-07 to 1 diverged in some trial."
    assert len(choice.reasons) == 2
    assert all(verdict.startswith("diverged") for verdict in map(str, choice.verdicts))


@pytest.mark.parametrize("wall", [0.5, np.inf])
@pytest.mark.parametrize("folds", [1, 5])
def test_when_nothing_learns_there_is_no_answer(wall, folds):
    engine = ClosedForm(flat(BLIND), wall=wall, shared=0.003, noise=0.003)
    histories, choice = search(GridSearch(), task(folds), engine)
    assert choice.learning_rate is None
    assert "learned" in str(choice.reasons[0])
    assert "a blind guess has 2.30" in str(choice.reasons[0])
    assert min(tried(histories)) == 1e-7
    assert len(histories) < 12


def test_a_flat_landscape_ends_and_says_that_no_wall_was_seen():
    histories, choice = search(GridSearch(), task(), ClosedForm(flat(0.5), wall=0.3))
    assert len(histories) <= 12
    assert "no rate down to 1e-07, the lowest allowed, is clearly worse" in str(choice.reasons[1])


def test_the_rounds_are_bounded_even_when_all_rates_are_exactly_alike():
    histories, choice = search(GridSearch(), task(), ClosedForm(flat(0.5), wall=0.3, noise=0, shared=0))
    assert len(histories) == 12
    assert choice.learning_rate == 1e-7
    assert "It lies at the end of the window that was allowed" in str(choice.reasons[3])


def test_a_unit_that_is_an_outlier_moves_neither_best_nor_basin_far():
    calm = ClosedForm(valley(-1.4))

    def harder(x, seed, fold):
        return valley(-1.4)(x, seed, fold) * (3 if fold == 2 else 1)

    (_, without), (_, with_outlier) = (search(GridSearch(), task(), e) for e in (calm, ClosedForm(harder)))
    assert with_outlier.learning_rate == without.learning_rate
    assert with_outlier.basin == without.basin


def test_a_rate_that_diverges_on_one_unit_only_cannot_win():
    def one_dies(x, seed, fold):
        return np.where((x > -1.45) & (fold == 3), np.nan, valley(-1.2)(x, seed, fold))

    _, choice = search(GridSearch(), task(), ClosedForm(one_dies))
    assert choice.learning_rate < 10**-1.45
    assert "diverged in 1 of 5 trials" in str(choice.reasons[1])


def test_a_single_rate_is_trained_and_reported_without_a_basin_claim():
    histories, choice = search(GridSearch(low=0.02, high=0.02), task(), ClosedForm(valley(-1.4)))
    assert sizes(histories) == [5]
    assert choice.learning_rate == 0.02
    assert choice.basin == Basin(0.02, 0.02)
    assert "the only learning rate that was allowed" in str(choice.reasons[0])
    assert "any rate but 0.02;" in str(choice.not_tried)


def test_the_users_window_is_kept_and_a_best_at_its_edge_is_said():
    histories, choice = search(GridSearch(low=0.002, high=0.02), task(), ClosedForm(valley(-1.4)))
    assert (min(tried(histories)), max(tried(histories))) == (0.002, 0.02)
    assert choice.learning_rate == 0.02
    assert "it is the highest rate allowed (0.02)" in str(choice.reasons[1])
    assert "It lies at the end of the window that was allowed" in str(choice.reasons[3])


@pytest.mark.parametrize(("low", "high"), [(0.5, None), (None, 1e-3), (1e5, None), (None, 1e-9), (0.1, 0.12)])
def test_a_window_away_from_the_customary_rates_is_searched(low, high):
    histories, choice = search(GridSearch(low=low, high=high), task(), ClosedForm(valley(-1.4, width=5)))
    assert min(tried(histories)) >= (low or 0)
    assert max(tried(histories)) <= (high or np.inf)
    assert choice.learning_rate in (low, high, None)


def test_a_best_at_the_end_of_what_was_tried_is_no_answer_while_more_is_allowed():
    method, job, engine = GridSearch(max_rounds=1), task(), ClosedForm(valley(1.0))
    histories, choice = search(method, job, engine)
    assert len(histories) == 1
    assert choice.learning_rate is None
    assert "is the highest rate that was tried; a better one may lie beyond" in str(choice.reasons[0])
    assert str(choice.reasons[1]) == "Let the search go on towards 10000: allow it more rounds."


def test_a_holdout_looks_for_walls_with_one_seed_and_compares_with_three():
    histories, choice = search(GridSearch(), task(1, seed=4), ClosedForm(valley(-1.4)))
    assert sizes(histories) == [4, 10 * 3 + 2]
    assert set(histories[0].plan.seeds.tolist()) == {4}
    assert set(histories[1].plan.seeds.tolist()) == {4, 5, 6}
    row = choice.landscape.learning_rates.searchsorted(choice.learning_rate)
    assert not np.isnan(choice.landscape.valid_loss[row]).any()
    trials = History.stack(histories).plan
    triples = {*zip(trials.learning_rates, trials.seeds, trials.folds, strict=True)}
    assert len(triples) == len(trials)


def test_given_seeds_are_compared_over():
    histories, choice = search(GridSearch(seeds=(3, 8)), task(), ClosedForm(valley(-1.4)))
    assert set(histories[0].plan.seeds.tolist()) == {3}
    assert set(histories[1].plan.seeds.tolist()) == {3, 8}
    assert "over 10 trials" in str(choice.reasons[0])
    assert "seed but 3, 8;" in str(choice.not_tried)


@pytest.mark.parametrize("schedule", ["one-cycle", "cosine"])
def test_shaped_rows_are_searched_by_their_peak(schedule):
    job = task(schedule=schedule, warmup=0.1, epochs=7)
    histories, choice = search(GridSearch(), job, ClosedForm(valley(-1.4)))
    assert sizes(histories) == [20, 50]
    assert choice.learning_rate == float(f"{choice.learning_rate:.3g}")


@pytest.mark.parametrize(("per_decade", "fine"), [(1, 0), (4, 4), (16, 20)])
def test_the_fine_grid_is_as_fine_as_asked(per_decade, fine):
    histories, _ = search(GridSearch(per_decade=per_decade), task(), ClosedForm(valley(-1.5, width=0.6)))
    assert sum(len(h.plan) for h in histories[1:]) // 5 >= fine


def test_no_trial_is_trained_twice():
    histories, _ = search(GridSearch(), task(), ClosedForm(flat(0.5), wall=0.3, noise=0, shared=0))
    plan = History.stack(histories).plan
    assert len({*zip(plan.learning_rates, plan.seeds, plan.folds, strict=True)}) == len(plan)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"low": 0.0}, "the low learning rate must be finite and above 0; found 0."),
        ({"high": -1.0}, "the high learning rate must be finite and above 0; found -1."),
        ({"low": float("nan")}, "found nan"),
        ({"high": float("inf")}, "found inf"),
        ({"low": 0.2, "high": 0.1}, "the low learning rate must not be above the high one; found 0.2 and 0.1."),
        ({"per_decade": 0}, "per_decade must be 1 to 64 rates; found 0"),
        ({"per_decade": 65}, "found 65"),
        ({"seeds": (1, 1)}, "seeds must be different numbers of at least 0; found (1, 1)"),
        ({"seeds": (-1,)}, "found (-1,)"),
        ({"max_rounds": 0}, "max_rounds must be at least 1; found 0"),
    ],
)
def test_bad_options_are_a_sentence(options, sentence):
    with pytest.raises(InputError) as error:
        GridSearch(**options)
    assert sentence in str(error.value)


def test_without_validation_rows_there_is_nothing_to_choose_by():
    with pytest.raises(InputError, match="needs validation rows; found 0 folds"):
        GridSearch().propose(task(0), [])
