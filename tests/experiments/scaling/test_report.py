import pytest

from etascope.core.recipe import Recipe
from etascope.experiments.scaling.record import Scaling
from etascope.experiments.scaling.report import scaling_experiment
from etascope.experiments.scaling.run import judge
from tests.experiments.referee.test_record import DATA
from tests.experiments.scaling.test_run import setting


def told(*axes):
    return scaling_experiment(Scaling(DATA, Recipe(), axes, 1.5))


@pytest.mark.parametrize(
    ("rates", "headline"),
    [
        ((0.02, 0.01, 0.005), "it falls"),
        ((0.005, 0.01, 0.02), "it rises"),
        ((0.01, 0.01, 0.01), "no"),
        ((0.01, None, None), "cannot tell yet"),
    ],
)
def test_the_headline_says_whether_the_best_rate_moves(rates, headline):
    settings = [setting(value, rate) for value, rate in zip((5, 10, 20), rates, strict=True)]
    found = told(judge("epochs", settings))
    assert found.label == "can the best rate be told to move with epochs?"
    assert found.headline == headline


def test_every_axis_has_its_chart_and_its_warnings():
    falling = judge("epochs", [setting(5, 0.02), setting(10, 0.01), setting(20, 0.005)])
    found = told(falling, judge("width", [setting(64, None), setting(128, 0.02)]))
    assert [chart.name for chart in found.charts] == ["scaling-epochs", "scaling-width"]
    assert found.others[0].startswith("power -1.00 (90 %: ")
    assert found.others[1] == "with width: cannot tell yet"
    assert any(sentence.startswith("The rate chosen at 5 epochs, 0.02, lies above") for sentence in found.sentences)
    assert found.document["schema"] == "etascope/scaling/1"
