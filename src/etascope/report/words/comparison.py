"""Two runs side by side: what differs, whether their basins overlap, and a sentence of conclusion."""

from __future__ import annotations

import math
from dataclasses import fields
from typing import Any

from etascope.core.choice import Basin
from etascope.core.numbers import noise, rate
from etascope.core.plain import Document, plain
from etascope.core.recipe import Recipe
from etascope.core.run import Run
from etascope.core.stored import StoredRun
from etascope.report.words.answer import known_basin

COMPARISON_SCHEMA = "etascope/comparison/1"


def overlap(a: Basin | None, b: Basin | None) -> Basin | None:
    """Return the rates that lie in both basins, or None where there are none.

    Examples
    --------
    >>> overlap(Basin(0.01, 0.03), Basin(0.02, 0.1))
    Basin(low=0.02, high=0.03)
    """
    if a is None or b is None:
        return None
    low, high = max(a.low, b.low), min(a.high, b.high)
    return Basin(low, high) if low <= high else None


def recipe_differences(a: Recipe, b: Recipe) -> dict[str, tuple[Any, Any]]:
    """Return the fields in which two recipes differ, with both values.

    Examples
    --------
    >>> recipe_differences(Recipe(), Recipe(batch_size=32))
    {'batch_size': (16, 32)}
    """
    names = [field.name for field in fields(Recipe)]
    return {name: (getattr(a, name), getattr(b, name)) for name in names if getattr(a, name) != getattr(b, name)}


def recipes_differ(a: Run, b: Run) -> dict[str, tuple[Any, Any]]:
    """Return the fields in which the recipes of two runs differ, with both values: of a script, those that it has."""
    known = not (a.task.measure.reported or b.task.measure.reported)
    differences = recipe_differences(a.recipe, b.recipe)
    return (
        differences if known else {name: values for name, values in differences.items() if name in ("epochs", "seed")}
    )


def search_differences(a: Run, b: Run) -> dict[str, tuple[Any, Any]]:
    """Return in what else two searches differ, with both values; None where it was left to etascope.

    That are the window, the budget, the folds, what best means and how near to it is near enough, how many images were
    tested on, and how a model was trained.
    """
    first, second = map(_settings, (a, b))
    return {name: (first[name], second[name]) for name in first if first[name] != second[name]}


def _settings(run: Run) -> dict[str, Any]:
    ours, model = not run.task.measure.reported, run.recipe.model is not None
    return {
        "low": run.options.get("low"),
        "high": run.options.get("high"),
        "budget": run.options.get("budget"),
        "folds": run.task.n_folds if ours else None,
        "target": run.choice.target,
        "tolerance": run.options.get("tolerance"),
        "test_images": run.data.test if ours else None,
        "precision": run.options.get("precision") if model else None,
        "accumulate": run.options.get("accumulate", 1) if model else None,
        "clip_norm": run.options.get("clip_norm") if model else None,
    }


def conclusion(a: Run, b: Run) -> str:
    """Return in one sentence whether the best rate of run B differs from that of run A."""
    first, second = a.choice, b.choice
    if first.learning_rate is None or second.learning_rate is None or first.basin is None or second.basin is None:
        unsettled = [name for name, choice in (("A", first), ("B", second)) if choice.learning_rate is None]
        return f"{' and '.join(unsettled)} cannot tell a best rate yet, so there is nothing to compare."
    alone = [name for name, choice in (("A", first), ("B", second)) if known_basin(choice) is None]
    if alone:
        return f"{' and '.join(alone)} tried one rate alone, so whether the best rate moved cannot be told."
    shared = overlap(first.basin, second.basin)
    if shared is None:
        return f"B's best rate lies {_times(a, b)}, outside A's basin, and the basins do not overlap."
    if math.isclose(first.learning_rate, second.learning_rate, rel_tol=1e-9):
        return f"both chose the same rate, {rate(first.learning_rate)}."
    over = f"the basins overlap from {rate(shared.low)} to {rate(shared.high)}"
    if math.isclose(shared.low, shared.high, rel_tol=1e-9):
        over = f"the basins share {rate(shared.low)} alone"
    if second.basin.holds(first.learning_rate) and first.basin.holds(second.learning_rate):
        return f"{over}: the two rates cannot be told apart."
    if first.basin.holds(second.learning_rate):
        return (
            f"{over}, and B's best rate lies in A's basin, but A's lies outside B's: whether it moved is not settled."
        )
    if second.basin.holds(first.learning_rate):
        return (
            f"{over}, and A's best rate lies in B's basin, but B's lies outside A's: whether it moved is not settled."
        )
    return (
        f"{over}, but each best rate lies outside the other's basin, B's {_times(a, b)}: it may have moved, "
        "and a rate that both share serves both."
    )


