"""The trace of the final training as HTML: stages, epochs, one image through the layers."""

from __future__ import annotations

import math

from etascope.core.numbers import nats, percent
from etascope.core.trace import Prediction, Trace
from etascope.report.html.parts import data_uri, table, text

#: More classes than this are cut to the most probable ones.
MOST_CLASSES = 12


def stages(trace: Trace) -> str:
    """Return the five stages of the data flow, and the example image that they follow."""
    items = "".join(
        f'<li><h3>{text(stage.name)}</h3><p class="shape">{_shape(stage.shape_in)} → {_shape(stage.shape_out)}</p>'
        f'<p>{text(stage.action)}</p><p class="quiet">For example: {text(stage.example)}</p></li>\n'
        for stage in trace.stages
    )
    name = text(trace.class_names[trace.sample_label])
    return (
        f'<figure class="example"><img alt="The example image, labelled {name}" src="{data_uri(trace.sample)}">'
        f'<figcaption>the example image, labelled {name}</figcaption></figure>\n<ol class="stages">{items}</ol>\n'
    )


def epochs(trace: Trace) -> str:
    """Return the table of the epochs with what there is to see in each."""

    def loss(value: float | None) -> str:
        return "" if value is None else nats(value) if math.isfinite(value) else "diverged"

    def share(value: float | None) -> str:
        return percent(value) if value is not None and math.isfinite(value) else ""

    columns = {
        "epoch": [str(e.epoch) for e in trace.epochs],
        "train loss": [loss(e.train_loss) for e in trace.epochs],
        "train accuracy": [share(e.train_accuracy) for e in trace.epochs],
        "validation loss": [loss(e.valid_loss) for e in trace.epochs],
        "validation accuracy": [share(e.valid_accuracy) for e in trace.epochs],
        "observation": [e.observation for e in trace.epochs],
    }
    shown = {name: cells for name, cells in columns.items() if any(cells)}
    said = f'<p class="quiet">Validation: {text(trace.validation)}.</p>' if trace.validation else ""
    return table("The final training, epoch by epoch", tuple(shown), list(zip(*shown.values(), strict=True))) + said


def prediction(trace: Trace) -> str:
    """Return one test image with the probability of each class as a bar."""
    shown = trace.prediction
    if shown is None:
        return "<p>Training diverged, so there is no model to predict with.</p>"
    names = trace.class_names
    order = list(range(len(names)))
    if len(names) > MOST_CLASSES:
        order = sorted(order, key=lambda i: -float(shown.probabilities[i]))[:MOST_CLASSES]
    rows = "".join(_bar(shown, names, i) for i in order)
    if len(order) < len(names):
        rest = max(0.0, 1.0 - float(shown.probabilities[order].sum()))
        rows += (
            f'<tr><td colspan="3">and {len(names) - len(order):,} more classes, together {100 * rest:.1f} %</td></tr>'
        )
    layers = " → ".join(f"{text(layer.name)} ({layer.values[0].size:,})" for layer in shown.layers)
    verdict = "right" if shown.correct else "wrong"
    label, predicted = text(names[shown.label]), text(names[shown.predicted])
    return (
        f'<div class="prediction"><figure class="example"><img alt="Test image {shown.number}, labelled '
        f'{label}" src="{data_uri(shown.image)}"><figcaption>test image {shown.number}, labelled '
        f"{label}</figcaption></figure>\n<div><p>Predicted <b>{predicted}</b> with a "
        f"confidence of {100 * shown.confidence:.1f} %; the label is {label}: {verdict}.</p>"
        f'<p class="quiet">Through the layers (units): {layers}</p>'
        f'<table class="shares"><caption>Probability of each class</caption><thead><tr><th scope="col">class</th>'
        f'<th scope="col">probability</th><th scope="col" class="number">per cent</th></tr></thead>'
        f"<tbody>{rows}</tbody></table></div></div>\n"
    )


def _bar(shown: Prediction, names: tuple[str, ...], i: int) -> str:
    share = float(shown.probabilities[i])
    marks = [word for word, number in (("predicted", shown.predicted), ("label", shown.label)) if number == i]
    said = f' <span class="quiet">{" and ".join(marks)}</span>' if marks else ""
    kind = ' class="top"' if i == shown.predicted else ""
    return (
        f'<tr{kind}><th scope="row">{text(names[i])}</th><td><svg viewBox="0 0 100 10" preserveAspectRatio="none" '
        f'aria-hidden="true"><rect width="{100 * share:.2f}" height="10"/></svg></td>'
        f'<td class="number">{100 * share:.1f} %{said}</td></tr>\n'
    )


def _shape(shape: tuple[int, ...]) -> str:
    return " \N{MULTIPLICATION SIGN} ".join(f"{size:,}" for size in shape)
