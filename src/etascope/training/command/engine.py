"""Trials of a script of your own, each in its own process, and how they fail: `CommandEngine`, an engine."""

from __future__ import annotations

import math
import selectors
import signal
import time
from collections import deque
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from numpy.typing import NDArray

from etascope.core.checks import check_values
from etascope.core.command_line import CommandLine
from etascope.core.data import Split
from etascope.core.errors import InputError
from etascope.core.history import History, Status
from etascope.core.interrupting import held_back, signals_taken
from etascope.core.measure import Measure
from etascope.core.numbers import rate
from etascope.core.plan import Checkpoint, Plan
from etascope.core.protocols import OnProgress, Progress, ignore
from etascope.core.recipe import Recipe
from etascope.core.reported import Reported, reported_history
from etascope.core.sentences import Setting, say
from etascope.core.trace import Layer
from etascope.training.command.metric import LineMetric, shown
from etascope.training.command.process import GRACE, Script, end
from etascope.training.command.reader import MetricReader

#: How often it is looked whether a script has ended, in seconds: its children may hold its output open.
LOOK = 0.1
#: How long to gather what scripts print before it is looked at, in seconds: one look at many lines costs less.
BREATH = 0.002
#: Seconds that the pattern has for a piece of output at least and at most, whatever the timeout of a trial is.
LEAST, MOST = 1.0, 3600.0


@dataclass
class _Trial:
    """A trial's script: the losses it reported that nobody took yet, how many were taken, and the last of them."""

    script: Script
    waiting: deque[float] = field(default_factory=deque[float])
    taken: int = 0
    reported: int = 0
    last: float = math.nan


@dataclass
class _Row:
    """A row of a plan: how many epochs it still has to skip, and what became of it."""

    index: int
    key: tuple[float, int]
    skip: int
    losses: list[float] = field(default_factory=list[float])
    epochs: int = 0
    status: Status | None = None
    remark: str = ""

    @property
    def reported(self) -> Reported:
        ending = None if self.status is Status.PAUSED else self.status
        return Reported(tuple(self.losses), ending, self.epochs, self.remark)


