import io
import re
from xml.etree import ElementTree

import numpy as np
import pytest

from etascope.core.errors import InputError
from etascope.report.charts.chart import figure
from etascope.report.charts.render import CHARTS, SCALE, chart_of, charts, picture_of, write_chart
from etascope.report.charts.theme import DARK, LIGHT, rate_colour
from tests.report.filled import filled


def fills(svg):
    return [e.get("fill") or "" for e in ElementTree.fromstring(svg).iter("{http://www.w3.org/2000/svg}path")]


@pytest.mark.parametrize("dark", [False, True])
def test_a_picture_shows_each_rate_in_its_colour_and_the_choice_in_the_accent(run, tmp_path, dark):
    path = tmp_path / "run.svg"
    write_chart(filled(run), path, dark=dark)
    svg = path.read_text(encoding="utf-8")
    drawn = [tuple(map(int, match)) for match in re.findall(r"rgb\((\d+), (\d+), (\d+)\)", svg)]
    for rate in run.choice.landscape.learning_rates.tolist():
        colour = rate_colour(rate, 0.001, 3.0, dark)
        expected = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
        # Vega mixes between sixteen colours of the map, the function between its own thirty-one.
        assert min(np.abs(np.array(drawn) - expected).max(axis=1)) <= 5, rate
    assert (DARK if dark else LIGHT).accent in svg
    assert "linearGradient" in svg
    assert "0.018, basin 0.01 to 0.056" in svg


def test_a_png_is_sharp_and_a_pdf_is_one(run, tmp_path):
    from PIL import Image

    write_chart(run, tmp_path / "run.PNG")
    write_chart(run, tmp_path / "run.pdf")
    with Image.open(io.BytesIO((tmp_path / "run.PNG").read_bytes())) as image:
        assert image.width > SCALE * 720
        colours = np.asarray(image.convert("RGB")).reshape(-1, 3)
    accent = np.array([int(LIGHT.accent[i : i + 2], 16) for i in (1, 3, 5)])
    assert (colours == accent).all(axis=1).sum() > 500
    assert (tmp_path / "run.pdf").read_bytes().startswith(b"%PDF")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["run.PNG", "run.pdf"]


def test_a_run_has_the_charts_it_has_data_for(run, undecided):
    assert tuple(chart.name for chart in charts(run)) == CHARTS
    assert tuple(chart.name for chart in charts(undecided)) == CHARTS[:2]
    assert chart_of(run, "final").name == "final"
    with pytest.raises(InputError, match="no chart 'final': it chose no rate"):
        chart_of(undecided, "final")


@pytest.mark.parametrize("name", CHARTS)
def test_every_chart_can_be_drawn(run, name):
    svg = picture_of(figure(chart_of(run, name)), "svg").decode()
    assert len(fills(svg)) > 5
    assert "NaN" not in svg


@pytest.mark.parametrize("name", ["run.gif", "run", "run.html"])
def test_an_unknown_suffix_is_refused_with_the_list(run, tmp_path, name):
    with pytest.raises(InputError, match=r"one of \.png, \.svg, \.pdf"):
        write_chart(run, tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_chart_is_refused(run, tmp_path):
    with pytest.raises(InputError, match="chart must be one of landscape, curves, final; found 'curve'"):
        write_chart(run, tmp_path / "run.svg", name="curve")
