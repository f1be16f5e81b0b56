"""What a range test would have suggested, beside what a search measures: `range_test`."""

from __future__ import annotations

from os import PathLike

from etascope.core.checks import checked
from etascope.core.data import NO_FOLD
from etascope.core.errors import renamed
from etascope.core.protocols import Engine, Method, OnProgress, ignore
from etascope.core.recipe import Recipe, steps_per_epoch
from etascope.core.search import staged
from etascope.experiments.range_test.record import RangeTestRun
from etascope.experiments.range_test.rules import RULES, suggestions
from etascope.experiments.range_test.sweep import Sweep, run_range_test
from etascope.workbench import open_and_divide


@renamed(watch="progress")
@checked
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
    workers: int | None = None,
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
    method, engine, workers, progress
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
    drawn = Sweep(low, high, steps)
    ready = open_and_divide(images, labels, recipe, test, 0, progress, engine, workers)
    recipe, named = ready.recipe, staged("range test", progress)
    # Finders that climb alike share a test.
    sweeps = dict.fromkeys((drawn, *(rule.sweep for rule in RULES if own_sweeps)))
    tests = {sweep: run_range_test(ready.engine, ready.split, recipe, sweep, named) for sweep in sweeps}
    read = tuple(one for rule in RULES for one in suggestions(tests[rule.sweep if own_sweeps else drawn], [rule]))
    steps_of_all = sum(len(test.losses) for test in tests.values())
    return RangeTestRun(
        data=ready.data,
        recipe=recipe,
        test=tests[drawn],
        suggestions=read,
        own_sweeps=own_sweeps,
        cost=steps_of_all / (steps_per_epoch(ready.split, recipe, NO_FOLD) * recipe.epochs),
        measured=ready.search(method, progress) if measure else None,
    )
