"""A run's charts as pictures: PNG, SVG and PDF."""

from __future__ import annotations

from pathlib import Path

from etascope.core.errors import InputError, option
from etascope.core.run import Run
from etascope.report.charts.chart import Chart, figure
from etascope.report.charts.final_training import final_training_chart
from etascope.report.charts.landscape import landscape_chart
from etascope.report.charts.theme import Spec
from etascope.report.charts.trial_curves import trial_curves_chart
from etascope.report.files.whole_file import write_whole
from etascope.report.html.vega import INSTALL

PICTURES = (".png", ".svg", ".pdf")
CHARTS = ("landscape", "curves", "final")
#: Pixels of a PNG for each pixel of the chart, for sharp print and screens of high density.
SCALE = 2


def charts(run: Run) -> tuple[Chart, ...]:
    """Return the charts that the run has data for: the landscape, the curves of all rates, the final training."""
    if not run.trials:
        return ()
    drawn = [landscape_chart(run.choice), trial_curves_chart(run)]
    if run.trace is not None:
        drawn.append(final_training_chart(run.trace))
    return tuple(drawn)


def chart_of(run: Run, name: str) -> Chart:
    """Return one chart by its name.

    Raises
    ------
    InputError
        If there is no such chart, or the run has no final training to draw.
    """
    option("chart", name, CHARTS)
    for chart in charts(run):
        if chart.name == name:
            return chart
    if not run.trials:
        raise InputError("this run has no charts: its budget bought no training. Give a larger one.")
    raise InputError(f"this run has no chart '{name}': it chose no rate, so none was trained. Draw 'landscape'.")


def picture_of(spec: Spec, kind: str) -> bytes:
    """Return a Vega-Lite specification drawn as `png`, `svg` or `pdf`.

    Raises
    ------
    InputError
        If vl-convert is not installed.
    """
    option("kind", kind, ("png", "svg", "pdf"))
    try:
        import vl_convert
    except ImportError as error:
        raise InputError(INSTALL) from error
    # A chart never loads anything: its data are in it.
    if kind == "svg":
        return vl_convert.vegalite_to_svg(spec, allowed_base_urls=[]).encode("utf-8")
    if kind == "pdf":
        return vl_convert.vegalite_to_pdf(spec, allowed_base_urls=[])
    return vl_convert.vegalite_to_png(spec, scale=SCALE, allowed_base_urls=[])


def write_chart(run: Run, path: str | Path, *, name: str = "landscape", dark: bool = False) -> None:
    """Draw a chart of a run, one of `CHARTS` by its name, into a file; see `write_picture`.

    Raises
    ------
    InputError
        If the suffix is unknown, the run has no such chart, or the file cannot be written.
    """
    write_picture(chart_of(run, name), path, dark=dark)


def write_picture(chart: Chart, path: str | Path, *, dark: bool = False) -> None:
    """Draw a chart into a file that appears whole or not at all; its suffix, one of `PICTURES`, says how.

    Raises
    ------
    InputError
        If the suffix is unknown, or the file cannot be written.
    """
    suffix = Path(path).suffix.lower()
    option("the suffix of a picture", suffix, PICTURES)
    write_whole(path, picture_of(figure(chart, dark=dark), suffix[1:]))
