"""Ask every adviser on one recipe and one data set, and score the answers: `referee`."""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Sequence
from dataclasses import replace
from os import PathLike

import numpy as np
from numpy.typing import NDArray

from etascope.core.checks import checked
from etascope.core.data import Split
from etascope.core.errors import InputError, renamed
from etascope.core.protocols import Engine, Method, OnProgress, ignore
from etascope.core.recipe import Recipe, require_dense
from etascope.core.search import staged
from etascope.experiments.range_test.rules import RULES
from etascope.experiments.referee.adviser import Advice, Adviser, Bench
from etascope.experiments.referee.advisers.optuna_tpe import OptunaTPE
from etascope.experiments.referee.advisers.plain import CustomaryDefault, OwnPick, RangeTestAdviser
from etascope.experiments.referee.advisers.prodigy import ProdigyOptimizer
from etascope.experiments.referee.record import Followed, Referee
from etascope.experiments.referee.truth import lost_table, mean_difference, measure_truth, told_losses
from etascope.selection.automatic import Automatic
from etascope.selection.customary import customary_rate
from etascope.selection.grid import FIVE_FOLDS
from etascope.workbench import open_and_divide

#: The truth's seeds begin this far above the recipe's, where no adviser trains.
FRESH = 1_000_000
#: A recipe's seed is below this.
SEEDS = 2**32


def known_advisers() -> tuple[Adviser, ...]:
    """Return all advisers but etascope's own pick; Prodigy last, since PyTorch's threads keep others from forking."""
    tpe = (OptunaTPE(trials) for trials in (5, 10, 20))
    dear = OwnPick(Automatic(budget=3), "etascope at budget 3", "etascope pick in its dear regime: about 3 trainings")
    return (CustomaryDefault(), dear, *map(RangeTestAdviser, RULES), *tpe, ProdigyOptimizer())


@renamed(watch="progress")
@checked
def referee(
    images: object = "digits",
    labels: object = None,
    *,
    recipe: Recipe | None = None,
    test: float | str | PathLike[str] | None = None,
    folds: int | None = None,
    seeds: int = 8,
    replicates: int = 3,
    method: Method | None = None,
    advisers: Sequence[Adviser] | None = None,
    engine: Engine | None = None,
    workers: int | None = None,
    progress: OnProgress = ignore,
) -> Referee:
    """Score what following each adviser would have lost on a recipe and a data set.

    The truth is the recipe's test accuracy over 29 learning rates, a mean over fresh seeds; no adviser sees a test
    row. The test rows are spent by that: choosing between advisers by them is choosing.

    Parameters
    ----------
    images, labels, recipe, test, folds
        As in `etascope.pick`.
    seeds
        Trainings of the truth at each rate, 2 to 100. Default 8.
    replicates
        How often each adviser is asked, each time with another seed and other folds, 1 to 50. Default 3.

    Other Parameters
    ----------------
    method, engine, workers, progress
        As in `etascope.pick`; the method is that of etascope's own pick.
    advisers
        Whom to ask beside etascope's own pick. Default `known_advisers()`.

    Raises
    ------
    InputError
        If something given cannot be used; the message says what to do.

    Examples
    --------
    >>> from etascope.experiments.referee.advisers.plain import CustomaryDefault
    >>> small = Recipe(hidden=(), epochs=1)
    >>> result = referee("digits", recipe=small, seeds=2, replicates=1, advisers=[CustomaryDefault()])
    >>> [row.adviser for row in result.followed if row.mean < 3], len(result.learning_rates)
    (['etascope pick', 'customary default'], 29)
    """
    recipe = recipe or Recipe()
    require_dense(recipe, "the referee")
    _whole("seeds", seeds, 2, 100)
    _whole("replicates", replicates, 1, 50)
    if folds == 0:
        raise InputError("advisers choose on validation rows; found 0 folds.", FIVE_FOLDS)
    ready = open_and_divide(images, labels, recipe, test, folds, progress, engine, workers)
    split, engine = ready.split, ready.engine
    began = time.perf_counter()
    own = OwnPick() if method is None else OwnPick(method)
    all_of_them = (own, *(known_advisers() if advisers is None else advisers))
    here = [adviser for adviser in all_of_them if not missing(adviser)]
    left_out = [(adviser.name, _install(missing(adviser))) for adviser in all_of_them if missing(adviser)]
    fresh = tuple(recipe.seed + FRESH + i for i in range(seeds))
    truth = measure_truth(split, recipe, engine, fresh, staged("measuring the truth", progress))
    customary = customary_rate(recipe)
    answers, lost = list[list[Advice]](), list[NDArray[np.float64]]()
    for adviser in here:
        given = list[Advice]()
        for number in range(replicates):
            named = staged(f"asking {adviser.name}, seed {number + 1} of {replicates}", progress)
            given.append(adviser.advise(_bench(split, recipe, engine, number, named)))
        answers.append(given)
        lost.append(lost_table(truth, given, customary, split))
    rows = [
        Followed(
            adviser=adviser.name,
            about=adviser.about,
            rates=tuple(answer.learning_rate for answer in given),
            scored=tuple(None if answer.train else answer.learning_rate or customary for answer in given),
            equivalents=float(np.mean([answer.equivalents for answer in given])),
            lost=told_losses(truth, table, _own_optimizer(given)),
            difference=None if adviser is own else mean_difference(table, lost[0]),
            own_optimizer=_own_optimizer(given),
        )
        for adviser, given, table in zip(here, answers, lost, strict=True)
    ]
    return Referee(
        data=ready.data,
        recipe=recipe,
        learning_rates=truth.learning_rates,
        accuracy=truth.accuracy,
        seeds=fresh,
        followed=tuple(sorted(rows, key=lambda row: row.mean)),
        own=own.name,
        left_out=tuple(left_out),
        floor=truth.floor(),
        seconds=time.perf_counter() - began,
    )


def _own_optimizer(given: Sequence[Advice]) -> bool:
    return any(answer.train is not None for answer in given)


def missing(adviser: Adviser) -> tuple[str, ...]:
    """Return the modules that an adviser needs and that are not installed."""
    return tuple(name for name in adviser.needs if importlib.util.find_spec(name) is None)


def _install(modules: Sequence[str]) -> str:
    return f"{' and '.join(modules)} not installed: pip install 'etascope[referee]'"


def _bench(split: Split, recipe: Recipe, engine: Engine, number: int, progress: OnProgress) -> Bench:
    """Return the question of a replicate: the first as `etascope pick` has it, later ones with other folds and seed."""
    seed = (recipe.seed + number) % SEEDS
    folds = split.folds.copy()
    if number:
        random = np.random.default_rng(seed)
        for label in range(split.n_classes):
            rows = np.flatnonzero(split.y == label)
            folds[rows] = random.permutation(folds[rows])
    hidden = replace(
        split, folds=folds, x_test=split.x_test[:0], y_test=split.y_test[:0], test_rows=split.test_rows[:0]
    )
    return Bench(hidden, replace(recipe, seed=seed), engine, progress)


def _whole(name: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise InputError(f"{name} must be {least} to {most}; found {value}.")
