import numpy as np
import pytest
from hypothesis import given, settings

from etascope.experiments.range_test.fastai_rules import FastaiRule, Minimum, Slide, Steep, Valley
from tests.selection import climbing

RULES = [
    (Valley(), climbing.valley),
    (Slide(), climbing.slide),
    (Minimum(), climbing.minimum),
    (Steep(), climbing.steep),
]


@pytest.mark.parametrize(("rule", "published"), RULES, ids=lambda value: getattr(value, "name", ""))
@settings(deadline=None)
@given(climbing.climbs())
def test_the_suggestion_is_that_of_the_published_computation(rule, published, climb):
    rates, losses = climb
    try:
        expected = published(*climbing.fastai(rates, losses))
    except (IndexError, ValueError):
        expected = None
    assert rule.suggest(rates, losses) == (None if expected is None else pytest.approx(expected, rel=1e-9))


@given(climbing.climbs())
def test_what_the_rules_look_at_is_what_lr_find_hands_them(climb):
    for ours, expected in zip(FastaiRule().looked_at(*climb), climbing.fastai(*climb), strict=True):
        np.testing.assert_allclose(ours, expected)


def test_half_way_down_a_valley_of_its_own_shape():
    rates = np.logspace(-7, 1, 100)
    assert Valley().suggest(rates, np.linspace(2, 1, 100)) == pytest.approx(rates[10 + 41])


def test_a_tenth_of_the_rate_at_the_minimum():
    rates, x = np.logspace(-7, 1, 100), np.linspace(-7, 1, 100)
    rule = Minimum(beta=0.0)
    assert rule.suggest(rates, 1 + (x + 2) ** 2) == pytest.approx(10 ** x[np.abs(x + 2).argmin()] / 10)


def test_one_falling_step_in_a_curve_of_two_reads_its_last_rate():
    """The original's index becomes -1 there."""
    rule = Valley(beta=0.0, skip_end=0)
    assert rule.suggest(np.array([0.1, 0.2]), np.array([2.0, 1.0])) == 0.2


@pytest.mark.parametrize("rule", [rule for rule, _ in RULES], ids=lambda rule: rule.name)
def test_a_test_that_shows_nothing_gives_no_suggestion(rule):
    rates = np.logspace(-7, 1, 20)
    assert rule.suggest(rates, np.full(20, np.nan)) is None
    assert rule.suggest(rates[:4], np.ones(4)) is None


@pytest.mark.parametrize("rule", [rule for rule, _ in RULES], ids=lambda rule: rule.name)
def test_the_customary_sweep_is_that_of_lr_find(rule):
    sentence = rule.sweep.stated(40)
    assert len(sentence) == 100
    assert sentence[0] == pytest.approx(1e-7)
    assert sentence[-1] == pytest.approx(10 * 1e-8 ** (1 / 100))
