import json
import math
from dataclasses import replace

import numpy as np
import pytest

from etascope.report.charts.chart import figure
from etascope.report.charts.landscape import in_short, landscape_chart, loss_panel
from etascope.report.charts.render import picture_of
from tests.learn import made
from tests.report.filled import filled


def layer(panel, kind, **style):
    return next(
        layer for layer in panel["layer"]
        if layer["mark"]["type"] == kind and all(layer["mark"].get(k) == v for k, v in style.items())
    )  # fmt: skip


def test_every_training_is_a_dot_and_every_rate_a_mean():
    panel = landscape_chart(made.choice()).panels[0]
    dots = layer(panel, "circle", size=28)["data"]["values"]
    assert len(dots) == 8 * 5
    assert {(d["fold"], d["seed"]) for d in dots} == {(f, 0) for f in range(5)}
    means = layer(panel, "circle", size=110)["data"]["values"]
    assert [m["rate"] for m in means] == [0.001, 0.003, 0.01, 0.018, 0.032, 0.056, 0.1, 0.3]
    assert means[3]["loss"] == pytest.approx(0.42)
    assert means[3]["accuracy"] == pytest.approx(0.874)


def test_diverged_trainings_are_crosses_at_the_upper_edge():
    panel = landscape_chart(made.choice()).panels[0]
    crosses = layer(panel, "point", shape="cross")["data"]["values"]
    assert [(c["rate"], c["end"]) for c in crosses] == [(3.0, "diverged")] * 5
    assert crosses[0]["top"] == max(d["y"] for d in layer(panel, "circle", size=28)["data"]["values"])


def test_a_high_loss_is_drawn_at_the_edge_but_told_as_it_is():
    table = {0.01: (0.4, 0.9), 0.1: (0.5, 0.9), 1.0: (900.0, 0.1)}
    panel = landscape_chart(made.choice(table, 0.01, (0.01, 0.1))).panels[0]
    last = layer(panel, "circle", size=110)["data"]["values"][-1]
    assert last["loss"] == pytest.approx(900)
    assert last["y"] == pytest.approx(6 * 0.4)


def test_the_title_says_the_answer_with_its_numbers():
    assert landscape_chart(made.choice()).title == (
        "Learning rate 0.018 gets 87.4 % of the validation images right; from 0.01 to 0.056 nothing is told apart from "
        "the best"
    )
    assert landscape_chart(made.choice(learning_rate=None)).title.startswith("No learning rate can be told")


def test_the_note_names_what_is_drawn_and_no_more():
    plain, full = landscape_chart(made.choice()).note, landscape_chart(filled(made.run()).choice).note
    assert "Shaded" in plain
    assert "Hatched" not in plain
    assert "Hatched" in full
    halving = landscape_chart(replace(made.choice(learning_rate=None), regime="dear")).note
    assert "stopped early" in halving
    assert "Shaded" not in halving


def test_the_curve_is_a_second_panel_with_its_tolerance():
    chart = landscape_chart(filled(made.run()).choice)
    assert len(chart.panels) == 2
    above, below = chart.panels
    assert len(below["data"]["values"]) == 40
    assert layer(below, "rule", strokeDash=[2, 3])["data"]["values"] == [{"within": 1.0}]
    assert layer(below, "text")["mark"]["text"] == "within 1 point"
    scales = [panel["layer"][0]["encoding"]["x"]["scale"] for panel in (above, below)]
    assert scales[0] == scales[1]
    assert landscape_chart(made.choice()).panels[0]["layer"][0]["encoding"]["x"]["axis"]["title"]


def test_a_loss_curve_names_its_unit():
    choice = filled(made.run()).choice
    chart = landscape_chart(replace(choice, target="loss", curve=replace(choice.curve, unit="%")))
    assert "% of loss lost against the best" in json.dumps(chart.panels[1])
    assert chart.header[-1] == "% of loss lost"


