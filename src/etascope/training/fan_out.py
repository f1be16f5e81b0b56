"""Spread jobs over worker threads, in a way that Ctrl-C ends cleanly and the answer never depends on."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import TypeVar

Job = TypeVar("Job")
Result = TypeVar("Result")


@contextmanager
def one_blas_thread() -> Generator[None]:
    """Hold numerical libraries to one thread each.

    Many small products run faster beside each other than each split up, and the rounding of a product then never
    depends on the number of cores.
    """
    from threadpoolctl import threadpool_limits  # pyright: ignore[reportMissingTypeStubs]  # it ships none

    with threadpool_limits(1, "blas"):
        yield


class Stopped(Exception):
    """Another job failed, or the user pressed Ctrl-C."""


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def fan_out(
    jobs: Sequence[Job],
    run: Callable[[Job, Callable[[int], None]], Result],
    workers: int,
    advance: Callable[[int], None],
) -> list[Result]:
    """Return `run(job, report)` of every job, in the order of the jobs.

    Parameters
    ----------
    jobs
        What to do; threads take them in order.
    run
        Does one job and calls `report(amount)` now and then; that call raises when the work is to stop.
    workers
        Threads, at least 1; with 1 everything runs in the caller's thread.
    advance
        Receives every reported amount, one call at a time.
    """
    stop = threading.Event()
    lock = threading.Lock()

    def report(amount: int) -> None:
        if stop.is_set():
            raise Stopped
        with lock:
            advance(amount)

    if workers == 1 or len(jobs) == 1:
        return [run(job, report) for job in jobs]
    with ThreadPoolExecutor(workers, "etascope") as pool:
        futures = [pool.submit(run, job, report) for job in jobs]
        try:
            wait(futures, return_when=FIRST_EXCEPTION)
            failed = next((f for f in futures if f.done() and not f.cancelled() and f.exception()), None)
            if failed is not None:
                failed.result()
        finally:
            if not all(f.done() for f in futures):
                stop.set()
                pool.shutdown(wait=True, cancel_futures=True)
        return [future.result() for future in futures]
