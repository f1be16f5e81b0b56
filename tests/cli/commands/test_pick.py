import json
import os
import signal
import sys
import time

import psutil
import pytest

from tests.cli.running import Terminal, refused, run, start
from tests.loops.test_command import VALLEY
from tests.training.scripts import METRIC, left, write

SLOW = "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(99)', mark])\n" + VALLEY.replace(
    "    x = ", "    time.sleep(0.2)\n    x = "
)


@pytest.fixture
def arguments(tmp_path, monkeypatch):
    """Return a function that makes the arguments of a search with a script; nothing of it may be left after."""
    monkeypatch.chdir(tmp_path)

    def make(body=VALLEY, *more):
        command = write(tmp_path, body)
        return ("pick", "--command", command, "--metric", METRIC, "--epochs", "10", "--logs", "logs", *more)

    yield make
    assert left(tmp_path.name) == []


@pytest.fixture
def store(tmp_path):
    return {"ETASCOPE_STORE": tmp_path / "runs.sqlite"}


def test_a_script_gets_a_learning_rate(arguments, store, tmp_path):
    ended = run(*arguments(), **store)
    assert ended.code == 0
    assert ended.out.startswith("learning rate   0.00")
    assert "next        run exec" in ended.out
    assert ended.err == f"note: the output of each trial is kept in {tmp_path / 'logs'}.\n"
    assert len(list((tmp_path / "logs").glob("*.log"))) == 7


def test_json_alone_goes_to_standard_output(arguments, store):
    ended = run(*arguments(VALLEY, "--json", "-", "--workers", "2"), **store)
    document = json.loads(ended.out)
    assert document["reports"]["metric"] == "val_loss"
    assert document["learning_rate"] == pytest.approx(0.004, rel=0.6)


def test_reports_of_every_kind_are_written(arguments, store, tmp_path):
    kinds = [".html", ".md", ".json", ".png", ".svg"]
    ended = run(*arguments(VALLEY, *(f"--report=answer{kind}" for kind in kinds)), **store)
    assert ended.code == 0
    assert all((tmp_path / f"answer{kind}").stat().st_size > 500 for kind in kinds)


def test_a_kept_search_is_shown_and_compared_and_is_no_network_to_write_or_lock(arguments, store):
    first = run(*arguments(), **store)
    shown = run("show", "last", **store)
    assert shown.out == first.out
    run(*arguments(VALLEY, "--seed", "1"), **store)
    compared = run("compare", **store)
    assert (compared.code, "Traceback" in compared.err) == (0, False)
    assert "val_loss 0." in compared.out
    assert "10 epochs" in run("runs", **store).out
    assert json.loads(run("export", "last", "-", **store).out)["reports"]["epochs"] == 10
    for command in ("code", "lock"):
        assert "your own" in refused(run(command, "last", **store))


def test_a_rate_that_cannot_be_told_ends_with_one(arguments, store):
    ended = run(*arguments("for _ in range(epochs): print('val_loss: 0.7')\n"), **store)
    assert ended.code == 1
    assert "cannot tell yet" in ended.out


@pytest.mark.parametrize(
    ("body", "more", "expected"),
    [
        ("sys.exit('no data here')\n", (), ["exit code 1", "no data here", "logs/01-lr-"]),
        ("print('hello')\n", (), ["without a line in which --metric", "hello"]),
        ("print('loading'); time.sleep(99)\n", ("--timeout", "3"), ["within --timeout", "loading"]),
        ("print('val_loss: 93.5'); time.sleep(99)\n", ("--maximize",), ["found 93.5", "--best 100"]),
    ],
)
def test_a_script_that_cannot_be_used_ends_with_a_sentence_and_is_not_kept(arguments, store, body, more, expected):
    ended = run(*arguments(body, *more), **store)
    # With --maximize, the name of the loss is asked about, too.
    assert (ended.code, ended.out, ended.err.count("\n")) == (2, "", 2 + ("--maximize" in more))
    for part in expected:
        assert part in ended.err
    assert "no runs yet" in run("runs", **store).out


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        (("photos",), "DATA is for networks of etascope's"),
        (("--hidden", "64"), "--hidden is for networks of etascope's"),
        (("--folds", "5"), "--folds is for networks"),
        (("--workers", "0"), "--workers must be at least 1"),
        (("--timeout", "-1"), "--timeout must be"),
        (("--optimizer", "adm"), "Did you mean 'adam'?"),
        (("--metric-key", "loss"), "not both"),
        (("--low", "1", "--high", "0.1"), "low"),
        (("--metric", "("), "--metric"),
        (("--best", "nan"), "best value"),
        (("--epochs", "0"), "epochs"),
        (("--budget", "-1"), "budget"),
        (("--tolerance", "-1"), "tolerance"),
    ],
)
def test_options_that_do_not_go_together_are_refused_before_anything_runs(arguments, store, more, expected, tmp_path):
    ended = run(*arguments("open('ran', 'w')\n", *more), **store)
    assert ended.code == 2
    assert expected in ended.err
    assert "note:" not in ended.err
    assert not (tmp_path / "ran").exists()
    assert not (tmp_path / "logs").exists()


def test_logs_that_cannot_be_made_are_not_announced(arguments, store, tmp_path):
    (tmp_path / "logs").write_text("a file")
    assert "--logs must be a folder" in refused(run(*arguments(), **store))


