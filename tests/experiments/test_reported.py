from dataclasses import replace
from html import escape

import pytest

from etascope.experiments.range_test.report import range_experiment
from etascope.experiments.referee.report import referee_experiment
from etascope.experiments.scaling.report import scaling_experiment
from etascope.experiments.sharpness.report import sharpness_experiment
from etascope.report.files.markdown import escape as escape_markdown
from etascope.report.files.markdown import experiment_markdown
from etascope.report.html.notebook import mimebundle
from etascope.report.html.run import experiment_html
from etascope.report.words.job import data_understood
from tests.experiments.made import ranged, walled
from tests.experiments.referee.test_record import DATA
from tests.experiments.referee.test_report import FULL
from tests.experiments.scaling.test_report import SCALED


def test_the_title_is_the_finding_in_one_line():
    assert range_experiment(ranged((0.03, 0.3))).title == "digits: the rules of a range test suggest 0.03 .. 0.3"
    assert sharpness_experiment(walled()).title == "digits: by the sharpness, theory puts the wall at 0.5 .. 3.4"


def test_charts_of_one_experiment_have_names_of_their_own():
    for experiment in (range_experiment(ranged()), sharpness_experiment(walled())):
        assert len({chart.name for chart in experiment.charts}) == len(experiment.charts) >= 1


NOTED = replace(DATA, images=2400, left_out=3, notes=("One was left out.", "val joined."))
EVERY = [
    range_experiment(replace(ranged(), data=NOTED)),
    range_experiment(replace(ranged(measured=None), data=NOTED)),
    sharpness_experiment(replace(walled(), data=NOTED)),
    scaling_experiment(replace(SCALED, data=NOTED)),
    referee_experiment(replace(FULL, data=NOTED)),
]


@pytest.mark.parametrize("expected", EVERY, ids=lambda experiment: experiment.kind)
def test_every_form_says_what_the_images_were_understood_as_and_every_note(expected):
    understood = data_understood(NOTED)
    assert "3 files left out" in understood
    for text in (experiment_html(expected), experiment_markdown(expected), mimebundle(expected)["text/html"]):
        assert escape(understood) in text or escape_markdown(understood) in text
        assert "One was left out." in text
        assert "val joined." in text
    dataset = expected.document["dataset"]
    assert (dataset["understood"], dataset["notes"]) == (understood, list(NOTED.notes))


def test_where_nobody_says_what_the_images_were_nothing_is_told_of_them():
    experiment = range_experiment(ranged())
    assert experiment.known == (*experiment.facts, ("fingerprint", "9cda"))
