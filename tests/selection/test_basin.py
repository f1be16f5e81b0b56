import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from etascope.core.choice import Basin, Landscape, Walls
from etascope.selection.basin import (
    CLEARLY_WORSE,
    LEARNS,
    MARGIN_WITHOUT_PAIRS,
    Limited,
    before_divergence,
    clearly_worse,
    high_wall,
    learned,
    log_differences,
    low_wall,
    paired_basin,
    student_quantile,
    told_apart,
    within_walls,
)  # fmt: skip
from etascope.selection.cross_validation.method import CrossValidation
from etascope.selection.halving.method import Halving
from tests.selection.closed_form import BLIND, ClosedForm, search, task, valley
from tests.selection.learning_curves import Curves, job, moving_valley, run_method

LOSSES = arrays(np.float64, (7, 5), elements=st.floats(0.05, 5))


def landscape(log_loss, rates=None):
    loss = np.exp(np.array(log_loss, np.float64))
    steps = 10 ** (np.arange(len(loss)) / 8 - 2) if rates is None else np.array(rates)
    return Landscape(steps, tuple((0, f) for f in range(loss.shape[1])), loss, np.exp(-loss))


@pytest.mark.parametrize("degrees", [1, 2, 3, 4, 5, 9, 14, 29, 100])
@pytest.mark.parametrize("level", [0.51, 0.8, 0.9, 0.975, 0.999])
def test_the_quantile_is_scipys(level, degrees):
    from scipy.stats import t

    assert student_quantile(level, degrees) == pytest.approx(t.ppf(level, degrees), rel=1e-9)


def test_the_closed_forms_of_few_degrees():
    a = 2 * 0.9 - 1
    assert student_quantile(0.9, 1) == pytest.approx(np.tan(np.pi * a / 2))
    assert student_quantile(0.9, 2) == pytest.approx(a * np.sqrt(2 / (1 - a**2)))


@given(arrays(np.float64, (2, 5), elements=st.floats(0.05, 5), unique=True), st.sampled_from([0.8, 0.9, 0.99]))
def test_with_no_neighbour_to_borrow_from_it_is_the_paired_t_test(loss, level):
    from scipy.stats import ttest_rel

    rates = Landscape(np.array([0.001, 1.0]), tuple((0, f) for f in range(5)), loss, loss)
    p = ttest_rel(np.log(loss[0]), np.log(loss[1]), alternative="greater").pvalue
    if abs(p - (1 - level)) > 1e-6:
        assert told_apart(rates, 0, 1, level) == (p < 1 - level)


@given(LOSSES, st.integers(0, 6))
def test_the_basin_holds_the_best_and_ends_at_tried_rates(loss, best):
    here = landscape(np.log(loss))
    basin = paired_basin(here, best)
    assert basin.low <= here.learning_rates[best] <= basin.high
    assert {basin.low, basin.high} <= set(here.learning_rates.tolist())
    inside = (here.learning_rates >= basin.low) & (here.learning_rates <= basin.high)
    assert not any(told_apart(here, int(i), best) for i in np.flatnonzero(inside))
    outside = [i for i in (np.flatnonzero(inside)[0] - 1, np.flatnonzero(inside)[-1] + 1) if 0 <= i < 7]
    assert all(told_apart(here, int(i), best) for i in outside)


@given(LOSSES, st.integers(0, 6), arrays(np.float64, 5, elements=st.floats(-1, 1)))
def test_a_unit_that_is_harder_for_all_rates_changes_nothing(loss, best, harder):
    one, other = landscape(np.log(loss)), landscape(np.log(loss) + harder)
    np.testing.assert_allclose(log_differences(one, 0, best), log_differences(other, 0, best), atol=1e-9)
    means = [np.log(loss[i] / loss[best]).mean() for i in range(7)]
    if all(abs(m) > 1e-6 for i, m in enumerate(means) if i != best):
        assert paired_basin(one, best) == paired_basin(other, best)


