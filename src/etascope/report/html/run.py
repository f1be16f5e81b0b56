"""A run, or an experiment, as one page of HTML that needs nothing else: no network, no server."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from etascope.core.numbers import rate
from etascope.core.run import Run
from etascope.core.trace import Prediction, Trace
from etascope.report.charts.render import charts
from etascope.report.experiment import Experiment
from etascope.report.html.page import Replay, Section, html_page
from etascope.report.html.parts import data_uri, fields, figure_of, sentences, table, text
from etascope.report.html.replay import place, replay_document, replay_script
from etascope.report.terminal.page import COMMAND
from etascope.report.words.answer import facts, headline
from etascope.report.words.job import (
    Again,
    again_in_python,
    data_understood,
    division,
    epoch_table,
    line_to_use,
    recipe_words,
    try_next,
)

#: More classes than this are cut to the most probable ones.
MOST_CLASSES = 12


def run_html(run: Run, again: Again = again_in_python) -> str:
    """Return a run as a page: answer with receipt, charts, trace, every trial, recipe and the line of code.

    Every chart has its numbers as a table. Where scripts run, the landscape and the final training are replayed: a dial
    to drag, epochs to play, one prediction through the layers, drawn by the page modules of the studio.
    """
    drawn = charts(run)
    best = run.choice.learning_rate
    title = f"{run.data.source}: " + ("cannot tell yet" if best is None else f"learning rate {rate(best)}")
    header = f'<p class="quiet">{text(run.data.source)} · {text(data_understood(run.data))}</p>\n{top(run, again)}'
    landscape = place("landscape") + "".join(map(figure_of, drawn))
    trained = [
        Section("landscape-title", "What every learning rate led to", landscape),
        Section("trials-title", "Every trial and its verdict", verdicts(run)),
    ]
    sections = [
        Section("why-title", "Why, and how sure", receipt(run)),
        *(trained if run.trials else ()),
        Section("particulars-title", "What was asked, and of what", particulars(run)),
    ]
    if run.trace is not None:
        insight = "".join(f"<p>{text(sentence)}</p>" for sentence in run.trace.insight)
        written = f"<div data-instead>{prediction(run.trace)}</div>\n"
        followed = place("epochs") + epochs(run.trace) + place("prediction") + written
        sections[2:2] = [
            Section("trace-title", "The final training, laid open", stages(run.trace)),
            Section("epochs-title", "Epoch by epoch, and one image through the model", followed),
            Section("insight-title", "Key insight", insight),
        ]
    replay = Replay(replay_script(), replay_document(run)) if run.trials else None
    return html_page(title, header, sections, drawn, run.versions.get("etascope", ""), replay)


def experiment_html(made: Experiment) -> str:
    """Return an experiment as a page: its finding, what to learn from it, charts with their tables, what was asked."""
    first, *rest = made.charts
    data = text(data_understood(made.data))
    header = (
        f'<p class="quiet">{text(made.data.source)} · {text(made.kind)} · {data}</p>\n'
        f'<h1><span class="label">{text(made.label)}</span> <span class="rate">{text(made.headline)}</span></h1>\n'
        f'<p class="basin">{" · ".join(map(text, made.others))}</p>\n<p class="quiet">{text(made.setup)}</p>\n'
    )
    facts = [(name, text(value)) for name, value in made.known]
    facts.append(("versions", text(", ".join(f"{name} {version}" for name, version in made.versions.items()))))
    sections = [
        Section("says-title", "What it says", sentences(made.sentences)),
        Section("charts-title", "The charts", figure_of(first, table_open=True) + "".join(map(figure_of, rest))),
        Section("facts-title", "What else there is to know", fields(facts)),
    ]
    if made.references:
        sections.append(Section("references-title", "Where it comes from", sentences(made.references)))
    return html_page(made.title, header, sections, made.charts, made.versions.get("etascope", ""))


def top(run: Run, again: Again) -> str:
    """Return the answer in large type, with basin and confidence, and the line of code to paste."""
    choice = run.choice
    first, *others = headline(choice)
    shown_rate = f'<h1><span class="label">learning rate</span> <span class="rate">{text(first)}</span></h1>\n'
    if choice.learning_rate is None:
        move = try_next(run, again)
        command = COMMAND.search(move)
        said = move[: command.start()] if command else move
        return f"{shown_rate}<p>{text(said)}</p>\n" + (_to_copy(command[0].strip()) if command else "")
    peak = "" if run.recipe.schedule == "constant" and not run.recipe.warmup else "; it is the schedule's peak"
    return (
        f'{shown_rate}<p class="basin">{" · ".join(map(text, others))}</p>\n'
        f"{_to_copy(line_to_use(run, choice.learning_rate))}"
        f'<p class="quiet">Found for {text(recipe_words(run.task, run.data))}{peak}.</p>\n'
    )


def _to_copy(line: str) -> str:
    copy = '<button type="button" data-copy="code" hidden>Copy</button>'
    return f'<p class="code"><code id="code">{text(line)}</code>{copy}</p>\n'


def receipt(run: Run) -> str:
    """Return why, and what the answer rests on: walls, cost, luck, worth of tuning, test, what is open."""
    # What to do next stands at the top already.
    rests_on = [(name, text(sentence)) for name, sentence in facts(run) if name != "next"]
    return sentences([str(sentence) for sentence in run.choice.reasons]) + fields(rests_on)


def verdicts(run: Run) -> str:
    """Return the table of every trial with its verdict."""
    rows = list[tuple[str, ...]]()
    for trial, verdict in zip(run.trials, run.choice.verdicts, strict=True):
        loss, right = _last(trial.valid_loss), _last(trial.valid_accuracy)
        rows.append((
            rate(trial.learning_rate), str(trial.fold), str(trial.seed), f"{trial.steps / run.task.steps_per_epoch:g}",
            "" if math.isnan(loss) else _loss(run, loss),
            "" if math.isnan(right) else f"{100 * right:.1f} %", trial.status.name.lower(), str(verdict),
        ))  # fmt: skip
    header = (
        "learning rate", "fold", "seed", "epochs", run.task.measure.name, "validation accuracy", "status", "verdict",
    )  # fmt: skip
    return table(
        "The only trial of the search" if len(rows) == 1 else f"All {len(rows):,} trials of the search",
        header,
        rows,
        sort=True,
    )


def particulars(run: Run) -> str:
    """Return recipe, data and versions."""
    data, recipe = run.data, run.recipe
    if run.task.measure.reported:
        return fields([
            ("Trained by", text(division(data))),
            ("Recipe", f"{text(recipe_words(run.task, run.data))}, seed {recipe.seed}"),
            ("Versions", text(", ".join(f"{name} {version}" for name, version in run.versions.items()))),
        ])  # fmt: skip
    height, width, channels = data.image_shape
    names = ", ".join(data.class_names[:40]) + (" and more" if len(data.class_names) > 40 else "")
    pixels = "" if data.in_loaders else f", pixels {text(recipe.pixels)}"
    pairs = [
        ("Recipe", f"{text(recipe_words(run.task, data))}{pixels}, seed {recipe.seed}"),
        (
            "Images",
            f"{text(data.source)}: {data.images:,} of {height} x {width} x {channels}; {data.development:,} to choose "
            f"by, {data.test:,} held back for one test",
        ),
        ("Classes", f"{len(data.class_names):,}: {text(names)}"),
        ("Fingerprint", f"<code>{text(data.fingerprint)}</code>"),
        ("Versions", text(", ".join(f"{name} {version}" for name, version in run.versions.items()))),
    ]
    if data.notes:
        pairs.insert(3, ("Notes", text(" ".join(data.notes))))
    return fields(pairs)


def _loss(run: Run, loss: float) -> str:
    return f"{loss:.3f}" if not run.task.measure.reported and loss < 100 else run.task.measure.written(loss)


def _last(values: NDArray[np.float64]) -> float:
    return float(values[-1]) if values.size else math.nan


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
    names = ("epoch", "train loss", "train accuracy", "validation loss", "validation accuracy", "observation")
    note = f'<p class="quiet">Validation: {text(trace.validation)}.</p>' if trace.validation else ""
    return table("The final training, epoch by epoch", *epoch_table(trace, names)) + note


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
