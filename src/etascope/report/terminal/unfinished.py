"""A run that did not come to its end, written to a terminal."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

from etascope.core.history import History, Status, settled
from etascope.core.measure import Measure
from etascope.core.numbers import rate
from etascope.core.stored import StoredRun
from etascope.core.trials import Trial, trials
from etascope.report.terminal.page import Page
from etascope.report.terminal.run_list import ago, clock
from etascope.report.words.job import data_understood, recipe_words

if TYPE_CHECKING:
    from rich.console import Console


def print_unfinished(
    console: Console, stored: StoredRun, now: datetime, *, where: str = "", ascii: bool = False
) -> None:
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
    where
        What a command takes besides to find the store.
    ascii
        Write ASCII characters alone.
    """
    page, job = Page(console, ascii), stored.job
    known = trials(job.task, stored.histories)
    page.line(f"run {stored.id} did not come to its end", "bold yellow")
    page.line("")
    count = len(known)
    page.fields([
        ("began", f"{clock(stored.created)}, {ago(stored.created, now)}"),
        ("data", f"{job.data.source}: {data_understood(job.data)}"),
        *([("notes", " ".join(job.data.notes))] if job.data.notes else []),
        ("recipe", f"{recipe_words(job.task)}, seed {job.task.recipe.seed}"),
        ("kept", f"{kept_words(stored.histories) or 'nothing yet'}; {count:,} {'trial' if count == 1 else 'trials'} "
                 "in all"),
        ("next", f"go on where it stopped: etascope resume {stored.id}{where}"),
    ])  # fmt: skip
    if known:
        page.line("")
        measure = job.task.measure
        name = measure.name if measure.reported else "valid\nloss"
        page.table(("rate", "trials", name, "valid\naccuracy", "so far"), _rows(known, measure))


def kept_words(histories: Sequence[History]) -> str:
    """Return how far a search came, in rounds and trials of the next; empty where none was done."""
    whole, parts = settled(histories)
    rounds, trials = len(whole), len({row for part in parts if part.part for row in part.part.rows})
    kept = [f"{rounds} {'round' if rounds == 1 else 'rounds'}"] if rounds else []
    if trials:
        kept.append(f"{trials} {'trial' if trials == 1 else 'trials'} of round {rounds + 1}")
    return " and ".join(kept)


def _rows(known: Sequence[Trial], measure: Measure) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for tried in sorted({trial.learning_rate for trial in known}):
        here = [trial for trial in known if trial.learning_rate == tried]
        going = [trial for trial in here if not trial.diverged and len(trial.valid_loss)]
        mean = float(np.mean([trial.valid_loss[-1] for trial in going])) if going else math.nan
        loss = "" if not going else measure.written(mean)
        accuracy = float(np.mean([trial.valid_accuracy[-1] for trial in going])) if going else math.nan
        right = f"{100 * accuracy:.1f} %" if math.isfinite(accuracy) else ""
        ended = [
            (Status.FINISHED, "trained to the end"), (Status.PAUSED, "paused"), (Status.DIVERGED, "diverged"),
            (Status.FAILED, "failed"),
        ]  # fmt: skip
        counts = [(sum(trial.status is status for trial in here), told) for status, told in ended]
        told = ", ".join(f"{count} {how}" for count, how in counts if count)
        rows.append((rate(tried), str(len(here)), loss, right, told))
    return rows
