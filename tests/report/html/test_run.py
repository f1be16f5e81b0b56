import base64
import hashlib
import json
import re
from dataclasses import replace

import pytest

from etascope.experiments.range_test.report import range_experiment
from etascope.experiments.sharpness.report import sharpness_experiment
from etascope.report.html.run import experiment_html, run_html
from tests.experiments.made import nothing_known, ranged, walled
from tests.learn import made
from tests.report.filled import filled
from tests.report.html.test_parts import Tags

EVIL = ("<script>alert(1)</script>", "</script><img src=x onerror=alert(1)>", "'\"&<!--", "@ink", *"456789")


def named(run, names):
    """The same run of a user who calls the classes so."""
    trace = None if run.trace is None else replace(run.trace, class_names=names, source=names[0])
    return replace(run, data=replace(run.data, class_names=names, source=names[0], notes=names), trace=trace)


def scripts(html):
    return re.findall(r"<script>(.*?)</script>", html, re.DOTALL)


def test_the_page_is_whole_and_loads_nothing(run):
    for one in (run, filled(run)):
        html = run_html(one)
        seen = Tags(html)
        assert seen.open == []
        addresses = [v for _, attrs in seen.found for k, v in attrs.items() if k in ("src", "href")]
        assert addresses
        assert all(address.startswith("data:") for address in addresses)
        assert "url(" not in html.split("<script", 1)[0]


def test_every_script_is_named_by_its_hash_and_no_other_runs(run):
    html = run_html(run)
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', html).group(1)
    allowed = re.search("script-src ([^;]*);", policy).group(1).split()
    found = [f"'sha256-{base64.b64encode(hashlib.sha256(s.encode()).digest()).decode()}'" for s in scripts(html)]
    assert allowed == found
    assert len(found) == 3
    assert policy.startswith("default-src 'none'")
    assert "unsafe-eval" not in policy
    assert not re.search(r'\son\w+="', html.split("<script", 1)[0])


def test_user_text_is_escaped(run):
    html = run_html(named(run, EVIL))
    plain = [tag for tag, _ in Tags(run_html(run)).found if tag in ("script", "img")]
    assert [tag for tag, _ in Tags(html).found if tag in ("script", "img")] == plain
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "<img src=x" not in html


def test_chart_data_are_strict_json(run):
    html = run_html(filled(run))
    text = re.search(r'<script type="application/json" id="charts">(.*?)</script>', html, re.DOTALL).group(1)
    assert "<" not in text
    data = json.loads(text, parse_constant=pytest.fail)
    assert list(data["charts"]) == ["landscape", "curves", "final"]
    assert len(data["charts"]["landscape"]["panels"]) == 2
    assert set(data["tokens"]) == {"light", "dark"}


def test_a_run_without_an_answer_or_a_model_has_its_page(undecided):
    html = run_html(undecided)
    assert "cannot tell yet" in html
    assert "Epoch by epoch" not in html
    lost = made.run(final=(2.1, *[float("nan")] * 4))
    assert "no model to predict with" in run_html(lost)


def test_everything_is_in_the_page_without_scripts(run):
    said = Tags(re.sub(r"<script.*?</script>", "", run_html(filled(run)), flags=re.DOTALL)).said
    for part in ("0.018", "diverged", "weight before", "Predicted", "128 hidden units", "torch.optim.SGD", "luck"):
        assert part in said


def test_the_page_is_not_much_larger_than_its_charts(run):
    assert len(run_html(run)) < 1_200_000


SCRIPT = "</script><img src=x onerror=alert(1)>"
TOLD = [range_experiment(ranged()), range_experiment(ranged((None,), measured=None)), sharpness_experiment(walled())]


@pytest.mark.parametrize("told", TOLD)
def test_everything_is_in_the_page_without_scripts_of_experiment(told):
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
    html = experiment_html(replace(TOLD[0], data=nothing_known(SCRIPT), sentences=(SCRIPT,)))
    assert "<img" not in html.split('<script type="application/json"')[0]
