import pytest

from etascope.experiments.range_test.report import range_experiment
from tests.experiments.made import ranged
from tests.learn import made


@pytest.mark.parametrize(
    ("rates", "headline"),
    [((0.3, 0.03), "0.03 .. 0.3"), ((0.03, None), "0.03"), ((0.03, 0.03), "0.03"), ((None,), "nothing")],
)
def test_the_headline_is_what_the_rules_suggest(rates, headline):
    assert range_experiment(ranged(rates)).headline == headline


def test_the_measured_answer_stands_beside():
    told = range_experiment(ranged())
    assert told.others == ("the search beside it: 0.018", "basin 0.01 .. 0.056")
    assert [chart.name for chart in told.charts] == ["range-test", "landscape"]
    undecided = range_experiment(ranged(measured=made.run(learning_rate=None)))
    assert undecided.others == ("the search beside it: cannot tell yet",)


def test_without_a_measurement_there_is_no_landscape():
    told = range_experiment(ranged(measured=None))
    assert [chart.name for chart in told.charts] == ["range-test"]
    assert told.others == ("nothing was measured beside it",)


def test_it_says_how_it_was_asked_and_holds_the_document():
    told = range_experiment(ranged())
    assert told.setup.startswith("The rate climbs from 1e-07 to 10 in 100 steps; 128 hidden units")
    assert told.document["schema"] == "etascope/range-test/1"
    assert "fingerprint" in dict(told.facts)
    assert "Smith" in told.references[0]
