from dataclasses import dataclass, replace

import numpy as np
import pytest
from bench.grid_search import GridSearch

from etascope.core.errors import InputError
from etascope.experiments.referee.adviser import Advice
from etascope.experiments.referee.advisers.plain import CustomaryDefault
from etascope.experiments.referee.run import FRESH, known_advisers, missing, referee
from etascope.training.dense.engine import DenseEngine
from tests.experiments.referee.made import SMALL, dataset, split

QUICK = GridSearch(per_decade=2)


@dataclass(frozen=True)
class Spy:
    """Notes what it is shown."""

    benches: list
    rate: float | None = 0.03
    name: str = "spy"
    about: str = "looks"
    needs: tuple = ()

    def advise(self, bench):
        self.benches.append(bench)
        return Advice(self.rate, 0.5)


def ask(*advisers, **changes):
    options = {"recipe": SMALL, "seeds": 2, "replicates": 2, "method": QUICK, "engine": DenseEngine(1), **changes}
    return referee(dataset(), advisers=advisers, **options)


@pytest.fixture(scope="module")
def everybody():
    return ask(*known_advisers(), replicates=1)


def test_everybody_is_asked_and_what_loses_least_stands_first(everybody):
    assert {row.adviser for row in everybody.followed} == {a.name for a in known_advisers()} | {"etascope pick"}
    means = [row.mean for row in everybody.followed]
    assert means == sorted(means)
    assert everybody.left_out == ()
    assert everybody.seconds > 0


def test_rates_lose_at_least_nothing_and_prodigy_is_another_optimizer(everybody):
    for row in everybody.followed:
        assert row.own_optimizer == (row.adviser == "Prodigy at rate 1")
        assert row.own_optimizer or row.median >= -1e-9
        assert row.own_optimizer == (row.scored[0] is None)
        assert (row.difference is None) == (row.adviser == everybody.own)
    own = next(row for row in everybody.followed if row.own_optimizer)
    assert len(own.lost) == len(everybody.seeds)
    assert -20 < own.mean < 40


def test_what_a_rate_loses_is_read_off_the_truth(everybody):
    mean = everybody.accuracy.mean(axis=0)
    for row in everybody.followed:
        for rate, lost in zip(row.scored, row.lost, strict=False):
            if rate is not None:
                rate = min(max(rate, everybody.learning_rates[0]), everybody.learning_rates[-1])
                there = np.interp(np.log(rate), np.log(everybody.learning_rates), mean)
                assert lost == pytest.approx(100 * (mean.max() - there), abs=1e-6)


def test_nobody_sees_a_test_row_or_trains_on_a_seed_of_the_truth():
    spy = Spy([])
    result = ask(spy, replicates=3)
    known = split()
    assert [bench.recipe.seed for bench in spy.benches] == [0, 1, 2]
    assert result.seeds == (FRESH, FRESH + 1)
    for bench in spy.benches:
        assert len(bench.split.x_test) == len(bench.split.y_test) == len(bench.split.test_rows) == 0
        assert np.array_equal(bench.split.x, known.x)
        for label in range(10):
            ours, first = (np.bincount(s.folds[s.y == label], minlength=5) for s in (bench.split, known))
            assert np.array_equal(ours, first)
    assert np.array_equal(spy.benches[0].split.folds, known.folds)
    assert not np.array_equal(spy.benches[1].split.folds, known.folds)


def test_who_gives_no_rate_is_scored_by_the_customary_one():
    result = ask(Spy([], None), CustomaryDefault())
    spy, customary = (next(r for r in result.followed if r.adviser == name) for name in ("spy", "customary default"))
    assert spy.rates == (None, None)
    assert spy.scored == customary.scored == (0.01, 0.01)
    assert spy.lost == customary.lost
    assert spy.equivalents == 0.5


def test_who_needs_what_is_not_there_is_left_out_with_the_way_to_get_it():
    spy = Spy([], needs=("json", "no_such_module"))
    result = ask(spy)
    assert missing(spy) == ("no_such_module",)
    assert spy.benches == []
    assert result.left_out == (("spy", "no_such_module not installed: pip install 'etascope[referee]'"),)


def test_progress_names_the_truth_and_who_is_asked():
    stages = []
    ask(Spy([]), progress=lambda event: stages.append(event.stage))
    assert stages[0] == "measuring the truth"
    assert "asking etascope pick, seed 2 of 2" in stages


def test_the_highest_seed_can_be_asked_too():
    spy = Spy([])
    ask(spy, recipe=replace(SMALL, seed=2**32 - 1))
    assert [bench.recipe.seed for bench in spy.benches] == [2**32 - 1, 0]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"seeds": 1}, "seeds must be 2 to 100; found 1"),
        ({"replicates": 0}, "replicates must be 1 to 50; found 0"),
        ({"folds": 0}, "found 0 folds. Try folds=5."),
    ],
)
def test_bad_input_is_a_sentence(changes, sentence):
    with pytest.raises(InputError, match=sentence):
        ask(**changes)
