import pytest

from etascope.core.choice import Basin, Walls
from etascope.selection.cross_validation.method import CrossValidation
from etascope.selection.halving.method import Ladder
from etascope.selection.limited import Limited
from tests.selection.closed_form import ClosedForm, search, task, valley
from tests.selection.learning_curves import Curves, climb_up, job, moving_valley


def test_a_basin_is_cut_where_it_ends_at_a_limit_that_is_no_wall():
    limits = (0.01, 1.0)
    assert not Limited.of(Basin(0.02, 0.9), Walls(), limits)
    assert Limited.of(Basin(0.01, 0.9), Walls(), limits) == Limited(low=0.01)
    assert Limited.of(Basin(0.01, 1.0), Walls(), limits) == Limited(0.01, 1.0)
    assert not Limited.of(Basin(0.01, 1.0), Walls(0.01, 1.0), limits)


def test_the_sentences_name_the_ends_and_the_way_on():
    assert "ends at 0.01 and 1, where" in Limited(0.01, 1.0).told
    assert Limited(0.01, 1.0).told.endswith("may lie below or above.")
    assert Limited(high=1.0).told.endswith("may lie above.")
    assert Limited(low=0.01).settle.startswith("Allow lower rates: ")


@pytest.mark.parametrize("best", [-3.0, -2.5, -2.1])
@pytest.mark.parametrize("regime", ["ladder", "folds"])
@pytest.mark.parametrize("side", ["low", "high"])
def test_what_a_limit_cuts_is_never_called_likely(best, regime, side):
    limit = {side: 0.01}
    at = best if side == "low" else -4 - best
    if regime == "ladder":
        _, choice = climb_up(Ladder(budget=15, tolerance=50.0, **limit), job(), Curves(moving_valley(at)))
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
    free = climb_up(Ladder(tolerance=50.0), job(), Curves(moving_valley(-1.5, width=0.8), wall=-0.7))[1]
    wide = climb_up(Ladder(tolerance=50.0, low=1e-7), job(), Curves(moving_valley(-1.5, width=0.8), wall=-0.7))[1]
    assert free.confidence == wide.confidence
    assert free.confidence.word == "likely"
