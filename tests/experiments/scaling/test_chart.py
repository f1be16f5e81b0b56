import pytest

from etascope.experiments.scaling.chart import scaling_chart
from etascope.experiments.scaling.run import judge
from etascope.report.charts.chart import figure
from etascope.report.charts.render import picture_of
from tests.experiments.scaling.test_run import setting
from tests.report.charts.drawing import layers, rows_of

FALLING = judge("epochs", [setting(5, 0.02), setting(10, 0.01), setting(20, 0.005)])


def test_every_setting_is_a_dot_in_its_colour_with_its_basin():
    (panel,) = scaling_chart(FALLING).panels
    assert [(r["value"], r["rate"]) for r in rows_of(panel, "circle")] == [(5, 0.02), (10, 0.01), (20, 0.005)]
    assert layers(panel, "circle")[0]["encoding"]["color"]["scale"]["range"] == "@rates"
    low, high = ((r["low"], r["high"]) for r in rows_of(panel, "bar")[:2])
    assert low == pytest.approx((0.02 / 1.5, 0.03))
    assert high == pytest.approx((0.01 / 1.5, 0.015))
    assert [r["said"] for r in rows_of(panel, "text", color="@ink")] == ["0.02", "0.01", "0.005"]


def test_the_line_is_the_fitted_law_and_the_band_turns_about_the_middle():
    (panel,) = scaling_chart(FALLING).panels
    line = rows_of(panel, "line")
    assert line[0]["rate"] == pytest.approx(FALLING.law.at(5))
    assert line[-1]["rate"] == pytest.approx(FALLING.law.at(20))
    widths = [r["high"] / r["low"] for r in rows_of(panel, "area")]
    assert min(widths) == pytest.approx(1, abs=0.05)
    assert widths[0] == pytest.approx(2 ** (FALLING.law.high - FALLING.law.low))
    assert all(r["low"] <= r["rate"] * 1.0001 and r["rate"] <= r["high"] * 1.0001 for r in rows_of(panel, "area"))


def test_axes_are_logarithmic_and_say_their_units():
    circle = layers(scaling_chart(judge("batch size", FALLING.settings)).panels[0], "circle")[0]["encoding"]
    assert circle["x"]["scale"]["type"] == circle["y"]["scale"]["type"] == "log"
    assert circle["x"]["axis"]["title"] == "images a step (logarithmic)"
    assert circle["x"]["axis"]["values"] == [5, 10, 20]


def test_the_title_is_what_the_best_rate_does():
    chart = scaling_chart(FALLING)
    assert chart.title.startswith("The best rate falls as epochs^-1.00")
    assert chart.name == "scaling-epochs"
    assert chart.rows[0][:3] == ("5", "0.02", "0.0133..0.03")


def test_a_setting_without_an_answer_is_named_and_not_drawn():
    chart = scaling_chart(judge("width", [setting(64, None), setting(128, 0.02)]))
    assert chart.note.endswith("No answer at 64.")
    assert layers(chart.panels[0], "line") == []
    assert "Line" not in chart.note
    assert len(rows_of(chart.panels[0], "circle")) == 1


@pytest.mark.parametrize(
    "axis", [FALLING, judge("width", [setting(64, None)]), judge("width", [setting(64, 0.02)]),
             judge("epochs", [setting(1, 1e-6), setting(64, 10.0)])],
)  # fmt: skip
def test_it_is_drawn(axis):
    svg = picture_of(figure(scaling_chart(axis)), "svg").decode()
    assert "NaN" not in svg
    assert "undefined" not in svg
