import math
import os
import signal
import threading
import time
from dataclasses import replace

import numpy as np
import psutil
import pytest

from etascope.core.command_line import CommandLine
from etascope.core.errors import InputError
from etascope.core.history import Part, Status, put_together
from etascope.core.measure import Measure
from etascope.core.plan import Plan
from etascope.core.recipe import Recipe
from etascope.training.command.engine import CommandEngine, failure, search_failure
from etascope.training.command.metric import LineMetric
from etascope.training.command.process import Script, end
from tests.training.scripts import METRIC, left, write

RECIPE = Recipe(epochs=6)
REPORTS = "for epoch in range(1, epochs + 1): report(epoch)\n"
ONE_BY_ONE = "for epoch in range(1, epochs + 1): report(epoch); time.sleep(0.15)\n"


def plan(rates, epochs, start=0, resume=None):
    rows = np.repeat(np.array(rates, np.float64)[:, None], epochs, axis=1)
    nothing = np.zeros(len(rates), np.int64)
    return Plan(rows, nothing, nothing, start, resume, keep_checkpoints=True)


def onwards(history, epochs, rows=None):
    """Return the plan that goes on with some rows of a history."""
    rows = range(len(history.plan)) if rows is None else rows
    start = history.plan.start + history.plan.steps
    rates = [history.plan.learning_rates[row] for row in rows]
    return plan(rates, epochs, start, tuple(history.checkpoints[row] for row in rows))


def losses(rates, epochs, start=0):
    x = np.log10(np.array(rates) / 0.003)[:, None]
    return (0.2 + 0.5 * x**2 + 1 / np.arange(start + 1, start + epochs + 1)).round(5)


@pytest.fixture
def engine(tmp_path):
    """Return a function that makes an engine of a script's body; whatever it starts has ended after the test."""
    made = []

    def make(body, measure=None, metric=None, **options):
        command = CommandLine(write(tmp_path, body))
        metric = metric or LineMetric(METRIC)
        made.append(CommandEngine(command, metric, measure or Measure("loss"), tmp_path, grace=0.5, **options))
        return made[-1].__enter__()

    yield make
    for engine in made:
        engine.__exit__(None, None, None)
    assert left(tmp_path.name) == []


@pytest.mark.parametrize("workers", [1, 3])
def test_a_history_has_what_the_scripts_printed(engine, workers, tmp_path):
    rates = [0.001, 0.01, 0.1]
    history = engine(REPORTS, workers=workers).train(None, RECIPE, plan(rates, 6))
    np.testing.assert_allclose(history.valid_loss, losses(rates, 6))
    assert history.status == (Status.FINISHED,) * 3
    assert history.examples.tolist() == [6] * 3
    assert sorted(path.name for path in tmp_path.glob("*.log")) == [
        "01-lr-0.001-seed-0.log", "02-lr-0.01-seed-0.log", "03-lr-0.1-seed-0.log",
    ]  # fmt: skip
    assert (tmp_path / "02-lr-0.01-seed-0.log").read_text().splitlines()[-1] == "epoch 6 val_loss: 0.50337"


def test_as_many_scripts_run_at_once_as_were_asked_for(engine, tmp_path):
    counts, done = [], threading.Event()

    def count():
        while not done.is_set():
            running = [line for _, state, line in left(tmp_path.name, 0) if state != psutil.STATUS_STOPPED]
            counts.append(len(running))
            time.sleep(0.02)

    thread = threading.Thread(target=count)
    thread.start()
    try:
        engine(ONE_BY_ONE, workers=2).train(None, RECIPE, plan([0.001, 0.002, 0.003, 0.004], 3))
    finally:
        done.set()
        thread.join()
    assert max(counts) == 2


def test_a_trial_that_is_done_is_handed_out_while_others_run(engine):
    events, rates = [], [0.001, 0.01, 0.1]
    history = engine(ONE_BY_ONE).train(None, RECIPE, plan(rates, 2), events.append)
    parts = [(p.done, p.part) for p in events if p.part is not None]
    assert [(done, part.part) for done, part in parts] == [(2 * n, Part((n - 1,), 3)) for n in (1, 2, 3)]
    for row, (_, part) in enumerate(parts):
        np.testing.assert_array_equal(part.valid_loss, history.valid_loss[[row]])
        assert (part.status, part.remarks) == (history.status[row : row + 1], history.remarks[row : row + 1])
    assert put_together([part for _, part in parts]).valid_loss.tobytes() == history.valid_loss.tobytes()


def test_a_script_that_reported_before_may_fail_at_the_lowest_rate(engine):
    body = "sys.exit(3)\n"
    with pytest.raises(InputError):
        engine(body).train(None, RECIPE, plan([0.001], 2))
    history = engine(body, reported=True).train(None, RECIPE, plan([0.001], 2))
    assert history.status == (Status.FAILED,)


