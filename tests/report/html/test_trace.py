from dataclasses import replace

import numpy as np
import pytest

from etascope.report.html import trace as html_trace
from tests.learn import made
from tests.report.html.test_parts import Tags, cells


def test_stages_follow_the_example_image(trace):
    html = html_trace.stages(trace)
    seen = Tags(html)
    assert len(cells(html, "li")) == 5
    (image,) = cells(html, "img")
    assert image["src"].startswith("data:image/png;base64,")
    assert image["alt"] == "The example image, labelled 7"
    assert "weight before" in seen.said


def test_epochs_show_validation_where_there_is_one(trace):
    with_it, without = html_trace.epochs(trace), html_trace.epochs(made.trace())
    assert "validation loss" in with_it
    assert "fold 0 of 5" in with_it
    assert "validation" not in without.lower()
    assert all(epoch.observation.split(",")[0].replace("->", "→") in with_it for epoch in trace.epochs)


def test_a_bar_a_class_and_the_predicted_one_stands_out(trace):
    html = html_trace.prediction(trace)
    widths = [float(bar["width"]) for bar in cells(html, "rect")]
    assert widths == pytest.approx((100 * trace.prediction.probabilities).tolist(), abs=0.01)
    assert [row.get("class") for row in cells(html, "tr")][1:].index("top") == 7
    assert "predicted and label" in html


def test_many_classes_are_cut_to_the_most_probable(trace):
    seen = made.prediction(n_classes=40)
    many = replace(trace, prediction=seen, class_names=tuple(map(str, range(40))))
    html = html_trace.prediction(many)
    assert len(cells(html, "rect")) == html_trace.MOST_CLASSES
    assert "and 28 more classes, together" in html
    rest = float(np.sort(seen.probabilities)[:-12].sum())
    assert f"{100 * rest:.1f} %" in html


def test_a_diverged_training_has_no_prediction(diverged):
    assert "no model to predict with" in html_trace.prediction(diverged)
    assert "diverged" in html_trace.epochs(diverged)
