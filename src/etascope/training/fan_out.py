"""Spread jobs over worker threads, in a way that Ctrl-C ends cleanly and the answer never depends on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import TypeVar

Job = TypeVar("Job")
Result = TypeVar("Result")


def keep_nothing(number: int, result: object) -> None:
    """Let results wait until all are there."""


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


def fan_out(
    jobs: Sequence[Job],
    run: Callable[[Job, Callable[[int], None]], Result],
    workers: int,
    advance: Callable[[int], None],
    done: Callable[[int, Result], None] = keep_nothing,
) -> list[Result]:
    """Return `run(job, report)` of every job, in the order of the jobs, which so many threads take in order.

    With one worker everything runs in the caller's thread. `run` calls `report(amount)` now and then, which raises when
    the work is to stop; `advance` receives every amount, one call at a time. `done` receives each job's number and
    result when it is there, in the caller's thread, also while others are stopped; never at the same time as `advance`.
    """
    stop = threading.Event()
    lock = threading.Lock()

    def report(amount: int) -> None:
        if stop.is_set():
            raise Stopped
        with lock:
            advance(amount)

    if workers == 1 or len(jobs) == 1:
        results = list[Result]()
        for number, job in enumerate(jobs):
            results.append(run(job, report))
            done(number, results[-1])
        return results
    with ThreadPoolExecutor(workers, "etascope") as pool:
        futures = [pool.submit(run, job, report) for job in jobs]
        given = HandedOut(futures, done)
        try:
            pending = set(futures)
            while pending:
                _, pending = wait(pending, return_when=FIRST_COMPLETED)
                with lock:
                    given.look()
        finally:
            if not all(f.done() for f in futures):
                stop.set()
                pool.shutdown(wait=True, cancel_futures=True)
                given.rest()
        return [future.result() for future in futures]


class HandedOut:
    """Gives number and result of each job to `done` when it is there; `futures` are the jobs', in their order."""

    def __init__(self, futures: Sequence[Future[Result]], done: Callable[[int, Result], None]) -> None:
        self._waiting, self._done = dict(enumerate(futures)), done

    def look(self) -> None:
        """Give what is there and was not given; raise what a job raised."""
        for number, future in list(self._waiting.items()):
            if future.done():
                # Ctrl-C may come at any place: better twice than never.
                self._done(number, future.result())
                del self._waiting[number]

    def rest(self) -> None:
        """Give what is there, after the work was stopped: jobs that failed or never began are passed over."""
        for number, future in list(self._waiting.items()):
            if not future.done() or future.cancelled() or future.exception() is not None:
                del self._waiting[number]
        self.look()
