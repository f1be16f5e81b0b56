"""Repeat the choice at other lengths, batch sizes or widths, and say whether the best rate moves: `scaling`."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from os import PathLike

import numpy as np

from etascope.core import sentences
from etascope.core.checks import checked
from etascope.core.choice import Choice
from etascope.core.errors import InputError, renamed
from etascope.core.numbers import rate
from etascope.core.protocols import Engine, Method, OnProgress, ignore
from etascope.core.recipe import Recipe, Task, require_dense
from etascope.core.search import rounds
from etascope.experiments.scaling.record import Axis, PowerLaw, Scaling, Setting
from etascope.selection.automatic import Automatic
from etascope.selection.grid import FIVE_FOLDS
from etascope.workbench import Ready, open_and_divide

#: Multiples of the recipe's epochs when nothing else is asked for.
TIMES = (1, 2, 4)
#: A basin is never taken to be narrower than this, in decades: the rates of a fine grid lie so far apart.
NARROWEST = 1 / 8
#: Quantile 95 % of the normal distribution: half a 90 % interval in standard deviations.
HALF = 1.6448536269514722


@renamed(watch="progress")
@checked
def scaling(
    images: object = "digits",
    labels: object = None,
    *,
    recipe: Recipe | None = None,
    test: float | str | PathLike[str] | None = None,
    folds: int | None = None,
    times: Sequence[int] = (),
    batch_sizes: Sequence[int] = (),
    widths: Sequence[int] = (),
    method: Method | None = None,
    engine: Engine | None = None,
    workers: int | None = None,
    progress: OnProgress = ignore,
) -> Scaling:
    """Repeat the choice of a learning rate along one axis or several, each departing from the recipe.

    There is no final training, and test rows are not looked at.

    Parameters
    ----------
    images, labels, recipe, test, folds
        As in `etascope.pick`.
    times
        Multiples of the recipe's epochs, whole, at least 1. Default 1, 2, 4 when no axis is given at all.
    batch_sizes
        Images a step.
    widths
        Units of the first hidden layer; further layers keep their proportion to it.

    Other Parameters
    ----------------
    method, engine, workers, progress
        As in `etascope.pick`.

    Raises
    ------
    InputError
        If something given cannot be used; the message says what to do.

    Examples
    --------
    >>> (axis,) = scaling("digits", recipe=Recipe(hidden=(), epochs=1), batch_sizes=(8, 32)).axes
    >>> [setting.value for setting in axis.settings], axis.law.exponent > 0
    ([8, 32], True)
    """
    recipe, method = recipe or Recipe(), method or Automatic()
    require_dense(recipe, "scaling")
    if folds == 0:
        raise InputError("a learning rate is chosen on validation rows; found 0 folds.", FIVE_FOLDS)
    if not (times or batch_sizes or widths):
        times = TIMES
    variations = {
        "epochs": recipes_by_epochs(recipe, times),
        "batch size": recipes_by_batch(recipe, batch_sizes),
        "width": recipes_by_width(recipe, widths),
    }
    ready = open_and_divide(images, labels, recipe, test, folds, progress, engine, workers)
    began = time.perf_counter()
    known: dict[Recipe, Choice] = {}
    axes = list[Axis]()
    for name, recipes in variations.items():
        settings = list[Setting]()
        for value, varied in sorted(recipes.items()):
            if varied not in known:
                known[varied] = _choose(ready, varied, method, f"{name} {value}", progress)
            settings.append(Setting(value, varied, known[varied]))
        if settings:
            axes.append(judge(name, settings))
    return Scaling(ready.data, recipe, tuple(axes), time.perf_counter() - began)


def _choose(ready: Ready, recipe: Recipe, method: Method, stage: str, progress: OnProgress) -> Choice:
    train = partial(ready.engine.train, ready.split, recipe)
    return rounds(train, Task.of(ready.split, recipe), method, stage=stage, progress=progress)[1]


def recipes_by_epochs(recipe: Recipe, times: Sequence[int]) -> dict[int, Recipe]:
    """Return the recipe at whole multiples of its epochs, by epochs."""
    _check("a multiple of the epochs", times, sentences.Setting("times", TIMES))
    return {n * recipe.epochs: replace(recipe, epochs=n * recipe.epochs) for n in times}


def recipes_by_batch(recipe: Recipe, sizes: Sequence[int]) -> dict[int, Recipe]:
    """Return the recipe at other batch sizes, by batch size."""
    _check("a batch size", sizes, sentences.Setting("batch_sizes", (8, 16, 32)))
    return {size: replace(recipe, batch_size=size) for size in sizes}


def recipes_by_width(recipe: Recipe, widths: Sequence[int]) -> dict[int, Recipe]:
    """Return the recipe at other widths, by the units of its first hidden layer.

    Examples
    --------
    >>> recipes_by_width(Recipe(hidden=(64, 32)), [128])[128].hidden
    (128, 64)
    """
    _check("a width", widths, sentences.Setting("widths", (64, 128, 256)))
    if widths and not recipe.hidden:
        raise InputError(
            sentences.say(
                "a width is that of the first hidden layer; found {hidden}.", sentences.Setting("hidden", ())
            ),
            sentences.say("Leave {widths} out.", sentences.Setting("widths")),
        )
    return {w: replace(recipe, hidden=tuple(max(1, round(w * u / recipe.hidden[0])) for u in recipe.hidden))
            for w in widths}  # fmt: skip


def judge(name: str, settings: Sequence[Setting]) -> Axis:
    """Say what the best rate does along an axis, and where a rate does not carry over."""
    answered = [s for s in settings if s.choice.learning_rate is not None]
    points = [(s.value, *_rate_and_half_width(s.choice)) for s in answered]
    law = fit_power_law(*map(list, zip(*points, strict=True))) if len(answered) > 1 else None
    warnings = [f"at {_named(name, s)} the best rate cannot be told yet" for s in settings if s not in answered]
    warnings.extend(_carried(name, answered))
    return Axis(name, tuple(settings), law, in_words(name, law), tuple(warnings))


def fit_power_law(values: Sequence[float], rates: Sequence[float], half_widths: Sequence[float]) -> PowerLaw:
    """Fit `log rate = a + b log value` by weighted least squares, with the 90 % interval of `b`.

    A basin is taken for the 90 % interval of its logarithmic rate, so a point's weight is `w = 1 / h^2` with `h` half
    the basin's width. With the weighted mean `m` of `x = log value`, `S = sum w (x - m)^2`:

        b = sum w (x - m) log(rate) / S        b - 1 / sqrt(S) .. b + 1 / sqrt(S)

    Where the points scatter by more than their basins allow, the interval is widened by the root of chi squared per
    degree of freedom (Birge 1932, Phys. Rev. 40).

    Parameters
    ----------
    values
        Two different ones at least, above 0.
    rates
        The best rate at each.
    half_widths
        Half of each basin's width, in natural logarithms, above 0.

    Examples
    --------
    >>> law = fit_power_law([1, 2, 4], [0.1, 0.05, 0.025], [0.5, 0.5, 0.5])
    >>> round(law.exponent, 6), round(law.high - law.exponent, 3), law.moves
    (-1.0, 0.51, True)
    """
    x, y, h = np.log(values), np.log(rates), np.asarray(half_widths, np.float64)
    w = 1 / h**2
    mean_x, mean_y = float((w * x).sum() / w.sum()), float((w * y).sum() / w.sum())
    spread = float((w * (x - mean_x) ** 2).sum())
    b = float((w * (x - mean_x) * y).sum()) / spread
    a = mean_y - b * mean_x
    freedom = len(x) - 2
    # `h` is half of a 90 % interval, so that `h / HALF` is a standard deviation of the logarithmic rate.
    chi = HALF**2 * float((w * (y - a - b * x) ** 2).sum()) / freedom if freedom else 0.0
    half = math.sqrt(max(chi, 1.0) / spread)
    return PowerLaw(b, b - half, b + half, math.exp(a))


def in_words(name: str, law: PowerLaw | None) -> str:
    """Say what the best rate does.

    Examples
    --------
    >>> in_words("epochs", PowerLaw(-0.35, -0.6, -0.1, 0.05))
    'the best rate falls as epochs^-0.35 (90 %: -0.60 .. -0.10)'
    """
    if law is None:
        return f"fewer than two answers, so nothing can be said of how the best rate moves with {name}"
    power = f"{name}^{law.exponent:.2f} (90 %: {law.low:.2f} .. {law.high:.2f})"
    if law.moves:
        return f"the best rate {'rises' if law.exponent > 0 else 'falls'} as {power}"
    return f"no movement with {name} that can be told from none: {power}"


def _carried(name: str, answered: Sequence[Setting]) -> list[str]:
    """Return a warning for each setting whose basin leaves out the rate of the smallest one."""
    if len(answered) < 2:
        return []
    # The smallest setting is the cheapest, and so the one that people choose by.
    first, warnings = answered[0], list[str]()
    shortest = first.choice.learning_rate or math.nan
    for setting in answered[1:]:
        basin = setting.choice.basin
        if basin is not None and not basin.holds(shortest):
            side = "above" if shortest > basin.high else "below"
            too_short = "; a training that short is too short to choose by" if name == "epochs" else ""
            warnings.append(
                f"the rate chosen at {_named(name, first)}, {rate(shortest)}, lies {side} the basin at "
                f"{_named(name, setting)}, {rate(basin.low)} .. {rate(basin.high)}{too_short}"
            )
    return warnings


def _rate_and_half_width(choice: Choice) -> tuple[float, float]:
    assert choice.learning_rate is not None
    decades = 0.0 if choice.basin is None else math.log10(choice.basin.high / choice.basin.low)
    return choice.learning_rate, max(decades, NARROWEST) * math.log(10) / 2


def _named(name: str, setting: Setting) -> str:
    if name == "epochs":
        return f"{setting.value} epoch{'' if setting.value == 1 else 's'}"
    return f"{name} {setting.value}"


def _check(name: str, values: Sequence[int], example: sentences.Setting) -> None:
    bad = [value for value in values if value < 1]
    if bad:
        raise InputError(
            f"{name} must be a whole number of at least 1; found {bad[0]}.",
            sentences.say(f"Try {{{example.name}}}.", example),
        )
