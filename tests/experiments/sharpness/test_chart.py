from dataclasses import replace

import pytest

from etascope.core.recipe import Recipe
from etascope.experiments.sharpness.chart import sharpness_chart, sharpness_table
from etascope.report.charts.chart import figure
from etascope.report.charts.render import picture_of
from tests.experiments.made import walled
from tests.learn import made
from tests.report.charts.drawing import domains, layers, rows_of


def known(**named):
    """A wall whose search is known too."""
    return replace(walled(**named), choice=made.choice())


def hatched(panel):
    return [
        row["rate"] for layer in layers(panel, "rect") if "fill" in layer["mark"] for row in layer["data"]["values"]
    ]


def test_limits_wall_and_landscape_stand_on_one_axis():
    chart = sharpness_chart(known())
    landscape, strip = chart.panels
    assert len(domains(chart)) == 1
    assert [row["rate"] for row in rows_of(strip, "point", shape="diamond")] == [3.4, 0.5, 0.9]
    assert [row["rate"] for row in rows_of(strip, "point", shape="square")] == [0.1]
    assert [row["rate"] for row in rows_of(strip, "line")] == [3.4, 0.5, 0.9]
    assert len(rows_of(landscape, "circle", size=110)) == 8
    assert hatched(landscape) == hatched(strip) == [0.1]
    assert [row["rate"] for row in rows_of(strip, "rule", color="@ink")] == [0.1]


def test_the_recommended_rate_and_its_basin_are_marked():
    for panel in sharpness_chart(known()).panels:
        assert [row["rate"] for row in rows_of(panel, "rule", color="@accent")] == [0.018]
        assert {"rate": 0.01, "until": 0.056} in rows_of(panel, "rect", color="@accent")


def test_every_step_is_labelled_with_its_limit():
    strip = sharpness_chart(walled()).panels[0]
    said = [label["mark"]["text"] for label in layers(strip, "text", color="@ink")]
    assert said == ["step 0: 3.4", "step 10: 0.5", "step 20: 0.9", "measured wall: 0.1"]
    first = rows_of(strip, "point")[0]
    assert first["sharpness"] == "1.12 nats per squared weight"
    assert first["by"] == "(2 + 2 x 0.9) / s"
    assert "(2 + 2 x 0.9) / s" in layers(strip, "point")[0]["encoding"]["y"]["axis"]["title"]


def test_the_note_says_where_theory_fails():
    assert sharpness_chart(walled()).note.endswith("It fails at times.")
    assert sharpness_chart(replace(walled(), why="adam is another thing.")).note.endswith(" Adam is another thing.")


@pytest.mark.parametrize(
    ("wall", "title"),
    [
        (walled(), "Theory puts the wall at 3.4 by the start and at 0.5 where the training was sharpest; the real wall "
         "is at 0.1"),
        (walled((3.4, 5.0), None), "Theory puts the wall at 3.4 by the start; the real wall was not measured here"),
        (known(measured=None), "Theory puts the wall at 3.4 by the start and at 0.5 where the training was sharpest; "
         "the real wall was not seen"),
        (walled((None, 0.5)), "Theory puts the wall at 0.5 where the training was sharpest; the real wall is at 0.1"),
        (walled((None,)), "No curvature above 0 was found, so there is no limit for momentum; the real wall is at "
         "0.1"),
        (walled((None,), formula="", recipe=Recipe(optimizer="adam")),
         "Sharpness alone sets no limit for adam; the real wall is at 0.1"),
    ],
)  # fmt: skip
def test_the_title_says_what_to_see(wall, title):
    assert sharpness_chart(wall).title == title


def test_what_has_no_limit_is_said_and_not_drawn():
    wall = walled((None, None), measured=None, formula="", recipe=Recipe(optimizer="adam"))
    (strip,) = sharpness_chart(replace(wall, best=None, learning_rate=None)).panels
    assert layers(strip, "point") == []
    assert [label["mark"]["text"] for label in layers(strip, "text")] == [
        "step 0: sharpness 1.5, no limit", "step 10: sharpness 1.5, no limit",
    ]  # fmt: skip
    assert "Diamonds" not in sharpness_chart(wall).note


def test_a_single_limit_has_room_on_both_sides():
    ((low, high),) = domains(sharpness_chart(replace(walled((1.0,), None, None), best=None)))
    assert low < 0.5 < 2 < high


def test_a_value_that_did_not_settle_is_remarked():
    wall = walled()
    wall = replace(wall, points=(replace(wall.points[0], converged=False), *wall.points[1:]))
    assert "not settled" in rows_of(sharpness_chart(wall).panels[0], "point")[0]["remark"]
    header, rows = sharpness_table(wall)
    assert header == ("step", "sharpness", "limit (2 + 2 x 0.9) / s", "")
    assert rows[0] == ("0", "1.12", "3.4", "initial weights; not settled; take it as a lower bound")
    assert rows[1] == ("10", "7.6", "0.5", "")


@pytest.mark.parametrize("wall", [walled(()), known(limits=()), known(limits=(1e9,)), known(measured=None)])
def test_odd_walls_are_drawn(wall):
    svg = picture_of(figure(sharpness_chart(wall)), "svg").decode()
    assert "NaN" not in svg
    assert "undefined" not in svg


def test_losses_at_the_upper_edge_are_told():
    table = {0.01: (0.4, 0.9), 0.1: (0.5, 0.9), 1.0: (900.0, 0.1)}
    choice = made.choice(table, 0.01, (0.01, 0.1))
    assert "Losses above 2.40 stand at 2.40." in sharpness_chart(replace(walled(), choice=choice)).note
