"""A finished run in Weights & Biases, on this machine first: `log_to_wandb`."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import Any

from etascope.core.errors import InputError, option
from etascope.core.run import Run
from etascope.integrations.extras import load
from etascope.integrations.logged import (
    METRICS,
    answer_numbers,
    answer_words,
    data_words,
    last,
    recipe_words,
    trial_name,
)
from etascope.integrations.news import News, Told
from etascope.report.html import run_html

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
    wandb = load("wandb", "Weights & Biases", "wandb")
    option("mode", mode, ("offline", "online"))
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
        (Path(folder) / "wandb").mkdir(exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder} must be a folder to write in; {error}. Give another folder.") from error
    group = group or f"{run.data.source[-LONGEST_GROUP + 30 :]} {datetime.now():%Y-%m-%d %H:%M:%S}"
    settings = wandb.Settings(
        console="off",
        silent=True,
        save_code=False,
        disable_git=True,
        x_disable_stats=True,
        x_disable_meta=True,
        x_save_requirements=False,
    )

    def begin(name: str, kind: str, config: dict[str, Any]) -> Any:  # noqa: ANN401 - W&B is optional
        try:
            return wandb.init(
                project=project, name=name, group=group, job_type=kind, config=config, mode=mode, dir=str(folder),
                reinit="create_new", settings=settings,
            )  # fmt: skip
        except Exception as error:
            reason = str(error).split("\n")[0].rstrip(".")
            raise InputError(
                f"W&B must be able to begin a run in project {project!r}; found: {reason}. Try mode='offline'."
            ) from error

    same = {**recipe_words(run.recipe), **data_words(run.data)}
    every = News(run.task).finish(run)
    for told in every:
        _log(begin(trial_name(told.trial, run.recipe), "trial", {**same, **_asked(told)}), told)
    with begin("answer", "answer", same) as opened:
        opened.log({"report": wandb.Html(run_html(run), inject=False), "trials": _table(wandb, every)})
        opened.summary.update({**answer_words(run), **answer_numbers(run)})
    return group


def _log(opened: Any, told: Told) -> None:  # noqa: ANN401 - as above
    with opened:
        for step, values in told.points:
            opened.log(values, step=step)
        opened.summary.update(_ended(told))
        opened.finish(exit_code=1 if told.ending == "diverged" else 0)


def _asked(told: Told) -> dict[str, float | int]:
    return {"learning_rate": told.trial.learning_rate, "fold": told.trial.fold, "seed": told.trial.seed}


def _ended(told: Told) -> dict[str, str]:
    return {"verdict": told.verdict, "ending": told.ending, "status": told.trial.status.value}


def _table(wandb: Any, every: list[Told]) -> Any:  # noqa: ANN401 - as above
    rows = list[list[Any]]()
    for told in every:
        values = last(told.trial)
        rows.append([*_asked(told).values(), *(values.get(name) for name in METRICS), told.ending, told.verdict])
    return wandb.Table(columns=["learning_rate", "fold", "seed", *METRICS, "ending", "verdict"], data=rows)