def test_a_trial_goes_on_where_it_was_paused(engine, tmp_path):
    slow, rates = engine(ONE_BY_ONE), [0.001, 0.01]
    first = slow.train(None, RECIPE, plan(rates, 2))
    assert first.status == (Status.PAUSED,) * 2
    deadline = time.monotonic() + 5
    while {state for _, state, _ in left(tmp_path.name, 0)} != {psutil.STATUS_STOPPED}:
        assert time.monotonic() < deadline
    second = slow.train(None, RECIPE, onwards(first, 2))
    np.testing.assert_allclose(np.hstack([first.valid_loss, second.valid_loss]), losses(rates, 4))
    assert second.examples.tolist() == [2, 2]
    assert len(list(tmp_path.glob("*.log"))) == 2


def test_a_trial_that_is_left_behind_is_ended_and_one_that_was_added_is_not(engine, tmp_path):
    slow = engine(ONE_BY_ONE)
    first = slow.train(None, RECIPE, plan([0.001, 0.01], 1))
    slow.train(None, RECIPE, plan([0.1], 1))
    assert len(left(tmp_path.name, 0)) == 3
    slow.train(None, RECIPE, onwards(first, 1, [1]))
    (only,) = left(tmp_path.name, 0.5)
    assert "0.01" in only[2]


@pytest.mark.parametrize("how", ["restart", "another process"])
def test_a_script_that_is_gone_runs_again_and_its_epochs_count(engine, how, tmp_path):
    first = engine(ONE_BY_ONE, restart=how == "restart")
    history = first.train(None, RECIPE, plan([0.001, 0.01], 2))
    if how == "restart":
        assert left(tmp_path.name) == []
    second = (first if how == "restart" else engine(ONE_BY_ONE)).train(None, RECIPE, onwards(history, 2))
    np.testing.assert_allclose(second.valid_loss, losses([0.001, 0.01], 2, start=2))
    assert second.examples.tolist() == [4, 4]


def test_logs_that_are_there_already_are_kept(engine, tmp_path):
    for _ in range(2):
        engine(REPORTS).train(None, RECIPE, plan([0.001, 0.01], 2))
    assert len(list(tmp_path.glob("*.log"))) == 4
    assert (tmp_path / "04-lr-0.01-seed-0.log").is_file()


def test_a_fast_script_that_has_long_ended_goes_on_from_what_it_said(engine):
    fast = engine(REPORTS)
    first = fast.train(None, RECIPE, plan([0.001], 1))
    time.sleep(0.3)
    second = fast.train(None, RECIPE, onwards(first, 3))
    np.testing.assert_allclose(second.valid_loss, losses([0.001], 3, start=1))


def test_a_loss_that_is_no_number_is_a_divergence_and_ends_the_script(engine, tmp_path):
    body = "report(1)\nprint('val_loss: nan' if lr > 0.01 else 'val_loss: 0.5')\ntime.sleep(0 if lr < 0.01 else 99)\n"
    history = engine(body, workers=2).train(None, RECIPE, plan([0.001, 0.1], 2))
    assert history.status == (Status.PAUSED, Status.DIVERGED)
    assert history.diverged_at.tolist() == [-1, 1]
    np.testing.assert_allclose(history.valid_loss[1], [losses([0.1], 1)[0, 0], np.nan])
    assert history.checkpoints[1] is None
    assert not [line for _, _, line in left(tmp_path.name, 1) if "0.1" in line]


def test_a_trial_that_fails_says_how_and_the_others_go_on(engine):
    body = "if lr > 0.05: report(1); print('Traceback'); print('RuntimeError: too hot'); sys.exit(3)\n" + REPORTS
    history = engine(body).train(None, RECIPE, plan([0.001, 0.1, 0.01], 3))
    assert history.status == (Status.PAUSED, Status.FAILED, Status.PAUSED)
    assert history.diverged_at[1] == 1
    assert history.remarks[1] == (
        "its script failed with exit code 3 after 1 epoch, and said last: epoch 1 val_loss: 2.35958 / Traceback / "
        "RuntimeError: too hot; its log is 02-lr-0.1-seed-0.log"
    )


def test_a_script_that_is_killed_is_said_to_be(engine):
    body = "report(1)\nif lr > 0.05: os.kill(os.getpid(), 9)\nreport(2)\n"
    history = engine(body).train(None, RECIPE, plan([0.001, 0.1], 2))
    assert "was ended by SIGKILL, as it happens where memory runs out, after 1 epoch" in history.remarks[1]


