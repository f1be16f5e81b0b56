import json
import sqlite3
from pathlib import Path

import pytest
from mlflow import MlflowClient

import etascope
from etascope.core.errors import InputError
from etascope.integrations.mlflow import MlflowRecorder, log_to_mlflow
from etascope.selection.automatic import Automatic
from tests.integrations.made import SMALL, cannot_tell, cheap, diverging, halving

METRICS = ("train_loss", "train_accuracy", "valid_loss", "valid_accuracy")


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """A database of MLflow's, made once because that takes seconds; its artifacts stand beside it."""
    folder = tmp_path_factory.mktemp("mlflow")
    uri = f"sqlite:///{folder / 'mlflow.db'}"
    client = MlflowClient(tracking_uri=uri)
    for name in ("etascope", "other"):
        client.create_experiment(name, artifact_location=(folder / name).as_uri())
    return uri


def children(client, parent):
    experiment = client.get_run(parent).info.experiment_id
    runs = client.search_runs([experiment], f"tags.`mlflow.parentRunId` = '{parent}'", max_results=1000)
    return {run.info.run_name: run for run in runs}


def history(client, run, metric):
    return {point.step: point.value for point in client.get_metric_history(run.info.run_id, metric)}


def test_the_parent_holds_what_was_asked_and_what_was_answered(store):
    run, client = cheap(), MlflowClient(tracking_uri=store)
    parent = client.get_run(log_to_mlflow(run, tracking_uri=store))
    assert parent.info.status == "FINISHED"
    assert parent.info.run_name == f"etascope {run.data.source}"
    assert client.get_experiment(parent.info.experiment_id).name == "etascope"
    assert parent.data.params["optimizer"] == "momentum"
    assert parent.data.params["hidden"] == "16"
    assert parent.data.params["fingerprint"] == run.data.fingerprint
    assert parent.data.metrics["learning_rate"] == run.choice.learning_rate
    assert parent.data.metrics["basin_high"] == run.choice.basin.high
    assert parent.data.metrics["test_accuracy"] == run.trace.evaluation.accuracy
    assert parent.data.tags["confidence"] == run.choice.confidence.word
    assert parent.data.tags["mlflow.note.content"].startswith(f"**learning rate {run.choice.learning_rate}, basin")


def test_each_trial_is_a_child_with_its_curve(store):
    run, client = halving(), MlflowClient(tracking_uri=store)
    parent = log_to_mlflow(run, "other", tracking_uri=store, name="my halving")
    assert client.get_run(parent).info.run_name == "my halving"
    runs = children(client, parent)
    assert len(runs) == len(run.trials)
    by_rate = {float(child.data.params["learning_rate"]): child for child in runs.values()}
    for trial, verdict in zip(run.trials, map(str, run.choice.verdicts), strict=True):
        child = by_rate[trial.learning_rate]
        assert (child.data.params["fold"], child.data.params["seed"]) == (str(trial.fold), str(trial.seed))
        assert child.data.tags["verdict"] == verdict
        for metric in METRICS:
            expected = dict(zip(trial.evaluated_at.tolist(), getattr(trial, metric).tolist(), strict=True))
            assert history(client, child, metric) == pytest.approx(expected)
        assert child.data.metrics["epoch"] == trial.steps / 40
    assert {child.data.tags["ending"] for child in runs.values()} == {"finished", "stopped"}


def test_trials_that_diverged_have_failed(store):
    run, client = diverging(), MlflowClient(tracking_uri=store)
    runs = children(client, log_to_mlflow(run, "other", tracking_uri=store))
    failed = [child for child in runs.values() if child.info.status == "FAILED"]
    assert len(runs) == len(run.trials)
    assert len(failed) == sum(trial.diverged for trial in run.trials) > 0
    assert {child.data.tags["ending"] for child in failed} == {"diverged"}


