from etascope.experiments.referee.report import referee_experiment
from tests.experiments.referee.test_words import found, row


def test_the_headline_is_what_the_own_pick_loses():
    told = referee_experiment(found(row()))
    assert told.title == "here: points of accuracy that following etascope pick loses 0.40"
    assert told.others == ("0.50 at worst", "best rate 0.1: 85.0 % of 2 test images right")
    assert [chart.name for chart in told.charts] == ["referee"]


def test_it_says_that_the_test_images_are_spent_and_how_each_was_asked():
    told = referee_experiment(found(row(), left_out=(("Somebody", "not installed"),)))
    assert "are spent" in told.sentences[-1]
    facts = dict(told.facts)
    assert facts["etascope pick"] == "its search"
    assert facts["Somebody"] == "left out: not installed"
    assert told.document["schema"] == "etascope/referee/1"
