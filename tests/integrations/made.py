"""Runs to log: one of each kind, trained once."""

from functools import cache

import etascope
from etascope.core.recipe import Recipe
from etascope.selection.automatic import Automatic
from etascope.selection.search import GridSearch

SMALL = Recipe(hidden=(16,), epochs=2)


@cache
def cheap():
    """Every trial trained to the end, on five folds."""
    return etascope.pick("digits", recipe=SMALL)


@cache
def ladder():
    """Trials that were stopped before others, evaluated within epochs."""
    return etascope.pick("digits", recipe=SMALL, method=Automatic(budget=2))


@cache
def diverging():
    """Some trials whose loss stopped being finite."""
    return etascope.pick("digits", recipe=SMALL, method=GridSearch(low=0.001, high=1e10))


@cache
def cannot_tell():
    """No answer, and no trace."""
    return etascope.pick("digits", recipe=SMALL, method=Automatic(low=1e-6, high=2e-6))
