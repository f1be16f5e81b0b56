"""etascope shows what a learning rate does to an image classifier, and picks the right one.

Three lines give a learning rate with its basin and the evidence:

>>> import etascope
>>> run = etascope.pick("digits", recipe=etascope.Recipe(epochs=1))
>>> run.choice.basin.low <= run.choice.learning_rate <= run.choice.basin.high
True
"""

from __future__ import annotations

from etascope.core.choice import Choice as Choice
from etascope.core.data import Dataset as Dataset
from etascope.core.errors import InputError as InputError
from etascope.core.history import History as History
from etascope.core.recipe import Recipe as Recipe
from etascope.core.run import Run as Run
from etascope.core.run import versions
from etascope.core.trace import Trace as Trace
from etascope.images.open import open_images as open_images
from etascope.workbench import pick as pick
from etascope.workbench import trace as trace


def __getattr__(name: str) -> str:
    if name == "__version__":
        return versions()["etascope"]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
