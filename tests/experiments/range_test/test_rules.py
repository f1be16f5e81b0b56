import numpy as np
import pytest
from hypothesis import given, settings

from etascope.experiments.range_test.record import RangeTest
from etascope.experiments.range_test.rules import (
    RULES,
    IgniteSteepest,
    LightningSteepest,
    TorchLrFinderSteepest,
    suggestions,
)
from tests.selection import climbing

PUBLISHED = [
    (TorchLrFinderSteepest(), climbing.torch_lr_finder),
    (LightningSteepest(), climbing.lightning),
    (IgniteSteepest(), climbing.ignite),
]


@pytest.mark.parametrize(("rule", "published"), PUBLISHED, ids=lambda value: getattr(value, "name", ""))
@settings(deadline=None)
@given(climbing.climbs())
def test_the_suggestion_is_that_of_the_published_computation(rule, published, climb):
    rates, losses = climb
    try:
        expected = published(rates, losses)
    except ValueError:
        expected = None
    assert rule.suggest(rates, losses) == (None if expected is None else pytest.approx(expected, rel=1e-9))


def test_the_steepest_fall_depends_on_the_axis():
    """The same curve with a little noise, not smoothed, and decades between two rules' answers."""
    rates = np.logspace(-7, 1, 100)
    x = np.log10(rates)
    noise = np.random.default_rng(0).normal(0, 0.03, 100)
    losses = 2.3 - 1.5 / (1 + np.exp(-3 * (x + 1.5))) + np.exp(np.minimum(4 * (x - 0.3), 30)) + noise
    per_step = TorchLrFinderSteepest(weight=1.0).suggest(rates, losses)
    per_rate = LightningSteepest(beta=0.0).suggest(rates, losses)
    assert 1e-3 < per_step < 1
    assert per_rate < 1e-5


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_every_rule_tells_its_axis_its_smoothing_and_its_source(rule):
    docstring = type(rule).__doc__
    assert "Axis: " in docstring
    assert "Smoothing" in docstring
    assert "Source: " in docstring
    assert rule.source.split(",")[0] in docstring


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_suggestion_is_a_rate_of_the_test_or_a_tenth_of_one(rule):
    rates = rule.sweep.stated(100)
    losses = np.concatenate([np.linspace(2.3, 1, 80), np.linspace(1, 8, 20)])
    assert np.isclose(rates, rule.suggest(rates, losses) * (10 if rule.name == "fastai minimum" else 1)).any()


def test_the_customary_sweeps_are_those_of_the_finders():
    sweeps = {rule.name: (rule.sweep.low, rule.sweep.high, rule.sweep.steps) for rule in RULES}
    assert sweeps.pop("Lightning lr_find") == (1e-8, 1, 100)
    assert sweeps.pop("ignite steepest") == (1e-7, 10, None)
    assert set(sweeps.values()) == {(1e-7, 10, 100)}


def test_a_nan_before_the_stop_pulls_torch_lr_finder_to_the_last_number():
    rates, losses = np.logspace(-7, 1, 100), np.linspace(2, 1, 100)
    losses[60:] = np.nan
    assert TorchLrFinderSteepest().suggest(rates, losses) == rates[59]


def test_suggestions_carry_rule_and_source():
    test = RangeTest(np.logspace(-7, 1, 100), np.full(100, np.nan), seed=0, steps_per_epoch=10)
    suggested = suggestions(test)
    assert [s.rule for s in suggested] == [rule.name for rule in RULES]
    assert [s.source for s in suggested] == [rule.source for rule in RULES]
    assert suggested[0].learning_rate is None
