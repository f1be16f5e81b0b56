import json
import re
from dataclasses import replace

import pytest

from etascope.experiments.range_test.report import range_experiment
from etascope.experiments.sharpness.report import sharpness_experiment
from etascope.report.html.experiment import experiment_html
from tests.experiments.made import ranged, walled
from tests.report.html.test_parts import Tags

EVIL = "</script><img src=x onerror=alert(1)>"
TOLD = [range_experiment(ranged()), range_experiment(ranged((None,), measured=None)), sharpness_experiment(walled())]


@pytest.mark.parametrize("told", TOLD)
def test_everything_is_in_the_page_without_scripts(told):
    said = Tags(re.sub(r"<script.*?</script>", "", experiment_html(told), flags=re.DOTALL)).said
    for part in (told.label, told.headline, *told.others, *told.sentences, *told.references, "fingerprint", "numpy"):
        assert part in said
    for chart in told.charts:
        assert chart.title in said
        assert chart.note in said


@pytest.mark.parametrize("told", TOLD)
def test_every_chart_has_its_place_and_its_data(told):
    html = experiment_html(told)
    data = json.loads(re.search(r'id="charts">(.*?)</script>', html, re.DOTALL).group(1), parse_constant=pytest.fail)
    assert list(data["charts"]) == [chart.name for chart in told.charts]
    places = [attrs for tag, attrs in Tags(html).found if tag == "div" and attrs.get("class") == "panel"]
    assert len(places) == sum(len(chart.panels) for chart in told.charts)
    assert [("open" in attrs) for tag, attrs in Tags(html).found if tag == "details"] == [
        chart is told.charts[0] for chart in told.charts
    ]


def test_text_of_users_is_harmless():
    html = experiment_html(replace(TOLD[0], source=EVIL, sentences=(EVIL,)))
    assert "<img" not in html.split('<script type="application/json"')[0]
