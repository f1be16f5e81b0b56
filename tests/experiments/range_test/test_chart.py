from dataclasses import replace

import numpy as np
import pytest

from etascope.experiments.range_test.chart import (
    CEILING,
    factor,
    in_basin,
    lost,
    range_test_chart,
    suggestion_table,
    times,
)
from etascope.experiments.range_test.record import Following, RangeTest, Suggestion
from etascope.report.charts.chart import figure
from etascope.report.charts.render import picture_of
from tests.experiments.made import climb, ranged
from tests.learn import made
from tests.report.charts.drawing import domains, layers, rows_of
from tests.report.filled import filled


def test_climb_landscape_and_rules_stand_on_one_axis():
    chart = range_test_chart(ranged((0.03, 0.3, None)))
    assert len(chart.panels) == 3
    ((low, high),) = domains(chart)
    assert low < 1e-7 < 10 < high
    titled = [panel["layer"][-1]["encoding"]["x"]["axis"]["title"] for panel in chart.panels[:2]]
    assert titled == [None, None]
    assert layers(chart.panels[2], "point")[0]["encoding"]["x"]["axis"]["title"] == "learning rate (logarithmic)"


def test_every_step_of_the_climb_is_a_dot_in_the_colour_of_its_rate():
    panel = range_test_chart(ranged()).panels[0]
    dots = rows_of(panel, "circle")
    test = climb()
    assert [d["rate"] for d in dots] == test.learning_rates.tolist()
    assert [d["loss"] for d in dots] == test.losses.tolist()
    assert max(d["y"] for d in dots) == pytest.approx(CEILING * test.losses[0])
    assert layers(panel, "circle")[0]["encoding"]["color"]["scale"]["range"] == "@rates"


def test_a_climb_that_diverged_ends_in_a_cross():
    panel = range_test_chart(ranged(test=climb(lost=60))).panels[0]
    (cross,) = rows_of(panel, "point", shape="cross")
    assert cross["rate"] == climb().learning_rates[60]
    assert len(rows_of(panel, "circle")) == 60


def test_every_suggestion_is_labelled_and_carried_up_to_the_landscape():
    chart = range_test_chart(ranged((0.03, 0.3, None)))
    said = [
        label["mark"]["text"] for label in layers(chart.panels[2], "text") if label["mark"].get("color") != "@ground"
    ]
    assert said == ["finder0 rule 0.03", "finder1 rule 0.3", "finder2 rule: nothing"]
    for panel in chart.panels[:2]:
        assert [row["rate"] for row in rows_of(panel, "rule", strokeWidth=0.8)] == [0.03, 0.3]


def test_pick_and_basin_go_through_every_panel_and_suggestions_in_it_are_bold():
    chart = range_test_chart(ranged((0.03, 0.3)))
    for panel in chart.panels:
        assert [row["rate"] for row in rows_of(panel, "rule", color="@accent")] == [0.018]
        assert {"rate": 0.01, "until": 0.056} in rows_of(panel, "rect", color="@accent")
    weights = {label["mark"]["text"]: label["mark"]["fontWeight"] for label in layers(chart.panels[2], "text")}
    assert weights == {"finder0 rule 0.03": 700, "finder1 rule 0.3": 400}


def test_walls_are_hatched_no_further_than_was_tried():
    run = filled(made.run())
    panel = range_test_chart(ranged(measured=run)).panels[1]
    hatched = [row for layer in layers(panel, "rect") if "fill" in layer["mark"] for row in layer["data"]["values"]]
    assert [(round(h["rate"], 5), round(h["until"], 3)) for h in hatched] == [(0.00074, 0.001), (0.3, 4.05)]


def test_a_tooltip_says_what_following_a_rule_would_lose():
    chart = range_test_chart(ranged((0.3,)))
    (mark,) = rows_of(chart.panels[2], "point")
    assert mark["would lose"] == "46 points"
    assert mark["times the best"] == "x 17"
    assert chart.rows == (("finder0 rule", "0.3", "x 17", "46 points", "finder0 1.0, file.py"),)


@pytest.mark.parametrize(
    ("rates", "measured", "title"),
    [
        ((0.03, 0.3, None), True,
         "2 of 3 rules suggest rates from 0.03 to 0.3; 1 in the measured basin, 0.01 to 0.056"),
        ((0.3,), True, "1 of 1 rules suggest 0.3; none in the measured basin, 0.01 to 0.056"),
        ((0.03, 0.3), None, "2 of 2 rules suggest rates from 0.03 to 0.3"),
        ((None, None), True, "None of 2 rules finds a learning rate in this range test"),
    ],
)  # fmt: skip
def test_the_title_says_what_to_see(rates, measured, title):
    assert range_test_chart(ranged(rates, measured=measured)).title == title


