"""A finished or a running search in MLflow: `log_to_mlflow`, `MlflowRecorder`."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from etascope.core.checks import checked
from etascope.core.errors import InputError, first_line, renamed
from etascope.core.extras import load_library
from etascope.core.renamed import in_new_module
from etascope.core.run import DataSummary, Run
from etascope.integrations.tracker import (
    Tracker,
    Update,
    answer_numbers,
    answer_words,
    data_words,
    headline,
    recipe_words,
    trial_name,
)
from etascope.report.files.write import write_report

__getattr__ = in_new_module(__name__, MlflowKeeper="MlflowRecorder")

#: What MLflow takes in one request, and in one tag.
METRICS_AT_ONCE, LONGEST_TAG = 1000, 5000


@renamed(experiment="project")
@checked
def log_to_mlflow(
    run: Run, project: str = "etascope", *, tracking_uri: str | None = None, name: str | None = None
) -> str:
    """Log a finished run: one run of MLflow with a child for each trial.

    The parent holds recipe and data as parameters, the answer as metrics, tags and a note, and the report as artifacts
    `answer.html` and `answer.json`. A child holds `learning_rate`, `fold` and `seed`, its losses and accuracies by
    training step, and its verdict; one that diverged is `FAILED`. Nothing global of MLflow is changed.

    Parameters
    ----------
    run
        A finished run.
    project
        Name of MLflow's experiment; made where there is none. Default `etascope`.
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
    recorder = MlflowRecorder(project, tracking_uri=tracking_uri, name=name)
    recorder.log(run)
    return recorder.run_id


class MlflowRecorder(Tracker):
    """Logs a search to MLflow while it happens; its parent run is `RUNNING` until there is an answer.

    When MLflow cannot log any more, that is a `RuntimeWarning`, and the search goes on without it.

    Parameters
    ----------
    project, tracking_uri, name
        As in `log_to_mlflow`.

    Attributes
    ----------
    run_id
        Of the parent run of the search that began last; empty before.
    """

    tracker = "MLflow"

    @renamed(experiment="project")
    @checked
    def __init__(self, project: str = "etascope", *, tracking_uri: str | None = None, name: str | None = None) -> None:
        self.run_id = ""
        self._project, self._uri, self._name = project, tracking_uri, name

    def _open(self, data: DataSummary) -> None:
        mlflow = load_library("mlflow")
        try:
            self._client = mlflow.MlflowClient(tracking_uri=self._uri)
            experiment = self._client.get_experiment_by_name(self._project)
            self._experiment: str = (
                self._client.create_experiment(self._project) if experiment is None else experiment.experiment_id
            )
            self.run_id = self._open_run(self._name or f"etascope {data.source}", {})
        except Exception as error:
            where = "where it is set to" if self._uri is None else f"to {self._uri}"
            raise InputError(
                f"MLflow must be able to log {where}, into experiment {self._project!r}; found: {first_line(error)}. "
                "Give another tracking_uri, such as sqlite:///mlflow.db."
            ) from error
        self._children = dict[int, str]()
        self._log(self.run_id, params={**recipe_words(self._task.recipe), **data_words(data)})

    def _log_trial(self, update: Update) -> None:
        if update.new:
            name = trial_name(update.trial, self._task.recipe)
            self._children[update.number] = self._open_run(name, {"mlflow.parentRunId": self.run_id})
        child = self._children[update.number]
        self._log(child, update.points, update.identity if update.new else {}, update.end if update.ending else {})
        if update.ending:
            self._client.set_terminated(child, "FAILED" if update.ending == "diverged" else "FINISHED")

    def _close(self, run: Run, updates: Sequence[Update]) -> None:
        note = "\n".join([f"**{headline(run.choice)}**\n", *(f"- {sentence}" for sentence in run.choice.reasons)])
        tags = {**answer_words(run), "mlflow.note.content": note}
        self._log(self.run_id, [(0, answer_numbers(run))], tags=tags)
        with tempfile.TemporaryDirectory() as folder:
            for suffix in ("html", "json"):
                path = Path(folder) / f"answer.{suffix}"
                write_report(run, path)
                self._client.log_artifact(self.run_id, str(path))
        self._client.set_terminated(self.run_id, "FINISHED")

    def _open_run(self, name: str, tags: Mapping[str, str]) -> str:
        return self._client.create_run(self._experiment, run_name=name, tags=tags).info.run_id

    def _log(
        self,
        run_id: str,
        metrics: Iterable[tuple[int, Mapping[str, float]]] = (),
        params: Mapping[str, object] = MappingProxyType({}),
        tags: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        entities, now = load_library("mlflow.entities"), int(time.time() * 1000)
        points = [entities.Metric(key, value, now, step) for step, known in metrics for key, value in known.items()]
        pairs = [entities.Param(key, str(value)) for key, value in params.items()]
        words = [entities.RunTag(key, value[:LONGEST_TAG]) for key, value in tags.items()]
        self._client.log_batch(run_id, points[:METRICS_AT_ONCE], pairs, words)
        for start in range(METRICS_AT_ONCE, len(points), METRICS_AT_ONCE):
            self._client.log_batch(run_id, points[start : start + METRICS_AT_ONCE])
