"""Which frameworks a script can be written for: `code_for`."""

from __future__ import annotations

from collections.abc import Callable

from etascope.core.errors import InputError, option
from etascope.core.recipe import Recipe
from etascope.core.run import DataSummary
from etascope.report.code import etascope, keras, lightning, pytorch, sklearn

Script = Callable[[Recipe, DataSummary, float], str]

FRAMEWORKS: dict[str, Script] = {
    "pytorch": pytorch.script,
    "keras": keras.script,
    "lightning": lightning.script,
    "sklearn": sklearn.script,
    "etascope": etascope.script,
}


def code_for(framework: str, recipe: Recipe, data: DataSummary, learning_rate: float) -> str:
    """Return a script that trains a recipe at a peak learning rate in a framework, loads the images and tests once.

    Parameters
    ----------
    framework
        One of `FRAMEWORKS`.
    recipe, data
        What was searched for, and on what.
    learning_rate
        Peak rate.

    Raises
    ------
    InputError
        If there is no such framework, or it cannot express the recipe.
    """
    chosen = FRAMEWORKS[option("framework", framework, FRAMEWORKS)]
    if recipe.model is not None:
        raise InputError(
            f"scripts are written for dense networks; this recipe has the model {recipe.model}. Give your own script "
            f"the learning rate {learning_rate:.3g}."
        )
    return chosen(recipe, data, learning_rate)
