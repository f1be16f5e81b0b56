"""A finished or a running search in Weights & Biases, on this machine first: `log_to_wandb`, `WandbRecorder`."""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from etascope.core.errors import InputError, option
from etascope.core.extras import load_library
from etascope.core.history import History
from etascope.core.recipe import Task
from etascope.core.run import DataSummary, Run
from etascope.integrations.news import News, Told
from etascope.integrations.tracker import (
    METRICS,
    answer_numbers,
    answer_words,
    data_words,
    last,
    recipe_words,
    trial_name,
)
from etascope.integrations.trouble import safely
from etascope.report.html.run import run_html

#: W&B refuses longer names of groups.
LONGEST_GROUP = 120


def log_to_wandb(
    run: Run,
    project: str = "etascope",
    *,
    mode: str = "offline",
    folder: str | os.PathLike[str] = ".",
    group: str | None = None,
) -> str:
    """Log a finished run: a run of W&B for each trial and one for the answer, in one group.

    A trial has `learning_rate`, `fold`, `seed` and the recipe as its config, its losses and accuracies by training
    step, and its verdict in the summary; one that diverged has failed. The run `answer` has the answer in its summary,
    the report as `report`, and a table of `trials`. Offline the runs stay here until `wandb sync` uploads them.
    No code, no state of Git, no list of packages and no figures of the machine are logged, and `wandb.run` is left as
    it is. W&B itself may report its use and its errors to its server, offline too, unless the environment has
    `WANDB_ERROR_REPORTING=false` before it is loaded.

    Parameters
    ----------
    run
        A finished run.
    project
        Name of the project. Default `etascope`.
    mode
        `offline` (default) or `online`, which needs `wandb login`.
    folder
        Where W&B makes its folder `wandb`; made where there is none. Default: the current directory.
    group
        Name of the group. Default: the source of the images and the time.

    Returns
    -------
    str
        The name of the group.

    Raises
    ------
    InputError
        If W&B is missing, the mode is unknown, the folder cannot be written, or W&B cannot begin.
    """
    recorder = WandbRecorder(project, mode=mode, folder=folder, group=group)
    recorder.begin(run.data, run.task)
    recorder.tell_all(run)
    return recorder.group


class WandbRecorder:
    """Logs a search to W&B while it happens: the run `answer` from the beginning, a run for each trial as it comes.

    All of them stay open until there is an answer, because a ladder may go on with any trial. When W&B cannot log any
    more, that is a `RuntimeWarning`, and the search goes on without it.

    Parameters
    ----------
    project, mode, folder, group
        As in `log_to_wandb`.

    Attributes
    ----------
    group
        Name of the group of the search that began last; empty before, if none was given.

    Raises
    ------
    InputError
        If the mode is unknown.
    """

    def __init__(
        self,
        project: str = "etascope",
        *,
        mode: str = "offline",
        folder: str | os.PathLike[str] = ".",
        group: str | None = None,
    ) -> None:
        self.group = group or ""
        self._where = project, option("mode", mode, ("offline", "online")), Path(folder), group

    def begin(self, data: DataSummary, task: Task) -> None:
        """Open the run of the answer.

        Raises
        ------
        InputError
            If W&B is missing, the folder cannot be written, or W&B cannot begin.
        """
        self._wandb = load_library("wandb")
        _, _, folder, group = self._where
        try:
            (folder / "wandb").mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"{folder} must be a folder to write in; {error}. Give another folder.") from error
        self.group = group or f"{data.source[-LONGEST_GROUP + 30 :]} {datetime.now():%Y-%m-%d %H:%M:%S}"
        self._task, self._news, self._open, self._logs = task, News(task), dict[int, Any](), True
        self._same = {**recipe_words(task.recipe), **data_words(data)}
        self._answer = self._begin("answer", "answer", self._same)

    def append(self, history: History) -> None:
        """Log what a plan came to: a run for each new trial, and new points of all."""
        if self._logs:
            self._logs = safely("W&B", lambda: self._tell_each(self._news.append(history)))

    def finish(self, run: Run) -> None:
        """Log the rest, the answer and the report, and end all runs."""
        if self._logs:
            self._logs = safely("W&B", lambda: self.tell_all(run))

    def tell_all(self, run: Run) -> None:
        """Do what `finish` does, and raise what W&B raises."""
        every = self._news.finish(run)
        for told in every:
            opened = self._tell(told)
            opened.summary.update(_ended(told))
            opened.finish(exit_code=1 if told.ending == "diverged" else 0)
        page, table = self._wandb.Html(run_html(run), inject=False), _table(self._wandb, every)
        self._answer.log({"report": page, "trials": table})
        self._answer.summary.update({**answer_words(run), **answer_numbers(run)})
        self._answer.finish(exit_code=0)

    def _begin(self, name: str, kind: str, config: dict[str, Any]) -> Any:
        project, mode, folder, _ = self._where
        quiet = self._wandb.Settings(
            console="off",
            silent=True,
            save_code=False,
            disable_git=True,
            x_disable_stats=True,
            x_disable_meta=True,
            x_save_requirements=False,
        )
        try:
            return self._wandb.init(
                project=project, name=name, group=self.group, job_type=kind, config=config, mode=mode,
                dir=str(folder), reinit="create_new", settings=quiet,
            )  # fmt: skip
        except Exception as error:
            reason = str(error).split("\n")[0].rstrip(".")
            raise InputError(
                f"W&B must be able to begin a run in project {project!r}; found: {reason}. Try mode='offline'."
            ) from error

    def _tell_each(self, news: Iterable[Told]) -> None:
        for told in news:
            self._tell(told)

    def _tell(self, told: Told) -> Any:
        if told.new:
            name = trial_name(told.trial, self._task.recipe)
            self._open[told.number] = self._begin(name, "trial", {**self._same, **_asked(told)})
        opened = self._open[told.number]
        for step, values in told.points:
            # Else the last point of a trial would wait for the next one.
            opened.log(values, step=step, commit=True)
        return opened


def _asked(told: Told) -> dict[str, float | int]:
    return {"learning_rate": told.trial.learning_rate, "fold": told.trial.fold, "seed": told.trial.seed}


def _ended(told: Told) -> dict[str, str]:
    return {"verdict": told.verdict, "ending": told.ending, "status": told.trial.status.value}


def _table(wandb: Any, every: list[Told]) -> Any:
    rows = list[list[Any]]()
    for told in every:
        values = last(told.trial)
        rows.append([*_asked(told).values(), *(values.get(name) for name in METRICS), told.ending, told.verdict])
    return wandb.Table(columns=["learning_rate", "fold", "seed", *METRICS, "ending", "verdict"], data=rows)
