"""Runs to log: one of each kind, trained once."""

from dataclasses import replace
from functools import cache

from bench.grid_search import GridSearch

import etascope
from etascope.core.recipe import Recipe
from etascope.selection.automatic import Automatic

SMALL = Recipe(hidden=(16,), epochs=2)


@cache
def cheap():
    """Every trial trained to the end."""
    return etascope.pick("digits", recipe=SMALL, folds=2, method=Automatic(budget=50))


@cache
def halving():
    """Trials that were stopped before others, evaluated within epochs."""
    return etascope.pick("digits", recipe=SMALL, method=Automatic(budget=2))


@cache
def diverging():
    """Some trials whose loss stopped being finite, after a first evaluation that was."""
    recipe = replace(SMALL, optimizer="sgd", momentum=None, weight_decay=1.0)
    return etascope.pick("digits", recipe=recipe, folds=2, method=GridSearch(3, low=0.001, high=2.5))


@cache
def cannot_tell():
    """No answer, and no trace."""
    return etascope.pick("digits", recipe=SMALL, folds=2, method=Automatic(low=1e-6, high=2e-6))
