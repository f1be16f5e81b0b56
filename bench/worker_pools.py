"""Contenders in processes of their own, started once and idle while others run."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection

import numpy as np
from numpy.typing import NDArray

from contenders import Accuracies, Contender
from jobs import Job


@dataclass(frozen=True)
class WorkerPool:
    """One contender in one process or more, between which learning rates are dealt out."""

    name: str
    contender: type[Contender]
    connections: tuple[Connection, ...]

    def prepare(self, job: Job) -> None:
        """Load libraries and data; nothing of this is timed."""
        self._ask([job] * len(self.connections))

    def train(self, rates: NDArray[np.float64]) -> tuple[float, Accuracies]:
        """Return the wall time in seconds until all rates are trained, and their accuracies."""
        processes = len(self.connections)
        hands = [rates[i::processes] for i in range(processes)]
        began = time.perf_counter()
        answers = self._ask(hands)
        seconds = time.perf_counter() - began
        accuracies = np.empty(len(rates))
        for i, answer in enumerate(answers):
            accuracies[i::processes] = answer
        return seconds, accuracies

    def _ask(self, messages: Sequence[object]) -> list[Accuracies]:
        for connection, message in zip(self.connections, messages, strict=True):
            connection.send(message)
        return [connection.recv() for connection in self.connections]


@contextmanager
def worker_pool(name: str, contender: type[Contender], processes: int = 1) -> Generator[WorkerPool]:
    """Yield a pool of freshly started processes; they end with the block."""
    context = multiprocessing.get_context("spawn")
    pipes = [context.Pipe() for _ in range(processes)]
    workers = [context.Process(target=_work, args=(contender, theirs)) for _, theirs in pipes]
    for worker, (_, theirs) in zip(workers, pipes, strict=True):
        worker.start()
        theirs.close()
    try:
        yield WorkerPool(name, contender, tuple(ours for ours, _ in pipes))
    finally:
        for worker, (ours, _) in zip(workers, pipes, strict=True):
            ours.close()
            worker.join()


def _work(contender: type[Contender], connection: Connection) -> None:
    ready: Contender | None = None
    while True:
        try:
            message = connection.recv()
        except EOFError:
            return
        if isinstance(message, Job):
            ready = contender(message)
            connection.send(None)
        elif ready is not None:
            connection.send(ready.train(message))
