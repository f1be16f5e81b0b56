import base64
import hashlib
import json
import re
from dataclasses import replace

import numpy as np
import pytest

from etascope.core.recipe import Recipe
from etascope.experiments.range_test.report import range_experiment
from etascope.experiments.sharpness.report import sharpness_experiment
from etascope.report.html.parts import text
from etascope.report.html.run import (
    MOST_CLASSES,
    epochs,
    experiment_html,
    particulars,
    prediction,
    receipt,
    run_html,
    stages,
    top,
    verdicts,
)
from etascope.report.words.answer import facts
from etascope.report.words.job import again_in_python
from tests.experiments.made import nothing_known, ranged, walled
from tests.learn import made
from tests.report.filled import filled
from tests.report.html.test_parts import Tags, cells

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
        tags = Tags(html)
        assert tags.open == []
        addresses = [v for _, attrs in tags.elements for k, v in attrs.items() if k in ("src", "href")]
        assert addresses
        assert all(address.startswith("data:") for address in addresses)
        assert "url(" not in html.split("<script", 1)[0]


def test_every_script_is_named_by_its_hash_and_no_other_runs(run):
    html = run_html(run)
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', html).group(1)
    allowed = re.search("script-src ([^;]*);", policy).group(1).split()
    hashes = [f"'sha256-{base64.b64encode(hashlib.sha256(s.encode()).digest()).decode()}'" for s in scripts(html)]
    assert allowed == hashes
    assert len(hashes) == 3
    assert policy.startswith("default-src 'none'")
    assert "unsafe-eval" not in policy
    assert not re.search(r'\son\w+="', html.split("<script", 1)[0])


def test_user_text_is_escaped(run):
    html = run_html(named(run, EVIL))
    plain = [tag for tag, _ in Tags(run_html(run)).elements if tag in ("script", "img")]
    assert [tag for tag, _ in Tags(html).elements if tag in ("script", "img")] == plain
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
EXPERIMENTS = [
    range_experiment(ranged()),
    range_experiment(ranged((None,), measured=None)),
    sharpness_experiment(walled()),
]


@pytest.mark.parametrize("expected", EXPERIMENTS)
def test_everything_is_in_the_page_without_scripts_of_experiment(expected):
    said = Tags(re.sub(r"<script.*?</script>", "", experiment_html(expected), flags=re.DOTALL)).said
    for part in (
        expected.label,
        expected.headline,
        *expected.others,
        *expected.sentences,
        *expected.references,
        "fingerprint",
        "numpy",
    ):
        assert part in said
    for chart in expected.charts:
        assert chart.title in said
        assert chart.note in said


@pytest.mark.parametrize("expected", EXPERIMENTS)
def test_every_chart_has_its_place_and_its_data(expected):
    html = experiment_html(expected)
    data = json.loads(re.search(r'id="charts">(.*?)</script>', html, re.DOTALL).group(1), parse_constant=pytest.fail)
    assert list(data["charts"]) == [chart.name for chart in expected.charts]
    places = [attrs for tag, attrs in Tags(html).elements if tag == "div" and attrs.get("class") == "panel"]
    assert len(places) == sum(len(chart.panels) for chart in expected.charts)
    assert [("open" in attrs) for tag, attrs in Tags(html).elements if tag == "details"] == [
        chart is expected.charts[0] for chart in expected.charts
    ]


def test_text_of_users_is_harmless():
    html = experiment_html(replace(EXPERIMENTS[0], data=nothing_known(SCRIPT), sentences=(SCRIPT,)))
    assert "<img" not in html.split('<script type="application/json"')[0]


def test_the_answer_stands_large_with_basin_confidence_and_code(run):
    said = Tags(top(filled(run), again_in_python)).said
    assert "0.018" in said
    assert "basin 0.01 .. 0.056 · likely within 1 point of the best" in said
    assert "torch.optim.SGD(model.parameters(), lr=0.018, momentum=0.9)" in said
    assert "peak" not in said


def test_a_schedule_is_given_its_peak(run):
    shaped = replace(run, task=replace(run.task, recipe=Recipe(schedule="cosine")))
    assert "it is the schedule's peak" in Tags(top(shaped, again_in_python)).said


def test_no_answer_says_what_to_do(undecided):
    said = Tags(top(undecided, again_in_python)).said
    assert "cannot tell yet" in said
    assert "with the same options and epochs=10 in the recipe" in said
    html = top(undecided, lambda run, settings: "with the same options: etascope pick --epochs 10")
    assert '<code id="code">etascope pick --epochs 10</code>' in html
    assert "with the same options:</p>" in html
    assert "torch" not in said


def test_the_receipt_holds_every_fact_and_reason(run):
    for one in (run, filled(run)):
        html = receipt(one)
        for name, sentence in facts(one):
            assert (text(sentence) in html) == (name != "next")
        assert len(cells(html, "li")) == len(one.choice.reasons)


def test_every_trial_has_its_row(run):
    html = verdicts(run)
    assert len(cells(html, "tr")) == 1 + len(run.trials) == 46
    assert html.count("<td>diverged</td>") == 10
    assert "0.470" in html


def test_particulars_name_recipe_data_and_versions(run):
    said = Tags(particulars(run)).said
    for part in ("128 hidden units", "seed 0", "9cda0c11", "1,000 of 28 x 28 x 1", "nothing was resized", "numpy"):
        assert part in said


def test_many_classes_are_cut_off():
    run = made.run()
    many = replace(run, data=replace(run.data, class_names=tuple(f"class-{i}" for i in range(500))))
    said = Tags(particulars(many)).said
    assert "500: class-0" in said
    assert "class-39 and more" in said
    assert "class-40" not in said


def test_stages_follow_the_example_image(trace):
    html = stages(trace)
    tags = Tags(html)
    assert len(cells(html, "li")) == 5
    (image,) = cells(html, "img")
    assert image["src"].startswith("data:image/png;base64,")
    assert image["alt"] == "The example image, labelled 7"
    assert "weight before" in tags.said


def test_epochs_show_validation_where_there_is_one(trace):
    with_it, without = epochs(trace), epochs(made.trace())
    assert "validation loss" in with_it
    assert "fold 0 of 5" in with_it
    assert "validation" not in without.lower()
    assert all(epoch.observation.split(",")[0].replace("->", "→") in with_it for epoch in trace.epochs)


def test_a_bar_a_class_and_the_predicted_one_stands_out(trace):
    html = prediction(trace)
    widths = [float(bar["width"]) for bar in cells(html, "rect")]
    assert widths == pytest.approx((100 * trace.prediction.probabilities).tolist(), abs=0.01)
    assert [row.get("class") for row in cells(html, "tr")][1:].index("top") == 7
    assert "predicted and label" in html


def test_many_classes_are_cut_to_the_most_probable(trace):
    shown_prediction = made.prediction(n_classes=40)
    many = replace(trace, prediction=shown_prediction, class_names=tuple(map(str, range(40))))
    html = prediction(many)
    assert len(cells(html, "rect")) == MOST_CLASSES
    assert "and 28 more classes, together" in html
    rest = float(np.sort(shown_prediction.probabilities)[:-12].sum())
    assert f"{100 * rest:.1f} %" in html


def test_a_diverged_training_has_no_prediction(diverged):
    assert "no model to predict with" in prediction(diverged)
    assert "diverged" in epochs(diverged)
