import os
import signal
import threading
import time

import numpy as np
import pytest

from etascope.core.recipe import Recipe
from etascope.training.dense.engine import DenseEngine
from etascope.training.fan_out import fan_out, one_blas_thread
from tests.training import made

WORKERS = pytest.mark.parametrize("workers", [1, 2, 4])


def our_threads():
    return [t for t in threading.enumerate() if t.name.startswith("etascope")]


def blas_threads():
    from threadpoolctl import threadpool_info

    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


@WORKERS
def test_results_stand_in_the_order_of_the_jobs(workers):
    def run(job, report):
        time.sleep(0.002 * (5 - job))
        report(1)
        return job * job

    counts = []
    assert fan_out(range(6), run, workers, counts.append) == [0, 1, 4, 9, 16, 25]
    assert counts == [1] * 6
    assert not our_threads()


def test_jobs_run_beside_each_other():
    both = threading.Barrier(2, timeout=5)

    def run(job, report):
        return both.wait() in (0, 1)

    assert fan_out([0, 1], run, 2, print) == [True, True]


@pytest.mark.parametrize(("workers", "jobs"), [(1, 3), (4, 1)])
def test_one_worker_or_one_job_stays_in_the_callers_thread(workers, jobs):
    names = fan_out(range(jobs), lambda job, report: threading.current_thread(), workers, print)
    assert set(names) == {threading.current_thread()}


def test_nothing_to_do_is_no_result():
    assert fan_out([], lambda job, report: job, 2, print) == []


def test_reports_come_one_at_a_time():
    inside, worst = [], []

    def advance(amount):
        inside.append(amount)
        worst.append(len(inside))
        time.sleep(0.0005)
        inside.pop()

    def run(job, report):
        for _ in range(20):
            report(1)

    fan_out(range(4), run, 4, advance)
    assert len(worst) == 80
    assert max(worst) == 1


@WORKERS
def test_an_exception_in_a_job_is_raised_and_stops_the_others(workers):
    rounds = []

    def run(job, report):
        if job == 1:
            raise ZeroDivisionError("job 1")
        for _ in range(2000 if job == 0 and workers > 1 else 1):
            report(1)
            rounds.append(job)
            time.sleep(0.005)
        return job

    began = time.perf_counter()
    with pytest.raises(ZeroDivisionError, match="job 1"):
        fan_out(range(50), run, workers, lambda amount: None)
    assert time.perf_counter() - began < 4
    assert len(rounds) < 1000
    assert len(set(rounds)) < 20
    assert not our_threads()


@WORKERS
def test_control_c_from_the_one_who_watches_ends_cleanly(workers):
    started = []

    def advance(amount):
        raise KeyboardInterrupt

    def run(job, report):
        started.append(job)
        while True:
            report(1)

    with pytest.raises(KeyboardInterrupt):
        fan_out(range(50), run, workers, advance)
    assert len(started) < 50
    assert not our_threads()


@pytest.mark.skipif(os.name == "nt", reason="Windows delivers Ctrl-C to the whole console")
@WORKERS
def test_control_c_from_the_keyboard_ends_cleanly(workers):
    def run(job, report):
        while True:
            report(1)
            time.sleep(0.001)

    timer = threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        fan_out(range(10), run, workers, lambda amount: None)
    timer.join()
    assert not our_threads()


@WORKERS
def test_control_c_while_an_engine_trains_ends_cleanly_and_it_trains_again(workers):
    from threadpoolctl import threadpool_limits

    split, recipe = made.split(folds=2), Recipe((16,), batch_size=4, epochs=50)
    plan = made.constant(np.full(40, 0.01), 600, folds=np.arange(40) % 2)
    engine = DenseEngine(workers)

    def interrupt(event):
        if event.done:
            raise KeyboardInterrupt

    with threadpool_limits(2, "blas"):
        before = blas_threads()
        with pytest.raises(KeyboardInterrupt):
            engine.train(split, recipe, plan, interrupt)
        assert blas_threads() == before
    assert not our_threads()
    assert engine.train(split, recipe, plan.take([0, 1])).step_loss.shape == (2, 600)


def test_blas_is_held_to_one_thread_and_given_back():
    from threadpoolctl import threadpool_limits

    with threadpool_limits(2, "blas"):
        before = blas_threads()
        with one_blas_thread():
            assert blas_threads() == {1}
        assert blas_threads() == before
        with pytest.raises(ZeroDivisionError), one_blas_thread():
            raise ZeroDivisionError
        assert blas_threads() == before
    assert 2 in before or os.cpu_count() == 1


def test_an_engine_holds_blas_to_one_thread_only_while_it_trains():
    from threadpoolctl import threadpool_limits

    threads_used = []
    split, recipe = made.split(), Recipe((4,), epochs=1)
    with threadpool_limits(2, "blas"):
        before = blas_threads()
        DenseEngine(1).train(split, recipe, made.constant([0.1], 7), lambda event: threads_used.append(blas_threads()))
        assert blas_threads() == before
    assert threads_used
    assert all(threads == {1} for threads in threads_used)
