"""Worker processes that train for all pages, each page in its turn: `Crew`."""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import os
from collections import OrderedDict, deque
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Any

from etascope.core.errors import InputError
from etascope.studio.work import end_with_the_server, warm

#: Pieces of work that may wait, of all pages together.
MOST_WAITING = 2000


@dataclass(frozen=True, eq=False)
class _Piece:
    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    result: asyncio.Future[Any]


class Crew:
    """A process a core, and a queue a page; whoever is free takes a piece from the page whose turn it is.

    Whoever awaits a piece takes it back by being cancelled: a piece that waits is dropped, one that runs is short. A
    process that dies is replaced, and the pieces that it took with it are done again, once.

    Parameters
    ----------
    workers
        Processes, at least 1. None is one a core.

    Examples
    --------
    >>> async def ask():
    ...     crew = Crew(1)
    ...     try:
    ...         return await crew.run("page", sum, [1, 2])
    ...     finally:
    ...         crew.close()
    >>> asyncio.run(ask())
    3
    """

    def __init__(self, workers: int | None = None) -> None:
        self.workers = workers or _cores()
        self._waiting: OrderedDict[str, deque[_Piece]] = OrderedDict()
        self._running: set[asyncio.Task[None]] = set()
        self._pool: ProcessPoolExecutor | None = None

    async def run(self, page: str, function: Callable[..., Any], *arguments: Any) -> Any:  # noqa: ANN401 - what it returns
        """Return what `function`, of a module, returns in a worker process.

        Raises
        ------
        InputError
            If too much waits already.
        """
        if sum(map(len, self._waiting.values())) >= MOST_WAITING:
            raise InputError(f"{MOST_WAITING} pieces of work may wait at once, and do. Try again in a minute.")
        piece = _Piece(function, arguments, asyncio.get_running_loop().create_future())
        self._waiting.setdefault(page, deque()).append(piece)
        self._next()
        try:
            return await piece.result
        finally:
            # Whoever was cancelled does not want it any more.
            with contextlib.suppress(KeyError, ValueError):
                self._waiting[page].remove(piece)

    def warm(self) -> None:
        """Start the processes and have each load what trains; does not wait for them."""
        pool = self._ready()
        for _ in range(self.workers):
            pool.submit(warm)

    def close(self) -> None:
        """End the processes; what waits is dropped."""
        self._waiting.clear()
        if self._pool is not None:
            for process in list((self._pool._processes or {}).values()):
                process.terminate()
            # With the processes gone, waiting is short; without it their semaphores would be left behind.
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None

    def _ready(self) -> ProcessPoolExecutor:
        if self._pool is None:
            # A server has threads, and a process with threads cannot be forked safely.
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(self.workers, mp_context=context, initializer=end_with_the_server)
        return self._pool

    def _next(self) -> None:
        """Give work to whoever is free, a piece of each page in turn."""
        while len(self._running) < self.workers and self._waiting:
            page, pieces = self._waiting.popitem(last=False)
            if not pieces:
                continue
            piece = pieces.popleft()
            if pieces:
                self._waiting[page] = pieces
            if not piece.result.done():
                task = asyncio.get_running_loop().create_task(self._do(piece))
                self._running.add(task)
                task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._next()

    async def _do(self, piece: _Piece) -> None:
        for again in (True, False):
            pool = self._ready()
            try:
                result = await asyncio.wrap_future(pool.submit(piece.function, *piece.arguments))
            except BrokenProcessPool as error:
                # Whoever else lost its work with this pool may have made the next one already.
                if self._pool is pool:
                    self._pool = None
                if not again:
                    _end(piece, error)
            except Exception as error:
                _end(piece, error)
                return
            else:
                if not piece.result.done():
                    piece.result.set_result(result)
                return


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _end(piece: _Piece, error: Exception) -> None:
    if not piece.result.done():
        piece.result.set_exception(error)