def test_a_trial_over_its_time_is_ended_and_pauses_do_not_count(engine, tmp_path):
    body = "report(1); time.sleep(0.1)\nreport(2)\nif lr > 0.05: time.sleep(99)\nreport(3)\n"
    hanging = engine(body, timeout=4)
    first = hanging.train(None, RECIPE, plan([0.001, 0.1], 1))
    time.sleep(4.1)
    second = hanging.train(None, RECIPE, onwards(first, 2))
    assert second.status == (Status.PAUSED, Status.FAILED)
    assert "was stopped when its 4 s were over after 2 epochs" in second.remarks[1]
    np.testing.assert_allclose(second.valid_loss[1], [losses([0.1], 2)[0, 1], np.nan])


def test_a_script_that_ends_by_itself_keeps_its_last_value(engine):
    early = engine("for epoch in (1, 2): report(epoch)\n")
    first = early.train(None, RECIPE, plan([0.001], 3))
    assert first.status == (Status.PAUSED,)
    np.testing.assert_allclose(first.valid_loss[0], losses([0.001], 2)[0, [0, 1, 1]])
    second = early.train(None, RECIPE, onwards(first, 2))
    np.testing.assert_allclose(second.valid_loss[0], losses([0.001], 2)[0, [1, 1]])
    assert second.remarks == ("its script ended by itself after 2 epochs",)
    assert first.examples.tolist() + second.examples.tolist() == [2, 0]


def test_higher_may_be_better(engine):
    body = "for epoch in range(1, 4): print(json.dumps({'acc': 1 - loss(epoch) / 10}))\n"
    measure = Measure("acc", maximize=True)
    history = engine(body, measure, LineMetric(key="acc")).train(None, RECIPE, plan([0.001], 3))
    np.testing.assert_allclose(history.valid_accuracy[0], 1 - losses([0.001], 3)[0] / 10, atol=1e-5)
    np.testing.assert_allclose(history.valid_loss, 1 - history.valid_accuracy)


def test_more_than_a_pipe_holds_is_read_to_its_end(engine):
    body = "print('x' * 3_000_000)\n" + REPORTS + "print('y' * 3_000_000)\n"
    history = engine(body).train(None, RECIPE, plan([0.001], 6))
    assert history.status == (Status.FINISHED,)


def test_garbage_is_no_metric(engine):
    body = (
        "sys.stdout.buffer.write(bytes(range(256)) * 500); print('val_loss: ---'); print('val_loss: 1.2.3')\n" + REPORTS
    )
    np.testing.assert_allclose(engine(body).train(None, RECIPE, plan([0.001], 6)).valid_loss, losses([0.001], 6))


@pytest.mark.parametrize(
    ("body", "options", "expected"),
    [
        ("print('a'); raise SystemExit('no such file')", {}, ["failed with exit code 1", "a / no such file"]),
        (
            "print('loss is low')",
            {},
            ["ended without a line in which metric 'val_loss", "loss is low", "01-lr-0.001"],
        ),
        ("pass", {}, ["ended without a line", "printed nothing at all"]),
        ("print('loading'); time.sleep(99)", {"timeout": 3}, ["within timeout", "3 s", "printed last: loading"]),
        ("os.kill(os.getpid(), 15)", {}, ["ended by SIGTERM", "printed nothing"]),
    ],
)
def test_a_script_that_reports_nothing_at_the_lowest_rate_ends_the_search(engine, body, options, expected):
    broken = engine(body + "\n", **options)
    with pytest.raises(InputError) as refused:
        broken.train(None, RECIPE, plan([0.001, 0.01], 2))
    for part in [*expected, "0.001"]:
        assert part in str(refused.value)


@pytest.mark.parametrize(("code", "line"), [(127, "sh: 1: no-such-program: not found"), (126, "1: Permission denied")])
def test_what_a_shell_cannot_run_ends_the_search_whatever_numbers_it_says(engine, code, line):
    broken = engine(f"print({line!r}); raise SystemExit({code})\n", metric=LineMetric(r"(\d+)"))
    with pytest.raises(InputError, match=rf"the script could not be run: exit code {code}, at .*{line[-6:]}"):
        broken.train(None, RECIPE, plan([0.001, 0.01], 1))


def test_a_high_rate_that_reports_nothing_is_a_result(engine):
    body = "if lr > 0.005: raise SystemExit(1)\ntime.sleep(0.5)\n" + REPORTS
    history = engine(body, workers=2).train(None, RECIPE, plan([0.001, 0.01], 2))
    assert history.status == (Status.PAUSED, Status.FAILED)
    assert "before its first metric" in history.remarks[1]


