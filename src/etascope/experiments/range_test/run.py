"""What a range test would have suggested, beside what a search measures: `range_test`."""

from __future__ import annotations

from dataclasses import replace
from os import PathLike

from etascope.core.data import NO_FOLD, DataSummary, Split
from etascope.core.errors import renamed
from etascope.core.history import History
from etascope.core.plan import Plan
from etascope.core.protocols import Engine, Method, OnProgress, ignore
from etascope.core.recipe import Recipe, steps_per_epoch
from etascope.core.search import staged
from etascope.experiments.range_test.record import RangeTest, RangeTestRun
from etascope.experiments.range_test.rules import RULES, suggestions
from etascope.experiments.range_test.sweep import Sweep, run_range_test
from etascope.training.engines import engine_of
from etascope.workbench import open_and_divide, pick


@renamed(watch="progress")
def range_test(
    images: object = "digits",
    labels: object = None,
    *,
    recipe: Recipe | None = None,
    low: float = 1e-7,
    high: float = 10.0,
    steps: int = 100,
    measure: bool = True,
    own_sweeps: bool = False,
    test: float | str | PathLike[str] | None = None,
    method: Method | None = None,
    engine: Engine | None = None,
    progress: OnProgress = ignore,
) -> RangeTestRun:
    """Train once while the learning rate climbs, and say what each published rule would have suggested.

    The test trains on all development rows, as the finders do; the test images are not looked at.

    Parameters
    ----------
    images, labels, recipe, test
        As in `etascope.pick`.
    low, high
        Where the rate starts and ends. Default 1e-7 and 10, as most finders.
    steps
        Batches that it climbs over. Default 100.
    measure
        Whether to search the learning rates too, to have the truth beside. Default True.
    own_sweeps
        Whether each rule reads its own finder's customary sweep instead of the one that is drawn. Default False.

    Other Parameters
    ----------------
    method, engine, progress
        As in `etascope.pick`.

    Raises
    ------
    InputError
        If something given cannot be used; the message says what to do.

    Examples
    --------
    >>> test = range_test("digits", recipe=Recipe(epochs=1), measure=False)
    >>> [s.rule for s in test.suggestions][:2], test.spread > 10
    (['fastai valley', 'fastai slide'], True)
    """
    recipe, drawn = recipe or Recipe(), Sweep(low, high, steps)
    engine = engine or engine_of(recipe)
    dataset, share, split = open_and_divide(images, labels, recipe, test, 0, progress)
    named = staged("range test", progress)
    shown = _climb(engine, split, recipe, drawn, named)
    tests = {drawn: shown}
    for rule in RULES if own_sweeps else ():
        if rule.sweep not in tests:
            tests[rule.sweep] = _climb(engine, split, recipe, rule.sweep, named)
    read = tuple(one for rule in RULES for one in suggestions(tests[rule.sweep if own_sweeps else drawn], [rule]))
    training = steps_per_epoch(split, recipe, NO_FOLD) * recipe.epochs
    measured = None
    if measure:
        measured = pick(dataset, recipe=recipe, test=share, method=method, engine=engine, progress=progress)
    return RangeTestRun(
        source=dataset.source,
        fingerprint=dataset.fingerprint,
        recipe=recipe,
        test=shown,
        suggestions=read,
        own_sweeps=own_sweeps,
        cost=sum(len(test.losses) for test in tests.values()) / training,
        measured=measured,
        data=DataSummary.of(dataset, split),
    )


def _climb(engine: Engine, split: Split, recipe: Recipe, climb: Sweep, progress: OnProgress) -> RangeTest:
    per_epoch = steps_per_epoch(split, recipe, NO_FOLD)
    training = per_epoch * recipe.epochs

    def train(plan: Plan) -> History:
        longer = replace(recipe, epochs=max(recipe.epochs, -(-plan.steps // per_epoch)))
        return engine.train(split, longer, plan, progress)

    return run_range_test(train, climb, training=training, steps_per_epoch=per_epoch, seed=recipe.seed)
