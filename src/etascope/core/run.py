"""All that a search knows at its end: `Run`, what is shown and stored."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from etascope.core.choice import Choice
from etascope.core.data import ClassFolder, Dataset, Split
from etascope.core.history import History
from etascope.core.recipe import Recipe, Task
from etascope.core.trace import Trace
from etascope.core.trials import Trial, one_history, trials
from etascope.core.views import Views


@dataclass(frozen=True)
class DataSummary:
    """What the data was.

    Attributes
    ----------
    source
        Where the images came from.
    fingerprint
        SHA-256 of the data.
    images, image_shape
        How many images, and `(height, width, channels)`.
    development, test
        Rows for selection and final training, and rows for the one look at the end.
    class_names
        A name for each class.
    notes
        What was done on opening, a sentence each.
    command
        Where a script of your own trained on data of its own: its command. No images are known then, nor where a loop
        in Python did, and their numbers are 0.
    whole
        Of a part of a larger set, as `etascope.images.part.take_part` takes it: how many images the set has. 0 where
        the images are all that there are.
    own_test
        How many of the images the data itself sets apart for the test; 0 where a share was.
    left_out
        How many files of the source were not taken: they cannot be read, or belong to no class.
    folders, test_source
        As a `Dataset` has them.
    labels
        Where the labels were, where that is known and they were apart from the images.
    """

    source: str
    fingerprint: str
    images: int
    image_shape: tuple[int, int, int]
    development: int
    test: int
    class_names: tuple[str, ...]
    notes: tuple[str, ...] = ()
    command: str = ""
    whole: int = 0
    own_test: int = 0
    left_out: int = 0
    folders: tuple[ClassFolder, ...] = ()
    test_source: str = ""
    labels: str = ""

    @classmethod
    def unknown(cls, source: str, asked: Mapping[str, object], command: str = "") -> DataSummary:
        """Summarise data that only a script or a loop knows; the fingerprint is that of what was asked."""
        text = json.dumps([source, {name: str(value) for name, value in sorted(asked.items())}])
        digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        return cls(source, digest, 0, (0, 0, 0), 0, 0, (), command=command)

    @classmethod
    def of(cls, dataset: Dataset, split: Split) -> DataSummary:
        """Summarise opened images and how they were divided."""
        height, width, channels = dataset.images.shape[1:]
        own = dataset.test_rows
        own_test = 0 if own is None or not np.isin(split.test_rows, own).all() else len(split.test_rows)
        return cls(
            source=dataset.source,
            fingerprint=dataset.fingerprint,
            images=len(dataset),
            image_shape=(height, width, channels),
            development=len(split.y),
            test=len(split.y_test),
            class_names=dataset.class_names,
            notes=dataset.notes_for(own_test),
            own_test=own_test,
            left_out=dataset.left_out,
            folders=dataset.folders,
            test_source=dataset.test_source,
        )


def versions() -> dict[str, str]:
    """Return the versions that decide the bits: etascope, Python, NumPy and the machine's architecture."""
    from importlib import metadata  # Takes as long as all of our own records together.

    return {
        "etascope": metadata.version("etascope"),
        "python": platform.python_version(),
        "numpy": metadata.version("numpy"),
        "machine": platform.machine(),
    }


@dataclass(frozen=True, eq=False)
class Run:
    """A finished search.

    Attributes
    ----------
    data, task, recipe
        What was asked.
    histories
        What the method trained, a `History` a plan.
    choice
        The answer.
    trace
        The final training on all development rows at the recommended rate; None when there is none.
    seconds
        Wall time from opened images to answer; of a search that was stopped and went on, with what was trained before.
    versions
        Of the software.
    options
        What was asked on the command line, by its names, as a `Job` has it; empty where the search was asked in Python.
    """

    data: DataSummary
    task: Task
    histories: tuple[History, ...]
    choice: Choice
    trace: Trace | None
    seconds: float
    versions: dict[str, str] = field(default_factory=versions)
    options: dict[str, Any] = field(default_factory=dict[str, Any])

    @property
    def recipe(self) -> Recipe:
        """Everything about the trainings except their learning rate."""
        return self.task.recipe

    @cached_property
    def trials(self) -> tuple[Trial, ...]:
        """Every trial of the search, in the order of the choice's verdicts."""
        return trials(self.task, self.histories)

    @cached_property
    def history(self) -> History:
        """All trials in one history over the whole training."""
        return one_history(self.task, self.trials, sum(history.seconds for history in self.histories))

    def _repr_mimebundle_(
        self, include: Collection[str] | None = None, exclude: Collection[str] | None = None
    ) -> dict[str, Any]:
        """Show the answer and its chart in a notebook."""
        return {"text/plain": repr(self)} if Views.notebook is None else Views.notebook(self, include, exclude)
