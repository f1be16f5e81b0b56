import json
import time
from dataclasses import dataclass, field

import pytest
import wandb

import etascope
from etascope.core.errors import InputError
from etascope.integrations.wandb import WandbRecorder, log_to_wandb
from etascope.selection.automatic import Automatic
from tests.integrations.made import SMALL, cannot_tell, diverging, halving
from tests.integrations.wandb_file import records

METRICS = ("train_loss", "train_accuracy", "valid_loss", "valid_accuracy")


@dataclass
class Logged:
    """A run of W&B as it was read back from its file."""

    name: str = ""
    group: str = ""
    project: str = ""
    kind: str = ""
    config: dict = field(default_factory=dict)
    curve: dict = field(default_factory=dict)
    summary: dict = field(default_factory=dict)
    exit_code: int | None = None
    files: dict = field(default_factory=dict)


def items(updates):
    return {".".join([item.key, *item.nested_key]).strip("."): json.loads(item.value_json) for item in updates}


def read(folder, *, running=False):
    """Return all runs in a folder by name, once the service that writes them has ended, or as they are by now."""
    if not running:
        wandb.teardown()
    by_name = {}
    for path in folder.glob("wandb/offline-run-*/*.wandb"):
        run = Logged(files={file.name: file for file in path.parent.rglob("files/**/*") if file.is_file()})
        for record in records(path):
            kind = record.WhichOneof("record_type")
            if kind == "run":
                header = record.run
                run.name, run.group, run.project, run.kind = (
                    header.display_name, header.run_group, header.project, header.job_type,
                )  # fmt: skip
                run.config = items(header.config.update)
            elif kind == "history":
                point = items(record.history.item)
                run.curve[point["_step"]] = point
            elif kind == "summary":
                run.summary |= items(record.summary.update)
            elif kind == "exit":
                run.exit_code = record.exit.exit_code
        if running and not run.name:
            continue
        assert run.name not in by_name
        by_name[run.name] = run
    return by_name


