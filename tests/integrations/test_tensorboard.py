import math
import shutil

import pytest
from tensorboard.backend.event_processing.data_provider import MultiplexerDataProvider
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.backend.event_processing.plugin_event_multiplexer import EventMultiplexer
from tensorboard.context import RequestContext
from tensorboard.plugins.base_plugin import TBContext
from tensorboard.plugins.hparams import api_pb2, list_session_groups
from tensorboard.plugins.hparams.backend_context import Context
from tensorboard.util import tensor_util

import etascope
from etascope.core.errors import InputError
from etascope.integrations.tensorboard import TensorBoardRecorder, log_to_tensorboard
from etascope.selection.automatic import Automatic
from tests.integrations.made import SMALL, cannot_tell, cheap, diverging, halving

METRICS = ("train_loss", "train_accuracy", "valid_loss", "valid_accuracy")


def session_groups(folder):
    """Return what the HParams page shows, from the code behind it."""
    multiplexer = EventMultiplexer(tensor_size_guidance={"scalars": 0, "hparams": 0})
    multiplexer.AddRunsFromDirectory(str(folder))
    multiplexer.Reload()
    provider = MultiplexerDataProvider(multiplexer, str(folder))
    states = [api_pb2.STATUS_SUCCESS, api_pb2.STATUS_FAILURE, api_pb2.STATUS_RUNNING, api_pb2.STATUS_UNKNOWN]
    request = api_pb2.ListSessionGroupsRequest(start_index=0, slice_size=1000, allowed_statuses=states)
    handler = list_session_groups.Handler(RequestContext(), Context(TBContext(data_provider=provider)), "", request)
    return handler.run().session_groups


def plain(value):
    return getattr(value, value.WhichOneof("kind"))


def scalars(folder, name):
    events = EventAccumulator(str(folder), size_guidance={"tensors": 0})
    events.Reload()
    return {event.step: tensor_util.make_ndarray(event.tensor_proto).item() for event in events.Tensors(name)}


def text(folder, name):
    events = EventAccumulator(str(folder))
    events.Reload()
    return tensor_util.make_ndarray(events.Tensors(name)[0].tensor_proto).item().decode()


def trial_folders(folder):
    return sorted(path for path in folder.iterdir() if path.is_dir())


def test_the_hparams_page_shows_a_line_a_trial(tmp_path):
    run = cheap()
    log_to_tensorboard(run, tmp_path / "run")
    groups = session_groups(tmp_path / "run")
    assert len(groups) == len(run.trials)
    shown = {}
    for group in groups:
        params = {name: plain(value) for name, value in group.hparams.items()}
        values = {metric.name.tag: metric.value for metric in group.metric_values}
        assert (params["optimizer"], params["hidden"], params["batch_size"]) == ("momentum", "16", 16)
        assert [session.status for session in group.sessions] == [api_pb2.STATUS_SUCCESS]
        shown[params["learning_rate"], params["fold"], params["seed"]] = values
    for trial in run.trials:
        values = shown[trial.learning_rate, trial.fold, trial.seed]
        assert values == pytest.approx({name: getattr(trial, name)[-1] for name in METRICS}, rel=1e-6)


@pytest.mark.parametrize("make", [cheap, halving])
def test_every_evaluation_is_a_point_of_a_curve(make, tmp_path):
    run = make()
    folders = trial_folders(log_to_tensorboard(run, tmp_path))
    assert len(folders) == len(run.trials)
    for folder, trial, verdict in zip(folders, run.trials, map(str, run.choice.verdicts), strict=True):
        for metric in METRICS:
            expected = dict(zip(trial.evaluated_at.tolist(), getattr(trial, metric).tolist(), strict=True))
            assert scalars(folder, metric) == pytest.approx(expected, rel=1e-6)
        assert text(folder, "verdict") == verdict


def test_trials_that_diverged_have_failed(tmp_path):
    run = diverging()
    groups = session_groups(log_to_tensorboard(run, tmp_path))
    failed = {
        (plain(group.hparams["learning_rate"]), plain(group.hparams["fold"]))
        for group in groups
        if group.sessions[0].status == api_pb2.STATUS_FAILURE
    }
    assert failed == {(trial.learning_rate, trial.fold) for trial in run.trials if trial.diverged}
    assert failed
    assert all(math.isfinite(metric.value) for group in groups for metric in group.metric_values)


def test_the_answer_is_told_above_the_trials(tmp_path):
    run = cheap()
    log_to_tensorboard(run, tmp_path)
    shown = text(tmp_path, "answer")
    assert shown.startswith(f"**learning rate {run.choice.learning_rate}, basin ")
    assert all(sentence in shown for sentence in map(str, run.choice.reasons))
    assert scalars(tmp_path, "answer/learning_rate") == {0: pytest.approx(run.choice.learning_rate)}


def test_no_answer_is_told_too(tmp_path):
    log_to_tensorboard(cannot_tell(), tmp_path)
    assert text(tmp_path, "answer").startswith("**cannot tell yet**")
    assert len(session_groups(tmp_path)) == 2


def test_runs_beside_each_other_are_one_page(tmp_path):
    log_to_tensorboard(cannot_tell(), tmp_path / "one")
    log_to_tensorboard(halving(), tmp_path / "two")
    assert len(session_groups(tmp_path)) == 2 + len(halving().trials)


def test_a_running_search_is_seen_while_it_runs(tmp_path):
    recorder, states = TensorBoardRecorder(tmp_path / "run"), []

    def look(event):
        if event.trials:
            groups = session_groups(tmp_path / "run")
            points = sum(len(scalars(folder, "valid_loss")) for folder in trial_folders(tmp_path / "run"))
            assert points == sum(len(trial.evaluated_at) for trial in event.trials)
            states.append((len(groups), {group.sessions[0].status for group in groups}))

    run = etascope.pick("digits", recipe=SMALL, method=Automatic(budget=2), recorder=recorder, progress=look)
    assert len(states) == len(run.histories) > 1
    assert states[-1] == (len(run.trials), {api_pb2.STATUS_UNKNOWN})
    groups = session_groups(tmp_path / "run")
    assert {group.sessions[0].status for group in groups} == {api_pb2.STATUS_SUCCESS}
    assert len(groups) == len(run.trials)
    for folder, trial in zip(trial_folders(tmp_path / "run"), run.trials, strict=True):
        assert list(scalars(folder, "valid_loss")) == trial.evaluated_at.tolist()
        assert len(list(folder.iterdir())) == 1


def test_a_folder_that_holds_a_run_is_refused(tmp_path):
    log_to_tensorboard(cannot_tell(), tmp_path)
    with pytest.raises(InputError, match=f"a run needs a folder of its own; {tmp_path} holds one"):
        log_to_tensorboard(cannot_tell(), tmp_path)


def test_a_folder_that_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="must be a folder to write in"):
        log_to_tensorboard(cannot_tell(), tmp_path / "file" / "run")


def test_a_search_goes_on_when_its_folder_is_gone(tmp_path):
    def break_it(event):
        if event.trials and (tmp_path / "run").is_dir():
            shutil.rmtree(tmp_path / "run")
            (tmp_path / "run").write_text("")

    with pytest.warns(RuntimeWarning, match="TensorBoard cannot log any more") as warned:
        run = etascope.pick(
            "digits", recipe=SMALL, method=Automatic(budget=2), recorder=TensorBoardRecorder(tmp_path / "run"),
            progress=break_it,
        )  # fmt: skip
    assert sum("TensorBoard cannot log" in str(warning.message) for warning in warned) == 1
    assert run.choice.learning_rate == halving().choice.learning_rate
