"""A run that did not come to its end, written to a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

from etascope.core.history import Status
from etascope.core.numbers import nats, rate
from etascope.core.stored import StoredRun
from etascope.core.trials import Trial, trials
from etascope.report.next_step import in_words
from etascope.report.page import Page
from etascope.report.run_list import ago, clock

if TYPE_CHECKING:
    from rich.console import Console


def print_unfinished(console: Console, stored: StoredRun, now: datetime, *, ascii: bool = False) -> None:
    """Write what a run has that did not come to its end, and how to go on with it.

    Parameters
    ----------
    console
        A rich console; `page.open_console` makes one.
    stored
        The run; it needs no history.
    now
        To say how long ago it began; with its time zone.

    Other Parameters
    ----------------
    ascii
        Write ASCII characters alone.
    """
    page, job = Page(console, ascii), stored.job
    known = trials(job.task, stored.histories)
    page.line(f"run {stored.id} did not come to its end", "bold yellow")
    page.line("")
    plans, count = len(stored.histories), len(known)
    page.fields([
        ("began", f"{clock(stored.created)}, {ago(stored.created, now)}"),
        ("data", f"{job.data.source}, {job.data.images:,} images in {len(job.data.class_names)} classes"),
        ("recipe", f"{in_words(job.task.recipe)}, seed {job.task.recipe.seed}"),
        ("kept", f"{plans} {'round' if plans == 1 else 'rounds'} of the search, {count:,} "
                 f"{'trial' if count == 1 else 'trials'}"),
        ("next", f"go on where it stopped: etascope resume {stored.id}"),
    ])  # fmt: skip
    if known:
        page.line("")
        page.table(("rate", "trials", "valid\nloss", "valid\naccuracy", "so far"), _rows(known))


def _rows(known: Sequence[Trial]) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for tried in sorted({trial.learning_rate for trial in known}):
        here = [trial for trial in known if trial.learning_rate == tried]
        going = [trial for trial in here if not trial.diverged and len(trial.valid_loss)]
        loss = nats(float(np.mean([trial.valid_loss[-1] for trial in going]))) if going else ""
        right = f"{100 * np.mean([trial.valid_accuracy[-1] for trial in going]):.1f} %" if going else ""
        ended = [(Status.FINISHED, "trained to the end"), (Status.PAUSED, "paused"), (Status.DIVERGED, "diverged")]
        counts = [(sum(trial.status is status for trial in here), told) for status, told in ended]
        told = ", ".join(f"{count} {how}" for count, how in counts if count)
        rows.append((rate(tried), str(len(here)), loss, right, told))
    return rows
