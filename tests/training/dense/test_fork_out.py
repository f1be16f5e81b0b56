import os
import signal
import sys
import threading
import time

import numpy as np
import pytest

from etascope.core.errors import InputError
from etascope.core.recipe import Recipe
from etascope.training.dense import engine as dense
from etascope.training.dense.engine import DenseEngine
from etascope.training.dense.fork_out import fork_out, may_fork
from tests.training import made

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are forked on Linux only")


def children():
    with open(f"/proc/self/task/{os.getpid()}/children") as file:
        return set(file.read().split())


@pytest.fixture(autouse=True)
def _nobody_is_left():
    before = children()
    yield
    assert children() <= before


def test_results_stand_in_the_order_of_the_jobs_and_come_from_processes():
    def run(job, report):
        time.sleep(0.002 * (5 - job))
        report(job)
        return job * job, os.getpid()

    counts = []
    results = fork_out(range(6), run, 2, counts.append)
    assert [square for square, _ in results] == [0, 1, 4, 9, 16, 25]
    assert sum(counts) == 15
    processes = {pid for _, pid in results}
    assert len(processes) == 2
    assert os.getpid() not in processes


def test_an_exception_in_a_job_is_raised_and_stops_the_others():
    def run(job, report):
        if job == 1:
            raise ZeroDivisionError("job 1")
        while True:
            report(1)
            time.sleep(0.001)

    with pytest.raises(ZeroDivisionError, match="job 1"):
        fork_out(range(4), run, 2, lambda amount: None)


def test_control_c_ends_every_process():
    def run(job, report):
        while True:
            report(1)
            time.sleep(0.001)

    def interrupt(amount):
        if amount:
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        fork_out(range(4), run, 2, interrupt)


def test_control_c_while_the_processes_begin_ends_every_process():
    class Jobs(list):
        calls = 0

        def __len__(self):
            # The third time to give them to the processes.
            self.calls += 1
            if self.calls == 3:
                os.kill(os.getpid(), signal.SIGINT)
            return super().__len__()

    def run(job, report):
        for _ in range(2000):
            report(1)
            time.sleep(0.001)

    began = time.perf_counter()
    with pytest.raises(KeyboardInterrupt):
        fork_out(Jobs(range(20)), run, 2, lambda amount: None)
    assert time.perf_counter() - began < 10


def test_results_are_handed_out_when_they_are_there_also_after_control_c():
    def run(job, report):
        for _ in range(1 if job < 3 else 100_000):
            report(1)
            time.sleep(0.001)
        return job

    given = {}

    def advance(amount):
        if len(given) >= 2:
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        fork_out(range(6), run, 2, advance, lambda number, result: given.update({number: result}))
    assert {0: 0, 1: 1}.items() <= given.items() <= {0: 0, 1: 1, 2: 2}.items()


def test_a_process_that_the_system_ends_is_one_sentence():
    def run(job, report):
        os.kill(os.getpid(), signal.SIGKILL)

    with pytest.raises(InputError, match="ended by the system"):
        fork_out(range(4), run, 2, lambda amount: None)


def test_another_thread_forbids_forking():
    assert may_fork()
    answers, go = [], threading.Event()
    thread = threading.Thread(target=lambda: (answers.append(may_fork()), go.wait(5)))
    thread.start()
    try:
        assert not may_fork()
    finally:
        go.set()
        thread.join()
    assert answers == [False]
    assert may_fork()


@pytest.mark.parametrize("optimizer", ["momentum", "adam"])
def test_processes_and_threads_give_the_same_bits(monkeypatch, optimizer):
    split, recipe = made.split(folds=2), Recipe((16,), optimizer, batch_size=4, epochs=2)
    plan = made.kept(made.constant(np.tile(np.geomspace(1e-3, 1e3, 10), 2), 20, folds=np.arange(20) % 2))
    events, histories = [], []
    for least in (np.inf, 0):
        monkeypatch.setattr(dense, "FORK_WORK", least)
        events.clear()
        histories.append(DenseEngine(2).train(split, recipe, plan, events.append))
        assert events[-1].done == events[-1].total == len(plan)
    threads, processes = histories
    for name in ("step_loss", "train_loss", "valid_loss", "valid_accuracy", "diverged_at", "examples"):
        np.testing.assert_array_equal(getattr(threads, name), getattr(processes, name))
    assert threads.status == processes.status
    for ours, theirs in zip(threads.checkpoints, processes.checkpoints, strict=True):
        assert (ours is None) == (theirs is None)
        for a, b in zip(*((c.parameters if c else ()) for c in (ours, theirs)), strict=True):
            np.testing.assert_array_equal(a, b)
