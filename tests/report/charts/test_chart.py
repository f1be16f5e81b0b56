import json
from dataclasses import replace

import pytest

from etascope.experiments.range_test.chart import range_test_chart
from etascope.experiments.referee.chart import referee_chart
from etascope.experiments.scaling.chart import scaling_chart
from etascope.experiments.sharpness.chart import sharpness_chart
from etascope.report.charts.chart import COLOURS, SCHEMA, colour_of_rate, colour_scale, colours, figure, panel
from etascope.report.charts.render import charts
from etascope.report.charts.theme import rate_colour
from tests.experiments.made import climb, ranged, walled
from tests.experiments.referee.test_chart import FULL
from tests.experiments.scaling.test_chart import FALLING
from tests.report.charts.test_theme import tokens_in
from tests.report.filled import filled


def without_most_data(node):
    """Checking every point takes seconds."""
    if isinstance(node, list):
        return [without_most_data(item) for item in node]
    if isinstance(node, dict):
        return {
            name: value[:2] if name in ("values", "stops") else without_most_data(value) for name, value in node.items()
        }
    return node


def every_chart(run):
    """Each kind of chart, with all that it can hold."""
    yield from charts(filled(run))
    yield range_test_chart(ranged(measured=filled(run), test=climb(lost=90)))
    yield sharpness_chart(replace(walled((3.4, None, 0.5)), choice=filled(run).choice))
    yield referee_chart(FULL)
    yield scaling_chart(FALLING)


def test_every_chart_is_a_vega_lite_specification(run):
    import altair

    for chart in every_chart(run):
        altair.Chart.from_dict(without_most_data(figure(chart)))  # Checks against the schema of Vega-Lite.


@pytest.mark.parametrize("dark", [False, True])
def test_every_chart_is_strict_json_without_tokens(run, undecided, dark):
    for made in (run, undecided, filled(run)):
        for chart in charts(made):
            spec = figure(chart, dark=dark)
            assert tokens_in(spec) == set()
            json.dumps(spec, allow_nan=False)
    for chart in every_chart(run):
        assert tokens_in(figure(chart, dark=dark)) == set()
        json.dumps(figure(chart), allow_nan=False)


def test_the_schema_is_the_one_that_altair_writes():
    import altair

    assert f"v{altair.SCHEMA_VERSION[1]}.json" == "v6.json" == SCHEMA.rsplit("/", 1)[1]


def test_a_chart_says_what_to_see_and_in_which_units(run):
    for chart in every_chart(run):
        assert any(c.isdigit() for c in chart.title)
        assert chart.note.endswith(".")
        assert all(len(row) == len(chart.header) for row in chart.rows)
        text = json.dumps(chart.panels)
        assert any(unit in text for unit in ("(nats", "(share", "epochs (logarithmic)"))
        assert "tooltip" in text


def test_a_title_is_broken_where_the_figure_is_narrow(run):
    chart = charts(run)[0]
    wide, narrow = (figure(chart, width=width)["title"]["text"] for width in (900, 300))
    assert len(narrow) > len(wide)
    assert " ".join(narrow) == " ".join(wide) == chart.title


def test_panels_side_by_side_share_the_width(run):
    landscape, curves, *_ = charts(filled(run))
    assert [view["width"] for view in figure(landscape, width=700)["vconcat"]] == [700, 700]
    assert [view["width"] for view in figure(curves, width=700)["hconcat"]] == [320, 320]


def test_a_panel_fills_its_container_and_keeps_its_tokens(run):
    spec = panel(charts(run)[0], 0)
    assert spec["width"] == "container"
    assert "@accent" in tokens_in(spec)


@pytest.mark.parametrize("dark", [False, True])
def test_the_colour_of_a_rate_is_the_same_in_a_chart(run, dark):
    chart = charts(run)[0]
    scale = colour_scale(chart.window)
    drawn = colours(chart, dark)
    assert colour_of_rate(chart.window)["scale"] == scale
    assert len(scale["domain"]) == len(drawn) == COLOURS
    assert drawn == [rate_colour(rate, *chart.window, dark) for rate in scale["domain"]]
