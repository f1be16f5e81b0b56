"""The answer of a run with its receipt, as HTML."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from etascope.core.choice import Choice, Luck, WorthTuning
from etascope.core.numbers import nats, noise, percent, rate
from etascope.core.run import Run
from etascope.report.html_parts import fields, table, text
from etascope.report.next_step import in_words, optimizer_line, try_longer


def headline(run: Run) -> str:
    """Return the answer in large type, with basin and confidence, and the line of code to paste."""
    choice = run.choice
    if choice.learning_rate is None:
        told = '<h1><span class="label">learning rate</span> <span class="rate">cannot tell yet</span></h1>\n'
        return told + f"<p>{text(try_longer(run.recipe, run.data.source))}</p>\n"
    facts = list[str]()
    if choice.basin is not None:
        facts.append(f"basin <b>{rate(choice.basin.low)}</b> to <b>{rate(choice.basin.high)}</b>")
    if choice.confidence is not None:
        facts.append(_confidence(choice))
    line = text(optimizer_line(run.recipe, choice.learning_rate))
    copy = '<button type="button" data-copy="code" hidden>Copy</button>'
    return (
        f'<h1><span class="label">learning rate</span> <span class="rate">{rate(choice.learning_rate)}</span></h1>\n'
        f'<p class="basin">{" · ".join(facts)}</p>\n'
        f'<p class="code"><code id="code">{line}</code>{copy}</p>\n'
    )


def receipt(run: Run) -> str:
    """Return why, and what the answer rests on: confidence, walls, luck, worth of tuning, test, cost, what is open."""
    choice, cost = run.choice, run.choice.cost
    pairs = list[tuple[str, str]]()
    if run.trace is not None:
        pairs.append(("Test", _test(run)))
    if math.isfinite(choice.valid_accuracy):
        pairs.append((
            "Validation",
            f"{percent(choice.valid_accuracy)} right, loss {nats(choice.valid_loss)}; it ranked the rates, so it is a "
            "little lucky",
        ))  # fmt: skip
    if choice.confidence is not None:
        settle = f" {text(choice.confidence.settle)}" if choice.confidence.settle else ""
        pairs.append(("Confidence", f"{_confidence(choice)}.{settle}"))
    if choice.walls.low is not None or choice.walls.high is not None:
        pairs.append(("Walls", text(_walls(choice))))
    if choice.luck is not None:
        pairs.append(("Luck", text(_luck(choice.luck))))
    if choice.worth_tuning is not None:
        unit = choice.curve.unit if choice.curve is not None else "points"
        pairs.append(("Worth tuning?", text(_worth(choice.worth_tuning, unit))))
    pairs.append((
        "Cost",
        f"{cost.trials:,} trials = {cost.training_equivalents:.3g} training equivalents, {cost.seconds:.1f} s; "
        f"{run.seconds:.1f} s in all. Regime: {text(choice.regime)}",
    ))  # fmt: skip
    pairs.append(("Not tried", text(choice.not_tried)))
    why = "".join(f"<li>{text(sentence)}</li>" for sentence in choice.reason)
    return f'<ul class="why">{why}</ul>\n{fields(pairs)}'


def verdicts(run: Run) -> str:
    """Return the table of every trial with its verdict."""
    rows = list[tuple[str, ...]]()
    for trial, verdict in zip(run.trials, run.choice.verdicts, strict=True):
        loss, right = _last(trial.valid_loss), _last(trial.valid_accuracy)
        rows.append((
            rate(trial.learning_rate), str(trial.fold), str(trial.seed), f"{trial.steps / run.task.steps_per_epoch:g}",
            "" if math.isnan(loss) else f"{loss:.3f}" if loss < 100 else nats(loss),
            "" if math.isnan(right) else f"{100 * right:.1f} %", trial.status.name.lower(), verdict,
        ))  # fmt: skip
    header = (
        "learning rate", "fold", "seed", "epochs", "validation loss", "validation accuracy", "status", "verdict",
    )  # fmt: skip
    return table(f"All {len(rows):,} trials of the search", header, rows, sort=True)


def particulars(run: Run) -> str:
    """Return recipe, data and versions."""
    data, recipe = run.data, run.recipe
    height, width, channels = data.image_shape
    names = ", ".join(data.class_names[:40]) + (" and more" if len(data.class_names) > 40 else "")
    pairs = [
        ("Recipe", f"{text(in_words(recipe))}, pixels {text(recipe.pixels)}, seed {recipe.seed}"),
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
        pairs.insert(3, ("Notes", text(". ".join(data.notes) + ".")))
    return fields(pairs)


def _confidence(choice: Choice) -> str:
    told = choice.confidence
    if told is None:
        return ""
    unit = ("point" if told.tolerance == 1 else "points") if choice.target == "accuracy" else "% of loss"
    if told.word == "not settled":
        return f"<b>not settled</b> whether within {told.tolerance:g} {unit} of the best"
    return f"<b>{text(told.word)}</b> within {told.tolerance:g} {unit} of the best"


def _walls(choice: Choice) -> str:
    low, high = choice.walls.low, choice.walls.high
    first = "none seen below" if low is None else f"{rate(low)} and less learn too little in this budget"
    then = "none seen above" if high is None else f"{rate(high)} and more diverge or are clearly worse"
    return f"{first}; {then}"


def _luck(luck: Luck) -> str:
    said = f"such a score typically falls by {luck.expected:.1f} +- {luck.spread:.1f} points on fresh seeds"
    if luck.fresh is None:
        return said
    seeds = f"{len(luck.seeds)} fresh seed{'' if len(luck.seeds) == 1 else 's'}"
    return f"{100 * luck.shown:.1f} % in the search, {100 * luck.fresh:.1f} % on {seeds}; {said}"


def _worth(worth: WorthTuning, unit: str) -> str:
    unit = "points of accuracy" if unit == "points" else f"{unit} of loss"
    return (
        f"the customary {rate(worth.learning_rate)} would have lost {worth.cost:.1f} {unit} "
        f"({worth.low:.1f} to {worth.high:.1f})"
    )


def _test(run: Run) -> str:
    test = None if run.trace is None else run.trace.evaluation
    if test is None:
        return "none: the final training diverged"
    around = 100 * noise(test.accuracy, run.data.test)
    return (
        f"<b>{100 * test.accuracy:.1f} %</b> of {run.data.test:,} images right, ± {around:.1f} points; loss "
        f"{nats(test.loss)}; looked at once, by a final model"
    )


def _last(values: NDArray[np.float64]) -> float:
    return float(values[-1]) if values.size else math.nan