def test_a_more_certain_test_tells_less_apart():
    here = landscape([[0.3, 0.1, 0.2], [0, 0, 0], [0.05, -0.02, 0.03], [0.2, 0.02, 0.1]])
    basins = [paired_basin(here, 1, level) for level in (0.6, 0.9, 0.99)]
    assert [b.high for b in basins] == sorted(b.high for b in basins)
    assert basins[0] != basins[2]


def test_differences_alike_by_luck_do_not_tell_neighbours_apart():
    lucky = [0.0020, 0.0021, 0.0020, 0.0021, 0.0020]
    noisy = [[0.3, 0.2, 0.4, 0.2, 0.3], [0] * 5, lucky, [0.08, -0.04, 0.06, -0.02, 0.05], [0.5, 0.3, 0.5, 0.6, 0.4]]
    assert not told_apart(landscape(noisy), 2, 1)
    alone = landscape([noisy[1], lucky])
    assert told_apart(alone, 1, 0)


def test_a_neighbour_about_to_diverge_does_not_widen_the_basin():
    calm = [[0.1, 0.11, 0.09, 0.1, 0.12], [0] * 5, [0.1, 0.09, 0.12, 0.1, 0.11]]
    wild = [0.1, 0.1, 3.0, 0.1, 0.2]
    assert paired_basin(landscape([*calm, wild]), 1) == Basin(*[float(landscape(calm).learning_rates[1])] * 2)


def test_the_basin_ends_before_the_first_rate_that_is_told_apart():
    here = landscape([[0] * 3, [0.01, -0.01, 0.0], [0.4, 0.5, 0.6], [0.01, 0.0, -0.01]])
    assert paired_basin(here, 0) == Basin(here.learning_rates[0], here.learning_rates[1])


def test_a_rate_that_diverged_on_one_unit_is_never_in_the_basin():
    here = landscape([[0, 0, 0], [-0.1, -0.1, np.inf]])
    assert told_apart(here, 1, 0)


@pytest.mark.parametrize(("excess", "apart"), [(-0.001, False), (0.001, True)])
def test_with_one_shared_unit_a_fixed_margin_decides(excess, apart):
    here = landscape([[0, 0, np.nan], [np.nan, MARGIN_WITHOUT_PAIRS + excess, 5]])
    assert told_apart(here, 1, 0) is apart


def test_units_that_one_of_both_lacks_are_left_out():
    here = landscape([[0, 0, 0, np.nan], [0.3, 0.31, np.nan, -9]])
    np.testing.assert_allclose(log_differences(here, 1, 0), [0.3, 0.31])
    assert told_apart(here, 1, 0)


def test_without_a_shared_unit_nothing_is_taken_for_the_best():
    assert told_apart(landscape([[0, np.nan], [np.nan, 0]]), 1, 0)


def test_losses_of_zero_are_alike():
    zero = Landscape(np.array([0.1, 0.2]), ((0, 0), (0, 1)), np.zeros((2, 2)), np.ones((2, 2)))
    assert paired_basin(zero, 0) == Basin(0.1, 0.2)


def walled(log_loss):
    loss = np.exp(np.array(log_loss, np.float64))
    return Landscape(10.0 ** np.arange(len(loss)), tuple((0, f) for f in range(loss.shape[1])), loss, loss)


@pytest.mark.parametrize(
    ("worse", "clearly"),
    [
        ([CLEARLY_WORSE + 0.01] * 3, True),
        ([CLEARLY_WORSE - 0.01] * 3, False),
        ([3.0, -1.0, 0.5], False),
        ([0.0, 0.0, np.inf], True),
        ([CLEARLY_WORSE + 0.01, np.nan, np.nan], True),
        ([CLEARLY_WORSE - 0.01, np.nan, np.nan], False),
    ],
)
def test_clearly_worse_is_told_apart_and_by_a_margin_or_diverged(worse, clearly):
    assert clearly_worse(walled([[0, 0, 0], worse]), 1, 0) is clearly


