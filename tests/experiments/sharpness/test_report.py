from dataclasses import replace

import pytest

from etascope.experiments.sharpness.report import sharpness_experiment
from tests.experiments.made import walled
from tests.learn import made


@pytest.mark.parametrize(
    ("limits", "headline"),
    [((3.4, 0.5), "0.5 .. 3.4"), ((2.0,), "2"), ((None, 2.0), "2"), ((None,), "no limit"), ((), "no limit")],
)
def test_the_headline_is_the_range_of_limits(limits, headline):
    assert sharpness_experiment(walled(limits)).headline == headline


def test_the_measured_wall_stands_beside():
    assert sharpness_experiment(walled()).others == ("measured wall: 0.1", "recommended rate: 0.018")
    alone = sharpness_experiment(replace(walled(measured=None), best=None))
    assert alone.others == ("the wall was not measured",)


def test_the_landscape_has_a_chart_of_its_own_where_it_is_known():
    assert [chart.name for chart in sharpness_experiment(walled()).charts] == ["sharpness"]
    told = sharpness_experiment(replace(walled(), choice=made.choice()))
    assert [chart.name for chart in told.charts] == ["sharpness", "landscape"]


def test_it_says_where_theory_fails_and_comes_from():
    told = sharpness_experiment(walled())
    assert told.sentences[-1] == "It fails at times."
    assert len(told.references) == 2
    assert told.document["schema"] == "etascope/sharpness/1"
    assert "along a training at 0.018" in told.setup
    assert "at the start" in sharpness_experiment(walled(learning_rate=None)).setup
