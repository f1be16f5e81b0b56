"""Spread jobs over forked processes, where that is safe: they never wait for each other at the interpreter lock."""

from __future__ import annotations

import contextlib
import ctypes
import multiprocessing
import os
import signal
import sys
import threading
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

from etascope.core.errors import InputError
from etascope.core.interrupting import held_back
from etascope.core.sentences import Setting, say
from etascope.training.fan_out import HandedOut, Stopped, keep_nothing

Job = TypeVar("Job")
Result = TypeVar("Result")

#: Seconds between looks at how far the processes are.
GLANCE = 0.05
#: What Linux calls a signal for the death of the parent (PR_SET_PDEATHSIG).
END_WITH_PARENT = 1
#: Libraries whose own threads do not survive a fork.
UNSAFE = ("jax", "ray", "grpc")

_inherited: Callable[[int], Any] | None = None


def may_fork() -> bool:
    """Return whether forking is safe here: on Linux, with no other Python thread that might hold a lock.

    A daemonic process of `multiprocessing` may not have children of its own.
    """
    return (
        sys.platform == "linux"
        and threading.active_count() == 1
        and threading.current_thread() is threading.main_thread()
        and not multiprocessing.current_process().daemon
        and not any(name in sys.modules for name in UNSAFE)
    )


def fork_out(
    jobs: Sequence[Job],
    run: Callable[[Job, Callable[[int], None]], Result],
    workers: int,
    advance: Callable[[int], None],
    done: Callable[[int, Result], None] = keep_nothing,
) -> list[Result]:
    """Return `run(job, report)` of every job, in the order of the jobs, each run in one of `workers` processes.

    Jobs and their data are inherited, not sent; results are sent back. Otherwise as `fan_out`; ask `may_fork` first.
    Raises `InputError` if the system ended a process, as it does when memory runs out.
    """
    global _inherited
    context = multiprocessing.get_context("fork")
    amounts, stop = context.RawArray("q", max(len(jobs), 1)), context.RawValue("b", 0)

    def work(number: int) -> Result:
        def report(amount: int) -> None:
            if stop.value:
                raise Stopped
            amounts[number] += amount

        return run(jobs[number], report)

    counted = 0

    def count() -> None:
        nonlocal counted
        done = sum(amounts)
        advance(done - counted)
        counted = done

    _inherited = work
    try:
        with ProcessPoolExecutor(min(workers, len(jobs)), context, _end_with, (os.getpid(),)) as pool:
            futures, given = list[Future[Result]](), HandedOut(list[Future[Result]](), done)
            try:
                # A pool whose processes were half begun could not be ended.
                with held_back(), warnings.catch_warnings():
                    # Newer Pythons warn of any fork beside native threads; those of BLAS end before one by themselves.
                    warnings.simplefilter("ignore", DeprecationWarning)
                    futures += [pool.submit(_run_inherited, number) for number in range(len(jobs))]
                    given = HandedOut(futures, done)
                pending = set(futures)
                while pending:
                    _, pending = wait(pending, GLANCE, FIRST_EXCEPTION)
                    given.look()
                    count()
            finally:
                stop.value = 1
                pool.shutdown(wait=True, cancel_futures=True)
                given.rest()
            return [future.result() for future in futures]
    except BrokenProcessPool:
        raise InputError(
            "a worker process was ended by the system, most likely because memory ran out.",
            say(
                "Use fewer {workers}, a smaller {batch_size} or a smaller network.",
                Setting("workers"),
                Setting("batch_size"),
            ),
        ) from None
    finally:
        _inherited = None


def _end_with(parent: int) -> None:
    """Leave it to the parent how Ctrl-C and a closed terminal end the work, and end with it when it is killed."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(END_WITH_PARENT, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def _run_inherited(number: int) -> Any:  # noqa: ANN401 - whatever the jobs return
    assert _inherited is not None
    return _inherited(number)
