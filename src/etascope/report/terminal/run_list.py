"""Stored runs as a list, for a terminal and as a document, and a run that did not come to its end."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np

from etascope.core.history import History, Status, settled
from etascope.core.measure import Measure
from etascope.core.numbers import rate
from etascope.core.plain import Document, plain
from etascope.core.sentences import Call, Command, Dialect, Setting, python, say
from etascope.core.stored import RunLine, StoredRun
from etascope.core.trials import Trial, trials
from etascope.report.terminal.page import Page
from etascope.report.words.job import data_facts, recipe_words

if TYPE_CHECKING:
    from rich.console import Console


RUNS_SCHEMA = "etascope/runs/1"
#: Seconds of each unit of time, and the age from which it is used.
_UNITS = (("year", 31_557_600, 63_115_200), ("week", 604_800, 1_209_600), ("day", 86_400, 86_400),
          ("hour", 3_600, 3_600), ("minute", 60, 60))  # fmt: skip


def ago(then: datetime, now: datetime) -> str:
    """Return how long ago something was, in words.

    Examples
    --------
    >>> from datetime import timedelta, timezone
    >>> noon = datetime(2026, 11, 24, 12, tzinfo=timezone.utc)
    >>> ago(noon - timedelta(minutes=125), noon), ago(noon - timedelta(days=1), noon)
    ('2 hours ago', '1 day ago')
    """
    seconds = (now - then).total_seconds()
    for name, length, least in _UNITS:
        if seconds >= least:
            count = int(seconds // length)
            return f"{count} {name}{'' if count == 1 else 's'} ago"
    return "just now"


def clock(when: datetime) -> str:
    """Return date and time where this computer is."""
    return f"{when.astimezone():%Y-%m-%d %H:%M}"


def print_runs(
    console: Console, lines: Sequence[RunLine], now: datetime, *, more: int | None = None, dialect: Dialect = python,
    ascii: bool = False,
) -> None:  # fmt: skip
    """Write stored runs, the latest first, two lines each: when and what came out, and what was asked.

    `more` is the limit that shows more runs than these, where there are more; `dialect` writes commands.
    """
    page = Page(console, ascii)
    if not lines:
        none = say("There are no runs yet. Make one: {pick} keeps every search here.", Call("pick"))
        page.wrapped(none.written(dialect))
        return
    wide = max(8, *(len(line.id) for line in lines))
    page.line(f"{'run':<{wide}}  {'when':<32}  {'rate':>8}  {'test':>6}  state", "bold")
    page.line(("-" if ascii else "─") * page.width)
    for line in lines:
        when = f"{clock(line.created)}, {ago(line.created, now)}"
        answer = "" if line.learning_rate is None else rate(line.learning_rate)
        test = "" if line.test_accuracy is None else f"{100 * line.test_accuracy:.1f} %"
        page.line(f"{line.id:<{wide}}  {when:<32}  {answer:>8}  {test:>6}  {state(line)}")
        images = f", {line.images:,} images" if line.images else ""
        page.wrapped(f"{line.source}{images}: {line.recipe}", "dim", first=" " * (wide + 2))
    page.line("")
    if more is not None:
        limit = Command("runs", (Setting("limit", more),))
        page.wrapped(say("There are more: {runs}", limit).written(dialect))
    stopped = next((line for line in lines if not line.finished), None)
    if stopped is not None:
        move = say("Go on with a run that did not come to its end: {resume}.", Command("resume", (stopped.id,)))
        page.wrapped(move.written(dialect))
    elif more is None:
        page.wrapped(say("Look at one again: {show}.", Command("show", (lines[0].id,))).written(dialect))


def state(line: RunLine) -> str:
    """Return how far a run came, in a word or two."""
    if not line.finished:
        return f"open, {line.trials:,} trial{'' if line.trials == 1 else 's'}"
    return "cannot tell" if line.learning_rate is None else "finished"


def runs_document(lines: Sequence[RunLine]) -> Document:
    """Return a list of runs as plain dicts and lists, described by `docs/schema/runs-1.schema.json`."""
    return {"schema": RUNS_SCHEMA, "runs": plain(lines)}


def print_unfinished(
    console: Console, stored: StoredRun, now: datetime, *, dialect: Dialect = python, ascii: bool = False
) -> None:
    """Write what a run has that did not come to its end, and how to go on, in a dialect; it needs no history."""
    page, job = Page(console, ascii), stored.job
    known = trials(job.task, stored.histories)
    page.line(f"run {stored.id} did not come to its end", "bold yellow")
    page.line("")
    count = len(known)
    page.fields([
        ("began", f"{clock(stored.created)}, {ago(stored.created, now)}"),
        ("data", job.data.source),
        *data_facts(job.data),
        ("recipe", f"{recipe_words(job.task, job.data)}, seed {job.task.recipe.seed}"),
        ("kept", f"{kept_words(stored.histories) or 'nothing yet'}; {count:,} {'trial' if count == 1 else 'trials'} "
                 "in all"),
        ("next", f"go on where it stopped: {dialect(Command('resume', (stored.id,)))}"),
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
        counts = [(sum(trial.status is status for trial in here), words) for status, words in ended]
        words = ", ".join(f"{count} {how}" for count, how in counts if count)
        rows.append((rate(tried), str(len(here)), loss, right, words))
    return rows
