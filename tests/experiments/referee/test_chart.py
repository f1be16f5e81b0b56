import pytest

from etascope.experiments.referee.chart import referee_chart
from etascope.report.charts.chart import figure
from etascope.report.charts.render import picture_of
from tests.experiments.referee.made import judged, row
from tests.report.charts.drawing import layers, rows_of

FULL = judged(
    row("Optuna TPE-20"),
    row("steepest", (60.0, 70.0), (64.0, 50.0, 75.0), (0.0001, 0.0006)),
    row("Prodigy at rate 1", (-2.0, 30.0, 1.0), (1, -5, 9), (None, None), own_optimizer=True),
)


def test_the_truth_is_drawn_in_the_colours_of_its_rates():
    truth = referee_chart(FULL).panels[0]
    assert len(rows_of(truth, "circle", size=22)) == 2 * 3
    means = rows_of(truth, "circle", size=80)
    assert [m["accuracy"] for m in means] == pytest.approx([0.7, 0.85, 0.1])
    assert layers(truth, "circle")[0]["encoding"]["color"]["scale"]["range"] == "@rates"
    assert layers(truth, "text")[0]["mark"]["text"] == "best 0.1, 85.0 %"


def test_every_adviser_has_a_row_with_its_answers_and_their_mean():
    panel = referee_chart(FULL).panels[1]
    said = [label["mark"]["text"] for label in layers(panel, "text") if label["mark"]["color"] != "@ground"]
    assert said == [
        "Optuna TPE-20: 0.15 mean, 0.20 worst", "etascope pick: 0.40 mean, 0.50 worst",
        "Prodigy at rate 1: 9.67 mean, 30.00 worst", "steepest: 65.00 mean, 70.00 worst",
    ]  # fmt: skip
    assert [r["row"] for r in rows_of(panel, "tick")] == pytest.approx([0.72, 1.72, 2.72, 3.72])
    assert [r["lost"] for r in rows_of(panel, "circle")] == [0.1, 0.2, 0.3, 0.5, -2.0, 30.0, 1.0, 60.0, 70.0]
    assert layers(panel, "text", color="@accent", fontWeight=700)[0]["mark"]["text"].startswith("etascope pick")


def test_an_answer_has_the_colour_of_the_rate_that_was_scored_and_an_own_optimizer_none():
    panel = referee_chart(FULL).panels[1]
    first, _, prodigy, _ = layers(panel, "circle")
    assert [r["rate"] for r in first["data"]["values"]] == [0.01, 0.03]
    assert first["encoding"]["color"]["field"] == "rate"
    assert prodigy["encoding"]["color"] == {"value": "@quiet"}
    assert all("rate" not in r for r in prodigy["data"]["values"])


def test_all_losses_are_on_the_axis_and_ticks_too():
    x = layers(referee_chart(FULL).panels[1], "circle")[0]["encoding"]["x"]
    low, high = x["scale"]["domain"]
    assert low < -2 < 70 < high
    assert x["axis"]["values"] == [-1, 0, 1, 3, 10, 30]


@pytest.mark.parametrize(
    ("expected", "title"),
    [
        (judged(), "Following etascope pick loses 0.40 points in the mean"),
        (judged(row()), "Following etascope pick loses 0.40 points in the mean, TPE 0.15"),
        (FULL, "Following etascope pick loses 0.40 points in the mean; the others from 0.15 (Optuna TPE-20) to 65.00 "
         "(steepest)"),
    ],
)  # fmt: skip
def test_the_title_says_what_to_see(expected, title):
    assert referee_chart(expected).title == title


def test_the_table_holds_what_is_drawn_and_the_note_names_the_gray():
    chart = referee_chart(FULL)
    assert chart.rows[0] == ("Optuna TPE-20", "0.15", "0.15", "0.20", "16.0", "0.01..0.03", "not told")
    assert "Gray" in chart.note
    assert "Gray" not in referee_chart(judged()).note


@pytest.mark.parametrize("expected", [FULL, judged(row(lost=(0.0, 0.0))), judged(row(lost=(-0.1, -0.2)))])
def test_it_is_drawn(expected):
    svg = picture_of(figure(referee_chart(expected)), "svg").decode()
    assert "NaN" not in svg
    assert "undefined" not in svg