@pytest.fixture(scope="module")
def logged(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wandb")
    log_to_wandb(halving(), "digits", folder=folder, name="my halving")
    return read(folder)


def test_there_is_a_run_a_trial_and_one_for_the_answer(logged):
    kinds = sorted(run.kind for run in logged.values())
    assert kinds == ["answer", *["trial"] * len(halving().trials)]
    assert {(run.project, run.group) for run in logged.values()} == {("digits", "my halving")}
    assert {run.exit_code for run in logged.values()} == {0}


def test_each_trial_has_its_hyperparameters_its_curve_and_its_verdict(logged):
    run = halving()
    by_rate = {record.config["learning_rate"]: record for record in logged.values() if record.kind == "trial"}
    for trial, verdict in zip(run.trials, map(str, run.choice.verdicts), strict=True):
        logged_trial = by_rate[trial.learning_rate]
        assert (logged_trial.config["fold"], logged_trial.config["seed"], logged_trial.config["optimizer"]) == (
            trial.fold,
            0,
            "momentum",
        )
        assert list(logged_trial.curve) == trial.evaluated_at.tolist()
        for metric in METRICS:
            assert [point[metric] for point in logged_trial.curve.values()] == pytest.approx(
                getattr(trial, metric).tolist()
            )
        assert [point["epoch"] for point in logged_trial.curve.values()] == [step / 40 for step in logged_trial.curve]
        assert logged_trial.summary["verdict"] == verdict
        assert logged_trial.summary["valid_loss"] == pytest.approx(trial.valid_loss[-1])
    assert {record.summary["ending"] for record in by_rate.values()} == {"finished", "stopped"}


def test_the_answer_has_its_numbers_the_report_and_a_table(logged):
    run, answer = halving(), logged["answer"]
    assert answer.summary["learning_rate"] == run.choice.learning_rate
    assert answer.summary["basin_low"] == run.choice.basin.low
    assert answer.summary["reason"] == " ".join(map(str, run.choice.reasons))
    assert answer.config["fingerprint"] == run.data.fingerprint
    page = next(path for name, path in answer.files.items() if name.startswith("report"))
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    table = json.loads(next(path for name, path in answer.files.items() if name.startswith("trials")).read_text())
    assert table["columns"][:3] == ["learning_rate", "fold", "seed"]
    assert [row[0] for row in table["data"]] == [trial.learning_rate for trial in run.trials]
    assert [row[-1] for row in table["data"]] == list(map(str, run.choice.verdicts))


def test_nothing_of_the_machine_is_kept(logged):
    names = {name.split("_")[0] for run in logged.values() for name in run.files}
    assert names == {"report", "trials"}


def test_trials_that_diverged_have_failed(tmp_path):
    run = diverging()
    group = log_to_wandb(run, folder=tmp_path)
    logged = read(tmp_path)
    assert {one.group for one in logged.values()} == {group}
    assert group.startswith("digits 2")
    failed = {(one.config["learning_rate"], one.config["fold"]) for one in logged.values() if one.exit_code == 1}
    assert failed == {(trial.learning_rate, trial.fold) for trial in run.trials if trial.diverged}
    assert failed


def test_no_answer_is_logged_and_the_callers_own_run_is_left_alone(tmp_path):
    own = wandb.init(mode="offline", dir=str(tmp_path), settings=wandb.Settings(silent=True, console="off"))
    try:
        log_to_wandb(cannot_tell(), folder=tmp_path / "new" / "folder")
        assert wandb.run is own
    finally:
        own.finish()
    logged = read(tmp_path / "new" / "folder")
    assert logged["answer"].summary["answer"] == "cannot tell yet"
    assert "learning_rate" not in logged["answer"].summary
    assert len(logged) == 3


def test_a_running_search_is_seen_while_it_runs(tmp_path):
    recorder, trials_at = WandbRecorder("digits", folder=tmp_path, name="my search"), []

    def look(event):
        if not event.trials:
            return
        trials_at.append(event.trials)
        if len(trials_at) != 2:
            return
        expected = {trial.learning_rate: trial.evaluated_at.tolist() for trial in event.trials}
        # The service of W&B writes to its files every fifteen seconds.
        until = time.monotonic() + 100
        while True:
            runs = [record for record in read(tmp_path, running=True).values() if record.kind == "trial"]
            curves = {record.config["learning_rate"]: list(record.curve) for record in runs}
            if curves == expected or time.monotonic() > until:
                break
            time.sleep(0.5)
        assert curves == expected
        assert {record.exit_code for record in runs} == {None}

    run = etascope.pick("digits", recipe=SMALL, method=Automatic(budget=2), recorder=recorder, progress=look)
    assert len(trials_at) == len(run.histories) > 1
    assert wandb.run is None
    logged = read(tmp_path)
    answer = logged.pop("answer")
    assert answer.summary["learning_rate"] == run.choice.learning_rate
    assert len(logged) == len(run.trials)
    for trial, verdict in zip(run.trials, map(str, run.choice.verdicts), strict=True):
        one = next(one for one in logged.values() if one.config["learning_rate"] == trial.learning_rate)
        assert list(one.curve) == trial.evaluated_at.tolist()
        assert one.summary["verdict"] == verdict
    assert {one.exit_code for one in [answer, *logged.values()]} == {0}


def test_a_search_goes_on_when_wandb_has_ended(tmp_path):
    said = []

    def break_it(event):
        if event.trials and not said:
            said.append(1)
            wandb.teardown()

    with pytest.warns(RuntimeWarning, match="W&B cannot log any more") as warned:
        run = etascope.pick(
            "digits",
            recipe=SMALL,
            method=Automatic(budget=2),
            recorder=WandbRecorder(folder=tmp_path),
            progress=break_it,
        )
    assert sum("W&B cannot log" in str(warning.message) for warning in warned) == 1
    assert run.choice.learning_rate == halving().choice.learning_rate


def test_bad_input_is_refused(tmp_path):
    with pytest.raises(InputError, match="mode must be one of offline, online; found 'offlin'"):
        log_to_wandb(cannot_tell(), mode="offlin", folder=tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="must be a folder to write in"):
        log_to_wandb(cannot_tell(), folder=tmp_path / "file")
    with pytest.raises(InputError, match="W&B must be able to begin a run in project 'a/b'; found: "):
        log_to_wandb(cannot_tell(), "a/b", folder=tmp_path)
    with pytest.raises(InputError, match=r"log_to_wandb takes name in place of group\. Write name='all'"):
        log_to_wandb(cannot_tell(), group="all")
    with pytest.raises(InputError, match="WandbRecorder takes name in place of group"):
        WandbRecorder(group="all")
