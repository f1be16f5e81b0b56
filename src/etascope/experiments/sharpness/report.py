"""A sharpness wall as an `Experiment`: what its page, its text and its picture hold."""

from __future__ import annotations

from etascope.core.numbers import rate
from etascope.core.run import versions
from etascope.experiments.sharpness.chart import sharpness_chart
from etascope.experiments.sharpness.document import sharpness_document
from etascope.experiments.sharpness.record import SharpnessWall
from etascope.experiments.sharpness.terminal import REFERENCES, sharpness_page, sharpness_sentences
from etascope.report.charts.chart import Chart
from etascope.report.charts.landscape import landscape_chart
from etascope.report.experiment import Experiment
from etascope.report.words.next_step import in_words


def sharpness_experiment(wall: SharpnessWall) -> Experiment:
    """Tell a sharpness wall: theory's limits and the measured wall on one axis, and the landscape by itself."""
    limits = [point.limit for point in wall.points if point.limit is not None]
    headline = "no limit"
    if limits:
        low, high = rate(min(limits)), rate(max(limits))
        headline = low if low == high else f"{low} .. {high}"
    others = ["the wall was not measured" if wall.measured is None else f"measured wall: {rate(wall.measured)}"]
    others += [] if wall.best is None else [f"recommended rate: {rate(wall.best)}"]
    charts: tuple[Chart, ...] = (sharpness_chart(wall),)
    if wall.choice is not None:
        charts = (*charts, landscape_chart(wall.choice))
    along = "at the start" if wall.learning_rate is None else f"along a training at {rate(wall.learning_rate)}"
    setup = (
        f"The largest curvature of the mean loss of {wall.examples} training images, {along}; {in_words(wall.recipe)}, "
        f"seed {wall.recipe.seed}"
    )
    return Experiment(
        kind="sharpness",
        source=wall.source,
        setup=setup,
        label="by the sharpness, theory puts the wall at",
        headline=headline,
        others=tuple(others),
        charts=charts,
        sentences=sharpness_sentences(wall),
        facts=(("fingerprint", wall.fingerprint),),
        references=REFERENCES,
        versions=versions(),
        document=sharpness_document(wall),
        page=lambda page: sharpness_page(page, wall),
        data=wall.data,
    )
