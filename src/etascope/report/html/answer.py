"""The answer of a run with its receipt, as HTML."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from etascope.core.numbers import rate
from etascope.core.run import Run
from etascope.report.html.parts import fields, sentences, table, text
from etascope.report.words.answer import facts, headline
from etascope.report.words.job import Again, division, line_to_use, loss_written, recipe_words, try_next


def top(run: Run, again: Again) -> str:
    """Return the answer in large type, with basin and confidence, and the line of code to paste."""
    choice = run.choice
    first, *others = headline(choice)
    shown_rate = f'<h1><span class="label">learning rate</span> <span class="rate">{text(first)}</span></h1>\n'
    if choice.learning_rate is None:
        return shown_rate + f"<p>{text(try_next(run, again))}</p>\n"
    line = text(line_to_use(run, choice.learning_rate))
    copy = '<button type="button" data-copy="code" hidden>Copy</button>'
    peak = "" if run.recipe.schedule == "constant" and not run.recipe.warmup else "; it is the schedule's peak"
    return (
        f'{shown_rate}<p class="basin">{" · ".join(map(text, others))}</p>\n'
        f'<p class="code"><code id="code">{line}</code>{copy}</p>\n'
        f'<p class="quiet">Found for {text(recipe_words(run.task, run.data))}{peak}.</p>\n'
    )


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
        "learning rate", "fold", "seed", "epochs", _loss_name(run), "validation accuracy", "status", "verdict",
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


def _loss_name(run: Run) -> str:
    return run.task.measure.name


def _loss(run: Run, loss: float) -> str:
    return f"{loss:.3f}" if not run.task.measure.reported and loss < 100 else loss_written(run, loss)


def _last(values: NDArray[np.float64]) -> float:
    return float(values[-1]) if values.size else math.nan
