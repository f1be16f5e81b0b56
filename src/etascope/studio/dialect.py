"""What the page calls what can be set on it: `on_page`, its dialect, and runs in that, `worded` and `run_document`."""

from __future__ import annotations

from dataclasses import replace

from etascope.core.plain import Document
from etascope.core.run import Run
from etascope.core.sentences import Setting
from etascope.learn.quiz import run_quiz
from etascope.report.files.document import pick_document

#: The controls of the page by their labels.
LABELS = {
    "data": "images", "optimizer": "optimizer", "batch_size": "batch size", "epochs": "epochs",
    "hidden": "hidden layers", "schedule": "schedule", "seed": "seed", "learning_rate": "learning rate",
}  # fmt: skip


def on_page(setting: Setting) -> str | None:
    """Write a setting as it is called on the page; None where the page does not have it.

    Examples
    --------
    >>> on_page(Setting("batch_size", 64)), on_page(Setting("folds", 5))
    ('batch size 64', None)
    """
    label = LABELS.get(setting.name)
    return label if label is None or setting.value is None else f"{label} {setting.value}"


def worded(run: Run) -> Run:
    """Return a run whose choice speaks as the page does; in the store it keeps its settings apart."""
    return replace(run, choice=run.choice.written(on_page))


def run_document(run: Run) -> Document:
    """Return what the page shows of a run, with a quiz."""
    return pick_document(worded(run), run_quiz(run))