def test_the_report_and_the_document_are_artifacts(store, tmp_path, monkeypatch):
    # Its bar would leave a thread running.
    monkeypatch.setenv("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    run, client = cheap(), MlflowClient(tracking_uri=store)
    parent = log_to_mlflow(run, tracking_uri=store)
    assert [file.path for file in client.list_artifacts(parent)] == ["answer.html", "answer.json"]
    page, document = (
        Path(client.download_artifacts(parent, f"answer.{kind}", str(tmp_path))).read_text(encoding="utf-8")
        for kind in ("html", "json")
    )
    assert page.startswith("<!doctype html>")
    document = json.loads(document)
    assert document["learning_rate"] == run.choice.learning_rate
    assert len(document["trials"]) == len(run.trials)


def test_a_running_search_is_seen_while_it_runs(store):
    client, recorder, states = MlflowClient(tracking_uri=store), MlflowRecorder("other", tracking_uri=store), []

    def look(event):
        if event.trials:
            parent = client.get_run(recorder.run_id)
            runs = children(client, recorder.run_id)
            curves = sum(len(history(client, child, "valid_loss")) for child in runs.values())
            expected = sum(len(trial.evaluated_at) for trial in event.trials)
            states.append((parent.info.status, {child.info.status for child in runs.values()}, curves == expected))

    run = etascope.pick("digits", recipe=SMALL, method=Automatic(budget=2), recorder=recorder, progress=look)
    assert len(states) == len(run.histories) > 1
    assert set(map(str, states)) == {str(("RUNNING", {"RUNNING"}, True))}
    parent = client.get_run(recorder.run_id)
    assert parent.info.status == "FINISHED"
    assert parent.data.metrics["learning_rate"] == run.choice.learning_rate
    runs = children(client, recorder.run_id)
    assert {child.info.status for child in runs.values()} == {"FINISHED"}
    for trial in run.trials:
        child = next(c for c in runs.values() if float(c.data.params["learning_rate"]) == trial.learning_rate)
        assert list(history(client, child, "valid_loss")) == trial.evaluated_at.tolist()


def test_no_answer_is_logged_too(store):
    client = MlflowClient(tracking_uri=store)
    parent = client.get_run(log_to_mlflow(cannot_tell(), "other", tracking_uri=store))
    assert parent.data.tags["answer"] == "cannot tell yet"
    assert "learning_rate" not in parent.data.metrics
    assert len(children(client, parent.info.run_id)) == 2


def test_many_points_go_in_several_requests(store):
    recipe = etascope.Recipe(hidden=(), epochs=210, batch_size=800)
    run = etascope.pick("digits", recipe=recipe, method=Automatic(low=0.1, high=0.11), folds=2)
    client = MlflowClient(tracking_uri=store)
    runs = children(client, log_to_mlflow(run, "other", tracking_uri=store))
    child = next(iter(runs.values()))
    assert 5 * len(history(client, child, "valid_loss")) > 1000
    assert len(history(client, child, "epoch")) == len(run.trials[0].evaluated_at)


def test_nothing_global_is_changed(store):
    import mlflow

    before = mlflow.get_tracking_uri()
    log_to_mlflow(cannot_tell(), "other", tracking_uri=store)
    assert mlflow.get_tracking_uri() == before
    assert mlflow.active_run() is None


@pytest.mark.parametrize("uri", ["nowhere://", "sqlite:///{}/file/mlflow.db"])
def test_a_place_that_cannot_be_logged_to_is_refused(uri, tmp_path):
    (tmp_path / "file").write_text("")
    uri = uri.format(tmp_path)
    with pytest.raises(InputError, match=f"MLflow must be able to log to {uri}, into experiment 'etascope'; found: "):
        log_to_mlflow(cannot_tell(), tracking_uri=uri)


def test_a_search_goes_on_when_mlflow_is_away(tmp_path):
    store = tmp_path / "mlflow.db"
    recorder, said = MlflowRecorder(tracking_uri=f"sqlite:///{store}"), []

    def break_it(event):
        if event.trials and not said:
            said.append(1)
            for client_table in ("metrics", "latest_metrics"):
                with sqlite3.connect(store) as connection:
                    connection.execute(f"DROP TABLE {client_table}")
                connection.close()

    with pytest.warns(RuntimeWarning, match="MLflow cannot log any more") as warned:
        run = etascope.pick("digits", recipe=SMALL, method=Automatic(budget=2), recorder=recorder, progress=break_it)
    assert sum("MLflow cannot log" in str(warning.message) for warning in warned) == 1
    assert run.choice.learning_rate == halving().choice.learning_rate


def test_the_old_word_for_a_project_names_the_new_one():
    with pytest.raises(InputError, match=r"takes project in place of experiment\. Write project='digits'"):
        log_to_mlflow(cannot_tell(), experiment="digits")
    with pytest.raises(InputError, match="MlflowRecorder takes project in place of experiment"):
        MlflowRecorder(experiment="digits")
