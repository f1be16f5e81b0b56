"""Worker processes that train for all pages, each page in its turn: `WorkerPool`."""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from ctypes import c_ulong
from dataclasses import dataclass
from typing import Any

from etascope.core.errors import InputError
from etascope.core.run import cores
from etascope.studio.bounds import Bounds, Limit
from etascope.studio.failure import Failed, called, unexpected
from etascope.studio.worker import end_with_the_server, warm

#: Pieces of work that may wait, of all pages together.
MOST_WAITING = 2000
#: Seconds for which a piece that nobody wants may go on, and between two looks at the time that a job has left.
GRACE, TICK = 2.0, 0.25
#: How often a piece is begun at most, and what is told when two processes have died over it.
MOST_TRIES = 5
KILLED = (
    "the system ended two processes over this, one after the other, most likely because memory ran out. Take fewer "
    "hidden units or fewer images, or try again later."
)

#: Of a worker process: how many pieces it has begun, in memory that the server sees.
_begun: c_ulong | None = None


@dataclass(frozen=True, eq=False)
class _Piece:
    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    result: asyncio.Future[Any]
    limit: Limit


class WorkerPool:
    """A process a core, and a queue a page; whoever is free takes a piece from the page whose turn it is.

    Whoever awaits a piece takes it back by being cancelled: a piece that waits is dropped, and one that runs may go on
    for two seconds, which is nearly always enough. A piece whose job has used up its time is ended with its process, as
    nothing else ends a computation; a new process takes the place. A process that dies is replaced, too, and the piece
    that it took with it is done again, once; one that died while it had nothing to do costs no piece its second try.

    Parameters
    ----------
    workers
        Processes, at least 1. None is one a core.

    Examples
    --------
    >>> async def ask():
    ...     pool = WorkerPool(1)
    ...     try:
    ...         return await pool.run("page", sum, [1, 2])
    ...     finally:
    ...         pool.close()
    >>> asyncio.run(ask())
    3
    """

    def __init__(self, workers: int | None = None) -> None:
        self.workers = workers or cores()
        self._waiting: OrderedDict[str, deque[_Piece]] = OrderedDict()
        self._running: set[asyncio.Task[None]] = set()
        # With each, how many pieces its process has begun: what died before it began one did not die of it.
        self._processes: dict[ProcessPoolExecutor, c_ulong] = {}
        self._free: list[ProcessPoolExecutor | None] = [None for _ in range(self.workers)]

    async def run(self, page: str, function: Callable[..., Any], *arguments: Any, limit: Limit | None = None) -> Any:  # noqa: ANN401 - what it returns
        """Return what `function`, of a module, returns in a worker process.

        The limit is that of the job which this is a piece of. Default: one of its own, `Bounds().other`.

        Raises
        ------
        InputError
            If too much waits already, or the job has used up its time; or as the function does.
        Failed
            If the function raises anything else, or two processes died over it.
        """
        if sum(map(len, self._waiting.values())) >= MOST_WAITING:
            raise InputError(f"{MOST_WAITING} pieces of work may wait at once, and do. Try again in a minute.")
        limit = limit or Limit("what was asked", Bounds().other)
        piece = _Piece(function, arguments, asyncio.get_running_loop().create_future(), limit)
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
        self._free = [process or self._start() for process in self._free]

    def close(self) -> None:
        """End the processes; what waits is dropped."""
        self._waiting.clear()
        processes, self._processes = self._processes, dict[ProcessPoolExecutor, c_ulong]()
        self._free = [None for _ in range(self.workers)]
        for process in processes:
            _kill(process)
        for process in processes:
            # With the processes gone, waiting is short; without it their semaphores would be left behind.
            process.shutdown(wait=True, cancel_futures=True)

    def _start(self) -> ProcessPoolExecutor:
        # A server has threads, and a process with threads cannot be forked safely. An executor for each process, so
        # that one can be ended and the others go on.
        context = multiprocessing.get_context("spawn")
        begun = context.RawValue(c_ulong, 0)
        process = ProcessPoolExecutor(1, mp_context=context, initializer=_begin, initargs=(begun,))
        self._processes[process] = begun
        process.submit(warm)
        return process

    async def _replace(self, process: ProcessPoolExecutor) -> ProcessPoolExecutor:
        """Return a new process in the place of one that is of no more use."""
        self._processes.pop(process, None)
        _kill(process)
        await asyncio.to_thread(process.shutdown, True, cancel_futures=True)
        return self._start()

    def _next(self) -> None:
        """Give work to whoever is free, a piece of each page in turn."""
        while self._free and self._waiting:
            page, pieces = self._waiting.popitem(last=False)
            if not pieces:
                continue
            piece = pieces.popleft()
            if pieces:
                self._waiting[page] = pieces
            if not piece.result.done():
                task = asyncio.get_running_loop().create_task(self._do(piece, self._free.pop() or self._start()))
                self._running.add(task)
                task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._next()

    async def _do(self, piece: _Piece, process: ProcessPoolExecutor) -> None:
        if piece.limit.left() <= 0:
            _end(piece, piece.limit.too_long())
            if process in self._processes:
                self._free.append(process)
            return
        piece.limit.begin(piece)
        died = 0
        for _ in range(MOST_TRIES):
            begun = self._processes.get(process)
            before = 0 if begun is None else begun.value
            try:
                working = asyncio.wrap_future(process.submit(_work, piece.function, *piece.arguments))
                working.add_done_callback(_look)
                if await self._wait(piece, working):
                    result = working.result()
                    if not piece.result.done():
                        piece.result.set_result(result)
                else:
                    _end(piece, piece.limit.too_long())
                    process = await self._replace(process)
                break
            except BrokenProcessPool:
                if begun is None or process not in self._processes:
                    _end(piece, Failed("the studio was ended. Start it again.", 503))
                    break
                died += begun.value > before
                process = await self._replace(process)
                if died > 1:
                    break
            except (InputError, Failed) as error:
                _end(piece, error)
                break
            except Exception as error:
                _end(piece, Failed(unexpected(error)))
                break
        _end(piece, Failed(KILLED, 503))
        piece.limit.end(piece)
        if process in self._processes:
            self._free.append(process)

    async def _wait(self, piece: _Piece, working: asyncio.Future[Any]) -> bool:
        """Wait for a piece for as long as its job may take and somebody wants it; return whether it is done."""
        unwanted = 0.0
        while not working.done():
            left = piece.limit.left()
            if piece.result.done():
                unwanted = unwanted or time.monotonic()
                left = min(left, unwanted + GRACE - time.monotonic())
            if left <= 0:
                return False
            # Other pieces of the job that begin meanwhile leave less.
            both = {working} if piece.result.done() else {working, piece.result}
            await asyncio.wait(both, timeout=min(left, TICK), return_when=asyncio.FIRST_COMPLETED)
        return True


def _begin(begun: c_ulong) -> None:
    """Begin a worker process."""
    global _begun
    _begun = begun
    end_with_the_server()


def _work(function: Callable[..., Any], *arguments: Any) -> Any:  # noqa: ANN401 - what it returns
    """Do a piece in a worker process."""
    if _begun is not None:
        _begun.value += 1
    return called(function, *arguments)


def _end(piece: _Piece, error: Exception) -> None:
    if not piece.result.done():
        piece.result.set_exception(error)


def _kill(executor: ProcessPoolExecutor) -> None:
    for process in list((executor._processes or {}).values()):
        process.kill()


def _look(working: asyncio.Future[Any]) -> None:
    """Look at how a piece ended that nobody waits for."""
    if not working.cancelled():
        working.exception()
