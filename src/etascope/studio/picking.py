"""The search of `etascope pick`, trained by the pool, followed as it goes, and stopped at will: `Picks`."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import OrderedDict
from collections.abc import AsyncGenerator, Callable, Coroutine
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from etascope.core.errors import InputError
from etascope.core.history import History, in_plan_order
from etascope.core.plain import Document
from etascope.core.plan import Plan
from etascope.core.protocols import OnProgress
from etascope.core.recipe import Recipe
from etascope.core.recording import BestEffort, StoreRecorder
from etascope.core.run import Run
from etascope.core.search import Train, search
from etascope.selection.automatic import Automatic
from etascope.studio.bounds import Bounds, Limit
from etascope.studio.dialect import on_page, run_document
from etascope.studio.failure import placeless, sentence
from etascope.studio.library import Source
from etascope.studio.runs import Runs
from etascope.studio.worker import FOLDS, describe, groups, lay_open, train_plan
from etascope.studio.worker_pool import WorkerPool

#: Searches that run at once, and that are kept.
MOST_RUNNING, MOST_KEPT = 4, 32


@dataclass(eq=False)
class Pick:
    """One search: its events so far, and who waits for more."""

    id: str
    events: list[Document] = field(default_factory=list[Document])
    run: Run | None = None
    task: asyncio.Task[None] | None = None
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def ended(self) -> bool:
        """Whether no event will follow."""
        return bool(self.events) and self.events[-1]["event"] in ("run", "failed", "cancelled")

    def record(self, event: Document) -> None:
        """Keep an event and wake whoever waits."""
        self.events.append(event)
        self.arrived.set()
        self.arrived = asyncio.Event()

    async def follow(self) -> AsyncGenerator[Document]:
        """Yield all events, from the first; a page that was loaded anew finds them again."""
        sent = 0
        while True:
            # Taken before the events are: what arrives while they are sent sets it.
            arrived = self.arrived
            while sent < len(self.events):
                sent += 1
                yield self.events[sent - 1]
            if self.ended:
                return
            await arrived.wait()


@dataclass(eq=False)
class Picks:
    """All searches of a studio; without `runs` they are kept for as long as it runs. One may take `longest` seconds."""

    pool: WorkerPool
    runs: Runs | None = None
    longest: float = Bounds().search
    _known: OrderedDict[str, Pick] = field(default_factory=OrderedDict[str, Pick])

    def begin(self, page: str, source: Source, recipe: Recipe) -> Pick:
        """Begin a search, or refuse where enough of them run already."""
        running = sum(not pick.ended for pick in self._known.values())
        if running >= MOST_RUNNING:
            raise InputError(f"{MOST_RUNNING} searches may run at once, and do. Wait for one, or stop it.")
        pick = Pick(secrets.token_hex(16))
        self._known[pick.id] = pick
        for old in [name for name, other in self._known.items() if other.ended][: max(0, len(self._known) - MOST_KEPT)]:
            del self._known[old]
        pick.task = asyncio.get_running_loop().create_task(self._work(pick, page, source, recipe))
        return pick

    def get(self, name: str) -> Pick:
        """Return a search by its id, or refuse."""
        if name not in self._known:
            raise InputError(f"a search is known while the studio runs; there is none named {name!r}. Begin it again.")
        return self._known[name]

    def stop(self, name: str) -> None:
        """Stop a search."""
        pick = self.get(name)
        if pick.task is not None and not pick.ended:
            pick.task.cancel()

    def close(self) -> None:
        """Stop all."""
        for name in list(self._known):
            self.stop(name)

    async def _work(self, pick: Pick, page: str, source: Source, recipe: Recipe) -> None:
        try:
            async with asyncio.timeout(self.longest):
                await self._search(pick, page, source, recipe)
        except asyncio.CancelledError:
            pick.record({"event": "cancelled"})
            raise
        except TimeoutError:
            pick.record({"event": "failed", "error": _too_long(self.longest)})
        except Exception as error:
            pick.record({"event": "failed", "error": sentence(error)})

    async def _search(self, pick: Pick, page: str, source: Source, recipe: Recipe) -> None:
        began, notes, options = time.perf_counter(), list[str](), {"data": source.name, "folds": FOLDS}
        # The clock bounds all of it; each process may work for as long.
        limit = Limit("a search", self.longest * self.pool.workers)
        task, data = await self.pool.run(page, describe, source, recipe, limit=limit)
        pick.record(
            {"event": "begin", "images": data.images, "classes": list(data.class_names), "notes": list(data.notes)}
        )
        kept = None if self.runs is None else StoreRecorder(self.runs, options)
        recorder = BestEffort(kept, lambda said: notes.append(placeless(said.written(on_page))))
        rounds = count(1)
        run = await in_a_thread(
            lambda plan: self._train(pick, page, source, recipe, plan, next(rounds), limit),
            lambda train: search(train, task, Automatic(), data, recorder=recorder),
        )
        trace, rate = None, run.choice.learning_rate
        if rate is not None:
            trace = await self.pool.run(page, lay_open, source, recipe, rate, 0, limit=limit)
        run = replace(run, trace=trace, seconds=time.perf_counter() - began, options=options)
        await asyncio.to_thread(recorder.finish, run)
        pick.run = run
        name = self.runs.name(kept.run_id or "") if self.runs is not None and kept is not None else None
        pick.record(
            {
                "event": "run",
                "kept": name if recorder.keeps else None,
                "notes": notes,
                "run": run_document(run),
            }
        )

    async def _train(
        self, pick: Pick, page: str, source: Source, recipe: Recipe, plan: Plan, turn: int, limit: Limit
    ) -> History:
        """Train a plan in the parts that `etascope pick` has, for the same bits, and tell after each of them."""
        parts = await self.pool.run(page, groups, source, recipe, plan, limit=limit)
        began = time.perf_counter()
        working = [
            asyncio.ensure_future(self.pool.run(page, train_plan, source, recipe, plan.take(p), limit=limit))
            for p in parts
        ]
        try:
            for number, done in enumerate(asyncio.as_completed(working), 1):
                await done
                pick.record(
                    {"event": "progress", "round": turn, "done": number, "total": len(parts), "trials": len(plan)}
                )
        finally:
            for one in working:
                one.cancel()
        return in_plan_order(plan, parts, [one.result() for one in working], time.perf_counter() - began)


async def in_a_thread(work: Callable[[Plan], Coroutine[Any, Any, History]], search: Callable[[Train], Run]) -> Run:
    """Return what a search comes to that waits in a thread of its own for plans that are trained here.

    The search is the one of everybody else, and knows nothing of coroutines. When it is cancelled, so is the work that
    it waits for, and with that it ends.
    """
    loop, works, cancelled = asyncio.get_running_loop(), list[Future[History]](), asyncio.Event()

    def train(plan: Plan, _: OnProgress) -> History:
        works.append(asyncio.run_coroutine_threadsafe(work(plan), loop))
        if cancelled.is_set():
            works[-1].cancel()
        return works[-1].result()

    try:
        return await asyncio.to_thread(search, train)
    finally:
        # Whichever comes first, the thread's look at the flag or this one, the work is cancelled.
        cancelled.set()
        for one in works:
            one.cancel()


def _too_long(seconds: float) -> str:
    return (
        f"a search may take {seconds:g} s here, and this one takes more; it was stopped. Take fewer epochs or hidden "
        "units, or larger batches."
    )