def test_a_metric_beyond_the_best_ends_the_search_and_every_script(engine, tmp_path):
    percent = engine("print('val_loss: 87.5'); time.sleep(99)\n", Measure("acc", maximize=True), workers=2)
    with pytest.raises(InputError, match="best=100"), percent:
        percent.train(None, RECIPE, plan([0.001, 0.01], 2))
    assert left(tmp_path.name) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_every_script_and_its_children_also_those_that_heed_nothing(engine, number, tmp_path):
    body = (
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(99)', mark])\n" + ONE_BY_ONE
    )
    before = signal.getsignal(number)
    stubborn = engine(body, workers=2)

    def send():
        while len(left(tmp_path.name, 0)) < 4:
            time.sleep(0.02)
        os.kill(os.getpid(), number)

    thread = threading.Thread(target=send)
    thread.start()
    with pytest.raises(KeyboardInterrupt), stubborn:
        stubborn.train(None, replace(RECIPE, epochs=400), plan([0.001, 0.01, 0.1], 400))
    thread.join()
    assert left(tmp_path.name) == []
    assert signal.getsignal(number) == before


def test_a_script_has_no_layers_to_show(engine):
    with pytest.raises(InputError, match="cannot be shown"):
        engine(REPORTS).explain(None, np.zeros(1))


@pytest.mark.parametrize(("option", "value"), [("workers", 0), ("timeout", 0.0), ("timeout", math.inf)])
def test_numbers_out_of_range_are_refused(option, value, tmp_path):
    with pytest.raises(InputError, match=f"{option} must"):
        CommandEngine(CommandLine("{lr}"), LineMetric(METRIC), Measure("l"), tmp_path, **{option: value})


@pytest.mark.parametrize("timeout", [None, 10.0])
def test_a_pattern_that_takes_too_long_ends_the_search_in_a_sentence(engine, tmp_path, timeout):
    slow = engine("print('val ' + 'a' * 60 + '!'); time.sleep(99)", metric=LineMetric(r"val ((a+)+)$"), timeout=timeout)
    began = time.monotonic()
    with pytest.raises(InputError, match="metric must be a pattern that is matched quickly"):
        slow.train(None, RECIPE, plan([0.01], 3))
    assert time.monotonic() - began < 90
    slow.__exit__(None, None, None)
    assert left(tmp_path.name) == []


def test_ten_megabytes_before_the_metric_are_read_and_kept(engine, tmp_path):
    talking = engine("for _ in range(5): sys.stdout.write('a line of INFO, 0.5\\n' * 100_000)\nreport(1)")
    history = talking.train(None, RECIPE, plan([0.01], 1))
    np.testing.assert_allclose(history.valid_loss, losses([0.01], 1))
    assert sum(log.stat().st_size for log in tmp_path.glob("*.log")) > 10_000_000


PATTERN = LineMetric("loss (.*)")


@pytest.fixture
def script(tmp_path):
    made = Script("printf 'one\\n^^^^^\\ntwo\\n\\a three\\nfour\\n'", tmp_path / "a.log")
    while made.ended() is None:
        pass
    made.read()
    yield made
    end([made], 0)


@pytest.mark.parametrize(
    ("code", "reported", "timeout", "expected"),
    [
        (1, 0, None, "failed with exit code 1 before its first metric"),
        (2, 1, None, "failed with exit code 2 after 1 epoch,"),
        (-15, 3, None, "was ended by SIGTERM after 3 epochs"),
        (137, 3, None, "was ended by SIGKILL, as it happens where memory runs out, after 3 epochs"),
        (None, 2, 60.0, "was stopped when its 60 s were over after 2 epochs"),
        (0, 0, None, "ended before its first metric"),
        (128, 0, None, "failed with exit code 128"),
    ],
)
def test_a_failure_says_how_and_after_what_and_where_its_log_is(script, code, reported, timeout, expected):
    said = failure(script, code, reported, timeout)
    assert expected in said
    assert said.endswith("and said last: two / \\x07 three / four; its log is a.log")


def test_a_search_that_cannot_go_on_says_what_was_run_and_what_to_look_at(script):
    said = str(search_failure(script, 1, 0.001, PATTERN, None))
    assert said.startswith("the script failed with exit code 1 before its first metric, at learning rate 0.001")
    assert str(script.log) in said
    assert said.endswith(script.command)


@pytest.mark.parametrize(("code", "timeout"), [(0, None), (None, 5.0)])
@pytest.mark.parametrize(
    ("metric", "expected"), [(PATTERN, "metric 'loss (.*)'"), (LineMetric(key="v"), "metric_key 'v'")]
)
def test_where_nothing_matched_it_says_what_was_looked_for(script, code, timeout, metric, expected):
    said = str(search_failure(script, code, 0.001, metric, timeout))
    assert expected in said
    assert "four" in said
