"""A finished or a running search in MLflow: `log_to_mlflow`, `MlflowRecorder`."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from etascope.core.errors import InputError
from etascope.core.extras import load_library
from etascope.core.history import History
from etascope.core.recipe import Task
from etascope.core.run import DataSummary, Run
from etascope.integrations.news import News, Told
from etascope.integrations.tracker import answer_numbers, answer_words, data_words, headline, recipe_words, trial_name
from etascope.integrations.trouble import safely
from etascope.report.files.write import write_report

#: What MLflow takes in one request, and in one tag.
METRICS_AT_ONCE, LONGEST_TAG = 1000, 5000


def log_to_mlflow(
    run: Run, experiment: str = "etascope", *, tracking_uri: str | None = None, name: str | None = None
) -> str:
    """Log a finished run: one run of MLflow with a child for each trial.

    The parent holds recipe and data as parameters, the answer as metrics, tags and a note, and the report as artifacts
    `answer.html` and `answer.json`. A child holds `learning_rate`, `fold` and `seed`, its losses and accuracies by
    training step, and its verdict; one that diverged is `FAILED`. Nothing global of MLflow is changed.

    Parameters
    ----------
    run
        A finished run.
    experiment
        Name of the experiment; made where there is none. Default `etascope`.
    tracking_uri
        Where to log, such as `sqlite:///mlflow.db` or the address of a server. Default: where MLflow is set to.
    name
        Of the parent. Default `etascope` and the source of the images.

    Returns
    -------
    str
        The id of the parent run.

    Raises
    ------
    InputError
        If MLflow is missing, or cannot log there.
    """
    recorder = MlflowRecorder(experiment, tracking_uri=tracking_uri, name=name)
    recorder.begin(run.data, run.task)
    recorder.tell_all(run)
    return recorder.run_id


class MlflowRecorder:
    """Logs a search to MLflow while it happens; its parent run is `RUNNING` until there is an answer.

    When MLflow cannot log any more, that is a `RuntimeWarning`, and the search goes on without it.

    Parameters
    ----------
    experiment, tracking_uri, name
        As in `log_to_mlflow`.

    Attributes
    ----------
    run_id
        Of the parent run of the search that began last; empty before.
    """

    def __init__(
        self, experiment: str = "etascope", *, tracking_uri: str | None = None, name: str | None = None
    ) -> None:
        self.run_id = ""
        self._where = experiment, tracking_uri, name
        self._client: Any = None

    def begin(self, data: DataSummary, task: Task) -> None:
        """Open the parent run.

        Raises
        ------
        InputError
            If MLflow is missing, or cannot log there.
        """
        mlflow = load_library("mlflow")
        name, uri, title = self._where
        try:
            self._client = mlflow.MlflowClient(tracking_uri=uri)
            found = self._client.get_experiment_by_name(name)
            self._experiment = self._client.create_experiment(name) if found is None else found.experiment_id
            self.run_id = self._open(title or f"etascope {data.source}", {})
        except Exception as error:
            reason = str(error).split("\n")[0].rstrip(".")
            where = "where it is set to" if uri is None else f"to {uri}"
            raise InputError(
                f"MLflow must be able to log {where}, into experiment {name!r}; found: {reason}. Give another "
                "tracking_uri, such as sqlite:///mlflow.db."
            ) from error
        self._task, self._news = task, News(task)
        self._children, self._logs = dict[int, str](), True
        self._log(self.run_id, params={**recipe_words(task.recipe), **data_words(data)})

    def append(self, history: History) -> None:
        """Log what a plan came to: a child for each new trial, and new points of all."""
        if self._logs:
            self._logs = safely("MLflow", lambda: self._tell_each(self._news.append(history)))

    def finish(self, run: Run) -> None:
        """Log the rest, the answer and the report, and close parent and children."""
        if self._logs:
            self._logs = safely("MLflow", lambda: self.tell_all(run))

    def tell_all(self, run: Run) -> None:
        """Do what `finish` does, and raise what MLflow raises."""
        for told in self._news.finish(run):
            child = self._tell(told)
            self._log(child, tags={"verdict": told.verdict, "ending": told.ending, "status": told.trial.status.value})
            self._client.set_terminated(child, "FAILED" if told.ending == "diverged" else "FINISHED")
        note = "\n".join([f"**{headline(run.choice)}**\n", *(f"- {sentence}" for sentence in run.choice.reasons)])
        tags = {**answer_words(run), "mlflow.note.content": note}
        self._log(self.run_id, metrics=[(0, answer_numbers(run))], tags=tags)
        with tempfile.TemporaryDirectory() as folder:
            for suffix in ("html", "json"):
                path = Path(folder) / f"answer.{suffix}"
                write_report(run, path)
                self._client.log_artifact(self.run_id, str(path))
        self._client.set_terminated(self.run_id, "FINISHED")

    def _open(self, name: str, tags: Mapping[str, str]) -> str:
        return self._client.create_run(self._experiment, run_name=name, tags=tags).info.run_id

    def _tell_each(self, news: Iterable[Told]) -> None:
        for told in news:
            self._tell(told)

    def _tell(self, told: Told) -> str:
        trial = told.trial
        if told.new:
            child = self._open(trial_name(trial, self._task.recipe), {"mlflow.parentRunId": self.run_id})
            self._children[told.number] = child
            params = {"learning_rate": trial.learning_rate, "fold": trial.fold, "seed": trial.seed}
            self._log(child, metrics=told.points, params=params)
        elif told.points:
            self._log(self._children[told.number], metrics=told.points)
        return self._children[told.number]

    def _log(
        self,
        run_id: str,
        metrics: Iterable[tuple[int, Mapping[str, float]]] = (),
        params: Mapping[str, Any] | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        entities, now = load_library("mlflow.entities"), int(time.time() * 1000)
        points = [entities.Metric(key, value, now, step) for step, known in metrics for key, value in known.items()]
        pairs = [entities.Param(key, str(value)) for key, value in (params or {}).items()]
        words = [entities.RunTag(key, value[:LONGEST_TAG]) for key, value in (tags or {}).items()]
        self._client.log_batch(run_id, points[:METRICS_AT_ONCE], pairs, words)
        for start in range(METRICS_AT_ONCE, len(points), METRICS_AT_ONCE):
            self._client.log_batch(run_id, points[start : start + METRICS_AT_ONCE])