def remarks(a: Run, b: Run) -> tuple[str, ...]:
    """Return what else to know of a comparison, a sentence each."""
    sentences = list[str]()
    if a.data.fingerprint != b.data.fingerprint:
        sentences.append("The data differ, so neither accuracies nor losses compare.")
    else:
        difference = accuracy_gained(a, b)
        if difference is not None:
            points, noise_alone = difference
            more = f"{abs(points):.1f} points {'more' if points > 0 else 'fewer'} right than A"
            judged = "chance explains that" if abs(points) <= noise_alone else "that is more than chance explains"
            judged = f"{judged} (95 %: up to {noise_alone:.1f} points)"
            sentences.append(f"Of the test images B gets {more}; {judged}." if points else "Both test equally well.")
    differing = recipes_differ(a, b)
    if "optimizer" in differing:
        sentences.append("The optimizers differ, so equal rates mean different steps.")
    if "schedule" in differing or "warmup" in differing:
        sentences.append("The schedules differ, so the peak rates mean different trainings.")
    sentences += [*_beyond("A", a, "B", b), *_beyond("B", b, "A", a)]
    if a.choice.target != b.choice.target:
        sentences.append(f"A looked for the best {a.choice.target}, B for the best {b.choice.target}.")
    return tuple(sentences)


def _beyond(name: str, run: Run, other_name: str, other: Run) -> list[str]:
    """Say where a search could not have found the best rate of the other."""
    low, high, best = run.options.get("low"), run.options.get("high"), other.choice.learning_rate
    if best is None:
        return []
    side, end = ("below", low) if low and best < low else ("above", high) if high and best > high else ("", 0.0)
    if not side:
        return []
    return [
        f"{name} was to try no rate {side} {rate(end)}, so it could not find {other_name}'s best rate, {rate(best)}."
    ]


def accuracy_gained(a: Run, b: Run) -> tuple[float, float] | None:
    """Return by how many accuracy points (hundredths) B tests better than A, and what chance alone explains of that.

    The second is `1.96 sqrt(p (1 - p) / n + q (1 - q) / m)`, half the 95 % interval for tests that are independent; on
    the same images it is on the safe side. None where a run was not tested.
    """
    first, second = (None if run.trace is None else run.trace.evaluation for run in (a, b))
    if first is None or second is None:
        return None
    noise_alone = math.hypot(noise(first.accuracy, a.data.test), noise(second.accuracy, b.data.test))
    return 100 * (second.accuracy - first.accuracy), 100 * noise_alone


def comparison_document(a: StoredRun, b: StoredRun) -> Document:
    """Return a comparison as plain dicts and lists, described by `docs/schema/comparison-1.schema.json`.

    Raises
    ------
    InputError
        If a run did not come to its end.
    """
    first, second = a.run, b.run
    shared = overlap(first.choice.basin, second.choice.basin)
    differing, settings = recipes_differ(first, second), search_differences(first, second)
    return {
        "schema": COMPARISON_SCHEMA,
        "a": _side(a),
        "b": _side(b),
        "same_data": first.data.fingerprint == second.data.fingerprint,
        "recipe_differences": _both(differing),
        "search_differences": _both(settings),
        "overlap": plain(shared),
        "conclusion": conclusion(first, second),
        "remarks": list(remarks(first, second)),
    }


def _times(a: Run, b: Run) -> str:
    assert a.choice.learning_rate is not None
    assert b.choice.learning_rate is not None
    ratio = b.choice.learning_rate / a.choice.learning_rate
    return f"{ratio:.2g} times higher" if ratio >= 1 else f"{1 / ratio:.2g} times lower"


def _both(differences: dict[str, tuple[Any, Any]]) -> Document:
    return {name: {"a": plain(one), "b": plain(two)} for name, (one, two) in differences.items()}


def _side(stored: StoredRun) -> Document:
    run, choice = stored.run, stored.run.choice
    answered = choice.learning_rate is not None
    evaluation = None if run.trace is None else run.trace.evaluation
    return {
        "id": stored.id,
        "created": plain(stored.created),
        "source": run.data.source,
        "fingerprint": run.data.fingerprint,
        **{name: plain(getattr(choice, name)) for name in ("learning_rate", "basin", "walls")},
        "confidence": plain(choice.confidence, without=("settle", "share")),
        "valid_accuracy": choice.valid_accuracy if answered and math.isfinite(choice.valid_accuracy) else None,
        "test_accuracy": None if evaluation is None else evaluation.accuracy,
        "training_equivalents": choice.cost.training_equivalents,
        "seconds": run.seconds,
    }