def test_the_walls_are_the_nearest_clearly_worse_rates():
    here = walled([[1, 1], [0.5, 0.5], [0.05, 0.05], [0, 0], [0.1, 0.1], [0.1, np.inf], [2, 2]])
    assert (low_wall(here, 3), high_wall(here, 3)) == (1, 5)
    assert low_wall(walled([[0.1, 0.1], [0, 0]]), 1) is None
    assert high_wall(walled([[0, 0]]), 0) is None
    assert (low_wall(here, 3, below=5.0), high_wall(here, 3, above=1e6)) == (0, 6)
    assert low_wall(here, 3, below=0.5) is None
    assert high_wall(here, 3, above=1e7) is None


def test_a_basin_ends_below_what_diverged_above_the_answer():
    basin = Basin(0.01, 0.5)
    assert before_divergence(basin, 0.1, []) == before_divergence(basin, 0.1, [0.05, 0.1, 0.6]) == basin
    assert 0.19 < before_divergence(basin, 0.1, [0.2, 0.3]).high < 0.2
    assert before_divergence(basin, 0.1, [0.101]).high == 0.1


@pytest.mark.parametrize(
    ("below", "yes"),
    [
        ([LEARNS + 0.01] * 3, True),
        ([LEARNS - 0.01] * 3, False),
        ([0.3, -0.3, 0.1], False),
        ([np.inf], True),
        ([LEARNS + 0.01], True),
        ([LEARNS - 0.01], False),
        ([0.5, 0.5, -np.inf], False),
    ],
)
def test_learning_is_clearly_below_a_blind_guess(below, yes):
    loss = BLIND * np.exp(-np.array([below]))
    units = tuple((0, f) for f in range(loss.shape[1]))
    assert learned(task(), Landscape(np.array([0.1]), units, loss, loss), 0) is yes


def test_a_basin_ends_before_its_walls_and_holds_the_answer():
    basin = Basin(0.1, 1.0)
    assert within_walls(basin, 0.3, Walls(0.01, 2.0)) == basin
    assert within_walls(basin, 0.3, Walls(0.1, 1.0)) == Basin(0.105, 0.955)
    assert within_walls(basin, 1.0, Walls(None, 1.0)) == basin
    assert within_walls(basin, 0.1, Walls(0.1, None)) == basin


def test_a_basin_is_cut_where_it_ends_at_a_limit_that_is_no_wall():
    limits = (0.01, 1.0)
    assert not Limited.of(Basin(0.02, 0.9), Walls(), limits)
    assert Limited.of(Basin(0.01, 0.9), Walls(), limits) == Limited(low=0.01)
    assert Limited.of(Basin(0.01, 1.0), Walls(), limits) == Limited(0.01, 1.0)
    assert not Limited.of(Basin(0.01, 1.0), Walls(0.01, 1.0), limits)


@pytest.mark.parametrize("best", [-3.0, -2.5, -2.1])
@pytest.mark.parametrize("regime", ["halving", "folds"])
@pytest.mark.parametrize("side", ["low", "high"])
def test_what_a_limit_cuts_is_never_called_likely(best, regime, side):
    limit = {side: 0.01}
    at = best if side == "low" else -4 - best
    if regime == "halving":
        _, choice = run_method(Halving(budget=15, tolerance=50.0, **limit), job(), Curves(moving_valley(at)))
    else:
        _, choice = search(CrossValidation(tolerance=50.0, **limit), task(), ClosedForm(valley(at)))
    assert choice.learning_rate is not None
    assert 0.01 in (choice.basin.low, choice.basin.high)
    assert choice.confidence.share > 0.9
    assert choice.confidence.word == ("not settled" if choice.learning_rate == 0.01 else "probable")
    assert choice.confidence.settle
    assert any("where the search was limited" in sentence for sentence in map(str, choice.reasons))
    assert not any(
        "88 times in 100" in sentence or "9 times in 10" in sentence for sentence in map(str, choice.reasons)
    )


def test_limits_that_cut_nothing_change_nothing():
    free = run_method(Halving(tolerance=50.0), job(), Curves(moving_valley(-1.5, width=0.8), wall=-0.7))[1]
    wide = run_method(Halving(tolerance=50.0, low=1e-7), job(), Curves(moving_valley(-1.5, width=0.8), wall=-0.7))[1]
    assert free.confidence == wide.confidence
    assert free.confidence.word == "likely"
