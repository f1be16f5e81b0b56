"""How far an answer reaches, as an `Experiment`: what its page, its text and its picture hold."""

from __future__ import annotations

from etascope.experiments.scaling.chart import scaling_chart
from etascope.experiments.scaling.document import scaling_document
from etascope.experiments.scaling.record import Axis, Scaling
from etascope.experiments.scaling.terminal import scaling_page, varied
from etascope.report.experiment import Experiment


def scaling_experiment(told: Scaling) -> Experiment:
    """Tell what the best rate does along each axis; a picture shows the first."""
    first, *rest = told.axes
    sentences = [f"{said[0].upper()}{said[1:]}." for axis in told.axes for said in (axis.finding, *axis.warnings)]
    return Experiment(
        kind="scaling",
        source=told.data.source,
        setup=(
            f"The choice repeated on {told.data.development:,} images, test images not looked at; "
            f"{varied(told)}, seed {told.recipe.seed}"
        ),
        label=f"can the best rate be told to move with {first.name}?",
        headline=_moves(first),
        others=(*_power(first), *(f"with {axis.name}: {', '.join((_moves(axis), *_power(axis)))}" for axis in rest)),
        charts=tuple(map(scaling_chart, told.axes)),
        sentences=tuple(sentences),
        facts=(("seconds", f"{told.seconds:.1f} in all"), ("fingerprint", told.data.fingerprint)),
        references=(),
        versions=told.versions,
        document=scaling_document(told),
        page=lambda page: scaling_page(page, told),
        data=told.data,
    )


def _moves(axis: Axis) -> str:
    if axis.law is None:
        return "cannot tell yet"
    if not axis.law.moves:
        return "no"
    return "it rises" if axis.law.exponent > 0 else "it falls"


def _power(axis: Axis) -> tuple[str, ...]:
    law = axis.law
    return () if law is None else (f"power {law.exponent:.2f} (90 %: {law.low:.2f} .. {law.high:.2f})",)