@dataclass
class CommandEngine:
    """Runs a command for each trial, and reads one metric an epoch from what it prints.

    A step is an epoch, and an epoch is a line with a metric. A trial that has come to the end of its plan is paused
    (SIGSTOP) and goes on in the next one; trials that a later plan leaves behind are ended (SIGTERM, then SIGKILL), as
    is one whose metric is not finite. All of it is done to whole process groups. Where the process of a trial is gone,
    or with `restart`, the command runs again from the start, and the epochs it had are skipped.

    Use it in a `with` block: at its end, also after an exception or Ctrl-C, no process is left.

    Attributes
    ----------
    command, metric, measure
        What to run, where in a line the metric stands, and which way is better.
    logs
        An existing folder for the logs of the trials.
    workers
        Scripts that run at once, at least 1. Default 1.
    timeout
        Seconds that a trial may run, pauses not counted; None is as long as it takes.
    restart
        Run scripts again from the start instead of pausing them, which holds no memory. Default False.
    grace
        Seconds between SIGTERM and SIGKILL. Default 5.
    reported
        Whether a trial of this script has reported before, in a search that this goes on with. Default False.

    Raises
    ------
    InputError
        In training: if the script at the lowest rate fails, hangs or ends without a metric before any other trial has
        reported one. Later, a trial that fails is a `Status`.
    """

    command: CommandLine
    metric: LineMetric
    measure: Measure
    logs: Path
    workers: int = 1
    timeout: float | None = None
    restart: bool = False
    grace: float = GRACE
    reported: bool = False
    _trials: dict[tuple[float, int], _Trial] = field(default_factory=dict[tuple[float, int], _Trial], init=False)
    _reader: MetricReader = field(init=False)
    _signals: ExitStack = field(default_factory=ExitStack, init=False)
    _started: int = field(default=0, init=False)
    #: Epochs that a trial made at most, those of the longest that ended by itself, and metrics printed at most.
    longest: int = field(default=0, init=False)
    ended: int = field(default=0, init=False)
    printed: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        """Check the numbers."""
        check_values(self)
        self._reader = MetricReader(self.metric)
        if self.workers < 1:
            least = "{workers} must be at least 1 script at once; found {scripts}. Try 1."
            raise InputError(say(least, Setting("workers"), scripts=self.workers))
        if self.timeout is not None and not (math.isfinite(self.timeout) and self.timeout > 0):
            above = "{timeout} must be a number of seconds above 0; found {seconds:g}. Try 3600."
            raise InputError(say(above, Setting("timeout"), seconds=self.timeout))

    def __enter__(self) -> CommandEngine:
        """Take over Ctrl-C, and return itself."""
        self._signals.enter_context(signals_taken(self._hurry))
        self._reader.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End every process."""
        try:
            self._end(list(self._trials))
        finally:
            self._reader.close()
            self._signals.close()

    def train(self, split: Split | None, recipe: Recipe, plan: Plan, progress: OnProgress = ignore) -> History:
        """Train every trial of the plan; a trial that diverges or fails is a `Status`, never an exception.

        The rows of `split` are not looked at: a script has its own data. An epoch of a trial that ended by itself
        without an error, as early stopping does, has the last value that it reported.

        Raises
        ------
        InputError
            If the script cannot be used.
        """
        began = time.perf_counter()
        keys = list(zip(plan.learning_rates.tolist(), plan.seeds.tolist(), strict=True))
        rows = [_Row(i, key, plan.start) for i, key in enumerate(keys)]
        if plan.start:
            self.reported = True
            # A plan that goes on has all trials that were not left behind.
            self._end([k for k, t in self._trials.items() if t.taken <= plan.start and k not in keys])
        queue, active = deque(rows), list[_Row]()

        def report(part: History | None = None) -> None:
            done = sum(plan.steps if row.status else len(row.losses) for row in rows)
            progress(Progress("training", done, plan.steps * len(rows), "epochs", part=part))

        while queue or active:
            while queue and len(active) < self.workers:
                active.append(queue.popleft())
                with held_back():
                    self._begin(active[-1], recipe)
            _wait([self._trials[row.key].script for row in active])
            for row in active:
                self._look(row, self._trials[row.key], plan, lowest=row.key[0] == min(keys)[0])
            for row in active:
                if row.status is not None:
                    self._rest(row, last=plan.start + plan.steps >= recipe.epochs)
                    one = reported_history(plan.take([row.index]), [row.reported], recipe.epochs, self.measure)
                    report(one.as_part(plan, [row.index]))
            active = [row for row in active if row.status is None]
            report()
        reported = [row.reported for row in rows]
        return reported_history(plan, reported, recipe.epochs, self.measure, time.perf_counter() - began)

    def explain(self, checkpoint: Checkpoint, x: NDArray[Any]) -> tuple[Layer, ...]:
        """Say that a script's model cannot be looked into.

        Raises
        ------
        InputError
            Always.
        """
        raise InputError("the layers of a script's model cannot be shown: etascope sees only what it prints.")

    def _begin(self, row: _Row, recipe: Recipe) -> None:
        trial = self._trials.get(row.key)
        if trial is not None and trial.taken == row.skip:
            row.skip = 0
            trial.script.go_on()
            return
        end([trial.script] if trial is not None else [], self.grace)
        self._started += 1
        # A folder may have the logs of an earlier search, or of this one before it was stopped.
        while next(self.logs.glob(f"{self._started:02d}-*"), None) is not None:
            self._started += 1
        learning_rate, seed = row.key
        log = self.logs / f"{self._started:02d}-lr-{learning_rate:.6g}-seed-{seed}.log"
        filled = self.command.filled(learning_rate, recipe.epochs, seed, self._started)
        self._trials[row.key] = _Trial(Script(filled, log))

    def _look(self, row: _Row, trial: _Trial, plan: Plan, lowest: bool) -> None:
        """Take what a trial has reported, and see whether it is done with this plan."""
        script = trial.script
        # Looked at first: what it wrote before it ended is read after.
        code = script.ended()
        patience = None if self.timeout is None else min(max(self.timeout, LEAST), MOST)
        for value in self._reader.read(script.read(), patience):
            trial.waiting.append(self.measure.loss(value))
            trial.reported += 1
            if lowest and not self.reported:
                # What a shell says of a command that it cannot run has numbers in it, and is the last that it says.
                code = code if code is not None else script.ended_within(LOOK)
            self.reported = True
        late = code is None and self.timeout is not None and script.seconds > self.timeout
        if lowest and code in NEVER_RUN:
            raise search_failure(script, code, row.key[0], self.metric, None)
        _take(row, trial, plan)
        self.longest = max(self.longest, min(trial.taken, trial.reported))
        self.printed = max(self.printed, trial.reported)
        if row.status is not None or not (late or (code is not None and script.drained)):
            return
        if code == 0 and math.isfinite(trial.last):
            row.losses += [trial.last] * (plan.steps - len(row.losses))
            row.status, trial.taken = Status.PAUSED, plan.start + plan.steps
            row.remark = f"its script ended by itself after {trial.reported} epochs"
            self.ended = max(self.ended, trial.reported)
            return
        if lowest and not self.reported:
            raise search_failure(script, code, row.key[0], self.metric, self.timeout if late else None)
        row.status = Status.FAILED
        row.remark = failure(script, code, trial.reported, self.timeout if late else None)

    def _rest(self, row: _Row, last: bool) -> None:
        if row.status is Status.PAUSED and not last and not self.restart:
            self._trials[row.key].script.pause()
        else:
            self._end([row.key])

    def _hurry(self, number: int) -> None:
        """Give nobody time to end by himself."""
        for trial in self._trials.values():
            trial.script.send(signal.SIGKILL)

    def _end(self, keys: Sequence[tuple[float, int]]) -> None:
        with held_back():
            end([self._trials[key].script for key in keys], self.grace)
            for key in keys:
                del self._trials[key]


def _wait(scripts: Sequence[Script]) -> None:
    """Wait until a script has written something or has ended, but not long: its children may hold its output open."""
    with selectors.DefaultSelector() as selector:
        for script in scripts:
            if script.ended() is not None:
                return
            if script.open:
                selector.register(script, selectors.EVENT_READ)
        if selector.select(LOOK):
            time.sleep(BREATH)


def _take(row: _Row, trial: _Trial, plan: Plan) -> None:
    """Move losses from a trial to its row, until the row is full or one is not finite."""
    while row.status is None and trial.waiting:
        loss = trial.waiting.popleft()
        trial.taken += 1
        row.epochs += 1
        if not math.isfinite(loss):
            row.status = Status.DIVERGED
            return
        trial.last = loss
        if row.skip:
            row.skip -= 1
            continue
        row.losses.append(loss)
        if len(row.losses) == plan.steps:
            row.status = Status.PAUSED


#: What a shell ends with that did not find a program, or may not run it.
NEVER_RUN = (126, 127)


def failure(script: Script, code: int | None, reported: int, timeout: float | None) -> str:
    """Return how the script of one trial failed, in a clause.

    `code` is its exit code, None while it runs; `reported` the epochs that it reported; `timeout` the seconds that it
    was given, if that is why it is ended.
    """
    after = "before its first metric" if not reported else f"after {reported} epoch{'' if reported == 1 else 's'}"
    return f"its script {_ended(code, timeout)} {after}{_said(script)}; its log is {script.log.name}"


def search_failure(
    script: Script, code: int | None, learning_rate: float, metric: LineMetric, timeout: float | None
) -> InputError:
    """Return what ends a search: the trial with the lowest rate reported nothing, so no other one need be tried."""
    # The pattern stands beside the setting's name, cut short where it is long.
    looked = "{metric} {sought}" if metric.key is None else "{metric_key} {sought}"
    settings = Setting("timeout"), Setting("metric"), Setting("metric_key")
    facts: dict[str, str | float] = {
        "rate": learning_rate,
        "sought": shown(metric.pattern or "") if metric.key is None else repr(metric.key),
        "last": script.last_lines,
        "log": str(script.log),
    }
    if code == 0:
        hint = "It ended with: {last}." if script.last_lines else "It printed nothing at all."
        failed = (
            "the script must print a metric after each epoch; at learning rate {rate:rate} it ended without a line in "
            f"which {looked} finds a number. {hint} Its log is {{log}}."
        )
        return InputError(say(failed, *settings, **facts))
    if timeout is not None:
        hint = "It printed last: {last}" if script.last_lines else "It printed nothing at all"
        late = (
            "the script must print a metric within {timeout}; at learning rate {rate:rate} it had none after "
            f"{{seconds:g}} s. {hint}. If it hangs, the log tells where; if the metric stands there, {looked} does not "
            "match it; else allow more seconds. Its log is {log}."
        )
        return InputError(say(late, *settings, seconds=timeout, **facts))
    when = "" if code in NEVER_RUN else " before its first metric"
    return InputError(
        f"the script {_ended(code, None)}{when}, at learning rate {rate(learning_rate)}"
        f"{_said(script)}. Its log is {script.log}. It was run as: {script.command}"
    )


def _ended(code: int | None, timeout: float | None) -> str:
    if timeout is not None or code is None:
        return f"was stopped when its {timeout:g} s were over" if timeout is not None else "was stopped"
    if code == 0:
        return "ended"
    # A shell says 128 and the signal of what it ran.
    number = -code if code < 0 else code - 128 if code > 128 else 0
    if number in [s.value for s in signal.Signals]:
        name = signal.Signals(number).name
        hint = ", as it happens where memory runs out," if name == "SIGKILL" else ""
        return f"was ended by {name}{hint}"
    return f"{'could not be run:' if code in NEVER_RUN else 'failed with'} exit code {code}"


def _said(script: Script) -> str:
    return f", and said last: {script.last_lines}" if script.last_lines else ", and printed nothing"
