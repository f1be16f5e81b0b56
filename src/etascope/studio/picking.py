"""The search of `etascope pick`, trained by the pool, followed as it goes, and stopped at will: `Picks`."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import OrderedDict
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

from etascope.core.errors import InputError
from etascope.core.history import History, in_plan_order
from etascope.core.plain import Document
from etascope.core.plan import Plan
from etascope.core.recipe import Recipe
from etascope.core.recording import Forgiving
from etascope.core.run import Run
from etascope.core.stored import Job
from etascope.learn.quiz import run_quiz
from etascope.report.files.document import pick_document
from etascope.selection.automatic import Automatic
from etascope.studio.bounds import Bounds, Limit
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
    """All searches of a studio.

    Attributes
    ----------
    pool
        Trains.
    runs
        Where they are kept, too; None keeps them for as long as the studio runs.
    longest
        Seconds that a search may take, by the clock.
    """

    pool: WorkerPool
    runs: Runs | None = None
    longest: float = Bounds().search
    _known: OrderedDict[str, Pick] = field(default_factory=OrderedDict[str, Pick])

    def begin(self, page: str, source: Source, recipe: Recipe) -> Pick:
        """Begin a search.

        Raises
        ------
        InputError
            If enough of them run already.
        """
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
        """Return a search by its id.

        Raises
        ------
        InputError
            If there is none.
        """
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
        began, method, done = time.perf_counter(), Automatic(), list[History]()
        # The clock bounds all of it; each process may work for as long.
        limit = Limit("a search", self.longest * self.pool.workers)
        task, data = await self.pool.run(page, describe, source, recipe, limit=limit)
        pick.record(
            {"event": "begin", "images": data.images, "classes": list(data.class_names), "notes": list(data.notes)}
        )
        notes = list[str]()
        keeping = Forgiving(self.runs, lambda note: notes.append(placeless(note)))
        job = Job(data, task, {"data": source.name, "folds": FOLDS})
        kept = await asyncio.to_thread(keeping.begin, job)
        while (plan := await asyncio.to_thread(method.propose, task, done)) is not None:
            done.append(await self._train(pick, page, source, recipe, plan, len(done) + 1, limit))
            await asyncio.to_thread(keeping.append, kept, done[-1])
        choice = await asyncio.to_thread(method.choose, task, done)
        trace = None
        if choice.learning_rate is not None:
            trace = await self.pool.run(page, lay_open, source, recipe, choice.learning_rate, 0, limit=limit)
        run = Run(data, task, tuple(done), choice, trace, time.perf_counter() - began, options=job.options)
        await asyncio.to_thread(keeping.finish, kept, run)
        pick.run = run
        whole = self.runs.name(kept) if self.runs is not None and keeping.keeps else None
        pick.record({"event": "run", "kept": whole, "notes": notes, "run": pick_document(run, run_quiz(run))})

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


def _too_long(seconds: float) -> str:
    return (
        f"a search may take {seconds:g} s here, and this one takes more; it was stopped. Take fewer epochs or hidden "
        "units, or larger batches."
    )