def test_the_table_holds_what_is_drawn():
    chart = landscape_chart(filled(made.run()).choice)
    rows = {row[0]: row for row in chart.rows}
    assert rows["0.018"] == ("0.018", "0.42", "87 %", "5", "0.02")
    assert rows["3"][1:3] == ("diverged", "")


@pytest.mark.parametrize(
    "table",
    [
        {0.1: (0.5, 0.9)},
        {0.1: (math.inf, math.nan), 1.0: (math.inf, math.nan)},
        {0.1: (0.5, 0.9), 1.0: (0.5, 0.9)},
        {0.1: (1e-9, 1.0), 1.0: (0.5, 0.9)},
        {0.1: (math.nan, math.nan), 1.0: (0.5, 0.9)},
    ],
)
def test_odd_landscapes_are_drawn(table):
    rate = min(table)
    lost = not math.isfinite(table[rate][0])
    choice = made.choice(table, None if lost else rate, (rate, rate))
    svg = picture_of(figure(landscape_chart(choice)), "svg").decode()
    assert "NaN" not in svg
    assert "undefined" not in svg


def test_a_rate_without_some_units_still_has_its_mean():
    choice = made.choice()
    loss = choice.landscape.valid_loss.copy()
    loss[2, 1:] = np.nan
    chart = landscape_chart(replace(choice, landscape=replace(choice.landscape, valid_loss=loss)))
    assert chart.rows[2][3] == "1"


def test_under_halving_the_title_claims_no_accuracy():
    title = landscape_chart(replace(made.choice(), regime="dear")).title
    assert title == "Learning rate 0.018; from 0.01 to 0.056 nothing is told apart from the best"


def test_a_single_rate_shows_no_basin():
    chart = landscape_chart(made.choice({0.02: (0.4, 0.9)}, 0.02, (0.02, 0.02)))
    assert "basin" not in chart.note
    assert "basin" not in json.dumps(chart.panels)


def test_a_tick_inside_of_the_axis_is_drawn():
    choice = made.choice({0.01: (0.555, 0.9), 0.1: (2.0, 0.3)}, 0.01, (0.01, 0.01))
    assert 0.5 in layer(landscape_chart(choice).panels[0], "line")["encoding"]["y"]["axis"]["values"]


def test_the_panel_can_stand_on_a_wider_axis_above_another():
    panel = loss_panel(made.choice(), (1e-7, 10.0), last=False, height=200)
    x = layer(panel, "line")["encoding"]["x"]
    assert x["scale"]["domain"][0] < 1e-7
    assert (x["axis"]["title"], x["axis"]["labels"], panel["height"]) == (None, False, 200)


def test_trainings_that_were_stopped_are_not_called_whole():
    assert "whole" in in_short(made.choice())
    assert "where they stopped" in in_short(replace(made.choice(), regime="dear"))


def test_what_is_drawn_at_an_edge_is_told():
    table = {0.01: (0.4, 0.9), 0.1: (0.5, 0.9), 1.0: (900.0, 0.1)}
    choice = made.choice(table, 0.01, (0.01, 0.1))
    assert "Losses above 2.40 stand at 2.40." in landscape_chart(choice).note
    low = {0.01: (0.00001, 0.9), 0.1: (0.0005, 0.9)}
    assert "Losses below 0.0001 stand at 0.0001." in landscape_chart(made.choice(low, 0.01, (0.01, 0.1))).note
    none = {0.01: (0.4, 0.9), 0.1: (0.5, 0.9)}
    assert "stand at" not in landscape_chart(made.choice(none, 0.01, (0.01, 0.1))).note


def test_costs_that_are_cut_off_are_told():
    choice = filled(made.run()).choice
    assert "What loses more than 6 points is cut off below." in landscape_chart(choice).note
    flat = replace(choice.curve, high=np.minimum(choice.curve.high, 5.0))
    assert "cut off below" not in landscape_chart(replace(choice, curve=flat)).note