FLAT = "for epoch in range(1, epochs + 1): print('val_loss', 1 / epoch + random.random() / 1000)\n"


def test_a_rate_that_changes_nothing_but_noise_is_told(arguments, store):
    ended = run(*arguments("import random\nrandom.seed()\n" + FLAT), **store)
    assert "reaches the optimizer, and whether the metric moves." in " ".join(ended.out.split())


def test_a_metric_that_sounds_as_if_more_were_better_is_asked_about(arguments, store):
    command = ("pick", "--command", "echo val_acc 0.5 {lr}", "--metric", "val_acc ([0-9.]+)", "--epochs", "1")
    sentence = "note: the lowest val_acc is taken for the best. Where higher is better, say so: --maximize.\n"
    assert sentence in run(*command, **store).err
    assert sentence not in run(*command, "--maximize", **store).err


@pytest.mark.parametrize(
    ("pattern", "more", "said"),
    [("val/acc[=: ]+([0-9.]+)", (), "lowest"), ("R2 ([0-9.]+)", (), "lowest"), ("kappa ([0-9.]+)", (), "lowest"),
     ("val_loss ([0-9.]+)", ("--maximize",), "highest"), ("val_loss ([0-9.]+)", (), ""),
     ("acc ([0-9.]+)", ("--maximize",), "")],
)  # fmt: skip
def test_the_direction_of_a_metric_is_asked_about_by_its_words(pattern, more, said, store):
    name = pattern.partition("[")[0].partition(" ")[0]
    ended = run("pick", "--command", f"echo {name} 0.5 {{lr}}", "--metric", pattern, "--epochs", "1", *more, **store)
    assert ("is taken for the best" in ended.err) == bool(said)
    assert f"the {said} " in ended.err or not said


def test_scripts_that_all_fail_are_looked_at_first_and_the_first_is_told(arguments, store):
    ended = run(*arguments("report(1); raise SystemExit('out of memory')\n"), **store)
    text = " ".join(ended.out.split())
    assert "failed with exit code 1 after 1 epoch, and said last:" in text
    assert "out of memory; its log is" in text
    assert "next look at what the trainings said first: none came to its end" in text


@pytest.mark.parametrize("option", [("--metric", "x"), ("--maximize",), ("--timeout", "3"), ("--logs", "x")])
def test_options_of_a_script_need_one(option):
    assert f"{option[0]} belongs to a script of your own" in refused(run("pick", *option))


def test_without_a_rate_in_the_command_there_is_nothing_to_search():
    assert "with {lr}" in refused(run("pick", "--command", "train", "--metric", "x (.*)"))


def test_an_optimizer_says_where_to_begin(arguments, store):
    lowest = {}
    for name in ("sgd", "adam"):
        ended = run(*arguments(VALLEY, "--optimizer", name, "--json", "-"), **store)
        lowest[name] = json.loads(ended.out)["trials"][0]["learning_rate"]
    assert lowest["sgd"] > 10 * lowest["adam"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_search_leaves_no_process_and_goes_on_later(arguments, store, number, tmp_path):
    words = arguments(SLOW, "--workers", "4")
    process = start(*words, variables=store)
    deadline = time.monotonic() + 30
    # Round 2 runs: some trials are paused then, and some are not.
    while len(list((tmp_path / "logs").glob("*.log"))) < 7 or len(left(tmp_path.name, 0)) > 10:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    os.kill(process.pid, number)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (128 + number, b"")
    assert b"of round 2 are kept; go on with: etascope resume" in err or b"1 round is kept; go on with" in err
    assert left(tmp_path.name) == []
    resumed = run("resume", "--json", "-", **store)
    assert resumed.code == 0
    whole = json.loads(run(*words, "--json", "-", **store).out)
    again = json.loads(resumed.out)
    for name in ("learning_rate", "basin", "curve"):
        assert again[name] == whole[name]


def test_scripts_end_by_themselves_when_the_search_is_killed(arguments, store, tmp_path):
    process = start(*arguments(SLOW.partition("\n")[2], "--workers", "2"), variables=store)
    deadline = time.monotonic() + 30
    while not any(state == psutil.STATUS_STOPPED for _, state, _ in left(tmp_path.name, 0)):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.kill()
    process.communicate()
    assert left(tmp_path.name) == []


def test_a_search_goes_on_only_where_its_command_ran(arguments, store, tmp_path, monkeypatch):
    process = start(*arguments(SLOW), variables=store)
    deadline = time.monotonic() + 30
    while "open" not in run("runs", **store).out:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert f"ran in {tmp_path}" in refused(run("resume", **store))


def test_a_terminal_shows_the_epochs_go_by_and_ctrl_c_ends_all(arguments, store, tmp_path):
    with Terminal(*arguments(SLOW, "--workers", "2"), **{k: str(v) for k, v in store.items()}) as terminal:
        terminal.read_until("of 7 epochs")
        os.kill(terminal.process.pid, signal.SIGINT)
        code, output = terminal.end()
    assert code == 130
    assert "Traceback" not in output
    assert left(tmp_path.name) == []


def test_help_teaches_it():
    ended = run("pick", "--help")
    assert '--command "python train.py --lr {lr} --epochs {epochs}"' in ended.out
    assert sys.executable not in ended.out
