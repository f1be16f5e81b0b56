"""A sharpness wall in words: its page, its document, and all that its reports hold (`sharpness_experiment`)."""

from __future__ import annotations

from collections.abc import Sequence

from etascope.core.numbers import rate
from etascope.core.plain import Document, number, plain
from etascope.experiments.outcome import outcome_document
from etascope.experiments.sharpness.chart import sharpness_chart, sharpness_table
from etascope.experiments.sharpness.record import SharpnessWall
from etascope.report.charts.chart import Chart
from etascope.report.charts.landscape import landscape_chart
from etascope.report.experiment import Experiment
from etascope.report.terminal.axis import HATCH, Scale, framed
from etascope.report.terminal.page import Page
from etascope.report.words.job import in_words

SHARPNESS_SCHEMA = "etascope/sharpness/1"
#: The measured wall agrees with theory within this factor, either way.
AGREES = 2.0
REFERENCES = (
    'Goh 2017, "Why momentum really works", distill.pub/2017/momentum',
    'Cohen et al. 2021, "Gradient descent on neural networks typically occurs at the edge of stability", '
    "arXiv:2103.00065",
)


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
        setup=setup,
        label="by the sharpness, theory puts the wall at",
        headline=headline,
        others=tuple(others),
        charts=charts,
        sentences=sharpness_sentences(wall),
        facts=(),
        references=REFERENCES,
        document=sharpness_document(wall),
        page=lambda page: sharpness_page(page, wall),
        data=wall.data,
    )


def sharpness_document(wall: SharpnessWall) -> Document:
    """Return a sharpness wall as plain values, described by `docs/schema/sharpness-1.schema.json`."""
    own = plain(wall, without=("choice", "data", "recipe", "versions"))
    named = {"source": wall.source, "fingerprint": wall.fingerprint, "ratio": number(wall.ratio)}
    return outcome_document(SHARPNESS_SCHEMA, wall, **own, **named)


def sharpness_page(page: Page, wall: SharpnessWall) -> None:
    """Write the sharpness along a training, the limit it gives, the measured wall beside it, and where theory fails."""
    page.wrapped(f"why the wall is where it is, on {wall.source}: {in_words(wall.recipe)}", "bold")
    page.line("")
    along = "at the start" if wall.learning_rate is None else f"along a training at {rate(wall.learning_rate)}"
    page.wrapped(
        f"sharpness s: the largest curvature of the mean loss of {wall.examples} training images, {along}", "bold"
    )
    page.table(*sharpness_table(wall))
    page.line("")
    drawn = wall_chart(wall, page.width, ascii=page.ascii)
    if drawn:
        page.lines(drawn)
        page.wrapped(wall_key(wall, ascii=page.ascii), "dim")
        page.line("")
    page.bullets(sharpness_sentences(wall))
    page.line("")
    for reference in REFERENCES:
        page.wrapped(reference, "dim")


def wall_chart(wall: SharpnessWall, width: int, *, ascii: bool = False) -> list[str]:
    r"""Return a row a moment of the training, marked where its sharpness puts the wall; columns stand for log10 rates.

    A dotted column is the measured wall, hatched beyond it; the mark under the axis is the recommended rate. Nothing
    is drawn where theory gives no limit or no wall was measured.

    Examples
    --------
    >>> from etascope.core.data import DataSummary
    >>> from etascope.core.recipe import Recipe
    >>> from etascope.experiments.sharpness.record import SharpnessPoint
    >>> point = SharpnessPoint(0, 2.0, True, 1.0)
    >>> data = DataSummary.unknown("digits", {})
    >>> wall = SharpnessWall(data, Recipe(), 0.1, 256, "2 / s", "", (point,), measured=0.1, best=0.02)
    >>> print("\n".join(wall_chart(wall, 60, ascii=True)))
    step 0 |                      : / / / / / / / / / / / / X /
           +---^----------+-------+------+----------+-------+---
                                 0.1                        1
    """
    limits = [point.limit for point in wall.points if point.limit is not None]
    if not limits or wall.measured is None:
        return []
    names = [f"step {point.step:,}" for point in wall.points]
    scale = Scale.over(
        [*limits, wall.measured, *([] if wall.best is None else [wall.best])], width - max(map(len, names)) - 2
    )
    dotted, mark, hatch = (":", "X", "/") if ascii else ("┊", "◆", HATCH)
    rows, first = list[tuple[str, str]](), scale.column(wall.measured)
    for point, name in zip(wall.points, names, strict=True):
        if point.limit is None:
            continue
        cells = [" "] * scale.columns
        cells[first + 2 :: 2] = hatch * len(cells[first + 2 :: 2])
        cells[first] = dotted
        cells[scale.column(point.limit)] = mark
        rows.append((name, "".join(cells)))
    return list(framed(rows, scale, wall.best, ascii=ascii))


def wall_key(wall: SharpnessWall, *, ascii: bool = False) -> str:
    """Return what the marks of `wall_chart` mean."""
    dotted, mark, needle = (":", "X", "^") if ascii else ("┊", "◆", "▲")
    best = "" if wall.best is None else f", {needle} the recommended rate"
    return f"{dotted} where the wall was measured, {mark} where theory puts it{best}"


def sharpness_sentences(wall: SharpnessWall) -> tuple[str, ...]:
    """Return what the limit and the measured wall say of each other, and where theory is known to fail."""
    if not wall.points:
        return (wall.why,)
    first, last = wall.points[0], wall.points[-1]
    moved = f" and {_digits(last.sharpness)} after step {last.step:,}" if len(wall.points) > 1 else ""
    sentences = [f"The sharpness is {_digits(first.sharpness)} at the start{moved}."]
    if wall.diverged and wall.learning_rate is not None:
        beyond = f"beyond step {last.step:,}" if last.step else "beyond the start"
        sentences.append(f"The training at {rate(wall.learning_rate)} diverged: nothing is known {beyond}.")
    limits = [p.limit for p in wall.points if p.limit is not None]
    if not wall.formula:
        measured = "" if wall.measured is None else f" The measured wall is at {rate(wall.measured)}."
        return (*sentences, wall.why + measured)
    if first.limit is None:
        sentences.append("No curvature above 0 was found at the start, so theory gives no limit there.")
    else:
        lowest = min(limits)
        along = "" if lowest == first.limit else f", and {rate(lowest)} where the training was sharpest"
        sentences.append(f"Theory puts the wall at {rate(first.limit)} by the start{along}.")
    if wall.measured is None:
        sentences.append("The real wall was not measured here: etascope pick looks for it.")
    elif wall.ratio is not None:
        sentences.append(
            f"The measured wall, the lowest rate that diverged or was clearly worse than the best, is at "
            f"{rate(wall.measured)}: {_compared(wall.measured, wall.ratio, limits)}."
        )
    return (*sentences, wall.why)


def _compared(measured: float, ratio: float, limits: Sequence[float]) -> str:
    if 1 / AGREES <= ratio <= AGREES:
        return f"{_digits(ratio)} times the limit at the start, so theory is about right here"
    far = f"{1 / ratio:.2g} times lower" if ratio < 1 else f"{ratio:.2g} times higher"
    compared = f"{far} than the limit at the start"
    if min(limits) <= measured <= max(limits):
        return f"{compared}, and between the limits met on the way"
    if ratio < 1:
        return f"{compared}, and {min(limits) / measured:.2g} times lower than any, so theory does not explain it"
    return f"{compared}, so theory does not explain it"


def _digits(value: float) -> str:
    return f"{value:.3g}"
