"""A finished or a running search in Weights & Biases, on this machine first: `log_to_wandb`, `WandbRecorder`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from etascope.core.checks import checked
from etascope.core.errors import InputError, first_line, option, renamed
from etascope.core.extras import load_library
from etascope.core.renamed import in_new_module
from etascope.core.run import DataSummary, Run
from etascope.integrations.tracker import (
    METRICS,
    Tracker,
    Update,
    answer_numbers,
    answer_words,
    data_words,
    last,
    recipe_words,
    trial_name,
)
from etascope.report.html.run import run_html

__getattr__ = in_new_module(__name__, WandbKeeper="WandbRecorder")

#: W&B refuses longer names of groups.
LONGEST_GROUP = 120


@renamed(group="name")
@checked
def log_to_wandb(
    run: Run,
    project: str = "etascope",
    *,
    mode: str = "offline",
    folder: str | os.PathLike[str] = ".",
    name: str | None = None,
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
    name
        Of the group. Default: the source of the images and the time.

    Returns
    -------
    str
        The name of the group.

    Raises
    ------
    InputError
        If W&B is missing, the mode is unknown, the folder cannot be written, or W&B cannot begin.
    """
    recorder = WandbRecorder(project, mode=mode, folder=folder, name=name)
    recorder.log(run)
    return recorder.group


class WandbRecorder(Tracker):
    """Logs a search to W&B while it happens: the run `answer` from the beginning, a run for each trial as it comes.

    All of them stay open until there is an answer, because halving may go on with any trial. When W&B cannot log any
    more, that is a `RuntimeWarning`, and the search goes on without it.

    Parameters
    ----------
    project, mode, folder, name
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

    tracker = "W&B"

    @renamed(group="name")
    @checked
    def __init__(
        self,
        project: str = "etascope",
        *,
        mode: str = "offline",
        folder: str | os.PathLike[str] = ".",
        name: str | None = None,
    ) -> None:
        self.group = name or ""
        self._project, self._mode = project, option("mode", mode, ("offline", "online"))
        self._folder, self._name = Path(folder), name

    def _open(self, data: DataSummary) -> None:
        self._wandb = load_library("wandb")
        try:
            (self._folder / "wandb").mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"{self._folder} must be a folder to write in; {error}. Give another folder.") from error
        self.group = self._name or f"{data.source[-LONGEST_GROUP + 30 :]} {datetime.now():%Y-%m-%d %H:%M:%S}"
        self._same = {**recipe_words(self._task.recipe), **data_words(data)}
        self._runs = dict[int, Any]()
        self._answer = self._open_run("answer", "answer", self._same)

    def _log_trial(self, update: Update) -> None:
        if update.new:
            name = trial_name(update.trial, self._task.recipe)
            self._runs[update.number] = self._open_run(name, "trial", {**self._same, **update.identity})
        run = self._runs[update.number]
        for step, values in update.points:
            # Else the last point of a trial would wait for the next one.
            run.log(values, step=step, commit=True)
        if update.ending:
            run.summary.update(update.end)
            run.finish(exit_code=1 if update.ending == "diverged" else 0)

    def _close(self, run: Run, updates: Sequence[Update]) -> None:
        page, table = self._wandb.Html(run_html(run), inject=False), _table(self._wandb, updates)
        self._answer.log({"report": page, "trials": table})
        self._answer.summary.update({**answer_words(run), **answer_numbers(run)})
        self._answer.finish(exit_code=0)

    def _open_run(self, name: str, kind: str, config: dict[str, Any]) -> Any:
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
                project=self._project, name=name, group=self.group, job_type=kind, config=config, mode=self._mode,
                dir=str(self._folder), reinit="create_new", settings=quiet,
            )  # fmt: skip
        except Exception as error:
            raise InputError(
                f"W&B must be able to begin a run in project {self._project!r}; found: {first_line(error)}. "
                "Try mode='offline'."
            ) from error


def _table(wandb: Any, updates: Sequence[Update]) -> Any:
    rows = list[list[Any]]()
    for update in updates:
        values = last(update.trial)
        metrics = (values.get(name) for name in METRICS)
        rows.append([*update.identity.values(), *metrics, update.ending, update.verdict])
    return wandb.Table(columns=["learning_rate", "fold", "seed", *METRICS, "ending", "verdict"], data=rows)
