"""A learning rate for a training script of your own: `pick_command`."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Sequence
from functools import partial
from os import PathLike
from pathlib import Path

from etascope.core.checks import checked
from etascope.core.command_line import CommandLine
from etascope.core.errors import InputError, renamed
from etascope.core.history import History, settled
from etascope.core.measure import Measure
from etascope.core.protocols import OnProgress, Recorder, ignore
from etascope.core.recipe import Task
from etascope.core.recording import BestEffort
from etascope.core.run import DataSummary, Run
from etascope.core.search import search
from etascope.core.sentences import Sentence, Setting, say
from etascope.selection.grid import LIMITS
from etascope.selection.halving.method import Halving
from etascope.training.command.engine import CommandEngine
from etascope.training.command.metric import LineMetric

#: Middle of the first window where nothing is known of the optimizer: between those of SGD and of fine-tuning.
MIDDLE = 3e-3


def reports_halving(
    low: float | None, high: float | None, budget: float, tolerance: float | None, middle: float | None = None
) -> Halving:
    """Return successive halving for trainings of which nothing is known but what they report.

    It begins about `middle`; by default in the middle of the window where both ends are given, else at 0.003.

    Raises
    ------
    InputError
        If a number is outside its range.
    """
    halving = Halving(target="loss", tolerance=tolerance, low=low, high=high, budget=budget)
    if middle is None:
        middle = math.sqrt(low * high) if low and high else MIDDLE
    return Halving("loss", tolerance, low, high, halving.budget, min(max(middle, low or LIMITS[0]), high or LIMITS[1]))


@renamed(watch="progress", keeper="recorder")
@checked
def pick_command(
    command: str,
    *,
    logs: str | PathLike[str] | None = None,
    metric: str | None = None,
    metric_key: str | None = None,
    maximize: bool = False,
    best: float | None = None,
    epochs: int = 5,
    seed: int = 0,
    low: float | None = None,
    high: float | None = None,
    middle: float | None = None,
    budget: float = 3.0,
    tolerance: float | None = None,
    workers: int = 1,
    timeout: float | None = None,
    restart: bool = False,
    begin: Callable[[Measure], None] | None = None,
    progress: OnProgress = ignore,
    histories: Sequence[History] = (),
    recorder: Recorder | None = None,
) -> Run:
    """Choose a learning rate for a command that trains, and show the evidence.

    The command runs once for each trial (`CommandEngine`), on a `Halving` whose steps are epochs.

    Parameters
    ----------
    command
        For the shell, with `{lr}`, and `{epochs}`, `{seed}` and `{trial}` where they are wanted.
    logs
        Folder for the output of each trial; it is made. None is one of this search among the user's state.
    metric, metric_key
        A regular expression, or a key of JSON lines: what the command prints once an epoch.
    maximize, best
        Whether higher is better, and the best value that the metric can have; None is 0, or 1 where higher is better.
    epochs
        Metrics that a whole training prints, at least 1. Default 5.
    seed
        What `{seed}` is. Default 0.
    low, high, middle
        Lowest and highest rate to try, None is free; middle of the first window.
    budget, tolerance
        As in `Halving`; the tolerance is in per cent of the metric's distance from its best value.

    Other Parameters
    ----------------
    workers, timeout, restart
        As in `CommandEngine`.
    begin
        Called when all that was given can be used and the folder is there, with what trials are compared by.
    progress
        Receives `Progress` records.
    histories
        What an earlier search of the same command has trained: it goes on from there.
    recorder
        Writes the search down while it happens. Default: nobody does.

    Raises
    ------
    InputError
        If something given cannot be used, or the script fails at once; the message says what to do.
    """
    reader = LineMetric(metric, metric_key)
    measure = Measure(reader.name, maximize, best)
    task = Task.of_reports(epochs, seed, measure)
    method = reports_halving(low, high, budget, tolerance, middle)
    line, proven = CommandLine(command), _reported(histories)
    folder = usual_logs() if logs is None else Path(logs)
    engine = CommandEngine(line, reader, measure, folder, workers, timeout, restart, reported=proven)
    _make(folder)
    if begin is not None:
        begin(measure)
    settings = {"metric": metric, "metric_key": metric_key, "maximize": maximize, "best": measure.best}
    data = DataSummary.unknown(command, settings, command)
    recorder = BestEffort(recorder, ready=None if histories else _can_be_used)
    with engine:
        run = search(
            partial(engine.train, None, task.recipe), task, method, data, progress=progress, histories=histories,
            recorder=recorder,
        )  # fmt: skip
    run = run.with_notes(_length_advice(engine, epochs))
    recorder.finish(run)
    return run


def usual_logs() -> Path:
    """Return the folder for the output of the trials of a search that begins now."""
    import platformdirs  # Not needed where the place is given.

    name = f"{time.strftime('%Y-%m-%d-%H%M%S')}-{os.getpid()}"
    return Path(platformdirs.user_state_dir("etascope", appauthor=False)) / "logs" / name


def _length_advice(engine: CommandEngine, epochs: int) -> Sentence:
    """Return what to say where the script prints another number of metrics than a whole training was said to have."""
    if 0 < engine.ended < epochs and engine.longest <= engine.ended:
        return say(
            "Mind the epochs: no trial went beyond epoch {ended} of {whole}, as the script ended by itself. Where it "
            "always ends there, search with {epochs}.",
            Setting("epochs", engine.ended), ended=engine.ended, whole=epochs,
        )  # fmt: skip
    if engine.printed > epochs:
        return say(
            "Mind the epochs: the script printed {printed} metrics or more, and a whole training was said to have "
            "{whole}. Give as many as it prints, or let it train for {epochs}.",
            printed=engine.printed, whole=epochs,
        )  # fmt: skip
    return Sentence("")


def _can_be_used(histories: Sequence[History]) -> bool:
    """Return whether a trial has reported, or all of a plan were tried: before, it is not known of a script."""
    return _reported(histories) or bool(settled(histories)[0])


def _reported(histories: Sequence[History]) -> bool:
    return any(bool((history.examples > 0).any()) for history in histories)


def _make(logs: Path) -> None:
    try:
        logs.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        made = "{logs} must be a folder that can be written; {path} cannot be made: {why}."
        raise InputError(say(made, Setting("logs"), path=str(logs), why=(error.strerror or "").lower())) from error