def test_without_a_measurement_there_are_two_panels_and_no_basin():
    chart = range_test_chart(ranged(measured=None))
    assert len(chart.panels) == 2
    assert "basin" not in chart.note
    assert all(layers(panel, "rect") == [] for panel in chart.panels)


def test_the_note_says_whose_sweeps_were_read():
    assert "all from this one climb" in range_test_chart(ranged()).note
    assert "the sweep of its own finder" in range_test_chart(ranged(own_sweeps=True)).note


def test_suggestions_beyond_the_climb_are_on_the_axis():
    ((low, high),) = domains(range_test_chart(ranged((1e-9, 50.0), measured=None)))
    assert low < 1e-9 < 50 < high


@pytest.mark.parametrize(
    "test",
    [
        RangeTest(np.array([0.1, 1.0]), np.array([np.nan, np.nan]), 0, 1),
        RangeTest(np.array([0.1, 1.0]), np.array([0.0, 0.0]), 0, 1),
        RangeTest(np.array([0.1, 1.0]), np.array([2.0, 1e30]), 0, 1),
    ],
)
def test_odd_climbs_are_drawn(test):
    undecided = made.run(learning_rate=None)
    svg = picture_of(figure(range_test_chart(ranged(test=test, measured=undecided))), "svg").decode()
    assert "NaN" not in svg
    assert "undefined" not in svg


def test_a_search_without_an_answer_is_drawn_without_pick():
    chart = range_test_chart(ranged((0.03, 0.3), measured=made.run(learning_rate=None)))
    assert chart.title == "2 of 2 rules suggest rates from 0.03 to 0.3"
    assert "basin" not in chart.note
    assert all(rows_of(panel, "rule", color="@accent") == [] for panel in chart.panels)


def test_one_tried_rate_far_away_widens_the_axis():
    run = made.run()
    run = replace(run, choice=made.choice({100.0: (0.5, 0.9)}, 100.0, (100.0, 100.0)))
    ((_, high),) = domains(range_test_chart(ranged(measured=run)))
    assert high > 100


def test_losses_at_the_upper_edge_are_told_of_both_panels():
    table = {0.01: (0.4, 0.9), 0.1: (0.5, 0.9), 1.0: (900.0, 0.1)}
    note = range_test_chart(ranged(measured=made.run(table, 0.01, (0.01, 0.1)))).note
    assert "not smoothed. Losses above 5.75 stand at 5.75. Below it" in note
    assert "each. Losses above 2.40 stand at 2.40." in note
    flat = replace(climb(), losses=np.full(100, 0.7))
    assert "stand at" not in range_test_chart(ranged(measured=None, test=flat)).note


def test_a_row_a_rule_with_what_following_it_loses():
    header, rows = suggestion_table(ranged((0.03, None)))
    assert header == ("rule", "suggests", "times the best", "would lose", "source")
    assert rows == (
        ("finder0 rule", "0.03", "x 1.7", "0.4 points", "finder0 1.0, file.py"),
        ("finder1 rule", "nothing", "", "", "finder1 1.0, file.py"),
    )


def test_what_was_not_measured_has_no_column():
    assert suggestion_table(ranged((0.03,), measured=None))[0] == ("rule", "suggests", "source")
    header, rows = suggestion_table(ranged((0.03,), measured=made.run(learning_rate=None)))
    assert header == ("rule", "suggests", "would lose", "source")
    assert len(rows[0]) == 4


@pytest.mark.parametrize(("rate", "inside"), [(0.01, True), (0.056, True), (0.057, False), (None, False)])
def test_the_basin_holds_its_ends(rate, inside):
    assert in_basin(Suggestion("a", "b", rate), made.choice()) is inside
    assert not in_basin(Suggestion("a", "b", rate), made.choice(learning_rate=None))


@pytest.mark.parametrize(
    ("expected", "sign", "words"),
    [
        (None, "unknown", "unknown"),
        (Following(0.04, False, "points"), "0.0 points", "0.0 points"),
        (Following(12.3, True, "%"), ">= 12 %", "at least 12 %"),
    ],
)
def test_losses_in_short_and_in_words(expected, sign, words):
    assert (lost(expected), lost(expected, words=True)) == (sign, words)


def test_ratios_are_read_as_multiples_and_parts():
    assert (factor(1.234), factor(1234.5)) == ("1.2", "1,234")
    assert (times(1.0), times(250.0), times(0.5)) == ("x 1", "x 250", "/ 2")
