import numpy as np
import pytest

from etascope.core.choice import Basin, Landscape, Walls
from etascope.selection.cross_validation.method import CrossValidation
from etascope.selection.halving.method import Halving
from etascope.selection.walls import (
    LEARNS,
    MARGIN,
    Limited,
    before_divergence,
    clearly_worse,
    high_wall,
    learned,
    low_wall,
    within_walls,
)
from tests.selection.closed_form import BLIND, ClosedForm, search, task, valley
from tests.selection.learning_curves import Curves, job, moving_valley, run_method


def landscape(log_loss):
    loss = np.exp(np.array(log_loss, np.float64))
    return Landscape(10.0 ** np.arange(len(loss)), tuple((0, f) for f in range(loss.shape[1])), loss, loss)


@pytest.mark.parametrize(
    ("worse", "clearly"),
    [
        ([MARGIN + 0.01] * 3, True),
        ([MARGIN - 0.01] * 3, False),
        ([3.0, -1.0, 0.5], False),
        ([0.0, 0.0, np.inf], True),
        ([MARGIN + 0.01, np.nan, np.nan], True),
        ([MARGIN - 0.01, np.nan, np.nan], False),
    ],
)
def test_clearly_worse_is_told_apart_and_by_a_margin_or_diverged(worse, clearly):
    assert clearly_worse(landscape([[0, 0, 0], worse]), 1, 0) is clearly


def test_the_walls_are_the_nearest_clearly_worse_rates():
    here = landscape([[1, 1], [0.5, 0.5], [0.05, 0.05], [0, 0], [0.1, 0.1], [0.1, np.inf], [2, 2]])
    assert (low_wall(here, 3), high_wall(here, 3)) == (1, 5)
    assert low_wall(landscape([[0.1, 0.1], [0, 0]]), 1) is None
    assert high_wall(landscape([[0, 0]]), 0) is None
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


def test_the_sentences_name_the_ends_and_the_way_on():
    assert "ends at 0.01 and 1, where" in Limited(0.01, 1.0).sentence
    assert Limited(0.01, 1.0).sentence.endswith("may lie below or above.")
    assert Limited(high=1.0).sentence.endswith("may lie above.")
    assert str(Limited(low=0.01).settle).startswith("Allow lower rates: ")


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
    assert not any("88 in 100" in sentence or "9 times in 10" in sentence for sentence in map(str, choice.reasons))


def test_limits_that_cut_nothing_change_nothing():
    free = run_method(Halving(tolerance=50.0), job(), Curves(moving_valley(-1.5, width=0.8), wall=-0.7))[1]
    wide = run_method(Halving(tolerance=50.0, low=1e-7), job(), Curves(moving_valley(-1.5, width=0.8), wall=-0.7))[1]
    assert free.confidence == wide.confidence
    assert free.confidence.word == "likely"
