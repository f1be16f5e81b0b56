from etascope.report.range_experiment import range_experiment
from etascope.report.sharpness_experiment import sharpness_experiment
from tests.report.ranging import ranged, walled


def test_the_title_is_the_finding_in_one_line():
    assert range_experiment(ranged((0.03, 0.3))).title == "digits: the rules of a range test suggest 0.03 .. 0.3"
    assert sharpness_experiment(walled()).title == "digits: by the sharpness, theory puts the wall at 0.5 .. 3.4"


def test_charts_of_one_experiment_have_names_of_their_own():
    for told in (range_experiment(ranged()), sharpness_experiment(walled())):
        assert len({chart.name for chart in told.charts}) == len(told.charts) >= 1
