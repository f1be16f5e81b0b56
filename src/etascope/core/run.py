"""All that a search knows at its end: `Run`, what is shown and stored, and `TorchFacts` beside it."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from etascope.core.choice import Choice
from etascope.core.data import DataSummary as DataSummary
from etascope.core.history import History
from etascope.core.recipe import Recipe, Task
from etascope.core.renamed import renamed_fields
from etascope.core.sentences import Sentence, sentences
from etascope.core.trace import Trace
from etascope.core.trials import Trial, one_history, trials
from etascope.core.views import Shown


def versions() -> dict[str, str]:
    """Return the versions that decide the bits: etascope, Python, NumPy and the machine's architecture."""
    from importlib import metadata  # Takes as long as all of our own records together.

    return {
        "etascope": metadata.version("etascope"),
        "python": platform.python_version(),
        "numpy": metadata.version("numpy"),
        "machine": platform.machine(),
    }


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True)
class Untouched:
    """SHA-256 of everything that must not change, before and after.

    Attributes
    ----------
    before, after
        By name: `weights and buffers`, `gradients`, `modes`, `Python`, `NumPy`, `PyTorch` (its generators) and
        `loaders` (theirs).
    """

    before: Mapping[str, str]
    after: Mapping[str, str]

    @property
    def same(self) -> bool:
        """Whether every one is the same."""
        return self.before == self.after

    def __str__(self) -> str:
        """Say what was compared, with the first digits of the digest."""
        changed = [name for name in self.before if self.before[name] != self.after.get(name)]
        if changed:
            return f"changed while it ran: {', '.join(changed)}"
        names = ", ".join(f"{name} {digest[:8]}" for name, digest in self.before.items())
        return f"the same bits before and after: {names}"


@dataclass(frozen=True, eq=False)
class TorchFacts:
    """What is known beside of a search for a PyTorch model of one's own.

    Attributes
    ----------
    untouched
        The proof that model, gradients, modes, generators and loaders are what they were.
    ratios
        Learning rate of each parameter group as a multiple of the one that `optimizer` is given, which is that of the
        choice; a list an optimizer.
    loss_unit
        What validation losses of the run are multiplied by to have them as the loss gave them: 1 for class labels. Else
        they are told so that the untrained model has 2.30. Losses of training steps are as the loss gave them.
    metrics
        By learning rate, what each metric is on the validation loader, for the trials that were trained furthest.
    """

    untouched: Untouched
    ratios: Sequence[Sequence[float]] = ((1.0,),)
    loss_unit: float = 1.0
    metrics: Mapping[float, Mapping[str, float]] = field(default_factory=dict[float, Mapping[str, float]])


@dataclass(frozen=True, eq=False, repr=False)
class Run(Shown):
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
    torch
        What `etascope.torch.pick`, Lightning and transformers know beside; None elsewhere.
    """

    data: DataSummary
    task: Task
    histories: tuple[History, ...]
    choice: Choice
    trace: Trace | None
    seconds: float
    versions: dict[str, str] = field(default_factory=versions)
    options: dict[str, Any] = field(default_factory=dict[str, Any])
    torch: TorchFacts | None = None

    @property
    def recipe(self) -> Recipe:
        """Everything about the trainings except their learning rate."""
        return self.task.recipe

    @property
    def trained_by_others(self) -> bool:
        """Whether a script, a loop or an optimizer of one's own trained, of which the recipe has the nearest names."""
        return self.task.measure.reported or self.data.in_loaders

    @cached_property
    def trials(self) -> tuple[Trial, ...]:
        """Every trial of the search, in the order of the choice's verdicts."""
        return trials(self.task, self.histories)

    @cached_property
    def history(self) -> History:
        """All trials in one history over the whole training."""
        return one_history(self.task, self.trials, sum(history.seconds for history in self.histories))

    def with_notes(self, *notes: str | Sentence) -> Run:
        """Return it with more sentences at the end of the reasons; those that are empty are left out."""
        reasons = (*self.choice.reasons, *sentences(*filter(None, notes)))
        return replace(self, choice=replace(self.choice, reasons=reasons))

    if not TYPE_CHECKING:
        __getattr__ = renamed_fields(
            with_note="with_notes", run="the run itself", untouched="run.torch.untouched", ratios="run.torch.ratios",
            loss_unit="run.torch.loss_unit", metrics="run.torch.metrics",
        )  # fmt: skip
