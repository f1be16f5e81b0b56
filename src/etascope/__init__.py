"""etascope shows what a learning rate does to an image classifier, and picks the right one.

Three lines give a learning rate with its basin and the evidence:

>>> import etascope
>>> run = etascope.pick("digits", recipe=etascope.Recipe(epochs=1))
>>> run.choice.basin.low <= run.choice.learning_rate <= run.choice.basin.high
True
"""

from __future__ import annotations

import sys
from collections.abc import Collection
from importlib import import_module
from os import PathLike
from typing import TYPE_CHECKING, Any

from etascope.core.renamed import OldNames
from etascope.core.views import Views

if TYPE_CHECKING:
    from etascope import torch as torch
    from etascope.core.choice import Choice
    from etascope.core.data import Dataset
    from etascope.core.errors import InputError
    from etascope.core.history import History
    from etascope.core.recipe import Recipe
    from etascope.core.run import Run
    from etascope.core.trace import Trace
    from etascope.experiments.range_test.run import range_test
    from etascope.experiments.referee.run import referee
    from etascope.experiments.reported import Result
    from etascope.experiments.scaling.run import scaling
    from etascope.experiments.sharpness.run import sharpness
    from etascope.images.open import open_images
    from etascope.loops.command import pick_command
    from etascope.loops.search import Search
    from etascope.report.experiment import Experiment
    from etascope.store.open import open_store
    from etascope.workbench import pick, trace

__all__ = [
    "Choice", "Dataset", "History", "InputError", "Recipe", "Run", "Search", "Trace", "open_images", "open_store",
    "pick", "pick_command", "range_test", "referee", "scaling", "sharpness", "trace",
]  # fmt: skip

#: Where each name stands. It loads when it is first used: Ctrl-C finds the command line ready, and who wants one name
#: does not wait for all.
_HOMES = {
    "Choice": "core.choice", "Dataset": "core.data", "History": "core.history", "InputError": "core.errors",
    "Recipe": "core.recipe", "Run": "core.run", "Search": "loops.search", "Trace": "core.trace",
    "open_images": "images.open", "open_store": "store.open", "pick": "workbench", "pick_command": "loops.command",
    "range_test": "experiments.range_test.run", "referee": "experiments.referee.run", "scaling":
    "experiments.scaling.run", "sharpness": "experiments.sharpness.run", "trace": "workbench",
}  # fmt: skip


def _reported(result: Run | Result) -> Run | Experiment:
    from etascope.core.run import Run

    if isinstance(result, Run):
        return result
    from etascope.experiments.reported import experiment_of

    return experiment_of(result)


def _page(result: Run | Trace | Result) -> str:
    from etascope.core.trace import Trace
    from etascope.report.terminal.run import printed

    return printed(result if isinstance(result, Trace) else _reported(result))


def _notebook(result: Run | Result, include: Collection[str] | None, exclude: Collection[str] | None) -> dict[str, Any]:
    from etascope.report.html.notebook import mimebundle

    return mimebundle(_reported(result), include, exclude)


def _file(result: Run | Result, path: str | PathLike[str]) -> None:
    from etascope.core.run import Run
    from etascope.learn.quiz import run_quiz
    from etascope.report.files.write import write_report

    write_report(_reported(result), path, run_quiz(result) if isinstance(result, Run) else ())


Views.page, Views.notebook, Views.file = _page, _notebook, _file
if not any(isinstance(finder, OldNames) for finder in sys.meta_path):
    sys.meta_path.append(OldNames())


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever the name stands for.
    if name == "torch":
        return import_module("etascope.torch")
    if name == "__version__":
        return import_module("etascope.core.run").versions()["etascope"]
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"etascope.{_HOMES[name]}"), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
