"""The loop of every search: `search` (with all that goes round it), `rounds` (alone), `train_in_parts` (one plan)."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from etascope.core.choice import Choice
from etascope.core.data import DataSummary
from etascope.core.errors import InputError
from etascope.core.history import History, put_together, settled
from etascope.core.interrupting import held_back, raise_again
from etascope.core.plan import Plan
from etascope.core.protocols import Method, OnProgress, Progress, Recorder, ignore
from etascope.core.recipe import Task
from etascope.core.recording import best_effort
from etascope.core.run import Run
from etascope.core.trials import trials

#: Trains a plan: an engine with its data and recipe, a loop of one's own, a command.
Train = Callable[[Plan, OnProgress], History]
#: Seconds between two times that trials are kept: where they are short, what a loss of power can take.
SECONDS = 1.0


def search(
    train: Train,
    task: Task,
    method: Method,
    data: DataSummary,
    *,
    rehearse: Callable[[Plan], Sequence[str]] | None = None,
    progress: OnProgress = ignore,
    histories: Sequence[History] = (),
    recorder: Recorder | None = None,
) -> Run:
    """Search from the first plan to the answer, and return the run; it has no trace, and `finish` is the caller's.

    Parameters
    ----------
    train
        Trains a plan.
    task, data
        What the method sees of the job, and what is told of the data.
    method
        Proposes plans and chooses.
    rehearse
        Called with the first plan before anything is kept or trained; returns what to mind, in sentences. It may raise.
    progress
        Receives `Progress` records.
    histories
        What an earlier search of the same data and recipe has trained: it goes on from there.
    recorder
        Writes the search down while it happens.
    """
    began, recorder = time.perf_counter(), best_effort(recorder)
    # Also for a search that goes on, which ends in the same answer.
    first = None if rehearse is None else method.propose(task, ())
    minded = () if rehearse is None or first is None else rehearse(first)
    recorder.begin(data, task)
    keep = recorder.append if recorder.keeps else None
    done, choice = rounds(train, task, method, progress=progress, histories=histories, keep=keep)
    # What was trained before a search was stopped is a part of all that it took.
    seconds = time.perf_counter() - began + sum(history.seconds for history in histories)
    return Run(data, task, done, choice, None, seconds).with_notes(*minded)


def rounds(
    train: Train,
    task: Task,
    method: Method,
    *,
    stage: str = "searching",
    progress: OnProgress = ignore,
    histories: Sequence[History] = (),
    keep: Callable[[History], None] | None = None,
) -> tuple[tuple[History, ...], Choice]:
    """Train what a method proposes until it knows enough; return what was trained, a history a plan, and its choice.

    `stage` names what is told of the progress, `keep` is as in `train_in_parts`, all else as in `search`.
    """
    # A method is a function of its histories and an engine of its plan, so a search that begins with kept histories
    # comes to the same plans, and to the same bits, as one that was never stopped.
    done, parts = settled(histories)
    if any(one.plan.start + one.plan.steps > task.steps or max(one.plan.folds) >= task.n_folds for one in histories):
        raise InputError(
            "histories must be of the same data and recipe; found trainings of another length or division."
        )
    while (plan := method.propose(task, done)) is not None:
        at = f"{stage}, round {len(done) + 1}"
        done.append(train_in_parts(train, plan, parts, staged(at, progress), keep))
        progress(Progress(at, 1, 1, "rounds", trials(task, done)))
    return tuple(done), method.choose(task, done)


def staged(stage: str, progress: OnProgress) -> OnProgress:
    """Return what tells progress under the name of a stage."""
    return lambda event: progress(replace(event, stage=stage))


def train_in_parts(
    train: Train,
    plan: Plan,
    before: Sequence[History],
    progress: OnProgress,
    keep: Callable[[History], None] | None,
) -> History:
    """Train a plan, and return its whole history.

    Parameters
    ----------
    train
        Trains a plan, or some of its trials.
    plan
        What to train.
    before
        Parts of the plan that were trained and kept already; those of another plan are not heeded.
    progress
        Receives `Progress` of all trials, those of `before` included.
    keep
        Receives parts now and then, those that are done when something is raised, as Ctrl-C does, before it goes on,
        and at the end what is left: all of them together are the history. None keeps nothing.

    Raises
    ------
    BaseException
        What `train` raises.
    """
    parts = _Parts(plan, before, keep)
    if not parts.left:
        return parts.whole(None)
    known = len(plan) - len(parts.left)

    def look(event: Progress) -> None:
        if event.part is not None:
            parts.add(event.part)
            return
        raise_again()
        # The trials of a plan are alike, so those that are done count as much as those that are left.
        more = event.total * known / len(parts.left)
        progress(replace(event, done=event.done + more, total=event.total + more) if known else event)

    try:
        history = train(plan.take(parts.left) if known else plan, look)
    except BaseException:
        parts.keep()
        raise
    return parts.whole(history)


class _Parts:
    """Trials of a plan that are done, of them those that wait to be kept, and those to train."""

    def __init__(self, plan: Plan, before: Sequence[History], keep: Callable[[History], None] | None) -> None:
        self._plan, self._keep = plan, keep
        self._before = [part for part in before if _is_of(part, plan)]
        self.left = sorted(set(range(len(plan))) - {row for part in self._before for row in part.rows})
        self._waiting, self._kept, self._began = list[History](), set[int](), time.perf_counter()

    def add(self, part: History) -> None:
        """Take trials, by their rows in what was left."""
        self._waiting.append(part.as_part(self._plan, [self.left[row] for row in part.rows]))
        if time.perf_counter() - self._began >= SECONDS:
            self.keep()

    def keep(self) -> None:
        """Keep what waits."""
        if self._keep is None or not self._waiting:
            return
        with held_back():
            self._keep_one(put_together(self._waiting))
            self._waiting.clear()

    def whole(self, history: History | None) -> History:
        """Keep what was not kept, and return the history of the plan; `history` is of what was left."""
        if history is None:
            return put_together(self._before, self._plan)
        left = [at for at, row in enumerate(self.left) if row not in self._kept]
        if self._keep is not None and left:
            whole = len(left) == len(self._plan)
            rows = [self.left[at] for at in left]
            with held_back():
                self._keep_one(history if whole else history.take(left).as_part(self._plan, rows))
        if not self._before:
            return history
        return put_together([*self._before, history.as_part(self._plan, self.left)], self._plan)

    def _keep_one(self, history: History) -> None:
        assert self._keep is not None
        now = time.perf_counter()
        self._keep(history if history.part is None else replace(history, seconds=now - self._began))
        self._kept.update(history.rows)
        self._began = now


#: What must be the same of a plan and of a part of it, arrays and checkpoints apart.
_SETTINGS = ("start", "evaluate_at", "keep_examples", "keep_checkpoints", "length", "epoch_steps", "valid_rows")


def _is_of(part: History, plan: Plan) -> bool:
    """Whether a part is one of this plan: another version of etascope may propose another."""
    if part.part is None or part.part.of != len(plan):
        return False
    # To the bit: rates that differ in their last one are trained otherwise.
    of = plan.take(part.part.rows)
    return (
        all(getattr(of, name) == getattr(part.plan, name) for name in _SETTINGS)
        and of.rates.tobytes() == part.plan.rates.tobytes()
        and (of.seeds.tobytes(), of.folds.tobytes()) == (part.plan.seeds.tobytes(), part.plan.folds.tobytes())
    )
