"""Parts of a plan trained on a Ray cluster: sent, counted, sent again when their machine is lost, called back."""

from __future__ import annotations

import time
import uuid
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from etascope.core.data import Split
from etascope.core.errors import InputError
from etascope.core.run import versions
from etascope.core.sentences import Command, Setting, say
from etascope.training.ray.cluster import AUTO, Session, load_ray, places
from etascope.training.ray.worker import received, remote_training, start_tally

#: Seconds between looks at how far the parts are.
GLANCE = 0.1
#: Parts that are sent for each that there is room for: the next is there when one ends, and few enough to watch.
QUEUE = 2
#: Reports of progress a second that the counting process gets from all parts together, at most.
REPORTS = 1_000.0
#: Seconds between two looks at what the cluster has, and how long it may have no room before we give up.
LOOK, GIVE_UP = 5.0, 60.0


@dataclass(frozen=True)
class Needs:
    """What a part takes: CPUs, GPUs, and how often a part whose worker is lost is trained again."""

    cpus: float
    gpus: float
    retries: int


def send_split(session: Session, split: Split) -> Any:
    """Put the development rows of a split in the cluster's object store, once a connection; return where they are."""
    if split not in session.splits:
        session.splits[split] = load_ray().put(without_test_rows(split))
    return session.splits[split]


def without_test_rows(split: Split) -> Split:
    """Return what is sent of a split: the test rows stay here, no engine trains on them."""
    return replace(split, x_test=split.x_test[:0], y_test=split.y_test[:0], test_rows=split.test_rows[:0])


def train_parts(
    session: Session,
    split: Split,
    errands: Sequence[bytes],
    sizes: Sequence[int],
    needs: Needs,
    at_once: int | None,
    progress: Callable[[float], None],
    tell: Callable[[str], None],
    finished: Callable[[int, dict[str, Any]], None],
) -> list[dict[str, Any]]:
    """Return the history (but its plan) of every part, in order.

    Raises `InputError` if a worker has other versions than this process, refuses the plan, or was lost too often; or no
    machine is left.

    Parameters
    ----------
    split, errands
        What to train: `pack_errand` of each part, see `ray_worker`.
    sizes
        Trials of each part, for progress.
    at_once
        Parts that are at work at most; None takes as many as there is room for.
    progress
        Receives how many trainings are done, never fewer than before.
    tell, finished
        Receive a sentence when something was lost, and each part's number and history when it is there.
    """
    ray = load_ray()
    lost_kinds = (
        ray.exceptions.WorkerCrashedError, ray.exceptions.NodeDiedError, ray.exceptions.ObjectLostError,
        ray.exceptions.OutOfMemoryError,
    )  # fmt: skip
    run, where, ours = uuid.uuid4().hex, send_split(session, split), versions()
    session.work = session.work or remote_training()
    work = session.work.options(num_cpus=needs.cpus, num_gpus=needs.gpus, max_retries=0)
    counting = _Counting(ray, session, run, sizes, progress)
    room = _Room(needs)
    period = max(0.5, min(len(errands), at_once or room.places) / REPORTS)
    waiting, pending = deque(range(len(errands))), dict[Any, int]()
    done: dict[int, dict[str, Any]] = {}
    losses = [0] * len(errands)
    try:
        while len(done) < len(errands):
            while waiting and len(pending) < (at_once or QUEUE * room.places):
                number = waiting.popleft()
                # In a list, a reference is passed on as it is, and each process gets the data but once.
                reference = work.remote([where], errands[number], ours, session.tally, (run, number, period))
                pending[reference] = number
            ray.wait(list(pending), num_returns=1, timeout=GLANCE)
            for reference in ray.wait(list(pending), num_returns=len(pending), timeout=0)[0]:
                number = pending.pop(reference)
                try:
                    done[number] = received(ray.get(reference))
                except lost_kinds as error:
                    again = error
                except ray.exceptions.RayTaskError as error:
                    if not isinstance(error.cause, lost_kinds):
                        raise error.cause or error from (None if isinstance(error.cause, InputError) else error)
                    again = error.cause
                else:
                    counting.finish(number)
                    finished(number, done[number])
                    continue
                losses[number] += 1
                _bear(ray, again, sizes[number], losses[number], needs, tell)
                waiting.appendleft(number)
            counting.look()
            room.look()
    finally:
        for reference in pending:
            ray.cancel(reference, force=True)
        counting.end()
    return [done[number] for number in range(len(errands))]


def _bear(ray: Any, error: Exception, size: int, losses: int, needs: Needs, tell: Callable[[str], None]) -> None:
    """Say that a worker was lost; give up when it was lost too often."""
    memory = isinstance(error, ray.exceptions.OutOfMemoryError)
    trials = "1 trial" if size == 1 else f"{size} trials"
    if losses > needs.retries:
        raise InputError(
            f"workers of the Ray cluster that trained the same {trials} were lost {losses} times"
            f"{' because memory ran out' if memory else ''}.",
            say("Use fewer {workers}, or a smaller network.", Setting("workers"))
            if memory
            else "See ray status and the logs of Ray.",
        )
    tell(f"a worker of the Ray cluster was lost{' because memory ran out' if memory else ''}; its {trials} "
         f"{'is' if size == 1 else 'are'} trained again.")  # fmt: skip


class _Room:
    """How many parts the cluster has room for, looked at now and then: machines come and go."""

    def __init__(self, needs: Needs) -> None:
        self._needs, self._next, self._last_room = needs, 0.0, time.monotonic()
        self.places = 1
        self.look()

    def look(self) -> None:
        now = time.monotonic()
        if now < self._next:
            return
        self._next, room = now + LOOK, places(self._needs.cpus, self._needs.gpus)
        self.places = max(1, room)
        if room:
            self._last_room = now
        elif now - self._last_room > GIVE_UP:
            raise InputError(
                f"the Ray cluster has had no machine left for the trials for {GIVE_UP:.0f} s.",
                say("Add machines, and go on with {resume}.", Command("resume", (Setting("address", AUTO),))),
            )


class _Counting:
    """Adds up what finished parts and reports of the others say."""

    def __init__(
        self, ray: Any, session: Session, run: str, sizes: Sequence[int], progress: Callable[[float], None]
    ) -> None:
        if session.tally is None:
            session.tally = start_tally()
        self._ray, self._tally, self._run, self._progress = ray, session.tally, run, progress
        self._sizes: Sequence[int] = sizes
        self._done, self._shown = np.zeros(len(sizes)), -1.0
        self._request, self._next = self._tally.counts.remote(run), 0.0

    def finish(self, number: int) -> None:
        self._done[number] = self._sizes[number]

    def look(self) -> None:
        if (now := time.monotonic()) >= self._next and self._ray.wait([self._request], timeout=0)[0]:
            self._next = now + GLANCE
            try:
                counts: dict[int, float] = self._ray.get(self._request)
                for number, trainings in counts.items():
                    self._done[number] = max(self._done[number], min(trainings, self._sizes[number]))
            except self._ray.exceptions.RayError:
                # Progress is then told by whole parts; the answer does not need the count.
                pass
            self._request = self._tally.counts.remote(self._run)
        if (total := float(self._done.sum())) > self._shown:
            self._shown = total
            self._progress(total)

    def end(self) -> None:
        self._tally.forget.remote(self._run)
