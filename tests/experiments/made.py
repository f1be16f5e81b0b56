"""Range tests and sharpness walls made up for tests, and the terminal page of any experiment."""

import io

import numpy as np

from etascope.core.data import DataSummary
from etascope.core.recipe import Recipe
from etascope.experiments.range_test.record import RangeTest, RangeTestRun, Suggestion
from etascope.experiments.reported import experiment_of
from etascope.experiments.sharpness.record import SharpnessPoint, SharpnessWall
from etascope.report.terminal.page import Page, open_console
from tests.learn import made


def page_of(result, width=80, ascii=False):
    """Return what the result of an experiment writes to a terminal."""
    stream = io.StringIO()
    experiment_of(result).page(Page(open_console(stream, width=width, ascii=ascii), ascii))
    return stream.getvalue()


def nothing_known(source):
    """Return a summary of images of which only their source and fingerprint are known."""
    return DataSummary(source, "9cda", 0, (8, 8, 1), 0, 0, ("a", "b"))


def climb(steps=100, low=1e-7, high=10.0, lost=None):
    """Flat, then a fall to 1, then a rise; NaN from step `lost` on."""
    rates = np.geomspace(low, high, steps)
    x = np.log10(rates)
    losses = 2.3 - 1.3 / (1 + np.exp(-4 * (x + 2))) + np.exp(np.minimum(3 * (x - 0.2), 5))
    if lost is not None:
        losses[lost:] = np.nan
    return RangeTest(rates, losses, seed=0, steps_per_epoch=50)


def ranged(rates=(0.03, 0.3, None), measured=True, source="digits", own_sweeps=False, test=None):
    suggested = tuple(Suggestion(f"finder{i} rule", f"finder{i} 1.0, file.py", rate) for i, rate in enumerate(rates))
    run = made.run() if measured is True else measured or None
    return RangeTestRun(nothing_known(source), Recipe(), test or climb(), suggested, own_sweeps, 0.4, run)


def walled(limits=(3.4, 0.5, 0.9), measured=0.1, learning_rate=0.018, recipe=None, formula="(2 + 2 x 0.9) / s"):
    points = tuple(SharpnessPoint(10 * i, 3.8 / limit if limit else 1.5, True, limit) for i, limit in enumerate(limits))
    why = "It fails at times."
    data, recipe = nothing_known("digits"), recipe or Recipe()
    return SharpnessWall(data, recipe, learning_rate, 256, formula, why, points, measured, 0.018)
